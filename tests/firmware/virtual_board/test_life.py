"""A board's own main.py on real MicroPython with 160 KB, against a real Mosquitto: what it says, shows and obeys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.firmware.conftest import Broker, Listener
from tests.firmware.virtual_board.board import VirtualBoard, micropython
from tests.firmware.virtual_board.conftest import StartBoard, config_of
from tests.harness.waiting import until

_OUTPUT = "esp32/v1/output"


@dataclass
class Station:
    """A board, and somebody who hears all that its broker delivers."""

    board: VirtualBoard
    listener: Listener

    def command(self, identity: str, cmd: str, value: object = None) -> dict[str, object]:
        """The board's answer to a command."""
        self.listener.say("esp32/v1/input", {"id": identity, "cmd": cmd, "value": value})
        answer: dict[str, object] = self.listener.wait_for("esp32/v1/ack", lambda body: body["id"] == identity)
        return answer

    def shows(self, *wanted: str) -> list[str]:
        """The screen's lines, as soon as all of these are among them."""
        try:
            return until(
                lambda: lines if set(wanted) <= set(lines := self.board.screen()) else [], f"{wanted} on the screen"
            )
        except AssertionError as error:
            error.add_note(f"it shows {self.board.screen()}; last on its console: {self.board.said[-500:]!r}")
            raise


@pytest.fixture(scope="module")
def station(start_board: StartBoard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    listener = Listener(broker.port)
    board = start_board(config_of("v1", broker.port))
    listener.wait_for("esp32/v1/status", lambda body: body["online"])
    yield Station(board, listener)
    listener.close()
    broker.kill()


def test_it_samples_and_says_who_it_is(station: Station) -> None:
    first = station.listener.wait_for(_OUTPUT)
    assert first["light"] == 500
    station.listener.wait_until(lambda: 0 in station.listener.seqs("v1"))
    status = station.listener.wait_for("esp32/v1/status", lambda body: body["online"])
    assert (status["ip"], status["rssi"], status["boot"]) == ("127.0.0.1", -61, first["boot"])
    assert status["sensors"] == {"light": {"unit": "raw", "label": "Light", "min": 0, "max": 4095}}
    event = station.listener.wait_for("esp32/v1/event")
    assert (event["event"], event["n"]) == ("boot", 0)


def test_commands_are_done_and_acknowledged_and_repeated_ones_are_not_done_twice(station: Station) -> None:
    assert station.command("01A", "led", True) == {"id": "01A", "ok": True, "led": True}
    assert station.board.level(25) == 1
    assert station.command("01B", "period", 5) == {
        "id": "01B",
        "ok": False,
        "error": "period must be 100 to 3600000 ms",
    }
    station.listener.say("esp32/v1/input", b"\xff[" * 50)  # nobody to answer, and no harm
    refused = station.command("01C", "dance")
    assert str(refused["error"]).startswith("unknown command 'dance'")

    assert station.command("01D", "led", False)["led"] is False
    acknowledged = len(station.listener.on("esp32/v1/ack"))
    station.listener.say("esp32/v1/input", {"id": "01A", "cmd": "led", "value": True})
    station.listener.wait_until(lambda: len(station.listener.on("esp32/v1/ack")) > acknowledged)
    assert station.listener.on("esp32/v1/ack")[-1] == {"id": "01A", "ok": True, "led": False}
    assert station.board.level(25) == 0


def test_the_screen_shows_how_it_stands_and_messages_by_word_without_accents(station: Station) -> None:
    station.board.set_adc(36, 1_234)
    lines = station.shows("v1", "127.0.0.1", "Light 1234 raw", "connected")
    assert lines.index("v1") < lines.index("127.0.0.1") < lines.index("Light 1234 raw") < lines.index("connected")
    station.command("02A", "message", "Été à la plage: apportez vos lunettes!")
    assert station.shows("Ete a la plage:") == ["Ete a la plage:", "apportez vos", "lunettes!", "", "", "", "", ""]
    assert station.listener.wait_for("esp32/v1/status", lambda body: body.get("screen", "").startswith("Été"))


def test_a_message_longer_than_the_screen_scrolls(station: Station) -> None:
    station.command("02B", "message", "\n".join(f"line {n}" for n in range(1, 10)))
    assert station.shows("line 1")[-1] == "line 8"
    assert station.shows("line 9")[0] == "line 2"
    station.command("02C", "message", "")
    station.shows("connected")


def test_a_screen_that_was_pulled_off_shows_again_once_it_is_back(station: Station) -> None:
    starts = station.board.starts
    station.board.set_screen(plugged=False)
    station.board.set_adc(36, 777)
    station.board.says(b"the screen does not answer")
    station.listener.wait_for(_OUTPUT, lambda body: body["light"] == 777)
    assert station.board.starts == starts  # the board goes on without it
    station.board.set_screen(plugged=True)
    lines = station.shows("v1", "Light 777 raw", "connected")
    assert lines[0] == "v1"  # all of it is drawn anew, not only what has changed since


def test_the_button_pauses_and_resumes_and_says_so(station: Station) -> None:
    station.board.hold_button()
    station.listener.wait_for("esp32/v1/status", lambda body: body.get("sending") is False)
    station.board.release_button()
    assert station.listener.wait_for("esp32/v1/event", lambda body: body["event"] == "button")["value"] is True
    station.shows("PAUSED")
    paused_at = max(station.listener.seqs("v1"))
    station.board.hold_button()
    station.listener.wait_until(lambda: max(station.listener.seqs("v1")) > paused_at + 3)
    station.board.release_button()
    assert "PAUSED" not in station.shows("connected")
    # What was not wanted is not numbered: no hole.
    assert sorted(set(station.listener.seqs("v1"))) == list(range(max(station.listener.seqs("v1")) + 1))


def test_a_board_that_hangs_is_reset_by_its_watchdog_and_says_so_afterwards(station: Station) -> None:
    first = station.listener.on("esp32/v1/status")[-1]
    station.listener.start_anew()
    station.board.hurry_watchdog(6)
    station.board.set_adc(36, "hang")  # nothing on the board goes round any more
    station.listener.wait_for("esp32/v1/status", lambda body: body == {"online": False})  # its last will
    station.board.set_adc(36, 500)
    after = station.listener.wait_for("esp32/v1/status", lambda body: body.get("boot", first["boot"]) != first["boot"])
    assert after["previous"]["boot"] == first["boot"]
    assert after["previous"]["cause"] == "watchdog"
    station.listener.wait_for("esp32/v1/event", lambda body: (body["event"], body["value"]) == ("boot", "watchdog"))


def test_a_time_on_a_machine_with_small_floats_stays_an_int(station: Station) -> None:
    code = (
        "import sys; sys.path.insert(0, 'firmware')\n"
        "from board import codec\nfrom board.clock import to_unix_ms\n"
        "print(codec.sample('b', 0, to_unix_ms(848749806123, 2000), None, {}).decode())"
    )
    assert '"t":1795434606123' in micropython(code)
