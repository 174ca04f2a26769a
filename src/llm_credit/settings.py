"""Settings of a TFCAF, each declared once: a framework's config can be generated from them. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from .errors import CreditError


def _declare(default: Any, help: str, **more: Any) -> Any:
    return field(default=default, metadata={"help": help, **more})


@dataclass(frozen=True)
class TFCAFSettings:
    """Where a credit function comes from and how it is made safe."""

    source: str = _declare(
        "auto",
        "Where the function comes from: builtin (ships with the project), file (llm.file), auto (builtin, or uniform "
        "credit with a warning where no builtin fits the task).",
        choices=("auto", "builtin", "file"),
    )
    file: str = _declare("", "With source=file: path of the function's source text.")
    builtin: str = _declare(
        "", "With source=builtin or auto: the function's name; empty for the task family's default."
    )
    igm: str = _declare(
        "enforce",
        "Individual-Global-Max: enforce makes every credit non-negative, relax leaves signs as they are (an ablation).",
        choices=("enforce", "relax"),
    )
    phi: str = _declare(
        "clamp",
        "With igm=enforce: what makes credits non-negative (clamp leaves non-negative ones untouched).",
        choices=("clamp", "abs", "softplus"),
    )
    bias: str = _declare(
        "off",
        "off sets the state-dependent bias b(s) to 0; on keeps it, within the range of returns.",
        choices=("off", "on"),
    )
    check_states: int = _declare(1024, "States drawn to check a function.", unit="states", low=16, high=1_000_000)
    check_seed: int = _declare(0, "Seed of these draws.", low=0)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TFCAFSettings:
        """Settings from a mapping. Raises CreditError for an unknown key or a value that is not allowed."""
        known = {f.name: f for f in fields(cls)}
        for key, value in values.items():
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
                raise CreditError(f"there is no setting {key!r}{hint}")
            problem = _problem(known[key], value)
            if problem:
                raise CreditError(f"setting {key}={value!r} must be {problem}")
        return cls(**values)


def _problem(declared: Field[Any], value: Any) -> str:
    """What a value must be and is not; empty if it is right."""
    about, expected = declared.metadata, type(declared.default)
    if type(value) is not expected:
        return {str: "text", int: "a whole number"}[expected]
    if about.get("choices") and value not in about["choices"]:
        return f"one of {', '.join(about['choices'])}"
    if "low" in about and value < about["low"]:
        return f"at least {about['low']}"
    return f"at most {about['high']}" if "high" in about and value > about["high"] else ""
