"""Bridge to the plug-in: a credit function written by a language model, as one more state mixer.

Legend: B episodes, T time steps, A agents, S state, N = B * T rows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch as th

from llm_credit.api import build_tfcaf
from llm_credit.archive import Entry
from llm_credit.errors import CreditError
from llm_credit.settings import TFCAFSettings
from llm_credit.task import TaskDescription, TaskError
from modules.mixers.base import StateMixer
from utils.errors import UserError


class TFCAFMixer(StateMixer):
    """``Q_tot = sum_i phi(w_i(s)) Q_i + b(s)`` with weights that no gradient changes (QLLM, arXiv 2504.12961)."""

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        try:
            settings = TFCAFSettings.from_mapping(args.llm)
            if not settings.archive:
                settings = replace(settings, archive=str(Path(args.local_results_path) / "llm_archive"))
            self.tfcaf: Any = build_tfcaf(TaskDescription.from_json(args.task), settings)
        except (CreditError, TaskError) as e:
            raise UserError(f"mixer=tfcaf: {e}") from e

    def mix(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        return self.tfcaf(agent_qs, states)

    def credits(self, states: th.Tensor, agent_qs: th.Tensor | None = None) -> th.Tensor:
        b, t = states.shape[:2]
        w, _ = self.tfcaf.credit_weights(states.reshape(b * t, self.state_dim))
        return w.view(b, t, self.n_agents)

    def record(self) -> dict[str, Any]:
        return self.tfcaf.record()

    def artifacts(self) -> dict[str, bytes]:
        """The search that the function comes from, if there was one: its whole archive entry."""
        path = self.tfcaf.provenance.get("path")
        return {"credit_archive.tar.gz": Entry(Path(path)).packed()} if path else {}
