"""The check of types knows MicroPython: what it lacks, and what is misused of it, is found before a board runs it."""

from __future__ import annotations

from pathlib import Path

from tests.firmware.board_types import CONFIGURATION, check

PLANTED = """
import time
import dataclasses
import machine
import network
from micropython import const

def plant():
    machine.Pin(2).values(1)
    machine.ADC(machine.Pin(36)).read_volts()
    network.WLAN(network.STA_IF).is_connected()
    time.sleep_ms("10")
    time.monotonic()
    return const(1)
"""
_LINES = {3: "dataclasses", 9: "values", 10: "read_volts", 11: "is_connected", 12: "sleep_ms", 13: "monotonic"}


def test_what_micropython_lacks_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(PLANTED)
    configuration = tmp_path / "mypy.ini"
    configuration.write_text(CONFIGURATION.read_text().replace("mypy-firmware.board.*", "mypy-planted"))
    said = check(str(planted), configuration=configuration).stdout
    for line, name in _LINES.items():
        found = [text for text in said.splitlines() if f"planted.py:{line}: error" in text]
        assert found, f"{name} was not found: {said}"
        assert name in found[0]
    assert f"Found {len(_LINES)} errors" in said
