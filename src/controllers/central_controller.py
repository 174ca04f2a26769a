"""The controller of a central value: the same inputs, an agent of its own, several numbers for each action.

Legend: B episodes, T time steps, A agents, U actions, E numbers for each action.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace

from components.episode_buffer import EpisodeBatch, Scheme
from controllers.basic_controller import BasicMAC, Unrolled


class CentralBasicMAC(BasicMAC):
    """Gives ``central_action_embed`` numbers for each action: outputs ``[B, T, A, U, E]`` (WQMIX's central Q).

    PyMARL2's signature: no groups. It selects no actions; ``central_agent`` names its network.
    """

    selects_actions = False

    def __init__(self, scheme: Scheme, args: SimpleNamespace) -> None:
        own = copy.copy(args)
        own.agent, own.agent_output_type, own.share_parameters = args.central_agent, "q", True
        super().__init__(scheme, {}, own)

    def unroll(self, ep_batch: EpisodeBatch) -> Unrolled:
        flat = super().unroll(ep_batch)  # [B, T, A, U * E]
        shape = (*flat.out.shape[:3], self.args.n_actions, self.args.central_action_embed)
        return Unrolled(flat.out.reshape(shape), flat.hidden)
