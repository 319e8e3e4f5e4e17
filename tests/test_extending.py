"""The examples of docs/extending.md and of the firmware's page on sensors, run as they stand there.

That of the chart is run beside the other panels (tests/dashboard/explore/test_panels.py).
"""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.devices import many
from dashboard.figures import Style
from dashboard.schedules import form, words
from dashboard.theme import LIGHT
from dashboard.translations import PHRASES, speaker
from firmware.board import commands as on_the_board
from telemetry import commands as on_the_host
from telemetry.errors import CommandError
from telemetry.schedules import read_schedule
from tests.harness.examples import python_examples


def test_the_command_reaches_the_board_and_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    check, host, row, method, _ = python_examples("docs/extending.md", "A command")
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


def test_a_schedule_tells_the_command_and_the_page_offers_it_once_it_has_a_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    style = Style(LIGHT, ZoneInfo("Europe/Paris"), "en", speaker("en"))
    check, host, _, _, offered = python_examples("docs/extending.md", "A command")
    names = dict(vars(on_the_host))
    exec(check, names)
    kind = eval(host, names)
    monkeypatch.setitem(on_the_host.COMMANDS, kind.name, kind)  # type: ignore[arg-type]
    said = {"name": "Noon", "kind": "at", "time": "12:00", "zone": "Europe/Paris", "devices": ["window"], "days": [0]}
    schedule = read_schedule({**said, "cmd": "beep", "value": 200})
    # Without a row on the page it is shown as it is, and the form gives it back.
    assert words.what(schedule, style) == "beep 200"
    filled = form.values(schedule)
    assert read_schedule(form.arguments(filled)) == schedule
    chosen = filled[form.FIELDS.index("cmd")]
    assert form.commands(chosen, style.say)[-1] == {"value": chosen, "label": "beep 200"}

    for name, pair in eval(f"{{{offered}}}").items():
        monkeypatch.setitem(many.COMMANDS, name, pair)  # type: ignore[arg-type]
    monkeypatch.setitem(PHRASES, "tell beep", ("Beep", "Biper"))  # type: ignore[arg-type]
    assert words.what(schedule, style) == "Beep"
    assert many.choices(style.say)[-1] == {"value": "beep", "label": "Beep"}
    assert read_schedule(form.arguments(form.values(schedule))) == schedule


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
