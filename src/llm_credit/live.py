"""The live client: asks a language model by the Messages API, within a budget, and records every attempt."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from .budget import Budget, Spent
from .llm import BudgetExceeded, LLMError, Reply, Request
from .messages import body_of, reply_in, retry_after, short
from .prices import load_prices
from .settings import TFCAFSettings

INSTALL = "pip install anthropic==2.12.0"
ANTHROPIC = "https://api.anthropic.com"
# A gateway may need no key, but the SDK sends none of its requests without one.
PLACEHOLDER = "no-key"
# Ways in which a connection fails before a request is on its way: nothing can have been billed.
_NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "LocalProtocolError")
# Statuses of a gateway that gave up on a reply which may have been written, and billed, nevertheless.
_LOST = (408, 499, 504, 524)
_LONGEST_WAIT = 60.0

_STATUS = {
    400: ("the request was refused as invalid", "look at what was said; a model may lack a setting's feature"),
    401: ("the API key was not accepted", "set ANTHROPIC_API_KEY to a valid key of this service"),
    402: ("the account cannot pay", "add credit to it, or use another key"),
    403: ("the API key may not do this", "use a key that may use model {model}, or another llm.model"),
    404: ("there is no model {model} at this address", "set llm.model to an id that it has, or mend llm.base_url"),
    408: ("the service gave up waiting", "try again, or set a larger llm.max_retries"),
    413: ("the request is too large", "shorten it: llm.description=schema or minimal, fewer llm.candidates"),
    429: ("too many requests or tokens in a short time", "wait a minute, or set fewer llm.candidates"),
    529: ("the service is overloaded", "try again later, or set a larger llm.max_retries"),
}
_SERVER = ("the service failed", "try again later, or set a larger llm.max_retries")
_OTHER = ("the service answered in a way that is not known", "look at what was said, and at llm.base_url")


class LiveLLM:
    """An LLM that is asked over the network. ``ask`` may be called from several threads at once.

    ledger: is given one dict for every attempt that was made (retries too), one at a time. spent: what an earlier part
    of the same search took. api_key: instead of ANTHROPIC_API_KEY.
    """

    def __init__(
        self,
        settings: TFCAFSettings,
        ledger: Callable[[dict[str, Any]], None] | None = None,
        spent: Spent | None = None,
        api_key: str | None = None,
    ) -> None:
        prices = load_prices(settings.prices)
        self.budget = Budget(settings.max_calls, settings.max_tokens, settings.max_usd, prices, spent)
        for model in filter(None, (settings.model, settings.evaluator_model)):
            self.budget.price(model)
        self._key = _key(settings, api_key)
        self._address = _address(settings)
        self._longest_wait = max(settings.timeout, _LONGEST_WAIT)
        self._ledger, self._ledger_lock = ledger, threading.Lock()
        try:
            self._sdk: Any = import_module("anthropic")
        except ImportError as error:
            raise LLMError(f"asking a model live needs the package anthropic ({error}): {INSTALL}") from error
        # The address is always given: the SDK would else take it from the environment or a profile on disk.
        self._client = self._sdk.Anthropic(
            api_key=self._key, base_url=self._address, timeout=settings.timeout, max_retries=settings.max_retries
        )

    def __repr__(self) -> str:
        return f"LiveLLM({_host(self._address)}, {self.spent})"

    @property
    def spent(self) -> Spent:
        """All that was taken of the budget, what an earlier part of the search took included."""
        return self.budget.spent

    def ask(self, request: Request) -> Reply:
        """Sends a request and waits for its reply. Raises LLMError, or BudgetExceeded without sending."""
        self.budget.price(request.model)
        call, began = _Call(self, request), time.monotonic()
        try:
            self._client.with_options(middleware=[call]).messages.create(**body_of(request))
        except BudgetExceeded as error:
            raise self._error(f"{error}{call.history(1)}", BudgetExceeded) from None
        except LLMError as error:
            raise self._error(f"{error}{call.history()}") from None
        except self._sdk.APIStatusError as error:
            raise self._error(self._refusal(error, request) + call.history()) from None
        except self._sdk.APITimeoutError:
            raise self._error(
                f"no reply from {_host(self._address)} within the {self._client.timeout:g} s of llm.timeout; set a "
                f"larger llm.timeout or a smaller llm.max_output_tokens{call.history()}"
            ) from None
        except self._sdk.APIConnectionError as error:
            raise self._error(
                f"the connection to {_host(self._address)} failed ({type(error.__cause__).__name__}); look at the "
                f"network, a proxy in the environment, and llm.base_url, then start again{call.history()}"
            ) from None
        except self._sdk.AnthropicError as error:
            raise self._error(
                f"the anthropic package failed ({type(error).__name__}: {error}){call.history()}"
            ) from None
        assert call.reply is not None  # every other way out of the middleware raises
        return Reply(**{**vars(call.reply), "seconds": time.monotonic() - began})

    def _error(self, message: str, kind: type[LLMError] = LLMError) -> LLMError:
        # Raised from None: the SDK's errors hold the request and its headers, and what a server sent back.
        return kind(self.clean(message))

    def _refusal(self, error: Any, request: Request) -> str:
        """One sentence for a status that is an error."""
        status = error.status_code
        what, todo = _STATUS.get(status, _SERVER if status >= 500 else _OTHER)
        said = str(error.api_message or "")
        if status == 400 and "thinking" in said:
            todo = f"set llm.thinking={'off' if request.thinking == 'adaptive' else 'adaptive'} for this model"
        facts = [f"HTTP {status} of {_host(self._address)}"]
        if error.request_id:
            facts.append(f"request id {error.request_id}")
        if said:
            facts.append(f"it says: {short(said)}")
        return f"{what} ({', '.join(facts)}); {todo}".replace("{model}", repr(request.model))

    def clean(self, text: str) -> str:
        """A text less the key, should a server have sent it back."""
        return text if self._key == PLACEHOLDER else text.replace(self._key, "[key]")

    def record(self, entry: dict[str, Any]) -> None:
        """Passes an attempt's entry to the ledger."""
        if self._ledger is not None:
            cleaned = {key: self.clean(value) if isinstance(value, str) else value for key, value in entry.items()}
            with self._ledger_lock:
                self._ledger(cleaned)

    def check_wait(self, response: Any) -> None:
        """Raises LLMError where a service asks for a wait that is too long to sit through: the SDK would obey."""
        wait = retry_after(response.headers)
        retried = response.status_code in (408, 409, 429) or response.status_code >= 500
        if retried and wait > self._longest_wait:
            raise LLMError(
                f"the service asks to wait {wait:,.0f} s (HTTP {response.status_code} of {_host(self._address)}); "
                "start again then, or use another key"
            )


class _Call:
    """The middleware of one request: the SDK calls it for each attempt."""

    def __init__(self, owner: LiveLLM, request: Request) -> None:
        self.owner, self.request = owner, request
        self.attempts, self.last = 0, ""
        self.reply: Reply | None = None

    def history(self, least: int = 2) -> str:
        """Words on the attempts that were made, for the end of a message; none if they are fewer than `least`."""
        return f" (attempts: {self.attempts}, the last one: {self.last})" if self.attempts >= least else ""

    def __call__(self, api_request: Any, call_next: Callable[[Any], Any]) -> Any:
        reserved = self.owner.budget.reserve(self.request)
        self.attempts += 1
        began = time.monotonic()
        # Until it is known better, an attempt took all it could: a reply that got lost may have been billed.
        took, entry = reserved, self._entry()
        try:
            answer = call_next(api_request)
            response = answer.http_response
            entry["status"], entry["request_id"] = response.status_code, response.headers.get("request-id", "")
            if response.is_success:
                entry["error"] = "invalid reply"
                self.reply = self._read(response)
                entry["error"] = None
                took = Spent(1, self.reply.usage.total, self.reply.cost_usd or 0.0)
                entry |= {"model": self.reply.model, "stop_reason": self.reply.stop_reason}
                entry |= {"usage": asdict(self.reply.usage), "cost_usd": self.reply.cost_usd}
                return self.reply  # the SDK hands it back as it is: its own reading checks nothing
            took = reserved if response.status_code in _LOST else Spent(1)
            self.owner.check_wait(response)
            return answer
        except BaseException as error:
            entry["error"] = entry["error"] or type(error).__name__
            if type(error.__cause__).__name__ in _NEVER_SENT:
                took = Spent(1)
            raise
        finally:
            self.last = entry["error"] or f"HTTP {entry['status']}"
            self.owner.budget.settle(reserved, took)
            self.owner.record(entry | {"spent": took.to_dict(), "seconds": round(time.monotonic() - began, 3)})

    def _entry(self) -> dict[str, Any]:
        return {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request": self.request.hash,
            "name": self.request.name,
            "attempt": self.attempts,
            "status": None,
            "error": None,
            "request_id": "",
            "model": "",
            "usage": None,
            "cost_usd": None,
            "stop_reason": "",
        }

    def _read(self, response: Any) -> Reply:
        """The reply in a response. Raises LLMError if it is none."""
        request_id = response.headers.get("request-id", "")
        try:
            reply = reply_in(response.content)
        except (ValueError, RecursionError) as error:
            about = f", request id {request_id}" if request_id else ""
            raise LLMError(
                f"what came back is no reply of the Messages API ({error}; HTTP {response.status_code} of "
                f"{_host(self.owner._address)}{about}); look at llm.base_url and at proxies, then start again"
            ) from None
        clean = self.owner.clean
        cost = self.owner.budget.cost(self.request.model, reply.usage)
        return Reply(
            clean(reply.text), clean(reply.stop_reason), clean(reply.model), clean(request_id), reply.usage, cost
        )


def _address(settings: TFCAFSettings) -> str:
    try:
        parts = urlsplit(settings.base_url or ANTHROPIC)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        good = False
    if not good:
        raise LLMError("llm.base_url must be an address such as http://127.0.0.1:8000, or empty for Anthropic")
    return settings.base_url or ANTHROPIC


def _key(settings: TFCAFSettings, api_key: str | None) -> str:
    key = (api_key if api_key is not None else os.environ.get("ANTHROPIC_API_KEY", "")).strip()
    if not key and settings.base_url:
        return PLACEHOLDER
    if not key:
        raise LLMError(
            "asking a model live needs an API key: set the environment variable ANTHROPIC_API_KEY, or choose another "
            "llm.source (archive, builtin, file, manual)"
        )
    if not key.isascii() or not key.isprintable() or " " in key or len(key) < 8:
        # Such a key cannot be sent, or is too short to be taken out of what a server sends back.
        raise LLMError(
            "ANTHROPIC_API_KEY does not hold an API key (8 or more ASCII characters, no space): copy it again"
        )
    return key


def _host(address: str) -> str:
    """An address less user name, password and path, which may hold secrets."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
