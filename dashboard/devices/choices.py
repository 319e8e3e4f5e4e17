"""What the page Devices shows: which devices, in which order, or one of them. It stands in the address."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from dashboard.liveness import Presence

SORTS = ("name", "state", "place", "seen")
#: What one may ask for beside a presence: everybody, or those that need somebody's eye.
TROUBLED = "troubled"
STATES = ("", *map(str, Presence), TROUBLED)


@dataclass(frozen=True, slots=True)
class Choices:
    """Empty words choose nothing; `device` is open, and the list is out of sight."""

    find: str = ""
    tag: str = ""
    state: str = ""
    sort: str = SORTS[0]
    page: int = 1
    hidden: bool = False
    device: str = ""

    def search(self) -> str:
        """The address's query; what is as it usually is stays out of it."""
        usual = asdict(Choices())
        said = {key: value for key, value in asdict(self).items() if value != usual[key]}
        return f"?{urlencode({key: int(value) if value is True else value for key, value in said.items()})}"

    def as_json(self) -> dict[str, Any]:
        """What the browser keeps."""
        return {**asdict(self), "search": self.search()}

    def at(self, page: int) -> Choices:
        """The same on another page of the list."""
        return replace(self, page=page)

    def of(self, device: str) -> Choices:
        """One device, and the way back to the same list."""
        return replace(self, device=device)


def resolve(search: str) -> Choices:
    """The choices that an address asks for; what it has wrong is as usual."""
    asked = {key: values[-1] for key, values in parse_qs(search.removeprefix("?")).items()}
    page = asked.get("page", "")
    return Choices(
        find=asked.get("find", "")[:200],
        tag=asked.get("tag", "")[:64],
        state=asked["state"] if asked.get("state") in STATES else "",
        sort=asked["sort"] if asked.get("sort") in SORTS else SORTS[0],
        page=int(page) if page.isascii() and page.isdigit() and int(page[:6]) >= 1 else 1,
        hidden=asked.get("hidden") == "1",
        device=asked.get("device", "")[:256],
    )
