"""Random mutations of the benign corpus: no crash, no hang, no disagreement between the backends and Python.

    python -m tests.llm_credit.fuzz --seconds 600 [--seed N]

Each mutated function goes through the jail. One that is accepted is then run in both backends and, since it is within
the lists, as Python, on states that the check did not draw. Exit code 1 if anything was found; it is printed in full.
"""

from __future__ import annotations

import argparse
import ast
import random
import sys
import time
import traceback
import warnings
from collections import Counter

import torch

from llm_credit import TFCAFSettings, check_source
from llm_credit import allowlist as allow
from llm_credit.backend import BACKENDS
from llm_credit.screen import screen
from llm_credit.states import corner_states, draw_states

from .benign import BENIGN
from .conftest import make_task
from .test_corpora import arguments, python

SETTINGS = TFCAFSettings(check_states=64, jail_seconds=30.0)
NUMBERS = [0, 1, 2, 3, -1, 7, 16, 0.5, -0.25, 1e-6, 1e6, 2.0, 100]
OPERATORS = [ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult, ast.BitAnd, ast.BitOr, ast.BitXor, ast.Mod,
             ast.FloorDiv]  # fmt: skip
COMPARISONS = [ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq]
WRAPS = ["-({})", "~({})", "+({})", "not ({})", "({}).float()", "({}).unsqueeze(1)", "({})[:, :1]", "({}).long()",
         "({}).abs()", "({}).bool()", "torch.exp({})", "({}).t()", "({}).sum(dim=1, keepdim=True)", "({}).flip(1)",
         "torch.where({0} > 0, {0}, -{0})", "(lambda v: v + v)({})", "sum([{0}, {0}])", "[{0}, {0}][0]",
         "(1.0 if 2 > 1 else 2.0) * ({})", "({}) ** 2", "- ({}) ** 2", "({}).clamp(-1, 1)", "({}) // 2", "({}) % 3"]  # fmt: skip
SWAPS = [sorted(g) for g in (allow.ELEMENTWISE, allow.COMBINING, allow.REDUCING, allow.SHAPING)]


class Mutation:
    """Changes one function at random places; ``others`` are trees to take parts from."""

    def __init__(self, rng: random.Random, others: list[ast.Module]) -> None:
        self.rng, self.others = rng, others

    def __call__(self, source: str) -> str:
        tree = ast.parse(source)
        for _ in range(self.rng.randint(1, 4)):
            self.rng.choice([self.number, self.operator, self.name, self.call, self.statement, self.wrap, self.splice])(
                tree
            )
        text = ast.unparse(ast.fix_missing_locations(tree))
        return self.characters(text) if self.rng.random() < 0.1 else text

    def _one(self, tree, kind):
        found = [n for n in ast.walk(tree) if isinstance(n, kind)]
        return self.rng.choice(found) if found else None

    def number(self, tree):
        n = self._one(tree, ast.Constant)
        if n is not None and isinstance(n.value, (int, float)):
            n.value = self.rng.choice(NUMBERS)

    def operator(self, tree):
        n = self._one(tree, (ast.BinOp, ast.Compare, ast.AugAssign))
        if isinstance(n, (ast.BinOp, ast.AugAssign)):
            n.op = self.rng.choice(OPERATORS)()
        elif n is not None:
            n.ops[0] = self.rng.choice(COMPARISONS)()

    def name(self, tree):
        n, other = self._one(tree, ast.Name), self._one(tree, ast.Name)
        if n is not None and isinstance(n.ctx, ast.Load):
            n.id = other.id

    def call(self, tree):
        n = self._one(tree, ast.Attribute)
        if n is not None:
            family = next((g for g in SWAPS if n.attr in g), None)
            n.attr = self.rng.choice(family or sorted(allow.METHODS))

    def statement(self, tree):
        holders = [
            n for n in ast.walk(tree) if isinstance(getattr(n, "body", None), list) and not isinstance(n, ast.Module)
        ]
        body = self.rng.choice(holders).body
        k, j = self.rng.randrange(len(body)), self.rng.randrange(len(body))
        what = self.rng.random()
        if what < 0.4 and len(body) > 1:
            del body[k]
        elif what < 0.7:
            body[k], body[j] = body[j], body[k]
        else:
            body.insert(j, body[k])

    def _put(self, tree, make):
        """Replaces a random expression that is read."""
        places = [(n, f, None) for n in ast.walk(tree) for f, v in ast.iter_fields(n) if self._read(v)]
        places += [(n, f, i) for n in ast.walk(tree) for f, v in ast.iter_fields(n) if isinstance(v, list)
                   for i, e in enumerate(v) if self._read(e)]  # fmt: skip
        if not places:
            return
        node, field, i = self.rng.choice(places)
        value = getattr(node, field)
        if i is None:
            setattr(node, field, make(value))
        else:
            value[i] = make(value[i])

    @staticmethod
    def _read(v):
        return isinstance(v, ast.expr) and not isinstance(getattr(v, "ctx", ast.Load()), ast.Store)

    def wrap(self, tree):
        def make(e):
            try:
                return ast.parse(self.rng.choice(WRAPS).format(ast.unparse(e)), mode="eval").body
            except (SyntaxError, ValueError, AttributeError):
                return e

        self._put(tree, make)

    def splice(self, tree):
        donor = self._one(self.rng.choice(self.others), ast.expr)
        if donor is not None and self._read(donor):
            self._put(tree, lambda e: donor)

    def characters(self, text):
        k = self.rng.randrange(len(text))
        return text[:k] + self.rng.choice(["", "(", ")", "~", "-", ":", "\n", "not ", " in ", "0"]) + text[k + 1 :]


def verdict(source, task) -> tuple[str, str]:
    """A stage or ``accepted``, and what is wrong with the plug-in itself, if anything."""
    start = time.monotonic()
    try:
        report = check_source(source, task, SETTINGS)
    except Exception:
        return "crash", traceback.format_exc()
    seconds = time.monotonic() - start
    if seconds > SETTINGS.jail_seconds + 15:
        return "hang", f"the check took {seconds:.0f} s"
    if report.stage == "jail":
        return "jail", report.reason
    if not report.accepted:
        return report.stage, "" if report.reason else "no reason is given"
    try:
        return "accepted", disagreement(source, task)
    except Exception:
        return "accepted", traceback.format_exc()


def disagreement(source, task) -> str:
    """How backends and Python differ on new states; empty if they do not."""
    screened = screen(source)
    states = torch.cat([draw_states(task, 150, seed=977), corner_states(task, 50, seed=978)])
    results = {}
    for name, backend in BACKENDS.items():
        given = arguments(screened.form, task, states.clone())
        results[name] = getattr(backend(screened), screened.form)(*given)
    try:
        results["Python"] = python(source)(*arguments(screened.form, task, states.clone()))
    except Exception as e:
        return f"Python does not run it: {type(e).__name__}: {e}"
    reference = parts(results.pop("interpreter"))
    for name, result in results.items():
        for a, b in zip(parts(result), reference, strict=True):
            if a.shape != b.shape or not torch.allclose(a.float(), b.float(), rtol=1e-4, atol=1e-5, equal_nan=True):
                return f"{name} and interpreter differ by {float((a.float() - b.float()).abs().max()):.3g}"
    return ""


def parts(value):
    return value if isinstance(value, (tuple, list)) else [value]


def fuzz(seconds: float, seed: int, limit: int = 10**9, told=print) -> tuple[Counter, list[tuple[str, str, str]]]:
    """How many sources ended at which stage, and what was found: (stage, what, source)."""
    rng, task, names = random.Random(seed), make_task(), sorted(BENIGN)
    mutate = Mutation(rng, [ast.parse(BENIGN[n]) for n in names])
    counts, found, end, said = Counter(), [], time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < end and sum(counts.values()) < limit:
        source = mutate(BENIGN[rng.choice(names)])
        stage, problem = verdict(source, task)
        counts[stage] += 1
        if problem:
            found.append((stage, problem, source))
            told(f"--- {stage}: {problem}\n{source}")
        if time.monotonic() - said > 30:
            said = time.monotonic()
            told(f"{sum(counts.values())} sources, {len(found)} found, {end - said:.0f} s left: {dict(counts)}")
    return counts, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", SyntaxWarning)  # of mutated literals
    print(f"seed {options.seed}", flush=True)
    counts, found = fuzz(options.seconds, options.seed, told=lambda text: print(text, flush=True))
    print(f"{sum(counts.values())} sources: {dict(counts.most_common())}; {len(found)} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
