"""A Messages API on loopback that does what a test tells it: good, slow, dying, refusing, hostile.

with FakeAPI(sequence(rate_limited(), good("hello"))) as api:
    ... base_url=api.base_url ...
api.seen[0].body["model"]
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CODE = """def credit_weights(state: Tensor) -> Tuple[Tensor, Tensor]:
    return torch.ones(state.shape[0], 2), torch.zeros(state.shape[0], 1)
"""
USAGE = {
    "input_tokens": 100,
    "cache_creation_input_tokens": 20,
    "cache_read_input_tokens": 3000,
    "output_tokens": 400,
    "service_tier": "standard",
}


@dataclass(frozen=True)
class Answer:
    """What the server does with a request.

    content: blocks instead of one text. model: the one that answers, None for the one asked. raw: a body instead of a
    Messages API reply. delay: seconds before anything is sent. die: closes the connection after half the body.
    error: kind and message of a status that is no success.
    """

    status: int = 200
    text: str = CODE
    stop_reason: str | None = "end_turn"
    content: list[Any] | None = None
    model: str | None = None
    usage: Any = field(default_factory=lambda: dict(USAGE))
    raw: str | None = None
    error: tuple[str, str] | None = None
    delay: float = 0.0
    die: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, asked: Mapping[str, Any], request_id: str) -> str:
        if self.raw is not None:
            return self.raw
        if self.error is not None:
            error = {"type": self.error[0], "message": self.error[1]}
            return json.dumps({"type": "error", "error": error, "request_id": request_id})
        reply = {
            "id": f"msg_{request_id}",
            "type": "message",
            "role": "assistant",
            "model": asked.get("model") if self.model is None else self.model,
            "content": [{"type": "text", "text": self.text}] if self.content is None else self.content,
            "stop_reason": self.stop_reason,
            "stop_sequence": None,
            "usage": self.usage,
        }
        return json.dumps(reply)


@dataclass(frozen=True)
class Seen:
    """A request as it arrived. under_way: how many the server was answering then, this one included."""

    body: dict[str, Any]
    headers: dict[str, str]
    path: str
    time: float
    under_way: int


Handler = Callable[[dict[str, Any], int], Answer]


def good(text: str = CODE, **more: Any) -> Answer:
    return Answer(text=text, **more)


def chatty(text: str = CODE, language: str = "python") -> Answer:
    """The answer with words around it, after thinking that is no part of it."""
    words = f"Sure! Here is what you asked for:\n\n```{language}\n{text}```\n\nLet me know if I can help further."
    thinking = {"type": "thinking", "thinking": "Hmm.", "signature": "c2lnbmF0dXJl"}
    return Answer(content=[thinking, {"type": "text", "text": words}])


def truncated(text: str = CODE) -> Answer:
    return Answer(text=text[: len(text) // 2], stop_reason="max_tokens")


def refusing() -> Answer:
    return Answer(content=[], stop_reason="refusal")


def hostile() -> Answer:
    """Code that wants more than to assign credit."""
    return Answer(text="import os\n\ndef credit_weights(state):\n    os.system('touch /tmp/owned')\n    return state\n")


def slow(delay: float, text: str = CODE) -> Answer:
    return Answer(text=text, delay=delay)


def dying() -> Answer:
    return Answer(die=True)


def rate_limited(retry_after: float = 0.05) -> Answer:
    headers = {"retry-after": f"{retry_after}"}
    return Answer(429, error=("rate_limit_error", "too many output tokens per minute"), headers=headers)


def overloaded(retry_after: float = 0.05) -> Answer:
    return Answer(529, error=("overloaded_error", "Overloaded"), headers={"retry-after": f"{retry_after}"})


def failing(status: int = 500, retry_after: float = 0.05) -> Answer:
    return Answer(status, error=("api_error", "Internal server error"), headers={"retry-after": f"{retry_after}"})


def unauthorized() -> Answer:
    return Answer(401, error=("authentication_error", "invalid x-api-key"))


def forbidden() -> Answer:
    return Answer(403, error=("permission_error", "not allowed"))


def unknown_model() -> Answer:
    return Answer(404, error=("not_found_error", "model: no-such-model"))


def bad_request(message: str = "messages: text content blocks must be non-empty") -> Answer:
    return Answer(400, error=("invalid_request_error", message))


def too_large() -> Answer:
    return Answer(413, error=("request_too_large", "Request exceeds the maximum size"))


def not_json() -> Answer:
    return Answer(raw="<html><body>A proxy was here</body></html>", headers={"content-type": "text/html"})


def sequence(*answers: Answer) -> Handler:
    """Each answer once, in order of arrival; the last one for all further requests."""
    return lambda body, index: answers[min(index, len(answers) - 1)]


class FakeAPI:
    """The server, from entering to leaving the context. handler(body, index) says what each request gets."""

    def __init__(self, handler: Handler | Answer) -> None:
        self.handler = sequence(handler) if isinstance(handler, Answer) else handler
        self.seen: list[Seen] = []
        self.under_way = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def most_under_way(self) -> int:
        """The most requests that were answered at once."""
        return max((seen.under_way for seen in self.seen), default=0)

    def __enter__(self) -> FakeAPI:
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _arrived(self, body: dict[str, Any], headers: dict[str, str], path: str) -> int:
        with self._lock:
            self.under_way += 1
            self.seen.append(Seen(body, headers, path, time.monotonic(), self.under_way))
            return len(self.seen) - 1

    def _left(self) -> None:
        with self._lock:
            self.under_way -= 1

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Connection(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else a body waits 40 ms for its header to be acknowledged

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                index = api._arrived(body, {k.lower(): v for k, v in self.headers.items()}, self.path)
                counted = True
                try:
                    answer = api.handler(body, index)
                    api._closing.wait(answer.delay)
                    # Before the reply: who has read it may send the next request at once.
                    api._left()
                    counted = False
                    self._answer(answer, body, f"req_{index}")
                except OSError:
                    self.close_connection = True  # the client did not wait
                finally:
                    if counted:
                        api._left()

            def _answer(self, answer: Answer, asked: dict[str, Any], request_id: str) -> None:
                content = answer.body(asked, request_id).encode()
                headers = {"content-type": "application/json", "request-id": request_id, **answer.headers}
                self.send_response(answer.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if answer.die else content)
                self.wfile.flush()
                if answer.die:
                    # A reset and not an orderly end: what a killed server or a lost network looks like.
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.close_connection = True

            def log_message(self, *words: object) -> None:
                pass

        return Connection


def with_headers(answer: Answer, **headers: str) -> Answer:
    """The same answer with more headers; underscores in their names become hyphens."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(answer, headers={**answer.headers, **more})
