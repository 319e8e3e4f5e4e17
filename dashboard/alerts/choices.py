"""Which past alerts the page lists. It stands in the address."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from telemetry.alerts import SEVERITIES

DAYS = (7, 30, 365)


@dataclass(frozen=True, slots=True)
class Choices:
    """Empty words choose nothing."""

    severity: str = ""
    device: str = ""
    days: int = DAYS[0]

    def search(self) -> str:
        """The address's query; what is as it usually is stays out of it."""
        usual = asdict(Choices())
        return f"?{urlencode({key: value for key, value in asdict(self).items() if value != usual[key]})}"

    def with_(self, **other: Any) -> Choices:
        """The same but for this."""
        return replace(self, **other)


def resolve(search: str) -> Choices:
    """The choices that an address asks for; what it has wrong is as usual."""
    asked = {key: values[-1] for key, values in parse_qs(search.removeprefix("?")).items()}
    return Choices(
        severity=asked["severity"] if asked.get("severity") in SEVERITIES else "",
        device=asked.get("device", "")[:256],
        days=next((days for days in DAYS if asked.get("days") == str(days)), DAYS[0]),
    )
