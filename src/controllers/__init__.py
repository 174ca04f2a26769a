"""Multi-agent controllers (MACs): episode batch -> utilities -> actions."""

from __future__ import annotations

from controllers.basic_controller import BasicMAC, Unrolled
from controllers.n_controller import NMAC

REGISTRY: dict[str, type[BasicMAC]] = {
    "basic_mac": BasicMAC,
    "n_mac": NMAC,
}

__all__ = ["NMAC", "REGISTRY", "BasicMAC", "Unrolled"]
