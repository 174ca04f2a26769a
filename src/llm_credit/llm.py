"""One interface to language models: what is asked, what comes back, and who answers.

The live client, the replay of an archive and replies carried by hand are all an :class:`LLM`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from .errors import CreditError


class LLMError(CreditError):
    """A request that got no usable answer. The message says what to do."""


class BudgetExceeded(LLMError):
    """A request that was not sent, because it could go beyond the budget."""


@dataclass(frozen=True)
class Request:
    """One question to a language model; two equal ones have equal hashes.

    role: ``coder`` or ``evaluator``. purpose: ``propose``, ``improve``, ``repair``, ``merge``, ``evaluate``.
    round, slot: which of a round's parallel requests this is (equal prompts in different slots are asked separately);
    attempt: 0 for the first, then one for each repair.
    system: the long part that many requests share (cached by the provider); prompt: the rest.
    schema: JSON schema that the answer must follow, None for plain text.
    """

    role: str
    purpose: str
    round: int
    slot: int
    attempt: int
    system: str
    prompt: str
    model: str
    max_output_tokens: int
    thinking: str
    schema: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def hash(self) -> str:
        """SHA-256 of everything that could change the answer, in hexadecimal."""
        return hashlib.sha256(canonical(self.to_dict()).encode()).hexdigest()

    @property
    def name(self) -> str:
        """Short and unique within a search: ``r2-c1-repair1``, ``r2-evaluate``."""
        who = f"-c{self.slot}" if self.role == "coder" else ""
        again = str(self.attempt) if self.attempt else ""
        return f"r{self.round}{who}-{self.purpose}{again}"


@dataclass(frozen=True)
class Usage:
    """Tokens, as the Messages API counts them: ``input_tokens`` holds neither of the cached kinds."""

    input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    output_tokens: int = 0

    @property
    def total(self) -> int:
        return self.input_tokens + self.cache_creation_input_tokens + self.cache_read_input_tokens + self.output_tokens


@dataclass(frozen=True)
class Reply:
    """An answer. model: the one that the provider says answered. cost_usd: None where no price is known."""

    text: str
    stop_reason: str = "end_turn"
    model: str = ""
    request_id: str = ""
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reply:
        return cls(**{**data, "usage": Usage(**data["usage"])})


class LLM(Protocol):
    """Whoever answers. ``ask`` may be called from several threads at once; it raises LLMError."""

    def ask(self, request: Request) -> Reply: ...


def canonical(value: Any) -> str:
    """JSON in the one form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
