"""The report page: whole, self-contained, and of what the entry holds."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import torch

from llm_credit.archive import Archive
from llm_credit.cli import main
from llm_credit.effects import drawn_walk, effects, gated_credits
from llm_credit.page import page

from .scripted import UNIFORM

SECTIONS = ("The function", "What it credits", "What each part of the state does to each agent's credit",
            "Credit over sample episodes", "The search, round by round", "Checks and gate", "Cost")  # fmt: skip
FIRST = """def credit_weights(state):
    w = torch.cat([1.0 + state[:, 12:13], torch.ones_like(state[:, :1])], dim=1)
    return w, torch.zeros(state.shape[0], 1)
"""


class Tags(HTMLParser):
    """Every tag is closed in its order; what is loaded from elsewhere is noted."""

    VOID = ("meta", "line", "circle", "rect", "polyline", "br", "text")

    def __init__(self):
        super().__init__()
        self.open, self.loaded = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.loaded += [v for k, v in attributes if k in ("src", "href")]

    def handle_startendtag(self, tag, attributes):
        self.loaded += [v for k, v in attributes if k in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def entries():
    return Archive("nowhere").entries()


def test_every_shipped_entry_has_a_whole_page(entries):
    for entry in entries:
        text = page(entry)
        tags = Tags()
        tags.feed(text)
        assert (tags.open, tags.loaded) == ([], [])
        assert re.findall("<h2>(.*?)</h2>", text) == list(SECTIONS)
        assert "nan" not in re.sub("[a-z_ ]*nan[a-z]+", "", text.lower()), "a number is missing in a picture"
        for event in entry.result["transcript"]:
            if event["event"] == "candidate":
                assert event["candidate"] in text


def test_it_says_by_whom_it_was_made_and_what_each_number_means(entries):
    text = page(entries[0])
    assert "carried by hand" in text
    assert "mean change of the credits if this field alone takes another legal value" in text
    assert "characters read and written" in text


def test_episodes_are_shown_if_there_are_some(entries, tmp_path, capsys):
    entry = next(e for e in entries if e.question["task"]["family"] == "lbf")
    width, agents = entry.question["task"]["state_dim"], len(entry.question["task"]["agents"])
    episode = {"states": [[0.0] * width] * 6, "actions": [[0] * agents] * 6, "rewards": [0.0, 0.0, 0.5, 0.0, 0.0, 0.5]}
    (tmp_path / "e.json").write_text(json.dumps([episode, episode]))
    arguments = ["report", entry.hash[:12], "--out", str(tmp_path / "r.html"), "--episodes", str(tmp_path / "e.json")]
    assert main(arguments) == 0
    text = (tmp_path / "r.html").read_text()
    assert "episode 2: 6 steps, return 1" in text
    assert text.count('class="mark"') == 4
    assert "report written to" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report", "abc", "--out", "x.html"], "no entry"),
        (["report", "{entry}", "--out", "no/such/folder/x.html"], "cannot be written"),
        (["report", "{entry}", "--out", "x.html", "--episodes", "none.json"], "cannot be read"),
    ],
)
def test_wrong_input_ends_in_a_sentence(entries, arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([a.format(entry=entries[0].hash) for a in arguments]) == 2
    assert told in capsys.readouterr().err


def test_effects_name_what_moves_whose_credit(task):
    found = effects(gated_credits(FIRST, task, "enforce", "clamp"), task)
    strongest = found[0]
    assert (strongest.field.name, strongest.component) == ("charge", 0)
    assert strongest.means[:, 0].tolist() == pytest.approx([1.0 + float(x) for x in strongest.labels])
    assert strongest.size[1] == 0
    assert float(max(e.size.max() for e in found[1:])) == 0


def test_a_function_of_nothing_says_so(task):
    found = effects(gated_credits(UNIFORM, task, "enforce", "clamp"), task)
    assert float(max(e.size.max() for e in found)) == 0


def test_a_walk_changes_one_quantity_at_a_time(task):
    states, rewards = drawn_walk(task, 30)
    assert rewards is None
    places = [f.slice_of(e) for f in task.state_fields for e in range(f.count)]
    for before, after in pairwise(states):
        changed = torch.nonzero(before != after).flatten().tolist()
        assert any(set(changed) <= set(range(p.start, p.stop)) for p in places)
