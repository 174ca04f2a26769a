"""DOP's controller: a policy that is mixed with uniform exploration, in training too.

Legend: B episodes, T time steps, A agents, U actions.
"""

from __future__ import annotations

import torch as th

from controllers.basic_controller import BasicMAC


class DOPMAC(BasicMAC):
    """``(1 - epsilon) pi + epsilon / U`` with the selector's epsilon, unless testing.

    As in PyMARL2 the action selector mixes once more. With ``mask_before_softmax`` the share goes to available actions
    alone, else to all (the selector then takes unavailable ones out).
    """

    def _outputs(self, outs: th.Tensor, avail_actions: th.Tensor, test_mode: bool) -> th.Tensor:
        probs = super()._outputs(outs, avail_actions, test_mode)
        if test_mode:
            return probs
        if self.args.mask_before_softmax:
            allowed = (avail_actions != 0).to(probs)
        else:
            allowed = th.ones_like(probs)
        epsilon = self.action_selector.epsilon
        return ((1 - epsilon) * probs + epsilon / allowed.sum(dim=-1, keepdim=True).clamp(min=1)) * allowed
