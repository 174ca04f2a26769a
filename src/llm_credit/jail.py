"""The jail, seen from outside: a candidate is compiled and probed in a process that can do no harm, or little.

A server process that has torch loaded (``jail_server``) is started once, with a cleared environment; it forks a child
for every candidate. The child has limits on time, memory, files and processes, and is killed with its process group
when its time is over. What is sent and what comes back is JSON.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .errors import CreditError
from .examine import Report
from .settings import TFCAFSettings
from .task import TaskDescription

START_SECONDS = 120.0  # torch's import on a slow file system
GRACE_SECONDS = 10.0  # what the server may take beyond the candidate's own time
MAX_ANSWER = 4_000_000  # bytes

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "TORCH_HOME")  # nothing that could hold a secret


class _Server:
    """The server process and the socket to it; started when first needed, again if it has died."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.socket: socket.socket | None = None
        self.owner = 0

    def send(self, request: bytes, reply_to: socket.socket) -> None:
        with self.lock:
            for again in (False, True):
                try:
                    channel = self._running()
                    channel.settimeout(START_SECONDS)
                    _send_with_socket(channel, request, reply_to)
                    return
                except OSError:
                    self._stop()
                    if again:
                        raise

    def _running(self) -> socket.socket:
        # a forked copy of the program must not talk over its parent's socket
        if self.process is not None and self.owner == os.getpid() and self.process.poll() is None:
            assert self.socket is not None
            return self.socket
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        environment = {k: os.environ[k] for k in _KEPT if k in os.environ}
        environment |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1"}
        home = str(Path(__file__).resolve().parent.parent)
        begin = (
            f"import sys; sys.path.insert(0, {home!r}); from llm_credit.jail_server import serve; "
            f"serve({theirs.fileno()})"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", begin],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self.socket, self.owner = ours, os.getpid()
        return ours

    def _stop(self) -> None:
        if self.socket is not None:
            self.socket.close()  # the server ends when it reads the end
        if self.process is not None and self.owner == os.getpid():
            self.process.kill()
            self.process.wait()
        self.process = self.socket = None

    def close(self) -> None:
        with self.lock:
            if self.owner == os.getpid():
                self._stop()


_SERVER = _Server()


def close_server() -> None:
    """Ends the server and frees its memory; the next check starts one again."""
    _SERVER.close()


atexit.register(_SERVER.close)


def check_in_jail(
    source: str, task: TaskDescription, settings: TFCAFSettings, episodes: list[Any] | None = None
) -> Report:
    """The report on a candidate, from the jail; a crash or a limit that it ran into is a refusal (stage jail).

    Safe to call from several threads at once: every call has a child of its own.
    """
    request = {
        "source": source,
        "task": task.to_json(),
        "settings": asdict(settings),
        "episodes": episodes,
        "seconds": settings.jail_seconds,
        "memory": settings.jail_memory * 2**20,
    }
    answer = _exchange(json.dumps(request).encode(), settings.jail_seconds)
    if "report" in answer:
        return Report.from_dict(answer["report"])
    return Report(False, "jail", _why(answer, settings))


def _exchange(request: bytes, seconds: float) -> dict[str, Any]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        try:
            _SERVER.send(request, theirs)
        except OSError as e:
            raise CreditError(f"the process in which candidates are checked cannot be started: {e}") from e
        theirs.close()
        ours.settimeout(START_SECONDS + seconds + GRACE_SECONDS)
        parts, size = [], 0
        try:
            while part := ours.recv(65536):
                parts.append(part)
                size += len(part)
                if size > MAX_ANSWER:
                    return {"error": "its answer is too long"}
        except TimeoutError:
            return {"error": "the server did not answer"}
    try:
        answer = json.loads(b"".join(parts))
    except ValueError:
        return {"error": "the server ended without an answer"}
    return answer if isinstance(answer, dict) else {"error": "the answer has the wrong form"}


def _why(answer: dict[str, Any], settings: TFCAFSettings) -> str:
    if answer.get("timeout"):
        return f"checking it took longer than {settings.jail_seconds:g} s; do less work"
    if answer.get("memory"):
        return f"checking it needs more than {settings.jail_memory} MiB of memory; make smaller tensors"
    if "signal" in answer:
        return f"the process that checked it was ended by signal {answer['signal']} (TorchScript may have crashed)"
    return f"checking it failed: {answer.get('error', 'no answer')}"


def _send_with_socket(channel: socket.socket, request: bytes, passed: socket.socket) -> None:
    """One message: eight bytes of length with the passed socket, then the text."""
    socket.send_fds(channel, [len(request).to_bytes(8, "big")], [passed.fileno()])
    channel.sendall(request)
