"""Which devices are looked for, in what order, which metric stands large on their cards. It stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

ALL, ONLINE, SILENT = "all", "online", "silent"
STATES = (ALL, ONLINE, SILENT)
SORTS = ("name", "place", "heard", "trouble")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Choices:
    """All that can be chosen; `metric` is empty for each device's first."""

    words: str = ""
    state: str = ALL
    sort: str = SORTS[0]
    metric: str = ""

    def search(self) -> str:
        """The address's query; what is as usual is left out. Empty for all of it."""
        usual = asdict(Choices())
        asked = {
            name: value
            for name, value in (("q", self.words), ("state", self.state), ("sort", self.sort), ("show", self.metric))
            if value != usual[_NAMES[name]]
        }
        return f"?{urlencode(asked)}" if asked else ""

    def as_json(self) -> dict[str, Any]:
        """What the browser keeps."""
        return {**asdict(self), "search": self.search()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Choices:
        """What the browser kept."""
        return cls(kept["words"], kept["state"], kept["sort"], kept["metric"])


_NAMES = {"q": "words", "state": "state", "sort": "sort", "show": "metric"}


def resolve(search: str) -> Choices:
    """The choices in an address; what it leaves out or has wrong is as usual."""
    asked = {key: values[-1][:_LONGEST] for key, values in parse_qs(search.removeprefix("?")).items()}
    state, sort = asked.get("state", ALL), asked.get("sort", SORTS[0])
    return Choices(
        asked.get("q", "").strip(),
        state if state in STATES else ALL,
        sort if sort in SORTS else SORTS[0],
        asked.get("show", ""),
    )
