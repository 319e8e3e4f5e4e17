"""Topics of others: patterns that say where in a topic device and metric stand, and filters that do not overlap.

A pattern is a topic filter whose levels may also be `{device}` and `{metric}`; a name that stands twice is joined with
`/`, and `{device*}` or `{metric*}` at the end takes all the levels that are left. Pure text, no broker.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_NAME = re.compile(r"\{([a-z]+)(\*?)\}")
_NAMES = ("device", "metric")


@dataclass(frozen=True, slots=True)
class TopicPattern:
    """A pattern as it was written. Raises ValueError with what a pattern is."""

    text: str
    #: The topic filter to subscribe to.
    filter: str = field(init=False)
    _levels: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        levels = self.text.split("/")
        for position, level in enumerate(levels):
            _check(level, last=position == len(levels) - 1)
        object.__setattr__(self, "_levels", tuple(levels))
        object.__setattr__(self, "filter", "/".join(_filter_level(level) for level in levels))

    @property
    def names(self) -> frozenset[str]:
        """Which of `device` and `metric` the topic tells."""
        return frozenset(found[1] for level in self._levels if (found := _NAME.fullmatch(level)))

    def match(self, topic: str) -> Mapping[str, str] | None:
        """What the topic tells, or None when it is none of the pattern's."""
        told: dict[str, str] = {}
        levels = topic.split("/")
        for position, wanted in enumerate(self._levels):
            if wanted == "#":
                return told
            if position >= len(levels):
                return None
            level = levels[position]
            name = _NAME.fullmatch(wanted)
            if name is None:
                if wanted not in ("+", level):
                    return None
                continue
            if name[2]:
                level = "/".join(levels[position:])
            if not level:
                return None
            told[name[1]] = f"{told[name[1]]}/{level}" if name[1] in told else level
            if name[2]:
                return told
        return told if len(levels) == len(self._levels) else None

    def filter_for(self, device: str) -> str:
        """The filter of one device's topics."""
        levels = [device if _NAME.fullmatch(level) and "device" in level else level for level in self._levels]
        return "/".join(_filter_level(level) for level in levels)

    def fill(self, told: Mapping[str, str]) -> str:
        """The topic of what is told: the pattern with its names filled in."""
        return "/".join(
            told.get(found[1], "") if (found := _NAME.fullmatch(level)) else level for level in self._levels
        )


def _check(level: str, *, last: bool) -> None:
    name = _NAME.fullmatch(level)
    if name is not None and name[1] in _NAMES and (last or not name[2]):
        return
    if level == "+" or (level == "#" and last):
        return
    if not level or re.search(r"[+#{}\x00]", level):
        raise ValueError(
            "levels with / between them, each a text, +, {device} or {metric}; last also #, {device*} or {metric*}"
        )


def _filter_level(level: str) -> str:
    name = _NAME.fullmatch(level)
    if name is None:
        return level
    # `a/#` also means `a` itself, which a pattern that takes one level or more does not match: harmless.
    return "#" if name[2] else "+"


def covers(wide: str, narrow: str) -> bool:
    """Whether all that `narrow` (a filter or a topic) takes in, `wide` takes in too."""
    mine, theirs = wide.split("/"), narrow.split("/")
    for position, level in enumerate(mine):
        if level == "#":
            return True
        if position >= len(theirs) or theirs[position] == "#":
            return False
        if level not in ("+", theirs[position]):
            return False
    return len(mine) == len(theirs)


def overlap(one: str, other: str) -> bool:
    """Whether some topic is taken in by both filters."""
    first, second = one.split("/"), other.split("/")
    for position in range(max(len(first), len(second))):
        mine = first[position] if position < len(first) else ""
        theirs = second[position] if position < len(second) else ""
        if "#" in (mine, theirs):
            # `a/#` takes `a` too: where one of the two has ended, it must be the level before.
            return position <= len(first) and position <= len(second)
        if position >= len(first) or position >= len(second):
            return False
        if "+" not in (mine, theirs) and mine != theirs:
            return False
    return True


def apart(filters: Iterable[str]) -> list[str]:
    """Filters that take in all that these do, of which no two overlap: overlapping ones deliver twice on NATS.

    Where two overlap and neither covers the other, a wider one stands for both. Topics without a wildcard are many, and
    are only looked up in the others.
    """
    given = list(dict.fromkeys(filters))
    wild: list[str] = []
    for fresh in (text for text in given if "+" in text or "#" in text):
        added = fresh
        while (met := next((text for text in wild if overlap(text, added)), None)) is not None:
            wild.remove(met)
            added = met if covers(met, added) else _wider(met, added)
        wild.append(added)
    plain = [text for text in given if "+" not in text and "#" not in text]
    return wild + [topic for topic in plain if not any(covers(text, topic) for text in wild)]


def at_most(filters: Iterable[str], most: int) -> list[str]:
    """Filters apart that take in all that these do, and no more than so many, by taking in more than is asked for.

    Those that begin with the same level are put together first, the largest group before the others.
    """
    found = apart(filters)
    while len(found) > most:
        groups = Counter(text.split("/", 1)[0] for text in found)
        first, count = groups.most_common(1)[0]
        if count == 1:
            return ["#"]
        found = apart([f"{first}/#", *(text for text in found if text.split("/", 1)[0] != first)])
    return found


def _wider(one: str, other: str) -> str:
    """The narrowest filter that covers two that overlap."""
    first, second = one.split("/"), other.split("/")
    levels: list[str] = []
    for mine, theirs in zip(first, second, strict=False):
        if "#" in (mine, theirs):
            return "/".join([*levels, "#"])
        levels.append(mine if mine == theirs else "+")
    if len(first) != len(second):  # one ends where the other goes on with #
        levels.append("#")
    return "/".join(levels)
