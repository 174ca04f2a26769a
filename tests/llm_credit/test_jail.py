"""The jail: what a candidate's process may not do, and how long it can hold things up."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from llm_credit import jail
from llm_credit.examine import examine
from llm_credit.jail import check_in_jail
from llm_credit.screen import screen
from llm_credit.settings import TFCAFSettings

from .scripted import BROKEN, UNIFORM, weighted

SRC = str(Path(__file__).parents[2] / "src")
FEW = TFCAFSettings(check_states=64)


def test_the_verdict_is_that_of_this_process(task):
    for source in (UNIFORM, weighted(0.3)):
        inside, here = check_in_jail(source, task, FEW), examine(source, task, FEW).report
        differ = {k for k in here.numbers if not k.startswith("cost") and here.numbers[k] != inside.numbers[k]}
        assert (inside.accepted, inside.igm, inside.proof, differ) == (True, here.igm, here.proof, set())
    refused = check_in_jail(BROKEN, task, FEW)
    assert (refused.accepted, refused.stage, refused.line) == (False, "screen", 2)


def test_many_candidates_at_once(task):
    sources = [weighted(k / 20) for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(lambda s: check_in_jail(s, task, FEW), sources))
    assert all(r.accepted for r in reports)
    assert len({r.numbers["max"] for r in reports}) == 8  # nobody got another's verdict


def run_confined(body: str, seconds: float = 5.0, memory: int = 512) -> subprocess.CompletedProcess:
    """A Python program in a process that has been confined like a candidate's."""
    program = f"""
import os, sys, socket, signal
sys.path.insert(0, {SRC!r})
from llm_credit.sandbox import confine
if os.fork() == 0:
    os.setsid()
    filtered = confine(1, {seconds}, {memory} * 2**20)
    try:
        {body}
    except BaseException as e:
        print(type(e).__name__, flush=True)
    else:
        print("done" if filtered else "no filter", flush=True)
    os._exit(0)
print(os.WTERMSIG(os.wait()[1]), flush=True)
"""
    return subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("open('/tmp/llm_credit_jail_test', 'w')", "PermissionError"),
        ("os.open('/etc/hostname', os.O_RDWR)", "PermissionError"),
        ("socket.socket()", "PermissionError"),
        ("os.fork()", "PermissionError"),
        ("os.execv('/bin/true', ['true'])", "PermissionError"),
        ("os.kill(os.getppid(), signal.SIGTERM)", "PermissionError"),
        ("os.unlink('/etc/hostname')", "PermissionError"),
        ("os.mkdir('/tmp/llm_credit_jail_folder')", "PermissionError"),
        ("x = bytearray(10**9)", "MemoryError"),
        ("files = [open('/etc/hostname') for _ in range(100)]", "OSError"),
    ],
)
def test_what_a_confined_process_may_not_do(body, error):
    first = run_confined(body).stdout.splitlines()[0]
    if first == "no filter" and error == "PermissionError":
        pytest.skip("this kernel has no filter of system calls")
    assert first == error


def test_reading_and_reckoning_stay_possible():
    assert run_confined("assert len(open('/etc/passwd').read()) > 0").stdout.splitlines()[0] in ("done", "no filter")


def test_cpu_time_is_limited_where_nobody_watches_the_clock():
    start = time.monotonic()
    ended = run_confined("exec('while True: pass')", seconds=1.0)
    assert ended.stdout.splitlines()[-1] in ("24", "9")  # SIGXCPU, or the hard limit's SIGKILL
    assert time.monotonic() - start < 20


SERVED = """
import json, os, socket, sys, time, signal
sys.path.insert(0, {src!r})
from llm_credit import jail_server
def hostile(request):
    def work():
        {body}
        return {{"report": {{"accepted": True}}}}
    return work
jail_server._work = hostile
jail_server._warm_up = lambda: None
jail_server.serve(int(sys.argv[1]))
"""


class Hostile(jail._Server):
    """A server whose children do what a test says instead of checking a candidate."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.program = SERVED.format(src=SRC, body=body)

    def _running(self):
        if self.process is None:
            import socket

            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            command = [sys.executable, "-I", "-c", self.program, str(theirs.fileno())]
            self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env={"OMP_NUM_THREADS": "1"})
            theirs.close()
            self.socket, self.owner = ours, os.getpid()
        return self.socket


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("time.sleep(60)", "took longer than 1 s"),
        ("exec('while True: pass')", "took longer than 1 s"),
        ("os.close(1); signal.signal(signal.SIGXCPU, signal.SIG_IGN); time.sleep(60)", "took longer than 1 s"),
        ("signal.raise_signal(signal.SIGSEGV)", "ended by signal 11"),
        ("os.abort()", "ended by signal 6"),
        ("os._exit(3)", "ended without a verdict"),
        ("x = bytearray(10**10)", "more than 2048 MiB of memory"),
        ("raise RuntimeError('boom')", "RuntimeError: boom"),
    ],
    ids=["sleeps", "loops", "hides", "crashes", "aborts", "leaves", "memory", "raises"],
)
def test_whatever_happens_in_the_jail_is_a_refusal_in_time(task, monkeypatch, body, reason):
    server = Hostile(body)
    monkeypatch.setattr(jail, "_SERVER", server)
    check_in_jail(UNIFORM, task, TFCAFSettings(jail_seconds=1.0))  # torch's import is not the candidate's time
    start = time.monotonic()
    report = check_in_jail(UNIFORM, task, TFCAFSettings(jail_seconds=1.0))
    assert time.monotonic() - start < 5
    assert (report.accepted, report.stage) == (False, "jail")
    assert reason in report.reason
    server.close()


def test_no_secret_reaches_the_jail(task, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    monkeypatch.setattr(jail, "_SERVER", jail._Server())
    check_in_jail(UNIFORM, task, FEW)
    environment = Path(f"/proc/{jail._SERVER.process.pid}/environ").read_bytes()
    assert b"OMP_NUM_THREADS=1" in environment
    assert b"sk-ant-secret" not in environment
    jail._SERVER.close()


def test_a_server_that_died_is_started_again(task):
    assert check_in_jail(UNIFORM, task, FEW).accepted
    jail._SERVER.process.kill()
    jail._SERVER.process.wait()
    assert check_in_jail(UNIFORM, task, FEW).accepted


def test_the_server_ends_with_the_program(task, tmp_path):
    (tmp_path / "task.json").write_text(task.to_json())
    program = f"""
import os, sys
sys.path.insert(0, {SRC!r})
from llm_credit import TaskDescription, check_source
from llm_credit import jail
check_source({UNIFORM!r}, TaskDescription.from_json(open({str(tmp_path / "task.json")!r}).read()))
print(jail._SERVER.process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    pid = int(run.stdout)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    pytest.fail("the server outlived the program")


def test_a_heavy_function_is_refused_by_the_clock(task):
    """Nothing is simulated here: within the budgets of numbers and operations, but too much for a second."""
    lines = "\n".join(f"        w = torch.softmax(w * 1.01 + {k}.0, dim=1) + w" for k in range(20))
    source = f"def credit_weights(state):\n    w = state[:, :2] + 7.0\n    for i in range(30):\n{lines}\n        w = w / 8.0\n    return w, w[:, :1] * 0.0\n"
    screen(source)
    start = time.monotonic()
    report = check_in_jail(source, task, TFCAFSettings(jail_seconds=1.0, check_states=4096))
    assert (report.accepted, report.stage) == (False, "jail")
    assert time.monotonic() - start < 10


# The parts of the jail's own processes, in this one


def test_the_childs_work_is_the_examination(task):
    from dataclasses import asdict

    from llm_credit.jail_server import _work

    request = {"task": task.to_json(), "settings": asdict(FEW), "episodes": None}
    assert _work({**request, "source": UNIFORM})()["report"]["accepted"]
    refused = _work({**request, "source": BROKEN})()["report"]
    assert (refused["accepted"], refused["stage"]) == (False, "screen")


def forked(action):
    """A child that does ``action(writable)`` and ends; its process id and what it writes can be read."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        try:
            os.setsid()
            action(writable)
        finally:
            os._exit(0)
    os.close(writable)
    return child, readable


@pytest.mark.parametrize(
    ("action", "seconds", "expected"),
    [
        (lambda w: os.write(w, b'{"report": 1}'), 5.0, {"report": 1}),
        (lambda w: time.sleep(60), 0.2, {"timeout": True}),
        (lambda w: os.write(w, b"no json"), 5.0, {"error": "it ended without a verdict"}),
        (lambda w: (os.close(w), time.sleep(60)), 0.2, {"signal": 9}),
        (lambda w: os.kill(os.getpid(), 11), 5.0, {"signal": 11}),
        (lambda w: os.kill(os.getpid(), 24), 5.0, {"timeout": True}),
        (lambda w: [os.write(w, b"x" * 65536) for _ in range(100)], 5.0, None),
    ],
    ids=["verdict", "late", "nonsense", "hides", "crash", "cpu time", "floods"],
)
def test_the_monitor_watches(action, seconds, expected):
    from llm_credit.jail_server import _watch

    child, readable = forked(action)
    start = time.monotonic()
    answer = _watch(child, readable, time.monotonic() + seconds)
    os.close(readable)
    assert expected is None or answer == expected
    assert "report" not in answer or expected
    assert time.monotonic() - start < 10


def test_requests_arrive_whole(task):
    import socket

    from llm_credit.jail import _send_with_socket
    from llm_credit.jail_server import _receive

    ours, theirs = socket.socketpair()
    here, there = socket.socketpair()
    text = b"x" * 300_000
    import threading

    sender = threading.Thread(target=_send_with_socket, args=(ours, text, there))
    sender.start()
    received, descriptor = _receive(theirs)
    sender.join()
    assert received == text
    with socket.socket(fileno=descriptor) as passed:
        passed.sendall(b"hello")
        assert here.recv(5) == b"hello"
    ours.close()
    assert _receive(theirs) is None


def test_the_filter_program_refuses_by_number_and_by_flags():
    """The program is run by hand here: what it answers to a few calls."""
    import struct

    from llm_credit import sandbox

    architecture, calls = sandbox._MACHINES["x86_64"]
    code = list(struct.iter_unpack("HBBI", sandbox._program(architecture, calls, sandbox._OPENS["x86_64"])))

    def answer(number, arch=architecture, **arguments):
        words = {0: number, 4: arch, **{int(k[1:]): v for k, v in arguments.items()}}
        at, value = 0, 0
        while True:
            op, yes, no, k = code[at]
            at += 1
            if op == sandbox._LOAD:
                value = words.get(k, 0)
            elif op == sandbox._ANSWER:
                return k == sandbox._ALLOW
            else:
                holds = {sandbox._EQUAL: value == k, sandbox._AT_LEAST: value >= k, sandbox._BITS: bool(value & k)}[op]
                at += yes if holds else no

    assert all(not answer(n) for n in calls.values())
    assert answer(1)  # write
    assert answer(0)  # read
    assert not answer(1, arch=0x40000003)
    assert not answer(0x40000000 + 1)
    assert answer(257, a32=os.O_RDONLY | os.O_CLOEXEC)
    assert not answer(257, a32=os.O_WRONLY)
    assert not answer(257, a32=os.O_RDWR | os.O_CREAT)
    assert answer(2, a24=os.O_RDONLY)
    assert not answer(2, a24=os.O_CREAT)


class Broken(jail._Server):
    """A server that does to every request what a test says."""

    def __init__(self, answer) -> None:
        super().__init__()
        self.answer = answer

    def send(self, request, reply_to):
        if isinstance(self.answer, Exception):
            raise self.answer
        reply_to.sendall(self.answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"", "ended without an answer"), (b"{", "ended without an answer"), (b"[1]", "wrong form"), (b"{}", "no answer")],
)
def test_a_server_that_answers_nonsense_is_a_refusal(task, monkeypatch, answer, reason):
    monkeypatch.setattr(jail, "_SERVER", Broken(answer))
    report = check_in_jail(UNIFORM, task, FEW)
    assert (report.accepted, report.stage) == (False, "jail")
    assert reason in report.reason


def test_a_server_that_cannot_be_started_is_the_users_to_mend(task, monkeypatch):
    from llm_credit.errors import CreditError

    monkeypatch.setattr(jail, "_SERVER", Broken(OSError("no processes left")))
    with pytest.raises(CreditError, match="no processes left"):
        check_in_jail(UNIFORM, task, FEW)


def test_a_server_that_does_not_answer_is_given_up(task, monkeypatch):
    class Silent(jail._Server):
        def send(self, request, reply_to):
            self.kept = reply_to.dup()  # open, so that nothing comes and nothing ends

    monkeypatch.setattr(jail, "_SERVER", Silent())
    monkeypatch.setattr(jail, "START_SECONDS", 0.1)
    monkeypatch.setattr(jail, "GRACE_SECONDS", 0.1)
    report = check_in_jail(UNIFORM, task, TFCAFSettings(jail_seconds=1.0))
    assert "did not answer" in report.reason
