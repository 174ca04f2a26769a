"""The process that owns one environment and steps it on request.

It imports no torch, so that a worker starts fast and stays small.
"""

from __future__ import annotations

import contextlib
import signal
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from envs.multiagentenv import MultiAgentEnv
from utils.errors import EnvironmentLost, UserError

Observation = tuple[Any, Any, Any]  # state [S], avail_actions A x [U], obs A x [O]
Step = tuple[float, bool, dict[str, Any], Observation]


def observe(env: MultiAgentEnv) -> Observation:
    """What the agents, and the learner, see of the current step."""
    return env.get_state(), env.get_avail_actions(), env.get_obs()


def reset(env: MultiAgentEnv) -> Observation:
    env.reset()
    return observe(env)


def step(env: MultiAgentEnv, actions: Any) -> Step:
    reward, terminated, info = env.step(actions)
    return reward, terminated, info, observe(env)


def _save_replay(env: MultiAgentEnv) -> None:
    env.save_replay()


COMMANDS: Mapping[str, Callable[..., Any]] = {
    "reset": reset,
    "step": step,
    "get_env_info": lambda env: env.get_env_info(),
    "get_stats": lambda env: env.get_stats(),
    "save_replay": _save_replay,
    "rng_state": lambda env: env.rng_state(),
    "set_rng_state": lambda env, state: env.set_rng_state(state),
}


def serve(connection: Connection, adapter: Callable[..., MultiAgentEnv], env_args: Mapping[str, Any]) -> None:
    """Answers ``(command, arguments)`` with ``("ok", result)`` until told to close or left alone.

    EnvironmentLost is answered with ``("lost", message)``; any other exception with ``("user_error", message)`` or
    ``("error", traceback)``, and ends the worker.
    """
    # Ctrl-C and a scheduler's SIGTERM reach the whole process group. The trainer decides when the workers stop; were
    # they to die first, it would report a dead worker in place of the interruption.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    env: MultiAgentEnv | None = None
    try:
        env = adapter(**env_args)
        connection.send(("ok", None))
        while True:
            command, arguments = connection.recv()
            if command == "close":
                break
            try:
                answer = ("ok", COMMANDS[command](env, *arguments))
            except EnvironmentLost as e:  # the run is saved before it ends: go on answering
                answer = ("lost", str(e))
            connection.send(answer)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the trainer is gone
    except UserError as e:
        _answer(connection, ("user_error", str(e)))
    except Exception:
        _answer(connection, ("error", traceback.format_exc()))
    finally:
        if env is not None:
            env.close()
        connection.close()


def _answer(connection: Connection, message: tuple[str, str]) -> None:
    with contextlib.suppress(OSError):
        connection.send(message)
