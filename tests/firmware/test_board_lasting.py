"""What outlives a power cut: the last number of the boot before, never too high, and behind by little."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.board.lasting import Lasting

_WRITES_OF_A_BOOT = 40


class _PowerCutError(BaseException):
    """The supply is gone: nothing of the program runs after this."""


class Flash:
    """The flash memory for settings: each value is there whole or not at all, and power goes before one."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.writes = 0
        self.cut_before = -1

    def _set(self, key: str, value: Any) -> None:
        if self.writes == self.cut_before:
            raise _PowerCutError
        self.writes += 1
        self.kept[key] = value

    set_blob = set_i32 = _set

    def _get(self, key: str) -> Any:
        if key not in self.kept:
            raise OSError(key)
        return self.kept[key]

    get_i32 = _get

    def get_blob(self, key: str, room: bytearray) -> int:
        data = self._get(key).encode()
        room[: len(data)] = data
        return len(data)

    def commit(self) -> None:
        pass


class Clock:
    def __init__(self) -> None:
        self.kept: bytes | str = b""
        self.now = 0

    def memory(self, data: str | None = None) -> bytes | str | None:
        if data is None:
            return self.kept
        self.kept = data
        return None


def live(flash: Flash, boot: str, samples: int, period_ms: int, *, soon: bool, clock: Clock | None = None) -> int:
    """A boot of so many samples; the last number that it gave away."""
    clock = clock or Clock()
    lasting = Lasting(clock, flash, lambda: clock.now)
    last = -1
    try:
        lasting.remember({"boot": boot, "seq": -1, "uptime": 0}, soon=False)
        for seq in range(samples):
            clock.now += period_ms
            last = seq
            lasting.remember({"seq": seq, "uptime": clock.now}, soon)
    except _PowerCutError:
        pass
    return last


def told(flash: Flash) -> dict[str, Any]:
    """What the next start finds after a power cut."""
    return Lasting(Clock(), flash, lambda: 0).values


@pytest.mark.parametrize(
    ("period_ms", "soon", "behind"), [(1_000, True, 0), (100, True, 9), (1_000, False, 9), (60_000, False, 0)]
)
def test_after_a_power_cut_the_number_is_behind_by_no_more_than_said(period_ms: int, soon: bool, behind: int) -> None:
    for samples in range(1, 60):
        flash = Flash()
        last = live(flash, "b0", samples, period_ms, soon=soon)
        assert 0 <= last - told(flash)["seq"] <= behind + 1


def test_power_may_go_before_any_write_and_no_boot_ever_gets_anothers_number() -> None:
    for cut in range(_WRITES_OF_A_BOOT):
        flash = Flash()
        live(flash, "b0", 30, 1_000, soon=True)
        flash.cut_before = flash.writes + cut
        last = {"b0": 29, "b1": live(flash, "b1", 12, 1_000, soon=True)}
        flash.cut_before = -1
        found = told(flash)
        assert found["seq"] <= last[found["boot"]], f"cut before write {cut}"
    assert found == {"boot": "b1", "seq": 11, "uptime": 12_000}


def test_a_reset_forgets_nothing() -> None:
    flash, clock = Flash(), Clock()
    live(flash, "b0", 7, 1_000, soon=False, clock=clock)
    assert Lasting(clock, flash, lambda: 0).values == {"boot": "b0", "seq": 6, "uptime": 7_000}


def test_the_flash_is_written_so_rarely_that_it_lasts_for_years() -> None:
    """63 million numbers is what it takes; a text is written when it changes."""
    for soon, years in ((False, 9.9), (True, 0.99)):
        flash = Flash()
        live(flash, "b0", 10_000, 1_000, soon=soon)
        lasts_seconds = 63_000_000 / (flash.writes / 10_000)
        assert lasts_seconds / (365 * 86_400) > years
