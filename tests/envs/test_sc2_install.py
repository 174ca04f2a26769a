"""What a user reads when a part of StarCraft II is missing. Needs pysc2, and neither smacv2 nor the game."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pysc2", reason="pysc2 is not installed: make sc2")

from tests.sc2_standin.install import lay_out

from envs.sc2_install import check_install, report
from utils.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
MAP = ("3m", "SMAC_Maps/3m.SC2Map")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SC2PATH", str(tmp_path))
    return tmp_path


def test_a_whole_installation_gives_its_version(folder):
    lay_out(folder)
    assert check_install(*MAP, None) == ("4.10.0", 75689)
    assert check_install(*MAP, "4.10") == ("4.10.0", 75689)
    lay_out(folder, build=69232)
    assert check_install(*MAP, "4.6.2") == ("4.6.2", 69232)
    assert check_install(*MAP, None) == ("4.10.0", 75689)  # the newest


def test_no_game(folder):
    with pytest.raises(UserError, match=r"not installed at .*fetch StarCraft II 4\.10.*SC2PATH"):
        check_install(*MAP, None)
    (folder / "Versions").mkdir()
    with pytest.raises(UserError, match="holds no version of StarCraft II"):
        check_install(*MAP, None)


def test_default_place(tmp_path, monkeypatch):
    monkeypatch.delenv("SC2PATH")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UserError, match=f"not installed at {tmp_path / 'StarCraftII'}"):
        check_install(*MAP, None)


def test_another_version(folder):
    lay_out(folder)
    with pytest.raises(UserError, match=r"game_version=4\.6\.2 is not installed.*there is 4\.10\.0 \(build 75689\)"):
        check_install(*MAP, "4.6.2")
    with pytest.raises(UserError, match="game_version=best is not installed"):
        check_install(*MAP, "best")


def test_no_program(folder):
    lay_out(folder)
    (folder / "Versions" / "Base75689" / "SC2_x64").chmod(0o644)
    with pytest.raises(UserError, match="no program SC2_x64 that can be run"):
        check_install(*MAP, None)


def test_no_map(folder):
    lay_out(folder)
    (folder / "Maps" / MAP[1]).unlink()
    with pytest.raises(UserError, match=r"map_name=3m is not installed.*copy the folder .*SMAC_Maps"):
        check_install(*MAP, None)


def test_report_says_what_is_missing(folder):
    assert f"missing  the game at {folder}" in report()
    assert f"missing  SMAC's maps at {folder / 'Maps' / 'SMAC_Maps'}" in report()
    lay_out(folder)
    assert f"found    the game at {folder}: 4.10.0 (build 75689)" in report()
    assert "found    SMAC's maps" in report()


def test_a_protocol_package_that_does_not_fit_is_named(tmp_path):
    """What the s2clientprotocol that pysc2 asks for does with today's protobuf."""
    broken = tmp_path / "s2clientprotocol"
    broken.mkdir()
    (broken / "__init__.py").write_text("")
    for name in ("sc2api_pb2", "common_pb2", "raw_pb2", "debug_pb2"):
        (broken / f"{name}.py").write_text("raise TypeError('Descriptors cannot be created directly.')")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, 'src']; import main; sys.exit(main.main(['--config=qmix', '--env-config=sc2']))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 2, run.stderr
    assert "pip uninstall s2clientprotocol" in run.stderr


def test_missing_packages_are_named_at_the_start(tmp_path):
    """As where nobody called ``make sc2``: exit code 2 and one message, before anything is written."""
    for package in ("pysc2", "smacv2"):
        code = (
            f"import sys; sys.modules[{package!r}] = None; sys.path.insert(0, 'src'); import main; "
            f"sys.exit(main.main(['--config=qmix', '--env-config=sc2', 'with', 'local_results_path={tmp_path / 'r'}']))"
        )
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert run.returncode == 2, run.stderr
        assert "env=sc2 needs the package" in run.stderr
        assert "make sc2" in run.stderr
        assert "Traceback" not in run.stderr
    assert not (tmp_path / "r").exists()
