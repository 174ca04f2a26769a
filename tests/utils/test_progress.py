import io
import sys

import pytest

from utils.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(params=[Terminal, io.StringIO], ids=["terminal", "file"])
def stream(request, monkeypatch):
    stream = request.param()
    monkeypatch.setattr(sys, "__stderr__", stream)
    return stream


def test_it_shows_steps_returns_and_time_left(stream):
    bar = ProgressBar(1000, plain_seconds=0.0)
    bar.update(0)
    bar.update(500, return_mean=0.25, test_return_mean=0.75)
    bar.close()
    bar.close()
    shown = stream.getvalue()
    for words in ("500", "return 0.250", "test return 0.750", "left"):
        assert words in shown


def test_switched_off_it_is_silent(stream):
    bar = ProgressBar(1000, enabled=False, plain_seconds=0.0)
    bar.update(500, return_mean=1.0)
    bar.close()
    assert stream.getvalue() == ""


def test_outside_a_terminal_lines_are_rare(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "__stderr__", stream)
    bar = ProgressBar(1000, plain_seconds=1000.0)
    for t in range(0, 1000, 10):
        bar.update(t)
    assert stream.getvalue() == ""
