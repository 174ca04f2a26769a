"""What is proved of every function that ships, on tasks of every kind: check, gate and bounds of its credits.

    python bench/builtin_proofs.py             prints the table
    python bench/builtin_proofs.py --write     puts it into docs/builtin.md

Each function goes through all checks, in the jail, as if a language model had written it. StarCraft II's tasks are
described from its maps; the game is not needed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator

from timing import table
from train_speed import ROOT

sys.path.insert(0, str(ROOT / "src"))
from envs import REGISTRY
from envs.smac_description import describe_smac
from envs.smac_layout import SmacLayout
from envs.smac_maps import SCENARIOS, Scenario, gen_scenario
from envs.smac_options import SmacOptions
from envs.smac_reward import RewardOptions
from llm_credit import check_source
from llm_credit.builtin import builtin_source, builtins_for
from llm_credit.task import TaskDescription
from utils.config.load import load_config

PAGE = ROOT / "docs" / "builtin.md"
BEGIN, END = "<!-- table: python bench/builtin_proofs.py --write -->\n", "<!-- end of the table -->\n"
FORMS = ("credit_weights", "credit_advantages")

FORAGING = ("5x5-2p-1f-coop", "2s-8x8-2p-2f-coop", "8x8-2p-2f-coop", "2s-10x10-3p-3f", "10x10-4p-2f", "15x15-4p-3f")
PARTICLES = (
    ("simple_spread", 3), ("simple_spread", 6), ("simple_tag", None), ("simple_adversary", None),
    ("simple_speaker_listener", None),
)  # fmt: skip
MAPS = (
    "3m", "8m", "5m_vs_6m", "2s3z", "3s5z", "1c3s5z", "3s_vs_5z", "2c_vs_64zg", "6h_vs_8z", "corridor", "MMM", "MMM2",
)  # fmt: skip
DRAWN = tuple((f"10gen_{race}", n) for race in ("terran", "protoss", "zerg") for n in (5, 10, 20))
HUNTERS = (8, 32)
GAMES = ("matrix_game", "matrix_climbing", "matrix_penalty", "one_step_matrix_game")
SKIRMISHES = ("sk_3m", "sk_2s3z", "sk_3s_vs_5z", "sk_MMM2")


def tasks() -> Iterator[tuple[str, TaskDescription]]:
    """Every task of the table with its name there."""
    for key in FORAGING:
        yield f"LBF {key}", REGISTRY["lbf"](key=f"Foraging-{key}-v3", seed=1).describe()
    for key in GAMES:
        config = load_config(["--config=qmix", f"--env-config={key}"]).values
        yield f"game {key}", REGISTRY[config["env"]](**config["env_args"], seed=1).describe()
    for key, n in PARTICLES:
        kwargs = {} if n is None else {"N": n}
        name = f"MPE {key}" + (f", N={n}" if n else "")
        yield name, REGISTRY["mpe"](key=key, kwargs=kwargs, seed=1).describe()
    for key in MAPS:
        yield f"SMAC {key}", battle(SCENARIOS[key], "sc2", SmacOptions())
    for key, n in DRAWN:
        yield f"SMACv2 {key}, {n}", battle(gen_scenario(key, n, n), "sc2_v2", SmacOptions(obs_own_pos=True))
    for n in HUNTERS:
        side = 10 if n == 8 else 20
        env = REGISTRY["stag_hunt"](n_agents=n, n_stags=n, n_hare=0, world_shape=(side, side), seed=1)
        yield f"stag hunt, {n} agents", env.describe()
    for key in SKIRMISHES:
        yield f"skirmish {key}", REGISTRY["skirmish"](map_name=key, seed=1).describe()


def battle(scenario: Scenario, family: str, options: SmacOptions) -> TaskDescription:
    return describe_smac(
        SmacLayout(scenario, options), RewardOptions(), family=family, name=scenario.name, setting="A battle."
    )


def rows(task_name: str, task: TaskDescription) -> Iterator[list[str]]:
    """A row for each function that fits a task: task, function, form, verdict, and the bounds that were proved."""
    for form in FORMS:
        for name in builtins_for(task, form):
            origin, source = builtin_source(task, name, form=form)
            report = check_source(source, task)
            verdict = report.igm if report.accepted else f"refused: {report.reason}"
            low, high = bounds(report.proof) if report.igm == "proved" else ("", "")
            yield [task_name, origin, "weights" if form == "credit_weights" else "lambda", verdict, low, high]


def bounds(proof: str) -> tuple[str, str]:
    found = re.search(r"between (\S+) and ([\d.e+-]+)", proof)
    return (found[1], found[2]) if found else ("", "")


def written(text: str) -> str:
    """The page with this table in it."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    return before + BEGIN + text + "\n" + END + rest.split(END)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into docs/builtin.md")
    options = parser.parse_args()
    header = ["task", "function", "form", "igm", "lowest", "highest"]
    text = table(header, [row for name, task in tasks() for row in rows(name, task)])
    print(text)
    if options.write:
        PAGE.write_text(written(text), encoding="utf-8")


if __name__ == "__main__":
    main()
