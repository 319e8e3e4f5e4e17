"""Which numbered samples are stored already, and which are known to be missing: intervals of `seq` for each boot.

This is what makes a redelivered sample harmless, and a missing one countable. Memory is bounded: boots that were not
heard of lately are let go and read back from `arrivals` when they are heard of again. That may happen between two
transactions only, since what the store does not hold yet cannot be read back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sized
from typing import Generic, TypeVar

#: Device and boot.
Boot = tuple[int, str]
_KEPT_BOOTS = 4_096
_KEPT_SPANS = 200_000
_KEPT_RESENT = 100
#: A little less than the 30 seconds after which a board sends again (docs/contract.md).
_A_WHILE_SECONDS = 25.0


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
        if first > self.highest:
            if self._ends and first == self._ends[-1] + 1:
                self._ends[-1] = last
            else:
                self._starts.append(first)
                self._ends.append(last)
            return
        merged = Intervals([*self.spans(), (first, last)])
        self._starts, self._ends = merged._starts, merged._ends

    def spans(self) -> list[tuple[int, int]]:
        """The intervals, (first, last) both included, in order."""
        return list(zip(self._starts, self._ends, strict=True))

    def missing(self, first: int, last: int) -> list[tuple[int, int]]:
        """The parts of an interval that are not there."""
        if first > self.highest:
            return [(first, last)]
        parts = []
        place = max(bisect_right(self._starts, first) - 1, 0)
        for start, end in zip(self._starts[place:], self._ends[place:], strict=True):
            if start > last:
                break
            if first < start:
                parts.append((first, start - 1))
            first = max(first, end + 1)
        if first <= last:
            parts.append((first, last))
        return parts

    def beginnings(self, first: int, last: int) -> list[int]:
        """The numbers within an interval that are there while the one before them is not."""
        return self._starts[bisect_left(self._starts, first) : bisect_right(self._starts, last)]

    def reach(self, number: int) -> int:
        """The number up to which every number from `number` on is there; -1 when it is not there itself."""
        place = bisect_right(self._starts, number) - 1
        return self._ends[place] if place >= 0 and self._ends[place] >= number else -1

    @property
    def highest(self) -> int:
        """The highest number; -1 for none."""
        return self._ends[-1] if self._ends else -1

    def copy(self) -> Intervals:
        return Intervals(self.spans())

    def __len__(self) -> int:
        return len(self._starts)


class BootNumbers:
    """What became of the numbers of one boot: arrived, or given up by the board; all others up to `told` are missing.

    A number that was given up may arrive after all, from a broker's queue: it is new then, like any other.
    """

    __slots__ = ("_floor", "_sent_again", "arrived", "settled", "told")

    def __init__(
        self, arrived: Iterable[tuple[int, int]] = (), dropped: Iterable[tuple[int, int]] = (), told: int = -1
    ) -> None:
        self.arrived = Intervals(arrived)
        #: Arrived or given up. One and the same object until the board gives the first one up, which most never do.
        self.settled = self.arrived
        #: The last number of this boot as the board told it after the next start; -1 while it has not.
        self.told = told
        self._floor = 0
        self._sent_again: dict[int, tuple[int, float]] = {}
        for first, last in dropped:
            self.give_up(first, last)

    def add(self, first: int, last: int) -> list[tuple[int, int]]:
        """Samples arrived; the parts that were not there."""
        new = self.arrived.missing(first, last)
        for span in new:
            self.arrived.add_span(*span)
            if self.settled is not self.arrived:
                self.settled.add_span(*span)
        return new

    def give_up(self, first: int, last: int) -> list[tuple[int, int]]:
        """The board says that it dropped these; the parts that are news."""
        new = self.settled.missing(first, last)
        if new and self.settled is self.arrived:
            self.settled = self.arrived.copy()
        for span in new:
            self.settled.add_span(*span)
        return new

    @property
    def latest(self) -> int:
        """The highest number known of, -1 for none: what arrives now and is not higher, comes late."""
        return max(self.settled.highest, self.told)

    def sent_again(self, first: int, last: int, connection: int, at_seconds: float) -> None:
        """The board itself sent numbers that were there already: has it lost what is missing right before them?

        What a board sent before it knew of `stored`, and a broker lost, is in no buffer any more; without this, the
        board would wait for ever to hear that it is safe. A board sends again what is not covered, oldest first, but
        its newest sample before all others, and each after a while. So between two times that it sends the same
        number, a while apart and heard on one connection, what it still has of the missing ones must have come. The
        set itself stays as it is: a missing number that does come is still new.
        """
        for number in self.settled.beginnings(first, last):
            if number == self.settled.highest and self.told < 0:
                return
            before = self._sent_again.get(number)
            if before is None or before[0] != connection:
                if len(self._sent_again) >= _KEPT_RESENT:
                    self._sent_again.clear()
                self._sent_again[number] = (connection, at_seconds)
            elif at_seconds - before[1] >= _A_WHILE_SECONDS:
                self._floor = max(self._floor, number)

    def covered(self) -> int:
        """The number up to which every number is there, or is no longer with the board; -1 for none."""
        return self.settled.reach(self._floor)

    def __len__(self) -> int:
        return len(self.arrived) + (0 if self.settled is self.arrived else len(self.settled))


_Kept = TypeVar("_Kept", bound=Sized)


class Numbers(Generic[_Kept]):
    """What is known of every boot lately heard of; `load` reads that of another from the store."""

    def __init__(self, load: Callable[[Boot], _Kept]) -> None:
        self._load = load
        self._boots: OrderedDict[Boot, _Kept] = OrderedDict()

    def of(self, boot: Boot) -> _Kept:
        """What is known of a boot; the caller adds to it."""
        found = self._boots.get(boot)
        if found is None:
            found = self._boots[boot] = self._load(boot)
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
