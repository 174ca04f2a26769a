"""The command line, as a person would use it, wrong inputs included."""

import json
import shutil
from dataclasses import asdict, replace

import pytest

from llm_credit.archive import SHIPPED, Archive
from llm_credit.cli import main

from .fake_api import FakeAPI
from .player import ENVIRONMENT, play
from .scripted import BROKEN, UNIFORM, code, judgement, weighted

FEW = ["check_states=64", "candidates=2", "rounds=1"]


@pytest.fixture
def place(task, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "task.json").write_text(task.to_json())
    (tmp_path / "odd.json").write_text(task.to_json().replace('"size": 1', '"size": "x"'))
    (tmp_path / "good.py").write_text(UNIFORM)
    (tmp_path / "bad.py").write_text(BROKEN)
    return tmp_path


def test_check_accepts(place, capsys):
    assert main(["check", "good.py", "--task", "task.json"]) == 0
    assert "accepted; igm: proved" in capsys.readouterr().out


def test_check_refuses_with_stage_line_and_reason(place, capsys):
    assert main(["check", "bad.py", "--task", "task.json"]) == 2
    assert "refused at screen, line 2: the method .item() is not allowed" in capsys.readouterr().out
    assert main(["check", "bad.py", "--task", "task.json", "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert (report["accepted"], report["stage"], report["line"]) == (False, "screen", 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "none.py", "--task", "task.json"], "none.py cannot be read"),
        (["check", "good.py", "--task", "none.json"], "none.json cannot be read"),
        (["check", "good.py", "--task", "good.py"], "not JSON"),
        (["check", "good.py", "--task", "task.json", "--set", "round=3"], "did you mean rounds?"),
        (["check", "good.py", "--task", "task.json", "--set", "rounds"], "should be KEY=VALUE"),
        (["check", "good.py", "--task", "task.json", "--set", "rounds=many"], "must be a whole number"),
        (["check", "good.py", "--task", "task.json", "--set", "llm.rounds=0"], "must be at least 1"),
        (["check", "good.py", "--task", "odd.json"], "size should be a number, not 'x'"),
        (["prompts", "task.json", "--out", "good.py"], "good.py"),
        (["show", "abc"], "no entry"),
        (["verify", "--archive", "nowhere"], "nowhere is no folder"),
        (["list", "--archive", "good.py"], "good.py is no folder"),
        (["show", "abc", "--archive", "nowhere"], "nowhere is no folder"),
        (["accept", "nowhere"], "is no folder of"),
        (["write", "task.json"], "ANTHROPIC_API_KEY"),
    ],
)
def test_wrong_input_ends_in_a_sentence_and_code_2(place, capsys, monkeypatch, arguments, told):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


def test_write_shows_the_search_and_its_cost(place, capsys, monkeypatch):
    pytest.importorskip("anthropic")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with FakeAPI(play) as api:
        code_ = main(["write", "task.json", "--set", *FEW, f"base_url={api.base_url}", "--out", "function.py"])
    shown = capsys.readouterr().out
    assert code_ == 0
    for part in (
        "round 1 of 1",
        "r1-c0: accepted, proved",
        "selected r1-c1 of r1-c0, r1-c1",
        "so far 3 calls, 10,560 tokens, $0.0",
        "3 calls, 10560 tokens, $",
    ):
        assert part in shown
    entry = Archive("llm_archive").entries()[-1]
    assert (place / "function.py").read_text() in [e.source for e in Archive("llm_archive", shipped=False).entries()]
    assert entry.hash


def carry(folder, answers):
    """Pastes answers by request name into the folder, until nothing is asked any more."""
    for _ in range(20):
        open_ones = [p for p in (folder / "replies").glob("*.txt") if not p.read_text()]
        if not open_ones:
            return
        for path in open_ones:
            path.write_text(answers[path.stem.rsplit("-", 1)[0]], encoding="utf-8-sig")  # as some editors save it
        assert main(["accept", str(folder)]) == 0


def test_a_search_carried_by_hand(place, capsys, task):
    assert main(["prompts", "task.json", "--out", "hand", "--set", *FEW, "--carried-by", "a person"]) == 0
    shown = capsys.readouterr().out
    assert "2 to ask" in shown
    asked = sorted((place / "hand" / "ask").glob("*.md"))
    assert task.summary in asked[0].read_text()
    assert "def credit_weights(state)" in asked[0].read_text()
    assert main(["accept", "hand"]) == 0  # nothing pasted yet: the same questions again
    assert "2 to ask" in capsys.readouterr().out
    answers = {
        "r1-c0-propose": code(weighted(0.2)),
        "r1-c1-propose": code(BROKEN),
        "r1-c1-repair1": code(weighted(0.4)),
        "r1-evaluate": f"```json\n{judgement(1, n=2)}\n```",
    }
    carry(place / "hand", answers)
    shown = capsys.readouterr().out
    assert "r1-c1: refused, screen (line 2)" in shown
    assert "accepted: r1-c1, igm: proved" in shown
    (entry,) = Archive("llm_archive", shipped=False).entries()
    assert entry.source == weighted(0.4)
    assert entry.result["carried"] == "a person"
    asked_schema = next((place / "hand" / "ask").glob("r1-evaluate*")).read_text()
    assert '"additionalProperties": false' in asked_schema  # what a program would pass beside the prompt

    from llm_credit import TFCAFSettings, build_tfcaf
    from llm_credit.errors import CreditError

    chosen = TFCAFSettings.from_mapping({"source": "manual", "manual": "hand"})
    assert build_tfcaf(task, chosen).source == weighted(0.4)
    other = replace(task, name="other")
    with pytest.raises(CreditError, match="not as other is now"):
        build_tfcaf(other, chosen)


def test_an_answer_that_is_no_text_is_named(place, capsys):
    assert main(["prompts", "task.json", "--out", "hand", "--set", *FEW]) == 0
    reply = min((place / "hand" / "replies").iterdir())
    reply.write_bytes(b"\xff\xfe")
    assert main(["accept", "hand"]) == 2
    assert f"{reply.name} is not UTF-8 text" in capsys.readouterr().err


def test_prompts_do_not_overwrite_another_search(place, capsys):
    assert main(["prompts", "task.json", "--out", "hand", "--set", "rounds=1"]) == 0
    assert main(["prompts", "task.json", "--out", "hand", "--set", "rounds=1"]) == 0  # the same again is safe
    assert main(["prompts", "task.json", "--out", "hand", "--set", "rounds=2"]) == 2
    assert "holds another search" in capsys.readouterr().err


def cut(session, **other):
    """The text of a session.json with other values, None for one that is left out."""
    return json.dumps({k: v for k, v in {**json.loads(session), **other}.items() if v is not None})


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "[]",
        lambda text: "{}",
        lambda text: text[: len(text) // 2],
        lambda text: cut(text, forms=5),
        lambda text: cut(text, forms=[1, "QLLMNetwork"]),
        lambda text: cut(text, carried=None),
        lambda text: cut(text, settings=[]),
        lambda text: cut(text, task="lbf"),
    ],
)
def test_a_damaged_session_ends_in_a_sentence(place, capsys, damage):
    """For `accept`, and for `prompts` over it."""
    assert main(["prompts", "task.json", "--out", "hand", "--set", *FEW]) == 0
    path = place / "hand" / "session.json"
    path.write_text(damage(path.read_text()))
    for command in (["accept", "hand"], ["prompts", "task.json", "--out", "hand", "--set", *FEW]):
        assert main(command) == 2
        error = capsys.readouterr().err
        assert "hand is no folder of `python -m llm_credit prompts`: session.json cannot be read" in error


def test_an_unfinished_hand_carried_search_says_what_to_do(place, task):
    from llm_credit import TFCAFSettings, build_tfcaf
    from llm_credit.errors import CreditError

    main(["prompts", "task.json", "--out", "hand", "--set", *FEW])
    with pytest.raises(CreditError, match="python -m llm_credit accept hand"):
        build_tfcaf(task, TFCAFSettings(source="manual", manual="hand"))
    with pytest.raises(CreditError, match=r"llm\.manual=DIR"):
        build_tfcaf(task, TFCAFSettings(source="manual"))


def test_shipped_entries_are_listed_shown_drawn_and_verified(place, capsys):
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert "lbf:Foraging-5x5-2p-1f-coop-v3:global  full  claude-opus-5-5  proved  ships with the project" in listed
    name = next(line for line in listed.splitlines() if "Foraging-5x5" in line).split()[0]
    assert main(["show", name, "--png", "credits.png"]) == 0
    shown = capsys.readouterr().out
    for part in ("def credit_weights(state)", "agent 1", "selected r", "sensitivity", "carried by hand"):
        assert part in shown
    assert (place / "credits.png").read_bytes().startswith(b"\x89PNG")
    assert main(["verify", "--replay"]) == 0
    assert "as they were written" in capsys.readouterr().out


def entry_made_here(monkeypatch):
    """A whole search, live, whose entry is the only one in llm_archive."""
    pytest.importorskip("anthropic")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with FakeAPI(play) as api:
        main(["write", "task.json", "--set", *FEW, f"base_url={api.base_url}"])
    (entry,) = Archive("llm_archive", shipped=False).entries()
    return entry


def test_verify_names_what_changed(place, capsys, monkeypatch):
    entry = entry_made_here(monkeypatch)
    (entry.path / "notes.txt").write_text("added")
    index = next((place / "llm_archive" / "index").iterdir())
    index.rename(index.with_name("0" * 64))
    capsys.readouterr()
    assert main(["verify"]) == 2
    shown = capsys.readouterr().out
    assert "notes.txt does not belong to the entry" in shown
    assert "the entry of another question" in shown


@pytest.mark.parametrize("name", ["result.json", "question.json", "manifest.json"])
def test_a_damaged_entry_is_named_and_the_others_are_listed(place, capsys, name, task):
    from llm_credit import TFCAFSettings, build_tfcaf
    from llm_credit.errors import CreditError

    shipped = Archive("nowhere").entries()[0]
    path = place / "llm_archive" / "entries" / shipped.hash
    shutil.copytree(shipped.path, path)
    (path / name).write_text("{}")
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert f"left out: {shipped.hash[:12]}: {name}" in listed
    assert listed.count("ships with the project") == 11
    assert "no entries of its own" not in listed
    for command in (["show", shipped.hash], ["verify"]):
        assert main(command) == 2
    with pytest.raises(CreditError, match=f"(?s)holds no finished search for toy.*not looked at: {shipped.hash[:12]}"):
        build_tfcaf(task, TFCAFSettings(source="archive", archive="llm_archive"))


def test_an_index_that_is_no_text_ends_in_a_sentence(place, capsys):
    (place / "llm_archive" / "index").mkdir(parents=True)
    (place / "llm_archive" / "index" / ("0" * 64)).write_bytes(b"\xff\n")
    assert main(["verify"]) == 2
    assert "index 000000000000 has been changed" in capsys.readouterr().out


def test_whose_entries_were_verified_is_told(place, capsys, monkeypatch):
    made = entry_made_here(monkeypatch)
    assert main(["verify"]) == 0
    assert "1 entries in llm_archive, 12 that ship with the project: as they were written" in capsys.readouterr().out
    assert main(["verify", "--archive", str(SHIPPED)]) == 0
    assert "12 that ship with the project" in capsys.readouterr().out
    (place / "empty").mkdir()
    for folder, told in (("empty", True), ("llm_archive", False), (str(SHIPPED), False)):
        assert main(["list", "--archive", folder]) == 0
        shown = capsys.readouterr().out
        assert ("holds no entries of its own" in shown) == told
        assert (made.hash[:12] in shown) == (folder == "llm_archive")


def test_every_shipped_config_of_the_matrix_games_and_lbf_has_an_entry():
    """The prompts were really answered; replay finds the same function (see test_shipped_entries...)."""
    names = {e.question["task"]["family"] for e in Archive("nowhere").entries()}
    assert names == {"lbf", "matrix_game"}
    assert len(Archive("nowhere").entries()) == 12


def test_settings_have_the_types_of_the_command_line(place):
    from llm_credit.cli import _settings

    s = _settings(["timeout=2", "rounds=3", "model=x", "llm.max_usd=0.5"])
    assert asdict(s) | {"timeout": 2.0, "rounds": 3, "model": "x", "max_usd": 0.5} == asdict(s)
