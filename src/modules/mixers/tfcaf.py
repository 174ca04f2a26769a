"""Bridge to the plug-in: a credit function written by a language model, as one more mixer.

Legend: B episodes, T time steps, A agents, U actions, S state, N = B * T rows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch as th

from llm_credit.api import MIXER_FORMS, build_tfcaf
from llm_credit.archive import Entry
from llm_credit.errors import CreditError
from llm_credit.settings import TFCAFSettings
from llm_credit.task import TaskDescription, TaskError
from modules.mixers.base import StateMixer
from modules.mixers.dueling import DuelingMixer, SIWeight
from utils.errors import UserError

ADVANTAGE_FORM = "credit_advantages"


def _function(args: SimpleNamespace, forms: tuple[str, ...]) -> Any:
    """The credit function that ``args.llm`` names, in one of the forms that the mixer has a place for."""
    try:
        settings = TFCAFSettings.from_mapping(args.llm)
        if not settings.archive:
            settings = replace(settings, archive=str(Path(args.local_results_path) / "llm_archive"))
        return build_tfcaf(TaskDescription.from_json(args.task), settings, forms)
    except (CreditError, TaskError) as e:
        raise UserError(f"mixer=tfcaf: {e}") from e


def _artifacts(function: Any) -> dict[str, bytes]:
    """The search that the function comes from, if there was one: its whole archive entry."""
    path = function.provenance.get("path")
    return {"credit_archive.tar.gz": Entry(Path(path)).packed()} if path else {}


class TFCAFMixer(StateMixer):
    """``Q_tot = sum_i phi(w_i(s)) Q_i + b(s)`` with weights that no gradient changes (QLLM, arXiv 2504.12961)."""

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        self.tfcaf = _function(args, MIXER_FORMS)

    def mix(self, agent_qs: th.Tensor, states: th.Tensor) -> th.Tensor:
        q_tot: th.Tensor = self.tfcaf(agent_qs, states)
        return q_tot

    def credits(self, states: th.Tensor, agent_qs: th.Tensor | None = None) -> th.Tensor:
        b, t = states.shape[:2]
        w, _ = self.tfcaf.credit_weights(states.reshape(b * t, self.state_dim))
        credit: th.Tensor = w.view(b, t, self.n_agents)
        return credit

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = self.tfcaf.record()
        return record

    def artifacts(self) -> dict[str, bytes]:
        return _artifacts(self.tfcaf)


class TFCAFDuelingMixer(DuelingMixer):
    """QPLEX with credits in the place of learned parts.

    A function of the state (``credit_weights``) takes the place of the head: ``w_i(s)`` are its credits and ``v`` is
    its bias shared out equally, lambda stays learned. One of the advantage form takes the place of lambda: credit that
    sees the joint action, with the head of VDN, so that nothing is learned in the mixer.
    """

    def __init__(self, args: SimpleNamespace) -> None:
        super().__init__(args)
        self.tfcaf = _function(args, (*MIXER_FORMS, ADVANTAGE_FORM))
        self.advantage_form = self.tfcaf.form == ADVANTAGE_FORM
        if not self.advantage_form:
            self.si_weight = SIWeight(args, self.state_dim, self.n_agents, self.n_actions)

    def head(self, states: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        if self.advantage_form:
            ones = states.new_ones(states.shape[0], self.n_agents)
            return ones, th.zeros_like(ones)
        w, b = self.tfcaf.credit_weights(states)
        return w, b.expand_as(w) / self.n_agents

    def lambdas(self, states: th.Tensor, actions_onehot: th.Tensor) -> th.Tensor:
        source = self.tfcaf.credit_advantages if self.advantage_form else self.si_weight
        lambdas: th.Tensor = source(states, actions_onehot)
        return lambdas

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = self.tfcaf.record()
        return record

    def artifacts(self) -> dict[str, bytes]:
        return _artifacts(self.tfcaf)
