"""An archive hit costs a load where the function is known to have passed; where it is not, it goes through the jail."""

import pytest

from llm_credit import TaskDescription, TFCAFSettings, api, build_tfcaf, passed
from llm_credit.archive import SHIPPED, Archive
from llm_credit.passed import fingerprint, is_remembered, remember


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
    question = entry.json("question.json")
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
