"""The prompts: versioned text files with $names in them, filled from the task and from what the screen allows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

from . import aliases
from . import allowlist as allow
from .checker import MAX_ITERATIONS, MAX_LITERAL_SIZE
from .describe_task import describe
from .files import sha256
from .idioms import MAX_NODES
from .rehearsal import NUMBERS_PER_STATE, OPERATIONS, WORK_PER_STATE
from .settings import TFCAFSettings
from .task import TaskDescription

FOLDER = Path(__file__).parent / "prompts"
VERSION = 3

PHIS = """The gate: in state-only form the weights pass through a function phi that makes them non-negative. clamp
leaves non-negative weights as they are and cuts negative ones to 0; abs counts a negative weight by its size; softplus
is smooth and never 0, and changes every weight. Choose clamp unless the functions' negative weights mean something."""
ADVANTAGE = """There is also the advantage form, in which credit sees the joint action. Choose it (form: advantage) if
the worth of an agent's action depends on what the others do at the same moment, so that no non-negative weights of the
state alone can express it (a coordinated capture that is punished when done alone)."""


@cache
def _template(name: str) -> Template:
    return Template((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


def fill(name: str, **values: object) -> str:
    """The prompt of that name with its $names filled in. KeyError for one that is missing: nothing is sent half."""
    return _template(name).substitute({k: str(v) for k, v in values.items()}).strip() + "\n"


@cache
def version() -> str:
    """The prompts' version and the hash of every text that goes into one: another prompt is another question."""
    texts = [p.read_text(encoding="utf-8") for p in sorted(FOLDER.glob("*.txt"))]
    return f"{VERSION}-{sha256(chr(0).join([*texts, PHIS, ADVANTAGE, str(_allowed())]))[:12]}"


def _other_names(known: set[str]) -> set[str]:
    return {name for name, meaning in aliases.SAME.items() if meaning in known}


def _allowed() -> dict[str, str]:
    """What the screen allows, as text: made from the lists that the screen itself uses."""
    lists = {
        "torch_functions": allow.TORCH | _other_names(allow.TORCH) | aliases.WRITTEN_TORCH,
        "functional": allow.FUNCTIONAL | aliases.WRITTEN_FUNCTIONAL,
        "methods": allow.METHODS | _other_names(allow.METHODS) | aliases.WRITTEN_METHODS,
        "attributes": allow.ATTRIBUTES | aliases.WRITTEN_ATTRIBUTES,
        "dtypes": allow.DTYPES,
        "constants": set(aliases.NUMBERS),
        "builtins": allow.BUILTINS | {"sum", "zip", "enumerate", "reversed"},
        "keywords": allow.KEYWORDS | set(aliases.KEYWORDS),
    }
    texts = {name: " ".join(sorted(values)) for name, values in lists.items()}
    limits = {
        "literal_size": MAX_LITERAL_SIZE,
        "iterations": MAX_ITERATIONS,
        "numbers": NUMBERS_PER_STATE,
        "work": WORK_PER_STATE,
        "operations": OPERATIONS,
        "nodes": MAX_NODES,
    }
    return texts | {name: str(value) for name, value in limits.items()}


def coder_system(task: TaskDescription, settings: TFCAFSettings, form: str) -> str:
    """The coder's common part for a task: rules, form and task. The same for all its requests, so it can be cached."""
    sizes = {"state_dim": task.state_dim, "n_agents": task.n_agents, "n_actions": task.n_actions}
    return fill(
        "coder_system",
        form=fill(f"form_{form}", **sizes).strip(),
        task=describe(task, settings.description),
        **_allowed(),
    )


def evaluator_system(task: TaskDescription, settings: TFCAFSettings, advantage: bool) -> str:
    """The evaluator's common part; it is told of the task what the coder is told."""
    phis = PHIS + ("\n" + ADVANTAGE if advantage else "")
    return fill("evaluator_system", task=describe(task, settings.description), phis=phis)
