"""Requests and replies in the Messages API's own form."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from .llm import Reply, Request, Usage

# What turns thinking off where "disabled" is an error.
_OFF = {"claude-sonnet-5-5": "between_tools"}


def body_of(request: Request) -> dict[str, Any]:
    """A request's arguments of ``messages.create``."""
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_output_tokens,
        "messages": [{"role": "user", "content": request.prompt}],
        "thinking": {"type": "adaptive"},
    }
    if request.thinking == "off":
        family = next((name for name in _OFF if request.model.startswith(name)), "")
        body["thinking"] = {"type": _OFF.get(family, "disabled")}
    if request.system:
        # The same for many requests: the provider keeps it, and later ones pay a tenth for it or less.
        body["system"] = [{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}]
    if request.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": dict(request.schema)}}
    return body


def reply_in(content: bytes) -> Reply:
    """A Messages API reply. Raises ValueError that says what is wrong: the SDK would take anything."""
    try:
        data = json.loads(content)
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("content"), list):
        raise ValueError("it has no content")
    blocks = [block for block in data["content"] if isinstance(block, dict) and block.get("type") == "text"]
    texts = [block["text"] for block in blocks if isinstance(block.get("text"), str)]
    if len(texts) < len(blocks):
        raise ValueError("a text in it is no text")
    stop, model = data.get("stop_reason"), data.get("model", "")
    if not isinstance(stop, str) or not isinstance(model, str):
        raise ValueError("it has no stop_reason or model")
    return Reply("".join(texts), stop, model, usage=_usage(data.get("usage")))


def _usage(data: Any) -> Usage:
    if not isinstance(data, dict):
        raise ValueError("it has no usage, which the budget needs")
    counts: dict[str, int] = {}
    for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"):
        count = data.get(name)
        if count is None and name.startswith("cache"):
            count = 0  # null, or left out by a gateway, where nothing was cached
        if type(count) is not int or not 0 <= count < 10**9:
            raise ValueError(f"its usage has {name}={short(repr(count))}")
        counts[name] = count
    return Usage(**counts)


def retry_after(headers: Any) -> float:
    """Seconds that a response asks to wait; 0 if it does not say."""
    try:
        if "retry-after-ms" in headers:
            return float(headers["retry-after-ms"]) / 1000
        value = headers.get("retry-after", "0")
        if value.replace(".", "", 1).isdigit():
            return float(value)
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def short(text: str) -> str:
    """A text of a server for a message: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:300] + "..."
