"""``mixer=tfcaf`` in the framework: sources, their record in the run, and errors before anything starts."""

import json
import tarfile

import pytest
from tests.run.test_main import call, run_dir


@pytest.mark.slow
def test_a_shipped_search_trains_and_is_copied_into_the_record(tmp_path):
    done = call(tmp_path, "qmix_beta", "lbf", "mixer=tfcaf", "llm.source=archive", "t_max=300")
    assert done.returncode == 0, done.stdout + done.stderr
    folder = run_dir(tmp_path)
    record = json.loads((folder / "mixer.json").read_text())
    assert record["origin"].startswith("archive:")
    assert record["igm"] == "proved"
    assert record["numbers"]["entropy"] > 0
    with tarfile.open(folder / "credit_archive.tar.gz") as tar:
        names = tar.getnames()
        manifest = tar.extractfile(f"{record['provenance']['entry']}/manifest.json").read()
    assert any(name.endswith("function.py") for name in names)
    import hashlib

    assert hashlib.sha256(manifest).hexdigest() == record["provenance"]["entry"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("llm.source=archive", "llm.rounds=7"), "no finished search"),
        (("llm.source=live",), "ANTHROPIC_API_KEY"),
        (("llm.source=manual",), "llm.manual=DIR"),
        (("llm.source=archive", "llm.entry=ffff"), "no entry"),
        (("llm.episodes=none.json", "llm.source=archive"), "none.json cannot be read"),
        (("llm.round=3",), "llm.rounds"),
    ],
)
def test_what_cannot_be_had_ends_before_the_run(tmp_path, monkeypatch, more, words):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    done = call(tmp_path, "qmix_beta", "lbf", "mixer=tfcaf", "t_max=300", *more)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "sacred").exists()
