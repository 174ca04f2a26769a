"""The report on an archive entry: one HTML page that needs no network and no other file.

Legend: N drawn states, A agents, T steps.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import torch

from . import charts
from .archive import Entry
from .effects import STATES, Effect, drawn_walk, effects, gated_credits, recorded_paths
from .effects import Path as Steps
from .numbers_meaning import MEANINGS, group_of
from .states import draw_states
from .task import TaskDescription

FOLDER = Path(__file__).parent / "assets"
MAX_PANELS = 18
MAX_EPISODES = 4
USED = 1e-4  # a smaller change of the credits counts as none
BINS = 10


def page(entry: Entry, episodes: Sequence[Any] | None = None) -> str:
    """The page's text. episodes: as ``src/describe.py --episodes`` writes them; without, a drawn walk is shown."""
    question, result = entry.question, entry.result
    task = TaskDescription.from_dict(question["task"])
    credits = gated_credits(entry.source, task, result["igm"], result["phi"])
    paths = recorded_paths(episodes[:MAX_EPISODES]) if episodes else [drawn_walk(task)]
    sections = [
        ("The function", _function(entry, question, result)),
        ("What it credits", _credits(task, credits(draw_states(task, 2000)))),
        ("What each part of the state does to each agent's credit", _fields(task, effects(credits, task))),
        ("Credit over sample episodes", _episodes(task, credits, paths, bool(episodes))),
        ("The search, round by round", _rounds(entry, result)),
        ("Checks and gate", _checks(result)),
        ("Cost", _cost(entry, result)),
    ]
    body = "\n".join(f"<section><h2>{title}</h2>\n{text}\n</section>" for title, text in sections)
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    head = f"<h1>Credit function for {escape(task.name)}</h1><p class='small'>entry <code>{entry.hash[:16]}</code></p>"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(task.name)}: credits</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>\n'
        f"<body><main>{head}\n{body}</main></body></html>\n"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], words: bool = False) -> str:
    """Cells are HTML already. words: the last column holds sentences."""
    top = "".join(f"<th>{h}</th>" for h in head)
    lines = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    kind = "wide words" if words else "wide"
    return f'<div class="{kind}"><table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'


def _function(entry: Entry, question: dict[str, Any], result: dict[str, Any]) -> str:
    told = ast.get_docstring(next(n for n in ast.parse(entry.source).body if isinstance(n, ast.FunctionDef))) or ""
    last = next((e["judgement"] for e in reversed(result["transcript"]) if e.get("judgement")), None)
    s = question["settings"]
    who = f"carried by hand ({result['carried']})" if result["carried"] else "asked live"
    parts = [
        f"<p>{escape(told)}</p>" if told else "<p>The function says nothing of itself.</p>",
        f"<pre><code>{escape(entry.source.rstrip())}</code></pre>",
        f"<p>Candidate {escape(result['candidate'])}; model {escape(s['model'])}, {escape(who)}; description "
        f"<code>{escape(s['description'])}</code>; finished {escape(result['finished'])}.</p>",
    ]
    if last:
        parts.append(f"<p>The evaluator on monotonic credit: {escape(last['gate']['reason'])}</p>")
        parts.append(f"<p>Its last advice: {escape(last['advice'])}</p>")
    return "".join(parts)


def _names(task: TaskDescription) -> list[str]:
    return [a.name for a in task.agents]


def _credits(task: TaskDescription, w: torch.Tensor) -> str:
    """w ``[N, A]``: after the gate, on drawn states."""
    low, high = float(w.min()), float(w.max())
    if high - low < 1e-6:
        return f"<p>Every credit is {low:.4g} in every drawn state.</p>"
    shares = [(torch.histc(w[:, i], bins=BINS, min=low, max=high) / len(w)).tolist() for i in range(w.shape[1])]
    rows = [
        [escape(n), f"{float(c.mean()):.3f}", f"{float(c.min()):.3f}", f"{float(c.max()):.3f}", f"{float(c.std()):.3f}"]
        for n, c in zip(_names(task), w.unbind(1), strict=True)
    ]
    chart = charts.bars(shares, low, high, "credit, after the gate")
    return (
        f"<p>On {len(w)} states drawn from the declared ranges. 1 is the credit of plain value decomposition (VDN).</p>"
        + charts.legend(_names(task))
        + f'<div class="charts"><figure>{chart}<figcaption>share of states by credit</figcaption></figure></div>'
        + _table(["agent", "mean", "least", "greatest", "spread"], rows)
    )


def _fields(task: TaskDescription, found: list[Effect]) -> str:
    used = [e for e in found if float(e.size.max()) > USED]
    unused = [e.title for e in found if float(e.size.max()) <= USED]
    if not used:
        return "<p>No part of the state changes any credit.</p>"
    most = max(float(e.size.max()) for e in used)
    rows = [[escape(e.title), *(_shaded(float(x), most) for x in e.size), escape(e.field.meaning)] for e in used]
    low = min(float(e.means.min()) for e in used[:MAX_PANELS])
    high = max(float(e.means.max()) for e in used[:MAX_PANELS])
    panels = "".join(
        f"<figure>{charts.lines(e.means.t().tolist(), e.labels, _axis(e), low=low, high=high)}"
        f"<figcaption>{escape(e.title)}</figcaption></figure>"
        for e in used[:MAX_PANELS]
    )
    more = f"<p>{len(used) - MAX_PANELS} weaker ones are in the table only.</p>" if len(used) > MAX_PANELS else ""
    return (
        f"<p>Each picture: the mean credit of every agent over {STATES} drawn states, when this quantity alone takes "
        "each of its values. The table: how far each agent's credit moves then, on average.</p>"
        + charts.legend(_names(task))
        + f'<div class="charts">{panels}</div>{more}'
        + _table(["quantity", *map(escape, _names(task)), "meaning"], rows, words=True)
        + (f"<p>Without any effect: {escape(', '.join(unused))}.</p>" if unused else "")
    )


def _axis(e: Effect) -> str:
    return e.field.name + (f" ({e.field.unit})" if e.field.unit else "")


def _shaded(value: float, most: float) -> str:
    return f'<span class="shade" style="--part:{value / most:.2f}">{value:.3f}</span>'


def _episodes(task: TaskDescription, credits: Any, paths: Sequence[Steps], recorded: bool) -> str:
    figures = []
    for k, (states, rewards) in enumerate(paths):
        w = credits(states)
        marks = [] if rewards is None else [t for t, r in enumerate(rewards.tolist()) if abs(r) > 1e-9]
        chart = charts.lines(w.t().tolist(), [str(t) for t in range(len(w))], "step", marks)
        total = "" if rewards is None else f", return {float(rewards.sum()):.3g}"
        title = f"episode {k + 1}: {len(w)} steps{total}" if recorded else f"a walk of {len(w)} steps"
        figures.append(f"<figure>{chart}<figcaption>{title}</figcaption></figure>")
    told = (
        "Episodes of a random policy. Grey lines: steps with a reward."
        if recorded
        else "No episodes were recorded for this search (<code>src/describe.py --episodes=N</code> records some, "
        "<code>--episodes FILE</code> shows them here). Instead: a walk through legal states, in which one quantity at "
        "a time takes another drawn value."
    )
    return f'<p>{told}</p>{charts.legend(_names(task))}<div class="charts">{"".join(figures)}</div>'


def _rounds(entry: Entry, result: dict[str, Any]) -> str:
    rows = []
    for event in result["transcript"]:
        if event["event"] == "candidate":
            ok = event["accepted"]
            verdict = f'<span class="{"good" if ok else "bad"}">{"accepted" if ok else "refused"}</span>'
            repair = f" (repair {event['attempt']})" if event["attempt"] else ""
            why = event["igm"] if ok else event["reason"]
            rows.append([escape(event["candidate"] + repair), verdict, escape(why)])
        elif event["event"] == "judgement":
            rows.append([f"<b>round {event['round']}</b>", "<b>judged</b>", _judged(event)])
        elif event["event"] == "unusable":
            rows.append(["evaluator", '<span class="bad">unusable</span>', escape(event["reason"])])
    return _table(["candidate", "verdict", "why"], rows, words=True)


def _judged(event: dict[str, Any]) -> str:
    judged = event["judgement"]
    told = f"selected <b>{escape(event['selected'])}</b> of {escape(', '.join(event['functions']))}"
    if not judged:
        return f"{told}; no usable judgement came"
    scores = "; ".join(
        escape(event["functions"][int(s["function"])])
        + ": "
        + ", ".join(f"{escape(k)} {v:g}" for k, v in s.items() if k != "function")
        for s in judged["scores"]
        if 0 <= int(s["function"]) < len(event["functions"])
    )
    merge = f"<br>To merge: {escape(str(judged['merge'][2]))}" if judged["merge"] else ""
    return f"{told}<br>{scores}<br>Advice: {escape(judged['advice'])}{merge}"


def _checks(result: dict[str, Any]) -> str:
    report = result["report"]
    rows = [
        [f"<code>{escape(name)}</code>", f"{value:.4g}", escape(MEANINGS.get(group_of(name), ""))]
        for name, value in sorted(report["numbers"].items())
    ]
    counter = report["counterexample"]
    return (
        "<p>Passed: text, screen, compile, graph, rehearsal, comparison with the interpreter, shapes and types, finite "
        "on drawn states, zeros and corners, rows apart, input unchanged, credits not all zero.</p>"
        f"<p>Gate: <code>igm={escape(result['igm'])}</code>, <code>phi={escape(result['phi'])}</code>. "
        f"<b>{escape(report['igm'])}</b>: {escape(report['proof'])}.</p>"
        + (f"<p>A state with a negative weight before the gate: {escape(str(counter))}</p>" if counter else "")
        + _table(["number", "value", "meaning"], rows, words=True)
    )


def _cost(entry: Entry, result: dict[str, Any]) -> str:
    cost = result["cost"]
    rows = [["replies", str(cost["calls"])]]
    if result["carried"]:
        rows.append(["carried by hand", escape(result["carried"])])
        rows.append(["characters read and written", _characters(entry)])
    else:
        rows += [["tokens", f"{cost['tokens']:,}"], ["dollars", f"{cost['usd']:.4f}"],
                 ["seconds of answering", f"{cost['seconds']:.0f}"]]  # fmt: skip
    versions = ", ".join(f"{k} {v}" for k, v in sorted(result["versions"].items()))
    return _table(["what", "how much"], rows) + f"<p class='small'>Made with {escape(versions)}.</p>"


def _characters(entry: Entry) -> str:
    import json

    lines = [json.loads(line) for line in entry.text("ledger.jsonl").splitlines() if line.strip()]
    read, written = (sum(int(x.get(k, 0)) for x in lines) for k in ("characters_in", "characters_out"))
    return f"{read:,} and {written:,}"
