"""Whatever the text, the screen ends soon and raises nothing but Refused: it runs in the trainer's own process."""

import gc
import sys

import pytest

from llm_credit.errors import Refused
from llm_credit.screen import screen

from .hostile import ONES, weights

MAX_CALLS = 600_000  # of Python functions
DOUBLED = "1.0"
for _k in range(11):
    DOUBLED = f"[t{_k} + t{_k} for t{_k} in [{DOUBLED}]][0]"
ENDLESS = {
    "returns in branches in branches": "def f(x, n):\n" + "    if n > 1:\n        if n > 2:\n            return x\n" * 26 + "    return x\nw = f(state[:, :2], 1)",
    "returns in many branches": "def f(x, n):\n" + "    if n > 1:\n        return x\n" * 180 + "    return x\nw = f(state[:, :2], 1)",
    "range past every number": f"for i in range(99999999999999999999999):\n    pass\n{ONES}",
    "range of a product": f"for i in range(1000000 * 1000000 * 1000000 * 1000000):\n    pass\n{ONES}",
    "range written out": f"for i in range(99999999999):\n    for j in range(i):\n        pass\n{ONES}",
    "zip of many ranges": "for t in zip(" + ", ".join(["range(10000)"] * 300) + f"):\n    pass\n{ONES}",
    "sums of ranges": "\n".join(f"a{i} = sum(range(10000))" for i in range(40)) + f"\n{ONES}",
    "enumerate in enumerate": "for t in " + "enumerate(" * 40 + "range(10000)" + ")" * 40 + f":\n    pass\n{ONES}",
    "comparisons": "x = " + "1 < " * 3000 + f"1\n{ONES}",
    "number of itself": f"k = k + 1\nfor i in range(k):\n    pass\n{ONES}",
    "normalize of nothing": f"x = F.normalize()\n{ONES}",
    "normalize by name": f"x = F.normalize(input=state)\n{ONES}",
    "elements that grow": f"a = [[{'t, ' * 1500}] for t in [[{'1.0, ' * 1500}]]]\n{ONES}",
    "loops over nothing": "a = [1.0 for i in range(2000) for j in zip([" + "1.0, " * 2500 + f"], [])]\n{ONES}",
    "helpers that double": "def f0(x):\n    return x + 1.0\n" + "".join(f"def f{i + 1}(x):\n    return f{i}(x) + f{i}(x)\n" for i in range(25)) + "w = f25(state[:, :2])",
}  # fmt: skip
SHORT = {
    "sums of sums": ("a0 = 0\n" + "\n".join(f"a{i + 1} = a{i} + a{i}" for i in range(40)) + f"\nfor i in range(a40):\n    pass\n{ONES}"),
    "sums of sums in a comparison": ("a0 = 0\n" + "\n".join(f"a{i + 1} = a{i} + a{i} + a{i} + a{i}" for i in range(20)) + f"\nif 0 < a20 < 5:\n    pass\n{ONES}"),
    "names of names": "a0 = torch.ones(2)\n" + "".join(f"a{i + 1} = a{i} if 2 > state.dim() else a{i}\n" for i in range(60)) + f"a60[0] = 1.0\n{ONES}",
    "comprehensions that double": f"a = {DOUBLED}\n{ONES}",
    "numbers in a circle": f"a = b + 1\nb = a + 1\ny = 1.0 if a > 2 else 2.0\n{ONES}",
}  # fmt: skip


def calls_of(action):
    """How many Python functions an action calls."""
    count = 0

    def seen(frame, event, argument):
        nonlocal count
        count += event == "call"

    outer = sys.getprofile()
    sys.setprofile(seen)
    try:
        action()
    finally:
        sys.setprofile(outer)
    return count


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_texts_are_refused_soon(name):
    def refused():
        with pytest.raises(Refused):
            screen(weights(ENDLESS[name]))

    assert calls_of(refused) < MAX_CALLS


@pytest.mark.parametrize("name", SHORT)
def test_texts_that_only_look_endless_are_screened_soon(name):
    assert calls_of(lambda: screen(weights(SHORT[name]))) < MAX_CALLS


def test_what_goes_wrong_in_the_screen_itself_is_a_refusal(monkeypatch):
    def broken(function):
        raise RecursionError

    monkeypatch.setattr("llm_credit.screen.desugar", broken)
    with pytest.raises(Refused, match="more plainly") as refusal:
        screen(weights(f"nobody_screened_this = 1.0\n{ONES}"))  # a text that was screened before is remembered
    assert refusal.value.stage == "screen"


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_as_it_was(enabled):
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        screen(weights("w = state[:, :2]"))
        with pytest.raises(Refused):
            screen(weights("while True:\n    pass"))
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was else gc.disable)()


HINTS = {
    "w = state[:, :2] * float('inf')": "as 1e9",
    "w = state[:, :2].clamp(max=torch.inf)": "as 1e9",
    "w = state[:, :2] * torch.nan": "use a number",
    "w = state[:, :2]\nif w is not None:\n    w = w + 1.0": "leave it out",
    "with torch.no_grad():\n    w = state[:, :2]": "leave it out",
}


@pytest.mark.parametrize("body", HINTS)
def test_what_people_reach_for_is_refused_with_what_to_write_instead(body):
    with pytest.raises(Refused, match=HINTS[body]) as refusal:
        screen(weights(body))
    assert refusal.value.line is not None


def test_constants_and_helpers_beside_the_function_are_told_to_go_inside():
    with pytest.raises(Refused, match="constants inside"):
        screen("N = 2\n" + weights(ONES))
    with pytest.raises(Refused, match="helpers go inside"):
        screen("def f(x):\n    return x\n\n" + weights(ONES))
