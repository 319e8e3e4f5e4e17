"""What can go wrong between a computer and a board; each message names the remedy."""

from __future__ import annotations

from telemetry.errors import LumosError


class BoardError(LumosError):
    """No board, a port that is busy or forbidden, no MicroPython on it, or it does not answer."""


class BoardConfigError(LumosError):
    """What the board is to be told is missing or wrong."""
