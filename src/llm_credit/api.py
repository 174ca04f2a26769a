"""What others call: check a source, compile it, build what a mixer needs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from .builtin import builtin_source
from .compiler import compile_function
from .errors import CreditError, Refused
from .probe import probe
from .rehearsal import rehearse
from .screen import screen
from .settings import TFCAFSettings
from .task import TaskDescription
from .tfcaf import TFCAF

log = logging.getLogger("pymarl")


@dataclass
class Report:
    """The verdict on a source. ``stage``, ``reason``, ``line`` are of the refusal; ``igm`` is what holds of the gate:

    ``constructed`` (non-negative by phi), ``sampled`` (no negative weight found on drawn states), ``violated``.
    """

    accepted: bool
    stage: str = ""
    reason: str = ""
    line: int | None = None
    numbers: dict[str, float] = field(default_factory=dict)
    igm: str = ""


def check_source(source: str, task: TaskDescription) -> Report:
    """Screens, compiles and probes a source under the default settings; never raises for a bad candidate."""
    try:
        report: Report = compile_source(source, task).report
        return report
    except Refused as e:
        return Report(False, e.stage, e.reason, e.line)


def compile_source(
    source: str,
    task: TaskDescription,
    igm: str = "enforce",
    bias: str = "off",
    phi: str = "clamp",
    check_states: int = 1024,
    check_seed: int = 0,
    origin: str = "source",
) -> TFCAF:
    """The mixer that ``source`` stands for. Raises Refused where :func:`check_source` refuses."""
    TFCAFSettings.from_mapping({"igm": igm, "bias": bias, "phi": phi})
    screened = screen(source)
    program = compile_function(screened)
    rehearse(screened, task.n_agents, task.state_dim)  # before the compiled function runs for the first time
    tfcaf = TFCAF(program, screened.form, task.n_agents, task.state_dim, igm, phi, bias, source, origin)
    numbers = probe(tfcaf, screened, task, check_states, check_seed)
    status = "constructed" if igm == "enforce" else "violated" if numbers["negative_share"] > 0 else "sampled"
    tfcaf.report = Report(True, numbers=numbers, igm=status)
    return tfcaf


def build_tfcaf(task: TaskDescription, settings: TFCAFSettings) -> TFCAF:
    """The mixer for a task, from the source that the settings name. Raises CreditError, Refused among them."""
    source, origin = _source(task, settings)
    tfcaf = compile_source(
        source, task, settings.igm, settings.bias, settings.phi, settings.check_states, settings.check_seed, origin
    )
    log.debug("credit function: %s (no language model is asked)", origin)
    return tfcaf


def _source(task: TaskDescription, settings: TFCAFSettings) -> tuple[str, str]:
    if settings.source == "file":
        if not settings.file:
            raise CreditError("llm.source=file needs llm.file=PATH")
        try:
            return Path(settings.file).read_text(encoding="utf-8"), f"file:{settings.file}"
        except (OSError, UnicodeDecodeError) as e:
            raise CreditError(f"llm.file={settings.file} cannot be read: {e}") from e
    name, source = builtin_source(task, settings.builtin, strict=settings.source == "builtin")
    return source, f"builtin:{name}"
