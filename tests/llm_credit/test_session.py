"""Whole searches: the real SDK against a server on loopback, the real jail, the archive."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from llm_credit.api import build_tfcaf
from llm_credit.archive import Archive, Workspace
from llm_credit.errors import CreditError
from llm_credit.examine import Report
from llm_credit.llm import BudgetExceeded, LLMError
from llm_credit.replay import replay
from llm_credit.search_run import question_for, run_search, search_live
from llm_credit.settings import TFCAFSettings
from llm_credit.sources import find_source

from . import fake_api
from .fake_api import FakeAPI, good, sequence
from .player import ENVIRONMENT, is_evaluator, play, prompt_of
from .scripted import BROKEN, UNIFORM, Scripted, code, judgement

pytest.importorskip("anthropic")
FORMS = ("credit_weights", "QLLMNetwork")


@pytest.fixture(autouse=True)
def key(monkeypatch):
    for name in [n for n in os.environ if n.startswith("ANTHROPIC_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def settings(api, folder, **more):
    values = {"source": "live", "archive": str(folder), "base_url": api.base_url, "candidates": 2, "rounds": 2}
    values |= {"check_states": 64, "timeout": 5.0, "max_retries": 1}
    return TFCAFSettings.from_mapping({**values, **more})


def test_a_search_from_request_to_mixer(task, tmp_path):
    with FakeAPI(lambda body, index: replace(play(body, index), delay=0.2)) as api:
        chosen = settings(api, tmp_path)
        tfcaf = build_tfcaf(task, chosen)
        asked = len(api.seen)
        again = build_tfcaf(task, chosen)  # a finished search costs a load
        assert len(api.seen) == asked == 2 * 2 + 2
        assert api.most_under_way == 2
    assert tfcaf.source == again.source
    assert tfcaf.report.igm == "proved"
    assert tfcaf.provenance["entry"] == Archive(tmp_path, shipped=False).entries()[0].hash
    offline = replace(chosen, source="archive", base_url="http://127.0.0.1:9")
    assert build_tfcaf(task, offline).source_hash == tfcaf.source_hash


def test_the_entry_holds_everything_and_no_key(task, tmp_path):
    with FakeAPI(play) as api:
        entry = search_live(task, settings(api, tmp_path), FORMS)
    names = {p.relative_to(entry.path).parts[0] for p in entry.path.rglob("*") if p.is_file()}
    expected = {"question.json", "replies", "checks", "ledger.jsonl", "function.py", "function.pt", "result.json"}
    assert names == expected | {"manifest.json"}
    for path in entry.path.rglob("*"):
        if path.is_file():
            assert b"sk-ant-secret" not in path.read_bytes()
    ledger = [json.loads(line) for line in entry.text("ledger.jsonl").splitlines()]
    assert len(ledger) == entry.result["cost"]["calls"] == 6
    assert entry.result["cost"]["tokens"] == 6 * (100 + 20 + 3000 + 400)
    assert entry.result["cost"]["usd"] > 0
    assert entry.result["versions"]["torch"]


def test_the_torchscript_file_loads_with_plain_torch(task, tmp_path):
    with FakeAPI(play) as api:
        entry = search_live(task, settings(api, tmp_path), FORMS)
    program = (
        "import sys, torch; m = torch.jit.load(sys.argv[1]); w, b = m.credit_weights(torch.zeros(3, 16)); "
        "assert w.shape == (3, 2) and b.shape == (3, 1) and 'llm_credit' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(entry.path / "function.pt")], check=True, cwd=tmp_path)


def test_replay_comes_to_the_same_function_without_a_network(task, tmp_path, monkeypatch):
    with FakeAPI(play) as api:
        entry = search_live(task, settings(api, tmp_path), FORMS)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert replay(entry, measure_again=True) == []
    one = next((entry.path / "replies").glob("*"))
    one.unlink()
    assert "cannot be repeated" in replay(entry)[0]


def test_an_entry_with_other_prompts_is_replayed_by_the_names_of_its_requests(task, tmp_path, monkeypatch):
    """Prompts change with versions of the project; what an earlier search came to can still be repeated and used."""
    with FakeAPI(play) as api:
        chosen = settings(api, tmp_path)
        entry = search_live(task, chosen, FORMS)
    monkeypatch.setattr("llm_credit.coder.coder_system", lambda *args: "You write credit functions.")
    monkeypatch.setattr("llm_credit.replay.prompts_version", lambda: "another")
    assert replay(entry) == []
    monkeypatch.setattr("llm_credit.search_run.prompts_version", lambda: "another")
    offline = replace(chosen, source="archive")
    assert find_source(task, offline, FORMS).provenance["entry"] == entry.hash
    with pytest.raises(CreditError, match=f"{entry.hash[:12]}  differs in rounds=2, prompts"):
        find_source(task, replace(offline, rounds=3), FORMS)
    assert find_source(task, replace(offline, entry=entry.hash[:12]), FORMS).source == entry.source
    next(p for p in (entry.path / "replies").glob("*") if '"r1-c0-propose"' in p.read_text()).unlink()
    assert "r1-c0-propose" in replay(entry)[0]


def test_candidates_of_one_text_have_one_report(task, tmp_path):
    """Each thread of a wave measures a cost of its own; the evaluator is told what the archive keeps."""

    def alike(body, index):
        return good(judgement(0) if is_evaluator(body) else code(UNIFORM))

    with FakeAPI(alike) as api:
        entry = search_live(task, settings(api, tmp_path, candidates=4, rounds=1), FORMS)
    assert len(list((entry.path / "checks").iterdir())) == 1
    assert replay(entry) == []


def test_equal_texts_are_checked_once_and_told_as_they_are_kept(task, tmp_path, monkeypatch):
    checked = []

    def measured(source, *arguments):
        checked.append(source)
        time.sleep(0.2)  # the others of the wave come meanwhile
        return Report(True, numbers={"cost_ms": float(len(checked))}, igm="proved", form="credit_weights")

    monkeypatch.setattr("llm_credit.search_run.check_in_jail", measured)
    replies = {"propose": code(UNIFORM), "evaluate": judgement(0)}
    chosen = TFCAFSettings(candidates=4, rounds=1)
    workspace = Workspace(tmp_path, question_for(task, chosen, FORMS))
    result = run_search(task, chosen, FORMS, workspace, Scripted(replies), lambda event, data: None)
    assert checked == [UNIFORM]
    assert result.report.to_dict() == workspace.check(UNIFORM)


def test_an_archive_miss_sends_nothing(task, tmp_path):
    with FakeAPI(play) as api:
        chosen = settings(api, tmp_path, source="archive")
        with pytest.raises(CreditError, match=r"no finished search.*nothing was sent.*llm.source=live"):
            build_tfcaf(task, chosen)
        assert api.seen == []
        search_live(task, settings(api, tmp_path), FORMS)
        with pytest.raises(CreditError, match=r"other settings.*\n.*differs in rounds=2"):
            build_tfcaf(task, replace(chosen, rounds=3))


def test_a_changed_byte_is_found_and_the_function_is_not_used(task, tmp_path):
    with FakeAPI(play) as api:
        chosen = settings(api, tmp_path, source="archive")
        entry = search_live(task, settings(api, tmp_path), FORMS)
    for name in ("function.py", "result.json", "question.json", "manifest.json", "ledger.jsonl", "function.pt"):
        path = entry.path / name
        before = path.read_bytes()
        path.write_bytes(before[:-2] + bytes([before[-2] ^ 1]) + before[-1:])
        assert any(name in problem for problem in entry.problems()), name
        with pytest.raises(CreditError, match="not as it was written"):
            build_tfcaf(task, chosen)
        path.write_bytes(before)
    assert Archive(tmp_path, shipped=False).problems() == []


@pytest.mark.parametrize(
    ("first", "calls"),
    [
        (fake_api.rate_limited(), 2),
        (fake_api.overloaded(), 2),
        (fake_api.failing(500), 2),
        (fake_api.dying(), 2),
        (fake_api.chatty(UNIFORM), 1),
        (fake_api.truncated(code(UNIFORM)), 2),
        (fake_api.hostile(), 2),
        (good(code(BROKEN)), 2),
    ],
    ids=["429", "529", "500", "dies", "chatty", "cut off", "hostile", "broken"],
)
def test_a_bad_first_answer_is_lived_with(task, tmp_path, first, calls):
    coder = []

    def handler(body, index):
        if is_evaluator(body):
            return play(body, index)
        coder.append(index)
        return first if len(coder) == 1 else play(body, index)

    with FakeAPI(handler) as api:
        search_live(task, settings(api, tmp_path, candidates=1, rounds=1), FORMS)
    assert len(coder) == calls
    assert not Path("/tmp/owned").exists()


def test_a_model_that_always_declines_ends_in_the_reasons_or_the_builtin(task, tmp_path, caplog):
    with FakeAPI(fake_api.refusing()) as api:
        chosen = settings(api, tmp_path, candidates=1, rounds=1)
        with pytest.raises(CreditError, match="declined"):
            build_tfcaf(task, chosen)
        tfcaf = build_tfcaf(task, replace(chosen, fallback="builtin"))
    assert tfcaf.origin == "builtin:toy/uniform"
    assert "NO FUNCTION FROM A LANGUAGE MODEL" in caplog.text
    assert "declined" in tfcaf.provenance["fallback"]


def test_a_timeout_ends_in_an_error_and_the_rest_is_kept(task, tmp_path):
    def handler(body, index):
        return fake_api.slow(30) if "proposal 2 of" in prompt_of(body) else play(body, index)

    with FakeAPI(handler) as api:
        start = time.monotonic()
        with pytest.raises(LLMError, match=r"llm\.timeout"):
            search_live(task, settings(api, tmp_path, timeout=0.5, max_retries=0), FORMS)
        assert time.monotonic() - start < 20
    with FakeAPI(play) as api:
        search_live(task, settings(api, tmp_path), FORMS)
        assert len(api.seen) == 5  # proposal 1 is not asked again


def test_the_budget_ends_a_search_and_a_larger_one_goes_on(task, tmp_path):
    with FakeAPI(play) as api:
        with pytest.raises(BudgetExceeded, match=r"llm\.max_calls"):
            search_live(task, settings(api, tmp_path, max_calls=3), FORMS)
        assert len(api.seen) == 3
        search_live(task, settings(api, tmp_path, max_calls=6), FORMS)
        assert len(api.seen) == 6


RUN = """
import sys
from llm_credit import TaskDescription
from llm_credit.search_run import search_live
from llm_credit.settings import TFCAFSettings
task = TaskDescription.from_json(open(sys.argv[1]).read())
values = dict(source="live", archive=sys.argv[2], base_url=sys.argv[3], candidates=2, rounds=2, check_states=64)
entry = search_live(task, TFCAFSettings.from_mapping(values), ("credit_weights", "QLLMNetwork"))
print(entry.result["sha256"])
"""


def start(task, folder, api):
    description = folder.parent / "task.json"
    description.write_text(task.to_json())
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", RUN, str(description), str(folder), api.base_url]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_eight_runs_started_at_once_ask_once(task, tmp_path):
    with FakeAPI(play) as api:
        runs = [start(task, tmp_path / "archive", api) for _ in range(8)]
        hashes = {run.communicate(timeout=240)[0].strip() for run in runs}
        assert {run.returncode for run in runs} == {0}
        assert len(api.seen) == 6
    assert len(hashes) == 1
    assert len(Archive(tmp_path / "archive", shipped=False).entries()) == 1


@pytest.mark.slow
def test_kill_9_at_any_point_loses_no_finished_reply(task, tmp_path):
    """Killed again and again, a little later each time, the run asks for nothing whose answer had been written."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    folder, points = tmp_path / "archive", random.Random(seed)
    delays = sorted(points.uniform(0.0, 3.0) ** 2 / 3 for _ in range(7))  # more early ones than late ones
    kept_before: set[str] = set()
    with FakeAPI(lambda body, index: replace(play(body, index), delay=0.15)) as api:
        for delay in delays:
            first = len(api.seen)
            run = start(task, folder, api)
            while len(api.seen) == first and run.poll() is None:
                time.sleep(0.01)
            time.sleep(delay)
            run.send_signal(signal.SIGKILL)
            run.communicate(timeout=60)
            asked = [prompt_of(s.body) for s in api.seen[first:]]
            assert not kept_before & set(asked)
            kept = [json.loads(p.read_text()) for p in folder.glob("searches/*/replies/*.json")]
            kept_before = {k["request"]["prompt"] for k in kept}
        run = start(task, folder, api)
        assert run.communicate(timeout=120)[0].strip()
        assert run.returncode == 0
    archive = Archive(folder, shipped=False)
    assert archive.problems() == []
    assert len(archive.entries()) == 1


def test_auto_says_what_it_chose(task, tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO", logger="pymarl")
    with FakeAPI(play) as api:
        chosen = settings(api, tmp_path, source="auto", candidates=1, rounds=1)
        assert build_tfcaf(task, chosen).origin.startswith("archive:")  # asked, since there is an address
        assert "language models are asked" in caplog.text
        build_tfcaf(task, chosen)
        assert "holds a finished search" in caplog.text
    import importlib.util

    with monkeypatch.context() as without:
        without.setattr(importlib.util, "find_spec", lambda name: None)
        empty = replace(chosen, archive=str(tmp_path / "none"))
        assert build_tfcaf(task, empty).origin == "builtin:toy/uniform"
        assert "the package anthropic is not there" in caplog.text
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    nothing = TFCAFSettings(archive=str(tmp_path / "empty"))
    assert build_tfcaf(task, nothing).origin == "builtin:toy/uniform"
    assert "no key" in caplog.text


def test_training_imports_no_sdk(task, tmp_path):
    with FakeAPI(
        sequence(
            good(code(UNIFORM)), play({"messages": [{"content": "Function 0:"}], "output_config": {"format": 1}}, 0)
        )
    ) as api:
        search_live(task, settings(api, tmp_path / "archive", candidates=1, rounds=1), FORMS)
    (tmp_path / "task.json").write_text(task.to_json())
    program = """
import sys
from llm_credit import TaskDescription, TFCAFSettings, build_tfcaf
task = TaskDescription.from_json(open("task.json").read())
values = dict(source="archive", archive="archive", candidates=1, rounds=1, check_states=64)
build_tfcaf(task, TFCAFSettings.from_mapping(values))
assert "anthropic" not in sys.modules and "httpx2" not in sys.modules
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path, env=environment)


def test_damage_of_every_kind_is_told(task, tmp_path):
    with FakeAPI(play) as api:
        chosen = settings(api, tmp_path, source="archive")
        entry = search_live(task, settings(api, tmp_path), FORMS)
    archive = Archive(tmp_path, shipped=False)
    manifest = entry.path / "manifest.json"
    before = manifest.read_text()
    manifest.write_text(before.replace(" ", "") + " ")
    assert any("not the one that gave the entry its name" in p for p in entry.problems())
    manifest.write_text(before)
    (entry.path / "result.json").write_text("{")
    assert any("result.json has been changed" in p for p in archive.problems())
    with pytest.raises(CreditError, match=r"result\.json is not JSON"):
        entry.result
    (entry.path / "function.py").unlink()
    with pytest.raises(CreditError, match=r"function\.py cannot be read"):
        entry.source
    entry.path.rename(entry.path.with_name("elsewhere"))
    assert any("which is not there" in p for p in archive.problems())
    with pytest.raises(CreditError, match="which is not there"):
        build_tfcaf(task, chosen)


def test_an_entry_of_another_task_is_not_used(task, tmp_path):
    with FakeAPI(play) as api:
        chosen = settings(api, tmp_path, source="archive")
        entry = search_live(task, settings(api, tmp_path), FORMS)
    other = replace(task, actions=task.actions[:1])
    with pytest.raises(CreditError, match="its state layout is not that of"):
        build_tfcaf(other, replace(chosen, entry=entry.hash[:8]))


def test_a_ledger_line_that_a_crash_cut_off_is_left_out(tmp_path):
    from llm_credit.archive import Workspace

    workspace = Workspace(tmp_path, {})
    workspace.ledger({"usage": None})
    with open(tmp_path / "ledger.jsonl", "a") as f:
        f.write('{"usa')
    assert workspace.ledger_lines() == [{"usage": None}]
    assert Workspace(tmp_path / "new", {}).ledger_lines() == []


def test_replay_tells_what_came_out_differently(task, tmp_path):
    with FakeAPI(play) as api:
        entry = search_live(task, settings(api, tmp_path), FORMS)
    path = entry.path / "result.json"
    path.write_text(path.read_text().replace('"phi": "clamp"', '"phi": "abs"'))
    assert any("the gate was ['enforce', 'abs']" in p for p in replay(entry))
    for check in (entry.path / "checks").iterdir():
        check.unlink()
    assert "check of a candidate is missing" in replay(entry)[0]
