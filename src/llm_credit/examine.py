"""From text to an accepted function, in this process: every stage in its order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .backend import BACKENDS
from .dispatch import watch
from .episodes import Episodes
from .errors import Refused
from .igm import Proof, prove
from .probe import negative_state, probe
from .rehearsal import rehearse
from .screen import Screened, screen
from .settings import TFCAFSettings
from .task import TaskDescription
from .tfcaf import TFCAF, AdvantageTFCAF, CreditFunction


@dataclass(frozen=True)
class Report:
    """The verdict on a source. ``stage``, ``reason``, ``line`` are of the refusal.

    igm: ``proved`` (no weight is negative anywhere in the declared ranges, by analysis), ``constructed`` (the gate's
    phi makes it so), ``sampled`` (no negative weight found on drawn states), ``violated``. proof: what the analysis
    found, or what it could not follow. counterexample: a legal state with a negative weight before the gate, if one
    was drawn.
    """

    accepted: bool
    stage: str = ""
    reason: str = ""
    line: int | None = None
    numbers: dict[str, float] = field(default_factory=dict)
    igm: str = ""
    proof: str = ""
    form: str = ""
    counterexample: list[float] | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        return cls(**data)

    @classmethod
    def refusal(cls, e: Refused) -> Report:
        return cls(False, e.stage, e.reason, e.line)

    def raise_refusal(self) -> None:
        """Raises the refusal that this report is of, if it is one."""
        if not self.accepted:
            raise Refused(self.stage, self.reason, self.line)


def examine(
    source: str,
    task: TaskDescription,
    settings: TFCAFSettings,
    origin: str = "source",
    episodes: Episodes | None = None,
) -> CreditFunction:
    """The function that ``source`` stands for, with its report. Raises Refused with the stage that refused it."""
    screened = screen(source)
    function = _built(screened, source, task, settings, origin)
    rehearse(screened, task)  # before the compiled function runs for the first time
    watch(function, task, settings)  # its first run: TorchScript computes constants then, and never again
    numbers = probe(function, screened, task, settings, episodes)
    function.report = replace(
        _accepted(screened, task, settings, numbers),
        counterexample=negative_state(function, task, settings) if numbers["negative_share"] > 0 else None,
    )
    return function


def load(
    source: str, task: TaskDescription, settings: TFCAFSettings, origin: str, report: Mapping[str, Any]
) -> CreditFunction:
    """The function that ``source`` stands for, without the checks that it is known to have passed.

    It is screened and compiled, and its graph is looked at. report: what the checks found then.
    """
    function = _built(screen(source), source, task, settings, origin)
    function.report = Report.from_dict(report)
    return function


def _built(
    screened: Screened, source: str, task: TaskDescription, settings: TFCAFSettings, origin: str
) -> CreditFunction:
    """The compiled function, which has not run yet."""
    kind = AdvantageTFCAF if screened.form == "credit_advantages" else TFCAF
    return kind(
        BACKENDS[settings.backend](screened), screened.form, task.n_agents, task.state_dim, settings.igm, settings.phi,
        settings.bias, source, origin,
    )  # fmt: skip


def _accepted(screened: Screened, task: TaskDescription, settings: TFCAFSettings, numbers: dict[str, float]) -> Report:
    proof = prove(screened, task)
    negative = numbers["negative_share"] > 0
    if proof.proved and not negative:
        status = "proved"
    elif settings.igm != "relax" or screened.form == "credit_advantages":
        status = "constructed"
    else:
        status = "violated" if negative else "sampled"
    return Report(True, numbers=numbers, igm=status, proof=_sentence(proof), form=screened.form)


def _sentence(proof: Proof) -> str:
    if proof.proved:
        return f"every weight lies between {proof.low:.6g} and {proof.high:.6g} for every state within the ranges"
    return proof.reason + (f" (line {proof.line})" if proof.line is not None else "")
