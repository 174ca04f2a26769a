"""Several environments stepped together: in this process, or each in a process of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import envs
from envs import worker
from envs.worker import Observation, Step
from utils.errors import EnvironmentLost, UserError
from utils.seeding import env_seed

SRC = Path(__file__).resolve().parent.parent
CLOSE_SECONDS = 5.0  # how long a worker may take to close its environment before it is killed


class WorkerError(RuntimeError):
    """An environment worker failed, died or hung; the message names it."""


class EnvPool(Protocol):
    """What a runner steps: ``n`` environments by index."""

    n: int

    def env_info(self) -> dict[str, Any]: ...

    def reset(self, which: Sequence[int] | None = None) -> list[Observation]:
        """Starts an episode in the environments of these indices, or in all."""

    def step(self, actions: Mapping[int, Any]) -> list[Step]:
        """Steps the environments named by the keys, in their order, and returns their results in that order."""

    def call(self, command: str, arguments: Sequence[tuple[Any, ...]] | None = None) -> list[Any]:
        """One command of ``envs.worker.COMMANDS`` to every environment; ``arguments`` holds a tuple for each."""

    def close(self) -> None: ...


class LocalEnv:
    """One environment in this process."""

    n = 1

    def __init__(self, env_name: str, env_args: Mapping[str, Any]) -> None:
        self._env = envs.REGISTRY[env_name](**{**env_args, "seed": env_seed(env_args["seed"], 0)})

    def env_info(self) -> dict[str, Any]:
        return self._env.get_env_info()

    def reset(self, which: Sequence[int] | None = None) -> list[Observation]:
        return [worker.reset(self._env)]

    def step(self, actions: Mapping[int, Any]) -> list[Step]:
        return [worker.step(self._env, action) for action in actions.values()]

    def call(self, command: str, arguments: Sequence[tuple[Any, ...]] | None = None) -> list[Any]:
        return [worker.COMMANDS[command](self._env, *(arguments[0] if arguments else ()))]

    def close(self) -> None:
        self._env.close()


class WorkerPool:
    """``n`` environments, each in a worker process with a seed of its own.

    Workers come from a fork server that has imported the environment once: they start fast, hold neither torch nor a
    CUDA context, and inherit no pipe of their siblings, so that all of them end when this process is gone, however it
    went. A worker that fails, dies, or does not answer within ``timeout`` seconds raises WorkerError; one whose
    environment is lost raises EnvironmentLost and can still be asked.
    """

    def __init__(self, env_name: str, env_args: Mapping[str, Any], n: int, timeout: float) -> None:
        self.n = n
        self._timeout = timeout
        self._connections: list[Connection] = []
        self._processes: list[Any] = []
        adapter = envs.REGISTRY[env_name]
        context = get_context("forkserver")
        context.set_forkserver_preload(["envs.worker", *envs.modules_of(env_name)])
        try:
            with _importable_by_children():
                for i in range(n):
                    ours, theirs = context.Pipe()
                    arguments = (theirs, adapter, {**env_args, "seed": env_seed(env_args["seed"], i)})
                    process = context.Process(
                        target=worker.serve, args=arguments, name=f"environment worker {i}", daemon=True
                    )
                    process.start()
                    theirs.close()  # else this process would keep the pipe open after the worker's death
                    self._connections.append(ours)
                    self._processes.append(process)
            for i in range(n):
                self._receive(i, "start")
        except BaseException:
            self.close()
            raise

    def env_info(self) -> dict[str, Any]:
        self._send(0, "get_env_info")
        return self._receive(0, "get_env_info")

    def reset(self, which: Sequence[int] | None = None) -> list[Observation]:
        return self._ask("reset", {i: () for i in (range(self.n) if which is None else which)})

    def step(self, actions: Mapping[int, Any]) -> list[Step]:
        return self._ask("step", {i: (action,) for i, action in actions.items()})

    def call(self, command: str, arguments: Sequence[tuple[Any, ...]] | None = None) -> list[Any]:
        return self._ask(command, {i: arguments[i] if arguments else () for i in range(self.n)})

    def _ask(self, command: str, arguments: Mapping[int, tuple[Any, ...]]) -> list[Any]:
        """The answers of the workers named by the keys, in their order."""
        for i, given in arguments.items():
            self._send(i, command, *given)
        answers, lost = [], []
        for i in arguments:  # all answers are read, so that the others can still be asked when one environment is lost
            try:
                answers.append(self._receive(i, command))
            except EnvironmentLost as e:
                lost.append(e)
        if lost:
            raise lost[0]
        return answers

    def _send(self, i: int, command: str, *arguments: Any) -> None:
        try:
            self._connections[i].send((command, arguments))
        except OSError:
            self._receive(i, command)  # says what the worker's last words were
            raise WorkerError(self._death(i, command)) from None

    def _receive(self, i: int, command: str) -> Any:
        connection = self._connections[i]
        try:
            if not connection.poll(self._timeout):
                raise WorkerError(
                    f"environment worker {i} (process {self._processes[i].pid}) did not answer '{command}' within "
                    f"{self._timeout:g} s; if the environment is that slow, raise worker_timeout"
                )
            kind, result = connection.recv()
        except (EOFError, ConnectionResetError):
            raise WorkerError(self._death(i, command)) from None
        if kind == "user_error":
            raise UserError(result)
        if kind == "lost":
            raise EnvironmentLost(f"environment worker {i}: {result}")
        if kind == "error":
            raise WorkerError(f"environment worker {i} failed on '{command}':\n{result}")
        return result

    def _death(self, i: int, command: str) -> str:
        process = self._processes[i]
        process.join(1.0)
        return (
            f"environment worker {i} (process {process.pid}) died on '{command}' with exit code {process.exitcode} "
            f"(a negative one is the signal that killed it, -9 often the kernel's for want of memory)"
        )

    def close(self) -> None:
        """Ends all workers; those that do not end by themselves within a few seconds are killed. Safe to repeat."""
        for connection in self._connections:
            try:
                connection.send(("close", ()))
            except OSError:
                continue
        deadline = time.monotonic() + CLOSE_SECONDS
        for process, connection in zip(self._processes, self._connections, strict=True):
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
            connection.close()
        self._processes, self._connections = [], []


class _importable_by_children:  # noqa: N801 - a context manager, read as a phrase
    """Lets the fork server import this project: it is a fresh interpreter that does not get our ``sys.path``."""

    def __enter__(self) -> None:
        self._before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(SRC), self._before]))

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = self._before
