"""Where a run's record lies."""

from pathlib import Path

import pytest

from run.sacred_run import record_dir
from utils.config import load_config


@pytest.mark.parametrize(
    ("env", "task"),
    [
        ("stag_hunt", "stag_hunt"),
        ("predator_prey", "predator_prey"),
        ("matrix_penalty", "matrix_penalty"),
        ("sk_3m", "sk_3m"),
        ("sc2", "3m"),
        ("lbf", "Foraging-5x5-2p-1f-coop-v3"),
    ],
)
def test_unlike_tasks_share_no_folder(tmp_path: Path, env: str, task: str) -> None:
    if env == "sc2":
        pytest.importorskip("smacv2", reason="env=sc2 needs smacv2, which is not on the package index")
    config = load_config(["--config=qmix", f"--env-config={env}", "with", f"local_results_path={tmp_path}"])
    folder = record_dir(config.values, config.env_config)
    assert folder == tmp_path / "sacred" / task / config.values["name"]
