import json
import logging

import numpy as np
import pytest
import torch as th

from utils.errors import UserError
from utils.logging import Logger
from utils.logging.document import PAGE, page
from utils.logging.metrics import METRICS, declare_metric


class FakeRun:
    def __init__(self):
        self.info = {}
        self.scalars = []

    def log_scalar(self, key, value, t):
        self.scalars.append((key, value, t))


@pytest.fixture
def logger():
    return Logger(logging.getLogger("test"))


def test_info_has_pymarl2s_keys(logger):
    run = FakeRun()
    logger.setup_sacred(run)
    for t, value in ((0, 0.5), (100, np.float32(1.5)), (200, th.tensor(2.5))):
        logger.log_stat("test_return_mean", value, t)
    assert run.info == {"test_return_mean": [0.5, 1.5, 2.5], "test_return_mean_T": [0, 100, 200]}
    assert run.scalars == [("test_return_mean", 0.5, 0), ("test_return_mean", 1.5, 100), ("test_return_mean", 2.5, 200)]
    logger.log_stat("loss_td", float("nan"), 300)
    assert json.loads(json.dumps(run.info, allow_nan=False))["loss_td"] == [None]


def test_lines_are_on_disk_at_once_and_read_back(logger, tmp_path):
    path = tmp_path / "run" / "metrics.jsonl"
    logger.setup_jsonl(path)
    for value in (1.25, float("nan"), float("-inf")):
        logger.log_stat("loss_td", value, 7)
    values = [float(json.loads(line)["value"]) for line in path.read_text().splitlines()]  # not closed yet
    assert (values[0], np.isnan(values[1]), values[2]) == (1.25, True, float("-inf"))
    logger.close()
    logger.close()


def test_a_half_written_line_of_a_killed_run_is_cut_off(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"t_env": 1, "key": "a", "value": 1.0, "time": 50.0}\n{"t_env": 2, "ke')
    logger = Logger(logging.getLogger("test"))
    logger.setup_jsonl(path)
    logger.log_stat("loss_td", 2.0, 3)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [x["t_env"] for x in lines] == [1, 3]
    assert lines[1]["time"] >= 50
    (tmp_path / "other").write_text("hello\n")
    with pytest.raises(UserError, match="no metrics file"):
        Logger(logging.getLogger("test")).setup_jsonl(tmp_path / "other")


def test_memory_of_recent_values_is_bounded(logger):
    for t in range(1000):
        logger.log_stat("loss_td", t, t)
    assert len(logger.stats["loss_td"]) < 10


def test_the_table_shows_means_of_new_values_and_the_last_of_counters(logger, caplog):
    with caplog.at_level(logging.INFO, logger="test"):
        for t, value in ((0, 1.0), (10, 3.0)):
            logger.log_stat("loss_td", value, t)
            logger.log_stat("updates", value, t)
        logger.print_recent_stats()
        logger.log_stat("loss_td", 7.0, 20)
        logger.print_recent_stats()
    first, second = [r.getMessage() for r in caplog.records if "Recent" in r.getMessage()]
    assert "2.0000" in first
    assert "updates" in first
    assert "7.0000" in second
    assert "updates" not in second


def test_what_is_no_number_is_refused_by_name(logger):
    with pytest.raises(ValueError, match="loss_td"):
        logger.log_stat("loss_td", th.zeros(3), 0)


def test_undeclared_names_are_logged_and_named(logger):
    logger.log_stat("my_number", 1.0, 0)
    logger.log_stat("test_battle_won_mean", 1.0, 0)
    assert logger.undeclared() == ["my_number"]


def test_a_name_keeps_its_one_meaning():
    with pytest.raises(ValueError, match="loss_td"):
        declare_metric("loss_td", "cells", "something else", "me")
    assert METRICS["loss_td"].unit != "cells"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run make docs"


def test_tensorboard_files_are_written(logger, tmp_path):
    logger.setup_tb(tmp_path / "tb")
    logger.log_stat("loss_td", 1.0, 0)
    logger.close()
    assert list((tmp_path / "tb").glob("events.*"))
