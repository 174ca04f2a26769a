"""Settings of a TFCAF, each declared once: a framework's config can be generated from them. Imports no torch."""

from __future__ import annotations

import math
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
        "Where the function comes from: live (language models are asked), archive (an earlier search; nothing is "
        "sent), builtin (ships with the project), file (llm.file), manual (prompts and replies carried by hand), auto "
        "(archive, else live if ANTHROPIC_API_KEY is set, else builtin, else uniform credit with a warning).",
        choices=("auto", "live", "archive", "builtin", "file", "manual"),
    )
    file: str = _declare("", "With source=file: path of the function's source text.")
    builtin: str = _declare(
        "", "With source=builtin or auto: the function's name; empty for the task family's default."
    )
    archive: str = _declare(
        "",
        "Folder that keeps every search (also read first, so that equal runs ask once); empty for llm_archive under "
        "local_results_path.",
    )
    entry: str = _declare(
        "", "With source=archive: the entry's hash or its first digits; empty for the one of this task and settings."
    )
    manual: str = _declare("", "With source=manual: the folder that `python -m llm_credit prompts` wrote.")

    igm: str = _declare(
        "enforce",
        "Individual-Global-Max: enforce makes every credit non-negative, relax leaves signs as they are (an ablation), "
        "auto lets the evaluator choose among enforce's phis and, where the learner has a place for it, the advantage "
        "form.",
        choices=("enforce", "relax", "auto"),
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
    form: str = _declare(
        "credit_weights",
        "Form that is asked for: credit_weights (of the state), credit_advantages (of state and joint action; only "
        "with qplex).",
        choices=("credit_weights", "credit_advantages"),
    )
    backend: str = _declare(
        "torchscript",
        "What runs the accepted function: torchscript (compiled) or interpreter (slower, the meaning it is checked "
        "against; for Pythons without TorchScript).",
        choices=("torchscript", "interpreter"),
    )
    check_states: int = _declare(1024, "States drawn to check a function.", unit="states", low=16, high=1_000_000)
    check_seed: int = _declare(0, "Seed of these draws.", low=0)

    candidates: int = _declare(3, "Functions that the coder proposes in a round.", low=1, high=16)
    rounds: int = _declare(4, "Rounds of a search.", low=1, high=20)
    max_repairs: int = _declare(2, "How often a refused candidate goes back to the coder.", low=0, high=5)
    description: str = _declare(
        "full",
        "What the coder is told of the task: full (prose and the state's layout), schema (the layout as JSON), prose "
        "(without ranges and units), minimal (sizes and field names).",
        choices=("full", "schema", "prose", "minimal"),
    )
    episodes: str = _declare(
        "",
        "JSON file of a few random-policy episodes (`src/describe.py --episodes`), for the evaluator's numbers; empty "
        "for none.",
    )
    fallback: str = _declare(
        "none",
        "What happens if no candidate survives: none (an error), builtin (the builtin function, with a warning).",
        choices=("none", "builtin"),
    )

    model: str = _declare("claude-opus-5-5", "Model id of coder and evaluator.")
    evaluator_model: str = _declare("", "Another model id for the evaluator; empty for the same.")
    thinking: str = _declare(
        "adaptive", "Whether the models think before they answer: adaptive, off.", choices=("adaptive", "off")
    )
    max_output_tokens: int = _declare(
        16_000, "The longest answer, thinking included.", unit="tokens", low=256, high=21_000
    )
    base_url: str = _declare("", "Address of a gateway or local server that speaks the Messages API; empty: Anthropic.")
    timeout: float = _declare(300.0, "How long one attempt may take.", unit="s", low=0.1, high=3600.0)
    max_retries: int = _declare(2, "How often the SDK tries again after 429, 5xx and lost connections.", low=0, high=10)
    max_calls: int = _declare(60, "Budget of a search: requests, retries included.", unit="requests", low=1)
    max_tokens: int = _declare(1_000_000, "Budget of a search: tokens in and out.", unit="tokens", low=1)
    max_usd: float = _declare(
        10.0,
        "Budget of a search: dollars, by the price table; 0 for no limit (and no need of a price).",
        unit="USD",
        low=0.0,
    )
    prices: str = _declare("", "Path of a price table like llm_credit/prices.json; empty for that one.")

    jail_seconds: float = _declare(
        60.0, "The longest that checking one candidate may take.", unit="s", low=1.0, high=3600.0
    )
    jail_memory: int = _declare(
        2048, "Memory that checking one candidate may take beyond what torch takes.", unit="MiB", low=128
    )

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
    if expected is float and type(value) is int:
        value = float(value)
    if type(value) is not expected:
        return {str: "text", int: "a whole number", float: "a number"}[expected]
    if isinstance(value, float) and not math.isfinite(value):
        return "a finite number"
    if about.get("choices") and value not in about["choices"]:
        return f"one of {', '.join(about['choices'])}"
    if "low" in about and value < about["low"]:
        return f"at least {about['low']}"
    return f"at most {about['high']}" if "high" in about and value > about["high"] else ""
