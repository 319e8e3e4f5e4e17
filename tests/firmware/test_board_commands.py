"""What one may tell the board, and what it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.board.commands import COMMANDS, Commands


class FakeBoard:
    def __init__(self) -> None:
        self.state = {"led": False, "screen": "", "sending": True, "period_ms": 1_000}
        self.done: list[tuple[str, Any]] = []

    def change(self, part: str, value: Any) -> None:
        self.state[part] = value
        self.done.append((part, value))

    def do_identify(self, _: Any, __: str | None) -> None:
        self.done.append(("identify", None))

    def do_reboot(self, _: Any, identity: str | None) -> None:
        self.done.append(("reboot", identity))

    def do_config(self, value: dict[str, Any], identity: str | None) -> None:
        self.done.append(("config", (value, identity)))


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


def tell(commands: Commands, body: Any) -> Any:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = commands.handle(payload)
    return None if answer is None else json.loads(answer)


@pytest.mark.parametrize(
    ("cmd", "value", "answer"),
    [
        ("led", True, {"led": True}),
        ("message", "Bonjour", {"screen": "Bonjour"}),
        ("message", "x" * 512, {"screen": "x" * 512}),
        ("sending", False, {"sending": False}),
        ("period", 100, {"period_ms": 100}),
        ("period", 3_600_000, {"period_ms": 3_600_000}),
        ("identify", None, {}),
        ("reboot", None, {}),
    ],
)
def test_a_command_is_done_and_answered_with_the_state_as_it_is_now(
    board: FakeBoard, cmd: str, value: Any, answer: dict[str, Any]
) -> None:
    assert tell(Commands(board), {"id": "01J", "cmd": cmd, "value": value, "by": "admin"}) == {
        "id": "01J", "ok": True, **answer,
    }  # fmt: skip
    assert len(board.done) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"cmd": "period", "value": 99}, "period must be 100 to 3600000 ms"),
        ({"cmd": "period", "value": 3_600_001}, "period must be 100 to 3600000 ms"),
        ({"cmd": "period", "value": 1000.5}, "period must be 100 to 3600000 ms"),
        ({"cmd": "period", "value": True}, "period must be 100 to 3600000 ms"),
        ({"cmd": "led", "value": 1}, "led must be true or false"),
        ({"cmd": "led"}, "led must be true or false"),
        ({"cmd": "sending", "value": "off"}, "sending must be true or false"),
        ({"cmd": "message", "value": "x" * 513}, "message must be a text of up to 512 characters"),
        ({"cmd": "message", "value": 5}, "message must be a text of up to 512 characters"),
        ({}, "unknown command without a name: try one of "),
        ({"cmd": ["led"]}, "unknown command without a name: try one of "),
        ({"cmd": "format"}, "unknown command 'format': try one of "),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(board: FakeBoard, body: dict[str, Any], error: str) -> None:
    answer = tell(Commands(board), {"id": "01J", **body})
    assert answer["id"] == "01J"
    assert answer["ok"] is False
    assert answer["error"].startswith(error)
    assert board.done == []


def test_a_repeated_id_is_answered_again_and_not_done_again(board: FakeBoard) -> None:
    commands = Commands(board)
    first = tell(commands, {"id": "01J", "cmd": "led", "value": True})
    again = tell(commands, {"id": "01J", "cmd": "led", "value": True})
    assert first == again
    assert len(board.done) == 1


def test_a_repeated_refusal_is_refused_again_in_the_same_words(board: FakeBoard) -> None:
    commands = Commands(board)
    first = tell(commands, {"id": "01J", "cmd": "period", "value": 1})
    assert tell(commands, {"id": "01J", "cmd": "period", "value": 1}) == first


def test_a_restart_that_was_asked_for_is_not_done_again_after_the_restart(board: FakeBoard) -> None:
    commands = Commands(board, "01J")
    assert tell(commands, {"id": "01J", "cmd": "reboot"}) == {"id": "01J", "ok": True}
    assert board.done == []


def test_the_memory_of_ids_is_bounded(board: FakeBoard) -> None:
    commands = Commands(board)
    for number in range(500):
        tell(commands, {"id": f"01J{number}", "cmd": "led", "value": True})
    assert len(commands._seen) <= 32


@pytest.mark.parametrize(
    ("words", "done"),
    [
        (b"LedOn", ("led", True)),
        (b"LedOff", ("led", False)),
        (b"Hello there", ("screen", "Hello there")),
        (b"12", ("screen", "12")),
        (b"", ("screen", "")),
    ],
)
def test_the_original_programs_words_are_done_and_not_answered(
    board: FakeBoard, words: bytes, done: tuple[str, Any]
) -> None:
    assert tell(Commands(board), words) is None
    assert board.done == [done]


@pytest.mark.parametrize("identity", [None, "", 5, "x" * 65, ["a"]])
def test_a_command_without_a_usable_id_is_done_each_time_and_not_answered(board: FakeBoard, identity: Any) -> None:
    commands = Commands(board)
    for _ in range(2):
        assert tell(commands, {"id": identity, "cmd": "led", "value": True}) is None
    assert len(board.done) == 2


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (
            None,
            "config must be an object with one or more of wifi, host, port, username, password, tls_ca, time_server",
        ),
        ({}, "config must be an object with one or more of wifi, host, port, username, password, tls_ca, time_server"),
        ({"port": 0}, "config: port must be 1 to 65535"),
        ({"port": True}, "config: port must be 1 to 65535"),
        ({"wifi": {"ssid": ""}}, "config: wifi must have an ssid of 1 to 32 characters, and a password"),
        ({"wifi": {"ssid": "x", "password": 5}}, "config: the Wi-Fi's password must be a text"),
        ({"host": 5}, "config: host must be a text"),
        (
            {"period_ms": 5},
            "config cannot change 'period_ms': only wifi, host, port, username, password, tls_ca, time_server",
        ),
        ({"wifi": {"ssid": "lab", "password": "secret"}, "host": "lumos.local", "port": 1884}, None),
    ],
)
def test_a_new_configuration_is_looked_at_before_it_is_tried(board: FakeBoard, value: Any, error: str | None) -> None:
    answer = tell(Commands(board), {"id": "1", "cmd": "config", "value": value})
    assert answer == ({"id": "1", "ok": True} if error is None else {"id": "1", "ok": False, "error": error})
    assert board.done == ([("config", (value, "1"))] if error is None else [])


@given(st.binary(max_size=100))
def test_no_bytes_make_it_raise(payload: bytes) -> None:
    answer = Commands(FakeBoard()).handle(payload)
    assert answer is None or json.loads(answer)["ok"] in (True, False)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.fixed_dictionaries({"cmd": st.sampled_from([*COMMANDS, "x"]) | _JSON, "id": _JSON, "value": _JSON}))
def test_no_json_makes_it_raise(body: dict[str, Any]) -> None:
    answer = Commands(FakeBoard()).handle(json.dumps(body).encode())
    assert answer is None or json.loads(answer)["id"] == body["id"]
