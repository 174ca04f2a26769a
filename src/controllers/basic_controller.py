"""PyMARL's controller: one network for all agents, fed with observation, last action and agent id.

Legend: B episodes, T time steps, A agents, O observation, U actions, E inputs, H memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import torch as th

from components.action_selectors import REGISTRY as action_REGISTRY
from components.episode_buffer import EpisodeBatch, Scheme
from modules.agents import build_agent
from utils.checkpoint import load_module, save_module
from utils.policy_utils import UNAVAILABLE_LOGIT


class Unrolled(NamedTuple):
    """What :meth:`BasicMAC.unroll` gives: outputs ``[B, T, A, U]``, memories ``[B, T, A, H]``, and values
    ``[B, T, A]`` where the agents give any.
    """

    out: th.Tensor
    hidden: th.Tensor
    values: th.Tensor | None = None


def _utilities(outs: th.Tensor, avail_actions: th.Tensor, args: SimpleNamespace) -> th.Tensor:
    return outs


def policy_logits(outs: th.Tensor, avail_actions: th.Tensor, args: SimpleNamespace) -> th.Tensor:
    """The logits ``[..., A, U]``; with ``mask_before_softmax`` those of unavailable actions are -1e5."""
    return outs.masked_fill(avail_actions == 0, UNAVAILABLE_LOGIT) if args.mask_before_softmax else outs


def _policy(outs: th.Tensor, avail_actions: th.Tensor, args: SimpleNamespace) -> th.Tensor:
    return th.softmax(policy_logits(outs, avail_actions, args), dim=-1)


OUTPUT_TYPES: Mapping[str, Callable[[th.Tensor, th.Tensor, SimpleNamespace], th.Tensor]] = {
    "q": _utilities,
    "pi_logits": _policy,
}


class BasicMAC:
    """Decentralised execution with shared parameters. Signatures are PyMARL's; :meth:`unroll` is new."""

    needs_value: ClassVar[bool] = False  # the agents give a value beside their outputs
    selects_actions: ClassVar[bool] = True  # False: it is no `mac`, but a central value's (`central_mac`)

    def __init__(self, scheme: Scheme, groups: Mapping[str, int], args: SimpleNamespace) -> None:
        self.args = args
        self.n_agents: int = args.n_agents
        self.agent = build_agent(self._get_input_shape(scheme), args)
        self.action_selector = action_REGISTRY[args.action_selector](args)
        self.hidden_states: th.Tensor | None = None
        self._agent_ids = th.eye(self.n_agents)

    def select_actions(
        self,
        ep_batch: EpisodeBatch,
        t_ep: int,
        t_env: int,
        bs: slice | Sequence[int] = slice(None),
        test_mode: bool = False,
    ) -> th.Tensor:
        """Actions of step ``t_ep`` for the episodes ``bs``, ``[len(bs), A]`` on the CPU."""
        return self.act(ep_batch, t_ep, t_env, bs, test_mode)["actions"].squeeze(-1)

    def act(
        self,
        ep_batch: EpisodeBatch,
        t_ep: int,
        t_env: int,
        bs: slice | Sequence[int] = slice(None),
        test_mode: bool = False,
    ) -> dict[str, th.Tensor]:
        """What is recorded of step ``t_ep``: ``actions [b, A, 1]`` and, with ``save_probs``, their policy's ``probs
        [b, A, U]``, on the CPU.

        The choice itself is made on the CPU, so that exploration draws the same numbers on every device.
        """
        if not test_mode and not self.agent.training:
            self.agent.train()  # else the episodes after a test would be played without a noisy agent's noise
        outs = self._selector_inputs(ep_batch, t_ep, test_mode).cpu()[bs]
        avail_actions = ep_batch["avail_actions"][:, t_ep].cpu()[bs]
        actions = self.action_selector.select_action(outs, avail_actions, t_env, test_mode=test_mode)
        record = {"actions": actions.unsqueeze(-1)}
        if self.args.save_probs:
            record["probs"] = self.action_selector.probabilities(outs, avail_actions, t_env)
        return record

    def _selector_inputs(self, ep_batch: EpisodeBatch, t: int, test_mode: bool) -> th.Tensor:
        """What the action selector chooses from, ``[B, A, U]``."""
        return self.forward(ep_batch, t, test_mode=test_mode)

    def forward(self, ep_batch: EpisodeBatch, t: int, test_mode: bool = False) -> th.Tensor:
        """Outputs of step ``t``, ``[B, A, U]``; the memory advances (see :meth:`init_hidden`)."""
        return self._outputs(*self._step(ep_batch, t, test_mode), test_mode)

    def _step(self, ep_batch: EpisodeBatch, t: int, test_mode: bool) -> tuple[th.Tensor, th.Tensor]:
        """The network's outputs of step ``t``, and which actions are available, ``[B, A, U]`` each."""
        if test_mode:
            self.agent.eval()
        if self.hidden_states is None:
            raise RuntimeError("call init_hidden(batch_size) before the first step of an episode")
        outs, self.hidden_states = self.agent(self._build_inputs(ep_batch, t), self.hidden_states)
        return outs, ep_batch["avail_actions"][:, t].to(outs.device)

    def unroll(self, ep_batch: EpisodeBatch) -> Unrolled:
        """All steps at once, from an empty memory: equals stacking :meth:`forward` over time."""
        outs, hidden, avail_actions = self._unroll(ep_batch)
        return Unrolled(self._outputs(outs, avail_actions, test_mode=False), hidden)

    def _unroll(self, ep_batch: EpisodeBatch) -> tuple[th.Tensor, th.Tensor, th.Tensor]:
        """The network's outputs ``[B, T, A, U]``, memories ``[B, T, A, H]``, and which actions are available."""
        inputs = self._build_all_inputs(ep_batch)  # [B, T, A, E]
        outs, hidden = self.agent.unroll(inputs, self._first_hidden(ep_batch.batch_size))
        return outs, hidden, ep_batch["avail_actions"].to(outs.device)

    def init_hidden(self, batch_size: int) -> None:
        """Empties the memory of ``batch_size`` episodes."""
        self.hidden_states = self._first_hidden(batch_size)

    def _first_hidden(self, batch_size: int) -> th.Tensor:
        return self.agent.init_hidden().unsqueeze(0).expand(batch_size, self.n_agents, -1)  # [1, H] -> [B, A, H]

    def _outputs(self, outs: th.Tensor, avail_actions: th.Tensor, test_mode: bool) -> th.Tensor:
        return OUTPUT_TYPES[self.args.agent_output_type](outs, avail_actions, self.args)

    @property
    def device(self) -> th.device:
        return next(self.agent.parameters()).device

    def parameters(self) -> Iterator[th.nn.Parameter]:
        return self.agent.parameters()

    def load_state(self, other_mac: BasicMAC) -> None:
        """Takes the other controller's weights."""
        self.agent.load_state_dict(other_mac.agent.state_dict())

    def to(self, device: str | th.device) -> BasicMAC:
        self.agent.to(device)
        return self

    def save_models(self, path: str | Path, prefix: str = "") -> None:
        save_module(self.agent, Path(path) / f"{prefix}agent.th")

    def load_models(self, path: str | Path, prefix: str = "") -> None:
        load_module(self.agent, Path(path) / f"{prefix}agent.th")

    def _build_inputs(self, batch: EpisodeBatch, t: int) -> th.Tensor:
        """``[B, A, E]``: observation, last action (zeros at the first step), agent id."""
        inputs = [batch["obs"][:, t]]
        if self.args.obs_last_action:
            last = batch["actions_onehot"]
            inputs.append(last[:, t - 1] if t > 0 else th.zeros_like(last[:, 0]))
        if self.args.obs_agent_id:
            inputs.append(self._agent_ids.to(batch.device).expand(batch.batch_size, -1, -1))
        return th.cat(inputs, dim=-1).to(self.device)

    def _build_all_inputs(self, batch: EpisodeBatch) -> th.Tensor:
        """``[B, T, A, E]``: :meth:`_build_inputs` for every step."""
        obs = batch["obs"]
        inputs = [obs]
        if self.args.obs_last_action:
            actions = batch["actions_onehot"]
            inputs.append(th.cat([th.zeros_like(actions[:, :1]), actions[:, :-1]], dim=1))  # shifted by one step
        if self.args.obs_agent_id:
            inputs.append(self._agent_ids.to(batch.device).expand(*obs.shape[:2], -1, -1))
        return th.cat(inputs, dim=-1).to(self.device)

    def _get_input_shape(self, scheme: Scheme) -> int:
        size = int(scheme["obs"]["vshape"])
        if self.args.obs_last_action:
            size += int(scheme["actions_onehot"]["vshape"][0])
        if self.args.obs_agent_id:
            size += self.n_agents
        return size
