"""An archive hit costs a load where the function is known to have passed; where it is not, it goes through the jail."""

import json
from dataclasses import replace

import pytest

from llm_credit import TaskDescription, TFCAFSettings, api, build_tfcaf, passed
from llm_credit.archive import SHIPPED, Archive, Workspace
from llm_credit.cli import main
from llm_credit.errors import CreditError
from llm_credit.files import sha256
from llm_credit.passed import fingerprint, is_remembered, remember
from llm_credit.sources import find_source


@pytest.fixture
def entry():
    return Archive("nowhere").entries()[0]


@pytest.fixture
def jailed(monkeypatch):
    """Counts the checks in the jail."""
    seen = []
    check = api.check_in_jail

    def counted(*arguments):
        seen.append(arguments[0])
        return check(*arguments)

    monkeypatch.setattr(api, "check_in_jail", counted)
    monkeypatch.setattr(api, "_PASSED", set())  # as in a new process
    return seen


def asked(entry, **more):
    question = entry.question
    same = {k: question["settings"][k] for k in ("igm", "phi", "bias", "form", "check_states", "check_seed")}
    return TaskDescription.from_dict(question["task"]), TFCAFSettings(
        **same, source="archive", entry=entry.hash, **more
    )


def elsewhere(entry, folder):
    """A copy of the shipped entry in an archive of the user's."""
    import shutil

    shutil.copytree(entry.path, folder / "entries" / entry.hash)
    return str(folder)


def test_a_shipped_entry_is_loaded(entry, jailed):
    task, settings = asked(entry)
    function = build_tfcaf(task, settings)
    assert jailed == []
    assert function.report.to_dict() == entry.result["report"]
    assert function.source == entry.source


def test_another_archives_entry_goes_through_the_jail_once(entry, jailed, tmp_path, monkeypatch):
    assert SHIPPED in entry.path.parents
    archive = elsewhere(entry, tmp_path)
    monkeypatch.setattr("llm_credit.archive.SHIPPED", tmp_path / "none")
    task, settings = asked(entry, archive=archive)
    assert not is_remembered(entry.source, task, settings)
    build_tfcaf(task, settings)
    assert len(jailed) == 1
    monkeypatch.setattr(api, "_PASSED", set())
    build_tfcaf(task, settings)
    assert len(jailed) == 1


def test_other_settings_are_checked_again(entry, jailed):
    task, settings = asked(entry)
    more = TFCAFSettings(**{**settings.__dict__, "bias": "on"})
    build_tfcaf(task, more)
    assert len(jailed) == 1


def test_another_version_of_the_checks_checks_again(entry, jailed, tmp_path, monkeypatch):
    archive = elsewhere(entry, tmp_path)
    monkeypatch.setattr("llm_credit.archive.SHIPPED", tmp_path / "none")
    task, settings = asked(entry, archive=archive)
    remember(entry.source, task, settings)
    monkeypatch.setattr(passed, "fingerprint", lambda: "of another version")
    assert not is_remembered(entry.source, task, settings)
    build_tfcaf(task, settings)
    assert len(jailed) == 1
    assert is_remembered(entry.source, task, settings)


def test_a_fingerprint_is_of_the_text_of_the_modules(tmp_path, monkeypatch):
    module = tmp_path / "passed.py"
    module.write_text("A = 1\n")
    monkeypatch.setattr(passed, "__file__", str(module))
    of = fingerprint.__wrapped__  # as in a new process
    first = of()
    assert of() == first
    module.write_text("A = 2\n")
    second = of()
    (tmp_path / "more.py").write_text("")
    assert len({first, second, of()}) == 3


def test_where_nothing_can_be_remembered_it_is_checked_every_time(entry, jailed, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LLM_CREDIT_CACHE", str(tmp_path / "file"))
    archive = elsewhere(entry, tmp_path)
    monkeypatch.setattr("llm_credit.archive.SHIPPED", tmp_path / "none")
    task, settings = asked(entry, archive=archive)
    for k in (1, 2):
        monkeypatch.setattr(api, "_PASSED", set())
        build_tfcaf(task, settings)
        assert len(jailed) == k


def with_gate(entry, folder, monkeypatch, **gate):
    """An archive of the user's with a copy of the entry that ended with another gate."""
    import shutil

    workspace = folder / "searches" / "copy"
    shutil.copytree(entry.path, workspace)
    (workspace / "manifest.json").unlink()
    result = json.loads((workspace / "result.json").read_text())
    (workspace / "result.json").write_text(json.dumps({**result, **gate}))
    monkeypatch.setattr("llm_credit.archive.SHIPPED", folder / "none")
    return Archive(folder).finish("copy", Workspace(workspace, entry.question))


@pytest.mark.parametrize(
    ("gate", "wanted", "allowed"),
    [
        ({"igm": "relax"}, {"igm": "enforce"}, False),
        ({"igm": "relax"}, {"igm": "auto"}, False),
        ({"igm": "relax", "phi": "abs"}, {"igm": "relax"}, True),
        ({"igm": "enforce", "phi": "abs"}, {"igm": "relax"}, False),
        ({"igm": "enforce", "phi": "abs"}, {"igm": "enforce", "phi": "clamp"}, False),
        ({"igm": "enforce", "phi": "abs"}, {"igm": "enforce", "phi": "abs"}, True),
        ({"igm": "enforce", "phi": "abs"}, {"igm": "auto"}, True),
    ],
)
def test_an_entrys_gate_never_takes_the_place_of_another_that_was_asked_for(
    entry, gate, wanted, allowed, tmp_path, monkeypatch
):
    other = with_gate(entry, tmp_path, monkeypatch, **gate)
    task, settings = asked(entry)
    settings = replace(settings, archive=str(tmp_path), entry=other.hash, phi="clamp")
    settings = replace(settings, **wanted)
    if allowed:
        assert find_source(task, settings, ("credit_weights",)).igm == gate["igm"]
        return
    with pytest.raises(CreditError, match=f"was made for the gate igm={gate['igm']}.*asks for another"):
        find_source(task, settings, ("credit_weights",))


def test_what_is_looked_at_goes_through_the_jail_too(entry, jailed, tmp_path, monkeypatch):
    api.admit(entry)
    assert jailed == []  # it ships
    elsewhere(entry, tmp_path)
    monkeypatch.setattr("llm_credit.archive.SHIPPED", tmp_path / "none")
    copy = Archive(tmp_path).entries()[0]
    api.admit(copy)
    api.admit(copy)
    assert jailed == [entry.source]
    path = copy.path / "function.py"
    path.chmod(0o644)
    path.write_text(path.read_text() + "# changed\n")
    for command in ("show", "report"):
        out = ["--out", str(tmp_path / "page.html")] if command == "report" else []
        assert main([command, copy.hash, "--archive", str(tmp_path), *out]) == 2


def test_a_foreign_entrys_bomb_is_not_looked_at(entry, tmp_path, monkeypatch, capsys):
    bomb = """def credit_weights(state):
    z = state
    for i in range(6):
        z = (z.unsqueeze(2) * state.unsqueeze(1)).flatten(1)
    return z[:, :2], z[:, :1]
"""
    workspace = tmp_path / "searches" / "copy"
    workspace.mkdir(parents=True)
    foreign = with_gate(entry, tmp_path / "first", monkeypatch, source=bomb, sha256=sha256(bomb))
    (foreign.path / "function.py").write_text(bomb)
    for file in foreign.path.rglob("*"):
        if file.is_file() and file.name != "manifest.json":
            target = workspace / file.relative_to(foreign.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    made = Archive(tmp_path).finish("copy", Workspace(workspace, entry.question))
    assert made.problems() == []
    assert main(["show", made.hash, "--archive", str(tmp_path)]) == 2
    assert "refused at probe" in capsys.readouterr().err
