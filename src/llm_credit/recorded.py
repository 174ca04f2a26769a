"""Replies that are kept before they are used: live ones, archived ones, and those carried by hand."""

from __future__ import annotations

from .archive import Workspace
from .llm import LLM, Reply, Request
from .search import Waiting


class Recorded:
    """An LLM that answers from a workspace, asks ``inner`` for what is not there, and keeps what it says.

    Without ``inner`` nothing is sent: a reply that is not there raises Waiting.
    """

    def __init__(self, workspace: Workspace, inner: LLM | None = None) -> None:
        self.workspace, self.inner = workspace, inner

    def ask(self, request: Request) -> Reply:
        reply = self.workspace.reply(request)
        if reply is not None:
            return reply
        if self.inner is None:
            raise Waiting([request])
        reply = self.inner.ask(request)
        self.workspace.keep_reply(request, reply)
        return reply


class RecordedByName:
    """Answers from a workspace whose questions are worded otherwise today: each request by its name in the search.

    Raises Waiting for a request that the search did not make.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.replies = workspace.replies_by_name()

    def ask(self, request: Request) -> Reply:
        reply = self.replies.get(request.name)
        if reply is None:
            raise Waiting([request])
        return reply
