"""Which finished search answers for a task and settings."""

import json
import logging
import shutil

import pytest

from llm_credit import TFCAFSettings, build_tfcaf
from llm_credit.archive import Archive, key_of
from llm_credit.errors import CreditError
from llm_credit.prompting import version
from llm_credit.search_run import question_for
from llm_credit.sources import finished_search
from llm_credit.task import TaskDescription

FORMS = ("credit_weights", "QLLMNetwork")
SHIPPED = Archive("nowhere").entries()


def asked(entry, **others):
    """The task and settings of an entry."""
    question = entry.question
    return TaskDescription.from_dict(question["task"]), TFCAFSettings.from_mapping({**question["settings"], **others})


def copied(archive, entry, prompts, finished):
    """The entry once more, as if it had been asked with other prompts at another time."""
    question = {**entry.question, "prompts": prompts}
    workspace = archive.workspace(key_of(question), question)
    shutil.copytree(entry.path, workspace.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("question.json"))
    result = {**entry.result, "finished": finished}
    workspace.write("result.json", json.dumps(result, indent=1, sort_keys=True) + "\n")
    return archive.finish(key_of(question), workspace)


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda e: e.hash[:12])
def test_every_shipped_search_answers_for_its_task_and_settings(entry, tmp_path):
    task, settings = asked(entry, source="archive", archive=str(tmp_path))
    function = build_tfcaf(task, settings, tuple(entry.question["forms"]))
    assert function.provenance["entry"] == entry.hash
    assert function.provenance["prompts"] == entry.question["prompts"]


def test_a_search_asked_with_older_prompts_is_taken_where_there_is_none_of_todays(tmp_path, caplog):
    shipped, archive = SHIPPED[0], Archive(tmp_path)
    task, settings = asked(shipped, source="archive", archive=str(tmp_path))
    forms = tuple(shipped.question["forms"])
    old = copied(archive, shipped, "1-00", "2026-01-01T00:00:00")
    newer = copied(archive, shipped, "1-01", "2026-02-01T00:00:00")
    copied(archive, shipped, "0-02", "2025-02-01T00:00:00")
    with caplog.at_level(logging.INFO, "pymarl"):
        assert build_tfcaf(task, settings, forms).provenance["entry"] == newer.hash
    assert f"entry {newer.hash[:12]} was asked with prompts 1-01, and today's are {version()}" in caplog.text
    (newer.path / "result.json").write_text("{}")  # one that cannot be read is passed over
    assert finished_search(archive, task, settings, forms) == old
    todays = copied(archive, shipped, version(), "2024-01-01T00:00:00")
    caplog.clear()
    with caplog.at_level(logging.INFO, "pymarl"):
        assert finished_search(archive, task, settings, forms) == todays
    assert caplog.text == ""


def test_the_users_own_search_comes_before_a_shipped_one(tmp_path, monkeypatch):
    shipped, archive = SHIPPED[0], Archive(tmp_path)
    task, settings = asked(shipped, source="archive", archive=str(tmp_path))
    forms = tuple(shipped.question["forms"])
    monkeypatch.setattr("llm_credit.search_run.prompts_version", lambda: "99-later")
    assert finished_search(archive, task, settings, forms) == shipped
    mine = copied(archive, shipped, "1-00", "2020-01-01T00:00:00")
    assert finished_search(archive, task, settings, forms) == mine


def test_another_task_and_other_settings_are_no_hit(tmp_path):
    shipped = SHIPPED[0]
    task, settings = asked(shipped, source="archive", archive=str(tmp_path), check_seed=12345)
    with pytest.raises(CreditError, match=r"(?s)holds no finished search.*differs in check_seed=0"):
        build_tfcaf(task, settings, tuple(shipped.question["forms"]))
    assert Archive(tmp_path).find_like({**question_for(task, settings, FORMS), "forms": []}) is None
