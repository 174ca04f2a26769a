import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def write(folder, mixer, seed, value):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"mixer": mixer, "seed": seed, "env_args": {"seed": seed}, "lr": 1}))
    lines = [
        json.dumps({"t_env": t, "key": k, "value": v * value, "time": 0})
        for k in ("test_return_mean", "loss_td")
        for t, v in ((0, 0.0), (100 + seed, 1.0))
    ]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + '\n{"t_env": 5, "ke')  # killed while writing


def plot(*args):
    return subprocess.run([sys.executable, "src/plot.py", *map(str, args)], cwd=ROOT, capture_output=True, text=True)


def test_seeds_of_one_config_are_one_line(tmp_path):
    for i, (mixer, seed, value) in enumerate([("vdn", 1, 1.0), ("vdn", 2, 3.0), ("tfcaf", 1, 5.0)]):
        write(tmp_path / "runs" / str(i), mixer, seed, value)
    done = plot(tmp_path / "runs", "--out", tmp_path / "deep" / "c.png")
    assert done.returncode == 0, done.stderr
    # Student's t for one degree of freedom: 2 +- 12.706 * sqrt(2) / sqrt(2); each curve is a straight line from 0
    vdn = next(line for line in done.stdout.splitlines() if "mixer=vdn (2 seeds)" in line)
    assert vdn.split("  ")[1] == "2.000 [-10.706, 14.706]"
    assert "1.000 [-5.353, 7.353]" in vdn
    tfcaf = next(line for line in done.stdout.splitlines() if "mixer=tfcaf (1 seed)" in line)
    assert "5.000 [-]" in tfcaf
    assert (tmp_path / "deep" / "c.png").read_bytes().startswith(b"\x89PNG")


def test_wrong_input_says_what_is_wrong(tmp_path):
    write(tmp_path / "r", "vdn", 1, 1.0)
    for args, words in [((tmp_path / "none",), "does not exist"), ((tmp_path / "r", "--metrics", "los"), "not logged")]:
        done = plot(*args, "--out", tmp_path / "c.png")
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_keys_that_only_newer_runs_have_do_not_clutter_the_labels(tmp_path):
    write(tmp_path / "runs" / "old", "vdn", 1, 1.0)
    write(tmp_path / "runs" / "new", "tfcaf", 1, 1.0)
    path = tmp_path / "runs" / "new" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "a_new_key": 3}))
    done = plot(tmp_path / "runs", "--out", tmp_path / "c.png")
    assert "mixer=tfcaf (1 seed)" in done.stdout
    assert "a_new_key" not in done.stdout
