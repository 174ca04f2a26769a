"""Multi-agent controllers (MACs): episode batch -> utilities or policies -> actions."""

from __future__ import annotations

from controllers.basic_controller import BasicMAC, Unrolled
from controllers.central_controller import CentralBasicMAC
from controllers.dop_controller import DOPMAC
from controllers.lica_controller import LICAMAC
from controllers.n_controller import NMAC
from controllers.ppo_controller import PPOMAC

REGISTRY: dict[str, type[BasicMAC]] = {
    "basic_mac": BasicMAC,
    "n_mac": NMAC,
    "ppo_mac": PPOMAC,
    "lica_mac": LICAMAC,
    "dop_mac": DOPMAC,
    "basic_central_mac": CentralBasicMAC,
    "conv_mac": BasicMAC,  # PyMARL2's stacks frames; here the agent does, in its memory
}

__all__ = ["DOPMAC", "LICAMAC", "NMAC", "PPOMAC", "REGISTRY", "BasicMAC", "CentralBasicMAC", "Unrolled"]
