"""What tokens cost: a dated table, so that a search can be stopped before it costs too much."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from .llm import LLMError, Usage

KINDS = ("input", "cache_write", "cache_read", "output")
_DATED = re.compile(r"(?P<model>.+)-\d{8}")


@dataclass(frozen=True)
class Price:
    """USD per million tokens of each kind.

    over, long: some models cost more where the prompt (all kinds of input together) is longer than so many tokens.
    """

    input: float
    cache_write: float
    cache_read: float
    output: float
    over: int = 0
    long: Price | None = None

    def cost(self, usage: Usage) -> float:
        """USD for one reply."""
        if self.long is not None and usage.total - usage.output_tokens > self.over:
            return self.long.cost(usage)
        return (
            self.input * usage.input_tokens
            + self.cache_write * usage.cache_creation_input_tokens
            + self.cache_read * usage.cache_read_input_tokens
            + self.output * usage.output_tokens
        ) / 1_000_000

    def worst(self, input_tokens: int, output_tokens: int) -> float:
        """USD for one reply if the prompt is of its dearest kind."""
        plain = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        cached = Usage(cache_creation_input_tokens=input_tokens, output_tokens=output_tokens)
        return max(self.cost(plain), self.cost(cached))


@dataclass(frozen=True)
class Prices:
    """A table of prices. where: of it, for messages."""

    date: str
    source: str
    models: Mapping[str, Price]
    note: str = ""
    where: str = "the price table"

    def of(self, model: str) -> Price | None:
        """The price of a model, by its id or by its id less a date (``-20251101``); None if the table has neither.

        A date is all that may follow: claude-opus-5-5 is another model than claude-opus-5, with other prices.
        """
        dated = _DATED.fullmatch(model)
        return self.models.get(model) or (self.models.get(dated["model"]) if dated else None)


def load_prices(path: str = "") -> Prices:
    """The table at a path, or the one that ships with the package. Raises LLMError."""
    where = path or "llm_credit/prices.json"
    try:
        file = Path(path) if path else resources.files(__package__).joinpath("prices.json")
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise LLMError(
            f"cannot read the price table {where}: {error.strerror}; set llm.prices to a table like "
            "llm_credit/prices.json, or leave it empty for that one"
        ) from error
    except ValueError as error:
        raise LLMError(f"the price table {where} is not JSON ({error}); mend it or leave llm.prices empty") from error
    try:
        return _table(data, where)
    except ValueError as error:
        raise LLMError(
            f"the price table {where}: {error}; see llm_credit/prices.json for the form, or leave llm.prices empty"
        ) from error


def _table(data: Any, where: str) -> Prices:
    if not isinstance(data, dict):
        raise ValueError("it must be an object")
    for key in ("date", "source"):
        if not isinstance(data.get(key), str) or not data[key]:
            raise ValueError(f"it has no {key}, which says what the prices rest on")
    models = data.get("usd_per_million_tokens")
    if not isinstance(models, dict) or not models:
        raise ValueError("usd_per_million_tokens must map model ids to prices")
    table = {model: _price(price, model) for model, price in models.items()}
    return Prices(data["date"], data["source"], table, str(data.get("note", "")), where)


def _price(data: Any, model: str) -> Price:
    """A model's price. One more kind than the known ones would be a cost left out, so it is an error."""
    if not isinstance(data, dict):
        raise ValueError(f"{model} must have {', '.join(KINDS)}")
    unknown = sorted(set(data) - {*KINDS, "long_prompt"})
    if unknown:
        raise ValueError(f"{model} has the unknown {unknown[0]!r}; there are {', '.join(KINDS)} and long_prompt")
    kinds = {kind: _dollars(data.get(kind), f"{model}'s {kind}") for kind in KINDS}
    price = Price(kinds["input"], kinds["cache_write"], kinds["cache_read"], kinds["output"])
    if "long_prompt" not in data:
        return price
    more = data["long_prompt"]
    if not isinstance(more, dict) or type(more.get("over")) is not int or more["over"] < 0 or "long_prompt" in more:
        raise ValueError(f"{model}'s long_prompt must have over (tokens) and {', '.join(KINDS)}")
    dearer = _price({key: value for key, value in more.items() if key != "over"}, f"{model}'s long_prompt")
    return replace(price, over=more["over"], long=dearer)


def _dollars(value: Any, what: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{what} must be a number of USD per million tokens, at least 0, and is {value!r}")
    return float(value)
