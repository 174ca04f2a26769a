"""Credit functions that ship with the project: source text made for a task from its description.

A family of tasks is a module with ``templates(task, form)``, which gives nothing for a task that it does not know.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from difflib import get_close_matches

from ..errors import CreditError
from ..task import TaskDescription
from . import lbf, matrix_game, mpe, smac, stag_hunt
from .template import Templates
from .uniform import UNIFORM

log = logging.getLogger("pymarl")

# by the family that a task's description names
FAMILIES: dict[str, Callable[[TaskDescription, str], Templates]] = {
    "lbf": lbf.templates,
    "matrix_game": matrix_game.templates,
    "sc2": smac.templates,
    "sc2_v2": smac.templates,
    "skirmish": smac.templates,
    "stag_hunt": stag_hunt.templates,
    "mpe": mpe.templates,
}


def _of_family(task: TaskDescription, form: str) -> Templates:
    family = FAMILIES.get(task.family)
    return family(task, form) if family else {}


def builtins_for(task: TaskDescription, form: str) -> Templates:
    """The functions of one form that fit a task, the default first; uniform credit fits any."""
    return _of_family(task, form) or UNIFORM[form]


def builtin_source(
    task: TaskDescription, name: str = "", strict: bool = True, form: str = "credit_weights"
) -> tuple[str, str]:
    """``(family/name, source)``; without a name the default of ``form``.

    Raises CreditError for an unknown name or, if ``strict``, for no builtin.
    """
    forms = [builtins_for(task, f) for f in UNIFORM]
    known = {n: template for templates in forms for n, template in templates.items()}
    if name and name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise CreditError(f"llm.builtin={name} does not fit {task.name}; there is {', '.join(known)}.{hint}")
    if not name:
        name = next(iter(builtins_for(task, form)))
        if not _of_family(task, form):
            message = f"no builtin credit function knows {task.name}: uniform credit (VDN) is all there is"
            if strict:
                raise CreditError(message + f"; ask for it with llm.builtin={name}")
            log.warning(message)
    return f"{task.family}/{name}", known[name](task)
