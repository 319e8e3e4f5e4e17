"""The examples of docs/extending.md and of the firmware's page on sensors, run as they stand there.

That of the chart is run beside the other panels (tests/dashboard/explore/test_panels.py).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from firmware.board import commands as on_the_board
from telemetry import commands as on_the_host
from telemetry.errors import CommandError
from tests.harness.examples import python_examples


def test_the_command_reaches_the_board_and_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    check, host, row, method = python_examples("docs/extending.md", "A command")
    names = dict(vars(on_the_host))
    exec(check, names)
    kind = eval(host, names)
    monkeypatch.setitem(on_the_host.COMMANDS, kind.name, kind)  # type: ignore[arg-type]
    for name, values in eval(f"{{{row}}}").items():
        monkeypatch.setitem(on_the_board.COMMANDS, name, values)
    exec(method, names)

    class Board:
        """As much of a board, and of its hardware, as the method touches."""

        do_beep = names["do_beep"]

        def __init__(self) -> None:
            self.hal, self.beeps = self, list[int]()

        def beep(self, milliseconds: int) -> None:
            self.beeps.append(milliseconds)

    board = Board()
    command = on_the_host.make("window", "beep", 200, "ada")
    answer = on_the_board.Commands(board).handle(on_the_host.encode(command))
    assert answer is not None
    assert (json.loads(answer)["id"], json.loads(answer)["ok"]) == (command.id, True)
    assert board.beeps == [200]
    refused = on_the_board.Commands(board).handle(b'{"id": "x", "cmd": "beep", "value": "loud"}')
    assert refused is not None
    assert json.loads(refused)["error"] == "beep must be 1 to 5000 ms"
    with pytest.raises(CommandError, match="beep takes 1 to 5000 milliseconds as a whole number, not 'loud'"):
        on_the_host.make("window", "beep", "loud", "ada")


def test_the_driver_reads_its_sensor() -> None:
    (driver,) = python_examples("firmware/README.md", "Adding a sensor")
    names: dict[str, Any] = {}
    exec(driver, names)

    class Board:
        def adc(self, pin: int) -> Board:
            assert pin == 34
            return self

        def read_uv(self) -> int:
            return 215_000

    assert names["Driver"](Board(), {"pin": 34}).read() == 21.5
    assert names["Driver"].unit == "°C"
