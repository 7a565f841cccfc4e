"""A stand-in for Meta's Graph API on this computer."""

from meta_simulator.simulator import Simulator

__all__ = ["Simulator"]
