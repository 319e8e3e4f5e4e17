"""Set-up without a cable, on real MicroPython over real sockets: from knowing nothing to the first status."""

from __future__ import annotations

import http.client
import socket
import struct
from urllib.parse import urlencode

import pytest

from tests.firmware.conftest import Broker, Listener, free_port
from tests.firmware.virtual_board.board import VirtualBoard
from tests.firmware.virtual_board.conftest import StartBoard, config_of
from tests.harness.waiting import until


class Phone:
    """Somebody who has joined the board's own Wi-Fi."""

    def __init__(self, board: VirtualBoard) -> None:
        self._web, self._names = board.ports[80], board.ports[53]

    def asks(self, path: str = "/", **fields: str | int) -> tuple[int, str]:
        """GET a page, or POST these fields; status and body, 0 while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self._web, timeout=20)
        try:
            if fields:
                connection.request("POST", path, urlencode(fields))
            else:
                connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.getheader("location") or answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def page(self) -> str:
        return until(lambda: self.asks()[1], "the page of the set-up")

    def looks_up(self, name: str) -> str:
        """The address of a name, as the board tells it."""
        labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
        question = b"\x12\x34\x01\x00" + struct.pack(">4H", 1, 0, 0, 0) + labels + b"\x00\x00\x01\x00\x01"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.settimeout(5)
            asked.sendto(question, ("127.0.0.1", self._names))
            answer = asked.recv(512)
        assert answer.startswith(b"\x12\x34\x84\x00")
        return ".".join(str(part) for part in answer[-4:])


def test_a_board_that_knows_nothing_is_set_up_by_a_phone(start_board: StartBoard, broker: Broker) -> None:
    broker.kill()
    broker.require_password("shelf", "its own")
    broker.start()
    board = start_board(None)
    phone = Phone(board)
    page = phone.page()
    assert "<h1>lumos-a1b2c3</h1>" in page
    assert '<option value="lab">' in page
    assert 'name=host required value="lumos.local"' in page
    # A phone that looks whether it is on the internet is led to the page, whatever it asks and whomever.
    assert phone.looks_up("connectivitycheck.gstatic.com") == "192.168.4.1"
    assert phone.asks("/generate_204") == (302, "http://192.168.4.1/")

    typed = {"ssid": "lab", "wifi_password": "pass word", "host": "lumos.local", "port": broker.port, "device": "shelf"}
    assert "cannot be joined: the password is wrong" in phone.asks(**{**typed, "wifi_password": "guess"})[1]
    assert "cannot be used: nobody knows the name lumos.local" in phone.asks(**typed)[1]
    (board.state / "hosts").write_text("lumos.local 127.0.0.1\n")
    refused = phone.asks(**typed, password="guess")[1]
    assert "cannot be used: the broker refuses: this user may not connect" in refused
    assert "guess" not in refused
    assert 'value="lab"' in refused
    assert "It works: the board starts again and joins lab." in phone.asks(**typed, password="its own")[1]

    board.says(b"connected to the broker at lumos.local")


def test_a_board_that_was_set_up_by_a_phone_measures_itself_and_stays_set_up(
    start_board: StartBoard, broker: Broker, listener: Listener
) -> None:
    board = start_board(None)
    phone = Phone(board)
    phone.page()
    assert (
        "It works"
        in phone.asks(ssid="lab", wifi_password="pass word", host="127.0.0.1", port=broker.port, device="v4")[1]
    )
    # It knows of no sensor; a chip has a temperature of its own.
    reading = listener.wait_for("esp32/v4/output")
    assert reading["board_temperature"] == 48
    status = listener.wait_for("esp32/v4/status", lambda body: body["online"])
    assert status["sensors"]["board_temperature"]["label"] == "Board temperature"

    # A power cut, and a router that takes longer to come back than the board: no reason for a set-up.
    board.cut_power()
    said = len(board.said)
    board.set_wifi(up=False)
    board.restore_power()
    until(lambda: b"trying again" in board.said[said:] or b"set-up" in board.said[said:], "a word of the network")
    assert b"set-up" not in board.said[said:]
    board.set_wifi(up=True)
    listener.wait_for("esp32/v4/status", lambda body: body.get("boot", status["boot"]) != status["boot"])
    # It has measured from its start on; its newest sample comes first.
    listener.wait_for("esp32/v4/output", lambda body: body["boot"] != status["boot"] and body["seq"] == 0)


def test_a_button_held_after_the_power_came_opens_the_set_up_and_shows_it(
    start_board: StartBoard, broker: Broker, listener: Listener
) -> None:
    board = start_board(config_of("v1", broker.port, host="lumos.local", password="never shown"))
    (board.state / "hosts").write_text("lumos.local 127.0.0.1\n")
    listener.wait_for("esp32/v1/status", lambda body: body["online"])
    phone = Phone(board)
    board.cut_power()
    board.hold_button()
    board.restore_power()
    until(lambda: "192.168.4.1" in board.screen(), "the way to the set-up on the screen")
    assert board.screen()[:5] == ["Set-up:", "join this Wi-Fi", "lumos-a1b2c3", "then open", "192.168.4.1"]
    page = phone.page()
    assert 'name=device pattern="[A-Za-z0-9_\\-]{1,64}" required value="v1"' in page
    assert "never shown" not in page
    assert "pass word" not in page
    board.release_button()


@pytest.mark.parametrize(
    ("wifi", "said"),
    [
        ({"ssid": "lab", "password": "guess"}, b"no network: the password is wrong; trying again"),
        ({"ssid": "elsewhere", "password": "pass word"}, b"no network: no network of this name is in reach"),
    ],
)
def test_a_wifi_that_does_not_get_through_is_left_again(
    start_board: StartBoard, broker: Broker, listener: Listener, wifi: dict[str, str], said: bytes
) -> None:
    board = start_board(config_of("v5", broker.port, trial_s=1))
    first = listener.wait_for("esp32/v5/status", lambda body: body["online"])
    listener.say("esp32/v5/input", {"id": "1", "cmd": "config", "value": {"wifi": wifi}})
    assert listener.wait_for("esp32/v5/ack")["ok"] is True
    board.says(said)
    after = listener.wait_until(
        lambda: [b for b in listener.on("esp32/v5/status") if b.get("boot", first["boot"]) != first["boot"]], 30
    )
    assert after[0]["previous"]["cause"] == "config failed"
    assert b"set-up: join" not in board.said[board.said.rindex(said) :]


def test_a_configuration_that_does_not_get_through_is_left_again_and_restarts_are_not_repeated(
    start_board: StartBoard, broker: Broker, listener: Listener
) -> None:
    start_board(config_of("v2", broker.port, trial_s=1))
    first = listener.wait_for("esp32/v2/status", lambda body: body["online"])
    listener.say("esp32/v2/input", {"id": "1", "cmd": "config", "value": {"port": free_port()}})
    assert listener.wait_for("esp32/v2/ack")["ok"] is True
    cause = listener.wait_until(
        lambda: [b for b in listener.on("esp32/v2/event") if b["event"] == "boot" and b["boot"] != first["boot"]], 30
    )
    assert cause[0]["value"] == "config failed"
    known = listener.wait_for("esp32/v2/status", lambda body: body["online"] and body["boot"] != first["boot"])
    assert known["previous"]["cause"] == "config failed"
    # The command that comes again after that is known, and not done again.
    listener.say("esp32/v2/input", {"id": "1", "cmd": "config", "value": {"port": 1}})
    listener.wait_until(lambda: len(listener.on("esp32/v2/ack")) == 2)
    assert listener.on("esp32/v2/ack")[1] == {"id": "1", "ok": True}

    # So is one that asks for a restart; it is acknowledged before that.
    listener.start_anew()
    listener.say("esp32/v2/input", {"id": "2", "cmd": "reboot"})
    assert listener.wait_for("esp32/v2/ack") == {"id": "2", "ok": True}
    again = listener.wait_until(
        lambda: [b for b in listener.on("esp32/v2/status") if b.get("boot", known["boot"]) != known["boot"]], 30
    )
    assert again[0]["previous"]["cause"] == "command"
    listener.say("esp32/v2/input", {"id": "2", "cmd": "reboot"})
    listener.say("esp32/v2/input", {"id": "3", "cmd": "led", "value": True})
    listener.wait_for("esp32/v2/ack", lambda body: body["id"] == "3")
    acknowledged = [body["id"] for body in listener.on("esp32/v2/ack")]
    assert acknowledged == ["2", "2", "3"]
    assert listener.on("esp32/v2/status")[-1]["boot"] == again[0]["boot"]
