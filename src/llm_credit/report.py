"""What an entry's function credits, for a reader: text, and a picture where matplotlib is there."""

from __future__ import annotations

from typing import Any

import torch

from .archive import Entry
from .backend import InterpretedFunction
from .errors import CreditError
from .evaluator import numbers_text
from .examine import Report
from .probe import rehearsal_arguments
from .screen import screen
from .search_run import describe_event
from .states import draw_states
from .task import TaskDescription

STATES = 2_000
WIDTH = 40  # characters of the longest bar


def show_entry(entry: Entry, png: str | None = None) -> None:
    """Prints source, gate, credits, numbers and transcript; draws the credits to ``png``."""
    result, question = entry.result, entry.question
    task = TaskDescription.from_dict(question["task"])
    report = Report.from_dict(result["report"])
    who = f"carried by hand ({result['carried']})" if result["carried"] else "live"
    lines = [
        f"entry {entry.hash}",
        f"task {task.name}; model {question['settings']['model']}; prompts {question['prompts']}",
        f"replies {who}: {result['cost']['calls']}",
        f"gate: igm={result['igm']} phi={result['phi']}; {report.igm}: {report.proof}",
        "",
        entry.source.rstrip(),
        "",
        f"credits on {STATES} drawn states (share of states by weight, agent by agent):",
        *_histograms(credits_of(entry.source, task)),
        "",
        numbers_text(report),
        "",
        "what happened:",
        *(f"  {line}" for event in result["transcript"] if (line := describe_event(event["event"], _named(event)))),
    ]
    print("\n".join(lines))
    if png:
        draw_credits(entry, task, png)
        print(f"drawn: {png}")


def _named(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "request": event["request"][:12]} if event["event"] == "unusable" else event


def credits_of(source: str, task: TaskDescription, n: int = STATES) -> torch.Tensor:
    """``[n, A]``: the weights before the gate on drawn states, by the interpreter: nothing is compiled for it."""
    screened = screen(source)
    function: Any = InterpretedFunction(screened)
    arguments = rehearsal_arguments(screened.form, task, draw_states(task, n), 0)
    if screened.form == "QLLMNetwork":
        base = function.QLLMNetwork(torch.zeros_like(arguments[0]), arguments[1])
        units = torch.eye(task.n_agents)
        columns = [function.QLLMNetwork(units[i].expand(n, -1).clone(), arguments[1]) - base for i in range(len(units))]
        return task.n_agents * torch.cat(columns, dim=1)
    value = getattr(function, screened.form)(*arguments)
    return value[0] if isinstance(value, tuple) else value


def _histograms(w: torch.Tensor, bins: int = 8) -> list[str]:
    """A text histogram for each agent, on common bins."""
    low, high = float(w.min()), float(w.max())
    if high - low < 1e-9:
        return [f"  every credit is {low:.4g}"]
    lines = []
    for i in range(w.shape[1]):
        counts = torch.histc(w[:, i], bins=bins, min=low, max=high) / len(w)
        lines.append(f"  agent {i}")
        for k, share in enumerate(counts.tolist()):
            edge = low + (high - low) * k / bins
            lines.append(f"    {edge:8.3f} {'#' * round(share * WIDTH):{WIDTH}} {share:.1%}")
    return lines


def draw_credits(entry: Entry, task: TaskDescription, png: str) -> None:
    """A PNG: each agent's credits over drawn states, and how much each state field moves them."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError as e:
        raise CreditError("--png needs matplotlib: pip install matplotlib") from e
    w = credits_of(entry.source, task)
    numbers = entry.result["report"]["numbers"]
    sensitivity = {k.partition("/")[2]: v for k, v in numbers.items() if k.startswith("sensitivity/")}
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    left.hist(w.numpy(), bins=30, label=[a.name for a in task.agents])
    left.set(xlabel="credit w_i(s) (1 is VDN)", ylabel="drawn states", title=f"credits, {task.name}")
    left.legend()
    names = sorted(sensitivity, key=lambda k: sensitivity[k])
    right.barh(names, [sensitivity[k] for k in names])
    right.set(xlabel="mean change of the credits", title="if one field alone takes another value")
    figure.savefig(png, dpi=120)
    pyplot.close(figure)
