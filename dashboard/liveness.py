"""Whether a device is there: what its status says, and how long ago it last sent something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from telemetry.timestamps import US_PER_MS, US_PER_SECOND
from telemetry.topics import ORIGINAL_DEVICE

#: A device that samples this often, or does not say how often, is quiet after so long without a reading.
_QUIET_US = 15 * US_PER_SECOND
_PERIODS = 4


class Presence(StrEnum):
    """How a device stands, from best to worst."""

    LIVE = "live"
    PAUSED = "paused"
    QUIET = "quiet"
    SILENT = "silent"
    UNHEARD = "unheard"


@dataclass(frozen=True, slots=True)
class Standing:
    """A device's presence and since when; `status` is what the board last said of itself."""

    presence: Presence
    since_us: int | None
    last_us: int | None
    status: Mapping[str, Any]
    status_us: int | None
    place: str | None
    name: str
    #: After so long without a reading it is quiet.
    quiet_us: int = _QUIET_US
    #: The convention of others that the device speaks; None for boards of this project and whoever speaks like them.
    source: str | None = None

    @property
    def silent(self) -> bool:
        """Whether commands must be held for it."""
        return self.presence is Presence.SILENT


def standing(device: str, row: Mapping[str, Any] | None, last_us: int | None, now_us: int) -> Standing:
    """How a device stands, from its row of `devices` and the time of its last reading."""
    row = row or {}
    status = read_status(row.get("status"))
    status_us = row.get("status_us")
    period_ms = status.get("period_ms")
    period_us = int(period_ms * US_PER_MS) if isinstance(period_ms, int | float) else 0
    quiet_us = max(_QUIET_US, _PERIODS * period_us)
    quiet = last_us is None or now_us - last_us > quiet_us
    # A broker may tell late that a connection ended; a reading after that shows that the device is back.
    back = last_us is not None and last_us > (status_us or 0) and not quiet
    if row.get("online") is False and device != ORIGINAL_DEVICE and not back:
        presence, since = Presence.SILENT, status_us
    elif last_us is None:
        presence, since = Presence.UNHEARD, None
    elif quiet and status.get("sending") is False:
        presence, since = Presence.PAUSED, last_us
    else:
        presence, since = (Presence.QUIET if quiet else Presence.LIVE), last_us
    name, source = row.get("name") or device, row.get("source")
    return Standing(presence, since, last_us, status, status_us, row.get("place"), name, quiet_us, source)


def read_status(text: str | None) -> Mapping[str, Any]:
    """A status as kept; empty for none, and for what is no object."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
