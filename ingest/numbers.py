"""Which numbered samples are stored already: intervals of `seq` for each device and boot.

This is what makes a redelivered sample harmless, and a missing one countable. Memory is bounded: boots that were not
heard of lately are let go and read back from `arrivals` when they are heard of again. That may happen between two
transactions only, since what the store does not hold yet cannot be read back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable

#: Device and boot.
Boot = tuple[int, str]
_KEPT_BOOTS = 4_096
_KEPT_SPANS = 200_000


class Intervals:
    """A set of whole numbers kept as intervals, cheap when they come in order."""

    __slots__ = ("_ends", "_floor", "_starts")

    def __init__(self, intervals: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._floor = 0
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

    def holds(self, first: int, last: int) -> bool:
        """Whether all of an interval is there."""
        place = bisect_right(self._starts, first)
        return place > 0 and last <= self._ends[place - 1]

    def sent_again(self, number: int) -> None:
        """The board itself sent a number that was there already: it no longer has what is missing right before it.

        A board sends again what is not covered, oldest first. What it sent before it knew of `stored`, and a broker
        lost, is in no buffer any more; without this, the board would wait for ever to hear that it is safe. The set
        itself stays as it is, so that a missing number that does come is still new.
        """
        place = bisect_right(self._starts, number) - 1
        if place >= 0 and self._starts[place] == number:
            self._floor = max(self._floor, number)

    def covered(self) -> int:
        """The number up to which every number is there, or is no longer with the board; -1 for none."""
        place = bisect_right(self._starts, self._floor) - 1
        return self._ends[place] if place >= 0 and self._ends[place] >= self._floor else -1

    def __len__(self) -> int:
        return len(self._starts)


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
        self._boots.move_to_end(boot)
        return found

    def trim(self) -> None:
        """Let the boots go that were not heard of lately. Only between two transactions."""
        while len(self._boots) > _KEPT_BOOTS:
            self._boots.popitem(last=False)

    def shrink(self) -> None:
        """Let everything go when it has become much: boots with very many gaps. Only between two transactions."""
        if sum(map(len, self._boots.values())) > _KEPT_SPANS:
            self.forget()

    def forget(self) -> None:
        """Drop what is in memory, after a transaction that failed: the store knows what is true."""
        self._boots.clear()
