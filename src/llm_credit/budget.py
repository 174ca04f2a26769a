"""A search's budget, kept before requests are sent and not after: what is under way counts with its worst case."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .llm import BudgetExceeded, LLMError, Request, Usage, canonical
from .prices import Price, Prices

# Fewer bytes than a token of English has (three to four), since code, digits and JSON come in shorter ones.
BYTES_PER_TOKEN = 2
# What providers put around a prompt: the frame of a message, and words on the schema if there is one.
FRAME_TOKENS = 500


@dataclass(frozen=True)
class Spent:
    """Requests, tokens (in and out, cached ones too) and dollars. usd is 0 where no price is known."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.calls - other.calls, self.tokens - other.tokens, self.usd - other.usd)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Spent:
        return cls(int(data["calls"]), int(data["tokens"]), float(data["usd"]))

    @classmethod
    def from_ledger(cls, entries: Iterable[Mapping[str, Any]]) -> Spent:
        """What the attempts of a ledger took together: the start of a search that goes on where another was killed."""
        return sum((cls.from_dict(entry["spent"]) for entry in entries), cls())


class Budget:
    """Limits on requests, tokens and dollars together. Safe to use from several threads.

    max_usd: 0 for no limit (and no need of a price). spent: what an earlier part of the same search took.
    """

    def __init__(
        self, max_calls: int, max_tokens: int, max_usd: float, prices: Prices, spent: Spent | None = None
    ) -> None:
        self.max_calls, self.max_tokens, self.max_usd, self.prices = max_calls, max_tokens, max_usd, prices
        self._spent, self._under_way = spent or Spent(), Spent()
        self._lock = threading.Lock()

    @property
    def spent(self) -> Spent:
        with self._lock:
            return self._spent

    @property
    def under_way(self) -> Spent:
        """What the requests that were sent and not answered yet could take."""
        with self._lock:
            return self._under_way

    def price(self, model: str) -> Price | None:
        """The price of a model. Raises LLMError if there is none and dollars are limited."""
        price = self.prices.of(model)
        if price is None and self.max_usd > 0:
            raise LLMError(
                f"{self.prices.where} (of {self.prices.date}) has no price of model {model!r}, so llm.max_usd="
                f"{self.max_usd:g} cannot be kept: name a table with this model in llm.prices, or set llm.max_usd=0"
            )
        return price

    def worst_case(self, request: Request) -> Spent:
        """The most that one attempt at a request may take."""
        text = request.system + request.prompt + (canonical(request.schema) if request.schema is not None else "")
        tokens_in = FRAME_TOKENS + -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)
        price = self.price(request.model)
        usd = price.worst(tokens_in, request.max_output_tokens) if price else 0.0
        return Spent(1, tokens_in + request.max_output_tokens, usd)

    def cost(self, model: str, usage: Usage) -> float | None:
        """USD that a reply cost; None where no price is known."""
        price = self.prices.of(model)
        return None if price is None else price.cost(usage)

    def reserve(self, request: Request) -> Spent:
        """Sets an attempt's worst case aside and returns it. Raises BudgetExceeded if it might not fit."""
        most = self.worst_case(request)
        with self._lock:
            problem = self._problem(most)
            if problem:
                raise BudgetExceeded(f"request {request.name} was not sent: {problem}")
            self._under_way += most
        return most

    def settle(self, reserved: Spent, actual: Spent) -> None:
        """Ends an attempt: what it took instead of what was set aside for it."""
        with self._lock:
            left = self._under_way - reserved
            self._under_way = left if left.calls else Spent()  # differences of dollars leave a rounding error
            self._spent += actual

    def _problem(self, most: Spent) -> str:
        """Which limit an attempt could break; empty if none."""
        done, busy = self._spent, self._under_way
        if done.calls + busy.calls + most.calls > self.max_calls:
            return _sentence("max_calls", f"{self.max_calls} requests", f"{done.calls}", f"{busy.calls}", "one")
        if done.tokens + busy.tokens + most.tokens > self.max_tokens:
            limit, took, more = f"{self.max_tokens:,} tokens", f"{done.tokens:,}", f"up to {most.tokens:,}"
            return _sentence("max_tokens", limit, took, f"{busy.tokens:,}", more)
        if 0 < self.max_usd < done.usd + busy.usd + most.usd:
            limit, took, more = f"{self.max_usd:g} USD", f"{done.usd:.4f}", f"up to {most.usd:.4f}"
            return _sentence("max_usd", limit, took, f"{busy.usd:.4f}", more)
        return ""


def _sentence(setting: str, limit: str, done: str, busy: str, more: str) -> str:
    return (
        f"of llm.{setting} = {limit}, {done} are spent and {busy} are set aside for requests under way, and it could "
        f"take {more}; raise llm.{setting} to go on"
    )
