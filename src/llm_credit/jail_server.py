"""The jail, seen from inside: a server with torch loaded that forks for every candidate.

Three processes: the server waits for requests; a monitor, one a request, keeps the time and kills; the candidate's own
child gives up all it can before it looks at the text. The child's verdict is the only thing that the monitor reads.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from typing import Any

MAX_VERDICT = 2_000_000  # bytes


def serve(descriptor: int) -> None:
    """Answers requests on a socket until it is closed. Called in a process of its own."""
    import torch

    torch.set_num_threads(1)  # no thread may exist when the process forks
    _warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # monitors are nobody's concern when they end
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the training program, which closes the socket
    channel = socket.socket(fileno=descriptor)
    while True:
        request = _receive(channel)
        if request is None:
            return
        text, reply_to = request
        if os.fork() == 0:
            channel.close()
            _monitor(text, reply_to)
        os.close(reply_to)


_WARM_UP = """def credit_weights(state):
    a = state[:, :2].clone()
    n = a.shape[0]
    near = torch.exp(-(a.unsqueeze(2) - a.unsqueeze(1)).abs()).sum(dim=2) / a.sum(dim=1, keepdim=True).clamp(min=0.1)
    far = torch.where(a > 0.5, near.mean(dim=1, keepdim=True), torch.softmax(a, dim=1)) + a.max(dim=1, keepdim=True)[0]
    both = torch.cat([near, far], dim=1).view(n, 2, 2).amax(dim=1) * (a != 0).float()
    w = torch.stack([both[:, 0], both[:, 1]], dim=1).pow(2).sqrt() + a.std(dim=1, keepdim=True).sigmoid() + 1.0
    return w, torch.zeros(n, 1)
"""


def _warm_up() -> None:
    """Much of torch is loaded when it is first needed: here once, and not in every child."""
    from .examine import examine
    from .settings import TFCAFSettings
    from .task import Action, Agent, StateField, TaskDescription

    fields = (StateField("a", 0, count=2, per="agent"), StateField("b", 2))
    agents, actions = (Agent("0"), Agent("1")), (Action("none"), Action("act"))
    task = TaskDescription("warm-up", "", "", agents, actions, fields, 3, 1, "", 0.0, 1.0, "", 1)
    examine(_WARM_UP, task, TFCAFSettings(check_states=16))


def _receive(channel: socket.socket) -> tuple[bytes, int] | None:
    head, descriptors, _, _ = socket.recv_fds(channel, 8, 1)
    if len(head) < 8 or not descriptors:
        return None
    length, parts = int.from_bytes(head, "big"), []
    while length:
        part = channel.recv(min(length, 65536))
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts), descriptors[0]


def _monitor(text: bytes, reply_to: int) -> None:
    """Forks the child, waits for its verdict as long as it may take, and sends what came of it. Never returns."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        request = json.loads(text)
        readable, writable = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(readable)
            _child(request, writable)
        os.close(writable)
        answer = _watch(child, readable, time.monotonic() + request["seconds"])
        with socket.socket(fileno=reply_to) as s:
            s.sendall(json.dumps(answer).encode())
    finally:
        os._exit(0)


def _watch(child: int, readable: int, deadline: float) -> dict[str, Any]:
    """The child's verdict, or how it ended."""
    parts: list[bytes] = []
    late = False
    while True:
        ready, _, _ = select.select([readable], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            late = True
            break
        part = os.read(readable, 65536)
        if not part or sum(map(len, parts)) > MAX_VERDICT:
            break
        parts.append(part)
    if late:
        _kill(child)
    status = _ended(child, deadline)
    if late:
        return {"timeout": True}
    try:
        verdict = json.loads(b"".join(parts))
        if isinstance(verdict, dict):
            return verdict
    except ValueError:
        pass
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return {"timeout": True} if number == signal.SIGXCPU else {"signal": number}
    return {"error": "it ended without a verdict"}


def _ended(child: int, deadline: float) -> int:
    """The child's exit status; one that has closed its pipe but does not end is killed when its time is over."""
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > deadline:
            _kill(child)
            return os.waitpid(child, 0)[1]
        time.sleep(0.002)


def _kill(child: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(child, signal.SIGKILL)


def _child(request: dict[str, Any], writable: int) -> None:
    """Gives up what it can, checks the candidate, writes the verdict. Never returns."""
    code = 1
    try:
        os.setsid()
        from .sandbox import confine

        work = _work(request)
        confine(writable, float(request["seconds"]), int(request["memory"]))
        verdict = work()
        _write_all(writable, json.dumps(verdict).encode())
        code = 0
    except MemoryError:
        _write_all(writable, b'{"memory": true}')
    except BaseException as e:  # the monitor must hear of everything
        memory = "alloc" in str(e).lower() or "memory" in str(e).lower()
        verdict = {"memory": True} if memory else {"error": f"{type(e).__name__}: {e}"[:500]}
        _write_all(writable, json.dumps(verdict).encode())
    finally:
        os._exit(code)


def _work(request: dict[str, Any]) -> Any:
    """Everything that is the framework's own is read before the child is confined; the candidate's text after."""
    from .episodes import Episodes
    from .errors import Refused
    from .examine import Report, examine
    from .settings import TFCAFSettings
    from .task import TaskDescription

    task = TaskDescription.from_json(request["task"])
    settings = TFCAFSettings(**request["settings"])
    episodes = Episodes.from_list(request["episodes"], task) if request["episodes"] else None

    def work() -> dict[str, Any]:
        try:
            report = examine(request["source"], task, settings, episodes=episodes).report
        except Refused as e:
            if "DefaultCPUAllocator" in e.reason or "not enough memory" in e.reason:
                return {"memory": True}
            report = Report.refusal(e)
        return {"report": report.to_dict()}

    return work


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
