"""Which numbered samples are stored already: intervals of `seq` for each device and boot.

This is what makes a redelivered sample harmless, and a missing one countable. Memory is bounded: boots that were not
heard of lately are let go and read back from `arrivals` when they are heard of again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable

#: Device and boot.
Boot = tuple[int, str]
_KEPT_BOOTS = 4_096


class Intervals:
    """A set of whole numbers kept as intervals, cheap when they come in order."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, intervals: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for first, last in sorted(intervals):
            if self._ends and first <= self._ends[-1] + 1:
                self._ends[-1] = max(self._ends[-1], last)
            else:
                self._starts.append(first)
                self._ends.append(last)

    def add(self, number: int) -> bool:
        """Take a number in; False when it was there."""
        starts, ends = self._starts, self._ends
        if ends and number == ends[-1] + 1:
            ends[-1] = number
            return True
        place = bisect_right(starts, number)
        if place and number <= ends[place - 1]:
            return False
        joins_left = place > 0 and ends[place - 1] == number - 1
        joins_right = place < len(starts) and starts[place] == number + 1
        if joins_left and joins_right:
            ends[place - 1] = ends.pop(place)
            del starts[place]
        elif joins_left:
            ends[place - 1] = number
        elif joins_right:
            starts[place] = number
        else:
            starts.insert(place, number)
            ends.insert(place, number)
        return True

    def add_span(self, first: int, last: int) -> None:
        """Take an interval in."""
        merged = Intervals([*self.spans(), (first, last)])
        self._starts, self._ends = merged._starts, merged._ends

    def spans(self) -> list[tuple[int, int]]:
        """The intervals, (first, last) both included, in order."""
        return list(zip(self._starts, self._ends, strict=True))

    def covered(self) -> int:
        """The number up to which every number from 0 is there; -1 for none."""
        return self._ends[0] if self._starts and self._starts[0] == 0 else -1


class Numbers:
    """The intervals of every boot lately heard of; `load` reads those of another from the store."""

    def __init__(self, load: Callable[[Boot], list[tuple[int, int]]]) -> None:
        self._load = load
        self._boots: OrderedDict[Boot, Intervals] = OrderedDict()

    def of(self, boot: Boot) -> Intervals:
        """The intervals of a boot; the caller adds to them."""
        found = self._boots.get(boot)
        if found is None:
            found = self._boots[boot] = Intervals(self._load(boot))
            if len(self._boots) > _KEPT_BOOTS:
                self._boots.popitem(last=False)
        self._boots.move_to_end(boot)
        return found

    def forget(self) -> None:
        """Drop what is in memory, after a transaction that failed: the store knows what is true."""
        self._boots.clear()
