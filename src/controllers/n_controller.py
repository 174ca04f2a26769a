"""PyMARL2's controller for value-based learners: the network's outputs are the utilities as they are."""

from __future__ import annotations

import torch as th

from controllers.basic_controller import BasicMAC


class NMAC(BasicMAC):
    """BasicMAC that never turns outputs into probabilities, whatever ``agent_output_type`` says (as PyMARL2's)."""

    def _outputs(self, outs: th.Tensor, avail_actions: th.Tensor, test_mode: bool) -> th.Tensor:
        return outs
