"""What time it is, as the contract counts: whole milliseconds since 1970-01-01 UTC.

A board's clock counts from 2000, a computer's from 1970, and a board that has not reached a time server yet has no
clock at all. One function turns the one into the other; a moment is remembered by the uptime too, so that its age is
known while there is no clock, and its time once there is one. Never a float: 32 bits are 18 seconds off.
"""

_MS_1970_TO_2000 = 946_684_800_000
#: Before 2020 a clock has not been set: it counts from its own zero.
_SET_MS = 1_577_836_800_000


def to_unix_ms(board_ms: int, epoch_year: int) -> int:
    """Milliseconds since the board's epoch, 1970 or 2000, as milliseconds since 1970."""
    if epoch_year == 2000:
        return board_ms + _MS_1970_TO_2000
    return board_ms


class Clock:
    """The board's clock and its uptime, read together."""

    def __init__(self, hal):
        self._hal = hal
        self._epoch_year = hal.epoch_year()

    def now_ms(self) -> "int | None":
        """UTC in milliseconds, or None while the clock is not set."""
        unix_ms = to_unix_ms(self._hal.wall_ms(), self._epoch_year)
        return unix_ms if unix_ms >= _SET_MS else None

    def uptime_ms(self) -> int:
        return self._hal.uptime_ms()

    def moment(self) -> "tuple[int, int | None]":
        """Now, as (uptime, UTC or None): what a sample or an event is born with."""
        return self._hal.uptime_ms(), self.now_ms()

    def place(self, uptime_ms: int, t: "int | None") -> "tuple[int | None, int | None]":
        """A moment of this boot as (t, age), one of them None: its age only while there still is no clock."""
        if t is not None:
            return t, None
        age = self._hal.uptime_ms() - uptime_ms
        now = self.now_ms()
        return (None, age) if now is None else (now - age, None)
