"""A coder and an evaluator that follow a script: by request name, else by role."""

import json
import threading

from llm_credit.llm import Reply, Request

UNIFORM = '''def credit_weights(state):
    """Equal credit."""
    return torch.ones(state.shape[0], 2), torch.zeros(state.shape[0], 1)
'''


def weighted(k: float) -> str:
    """A function that no other number gives."""
    return f'''def credit_weights(state):
    """More credit for the agent further down, by {k}."""
    row = state[:, 0:6:3]
    w = 1.0 + {k} * (row / 6.0 - row.mean(dim=1, keepdim=True) / 6.0)
    return w, torch.zeros_like(w[:, :1])
'''


BROKEN = "def credit_weights(state):\n    w = state[:, :2].item()\n    return w, w\n"


def code(source: str) -> str:
    return f"Here it is.\n```python\n{source}```\n"


def judgement(
    selected: int, merge: tuple[int, int] | None = None, phi: str = "clamp", form: str = "state", n: int = 1
) -> str:
    first, second = merge or (0, 0)
    scores = [{"function": i, "relevance": 5, "learnability": 5, "robustness": 5, "simplicity": 5} for i in range(n)]
    return json.dumps(
        {
            "selected": selected,
            "scores": scores,
            "advice": "Give the nearer agent more.",
            "merge": {"wanted": merge is not None, "first": first, "second": second, "how": "average them"},
            "gate": {"monotonic": True, "form": form, "phi": phi, "reason": "credit is a share"},
        }
    )


class Scripted:
    """``replies``: text, Reply, or an exception, by ``request.name`` or by ``request.purpose``."""

    def __init__(self, replies):
        self.replies = replies
        self.asked: list[Request] = []
        self.lock = threading.Lock()

    def ask(self, request: Request) -> Reply:
        with self.lock:
            self.asked.append(request)
        found = self.replies.get(request.name, self.replies.get(request.purpose))
        assert found is not None, f"nothing is scripted for {request.name}"
        if callable(found):
            found = found(request)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Reply) else Reply(found)

    def names(self) -> list[str]:
        return [r.name for r in self.asked]
