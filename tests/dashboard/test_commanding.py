"""Commands: how they leave, and what is said of their answers."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from dashboard import acknowledgements
from dashboard.callbacks.commands import act, controls, watch
from dashboard.commanding import Commander, Left
from dashboard.figures import Style
from dashboard.liveness import Presence, standing
from dashboard.panels.history import value_text
from dashboard.translations import speaker
from dashboard.views import View
from telemetry.errors import CommandError
from tests.dashboard.conftest import NOON_US, SECOND, FakeActions, FakePublisher, status_row

VIEW = View("window", "light")


def command(**facts: Any) -> dict[str, Any]:
    """A row of `commands`."""
    row = {
        "command_id": "01B", "device": "window", "cmd": "led", "value": "true", "asked_by": "127.0.0.1",
        "sent_us": NOON_US, "state": "acknowledged", "detail": '{"led": true}', "delay_ms": 84.0,
    }  # fmt: skip
    return {**row, **facts}


def _context(context_on: Any, rows: list[dict[str, Any]], **device: Any) -> Any:
    series = pa.Table.from_pylist([{"device": "window", "metric": "light", "last_us": NOON_US}])
    schema = pa.schema([(name, pa.string()) for name in ("command_id", "cmd", "value", "state", "detail")])
    commands = pa.Table.from_pylist(rows) if rows else schema.empty_table()
    return context_on(commands=commands, devices=pa.Table.from_pylist([status_row(**device)]), series=series)


def test_a_board_that_is_online_is_told_over_the_broker(commander: Commander, publisher: FakePublisher) -> None:
    dispatch = commander.send("window", "led", True, by="10.0.0.7", silent=False)
    (topic, payload), *others = publisher.sent
    assert topic == "esp32/window/input"
    assert json.loads(payload) == {"id": dispatch.command_id, "cmd": "led", "value": True, "by": "10.0.0.7"}
    assert dispatch.left is Left.PUBLISHED
    assert others == []


def test_a_silent_boards_command_is_held_by_ingest(
    commander: Commander, publisher: FakePublisher, actions: FakeActions
) -> None:
    dispatch = commander.send("window", "message", "hello", by="10.0.0.7", silent=True)
    assert publisher.sent == []
    arguments = {"devices": ["window"], "ids": [dispatch.command_id], "cmd": "message", "value": "hello"}
    assert actions.called == [("hold_commands", arguments, "10.0.0.7")]
    assert dispatch.left is Left.HELD


@pytest.mark.parametrize(("cmd", "value", "words"), [("led", True, b"LedOn"), ("message", "été", "été".encode())])
def test_the_original_program_gets_its_own_words(
    commander: Commander, publisher: FakePublisher, cmd: str, value: Any, words: bytes
) -> None:
    dispatch = commander.send("esp32", cmd, value, by="", silent=False)
    assert publisher.sent == [("esp32/input", words)]
    assert dispatch.left is Left.UNCONFIRMABLE


def test_a_double_click_sends_once(commander: Commander, publisher: FakePublisher) -> None:
    first = commander.send("window", "led", True, by="a", silent=False)
    assert commander.send("window", "led", True, by="a", silent=False) == first
    assert len(publisher.sent) == 1


def test_another_wish_or_another_person_is_no_double_click(commander: Commander, publisher: FakePublisher) -> None:
    commander.send("window", "led", True, by="a", silent=False)
    commander.send("window", "led", False, by="a", silent=False)
    commander.send("window", "led", False, by="b", silent=False)
    assert len(publisher.sent) == 3


def test_a_message_that_is_too_long_is_not_sent(commander: Commander, publisher: FakePublisher) -> None:
    with pytest.raises(CommandError, match="at most 512 characters"):
        commander.send("window", "message", "x" * 513, by="", silent=False)
    assert publisher.sent == []


def test_without_a_broker_the_page_says_so(context_on: Any, publisher: FakePublisher, style: Style) -> None:
    publisher.connected = False
    reaction = act(_context(context_on, []), VIEW, "led", True, style)
    assert reaction.dispatch is None
    assert "not connected to the broker at 127.0.0.1:1883" in reaction.line.children[1].children


def test_a_silent_device_is_found_out_before_sending(context_on: Any, actions: FakeActions, style: Style) -> None:
    context = _context(context_on, [], online=False)
    reaction = act(context, VIEW, "led", True, style)
    assert reaction.line.children[1].children == "Device silent: held until it answers"
    assert len(actions.called) == 1


STATES = [
    (command(), "Confirmed by device in 84\u202fms", "good"),
    (command(cmd="message", delay_ms=112.0), "Shown on the screen at 15:00:00", "good"),
    (command(delay_ms=7_240.0), "Answered late, after 7.2\u202fs", "warning"),
    (command(state="refused", detail='{"error": "no LED here"}'), "Refused by the device: no LED here", "bad"),
    (command(state="timed out", delay_ms=None), "No answer within 5.0\u202fs", "bad"),
    (command(state="sent", delay_ms=None), "Sent, waiting for the device", "waiting"),
    (command(state="held", delay_ms=None), "Device silent: held until it answers", "waiting"),
    (command(state="expired", delay_ms=None), "Expired before the device came back", "warning"),
    (command(state="withdrawn", delay_ms=None), "Withdrawn", "warning"),
    (command(state="sent, cannot be confirmed", delay_ms=None), "Sent, cannot be confirmed", "warning"),
    (command(state=None, delay_ms=None), "Sent, waiting for the device", "waiting"),
]


@pytest.mark.parametrize(("row", "words", "tone"), STATES)
def test_each_state_has_its_sentence_and_tone(row: dict[str, Any], words: str, tone: str, style: Style) -> None:
    assert acknowledgements.sentence(row, style.say, style.zone, "en") == words
    assert acknowledgements.outcome(row).tone == tone
    assert acknowledgements.sentence(row, speaker("fr"), style.zone, "fr")


@pytest.mark.parametrize(
    ("status", "rows", "lit"),
    [
        ({"led": False}, [], False),
        ({}, [], None),
        ({"led": False}, [command(sent_us=NOON_US + SECOND)], True),
        ({"led": False}, [command(sent_us=NOON_US - 60 * SECOND)], False),
        ({"led": False}, [command(sent_us=NOON_US + SECOND, state="sent", delay_ms=None)], False),
        ({"led": False}, [command(sent_us=NOON_US + SECOND, detail=None)], True),
        ({"led": "yes"}, [], None),
    ],
)
def test_the_switch_shows_what_the_board_last_told(
    status: dict[str, Any], rows: list[dict[str, Any]], lit: bool | None
) -> None:
    assert acknowledgements.led_state(status, NOON_US, rows) is lit


def test_the_screen_shows_what_the_board_last_told() -> None:
    rows = [command(cmd="message", value='"hi"', detail='{"screen": "hi"}', sent_us=NOON_US + SECOND)]
    assert acknowledgements.screen_text({"screen": "before"}, NOON_US, rows) == "hi"
    assert acknowledgements.screen_text({}, NOON_US, []) is None


def test_while_waiting_nothing_is_sent_to_the_browser(context_on: Any, style: Style) -> None:
    from dash.exceptions import PreventUpdate

    context = _context(context_on, [command(state="sent", delay_ms=None)])
    with pytest.raises(PreventUpdate):
        watch(context, VIEW, style, {"led": "01B", "led at": NOON_US // 1_000}, NOON_US + SECOND)


def test_an_answer_ends_the_waiting(context_on: Any, style: Style) -> None:
    context = _context(context_on, [command()], status={"online": True, "led": False})
    found = watch(context, VIEW, style, {"led": "01B", "led at": NOON_US // 1_000}, NOON_US + SECOND)
    assert found[0] == "true"
    assert found[-1] is True


def test_a_command_that_nobody_recorded_is_said_to_be_unrecorded(context_on: Any, style: Style) -> None:
    context = _context(context_on, [])
    found = controls(context, VIEW, style, {"led": "01Z", "led at": NOON_US // 1_000}, NOON_US + 9 * SECOND)
    assert "ingest is not running" in found[5].children[1].children


@pytest.mark.parametrize(
    ("device", "facts", "last_us", "presence"),
    [
        ("window", {"online": True}, NOON_US, Presence.LIVE),
        ("window", {"online": None}, NOON_US, Presence.LIVE),
        ("window", {"online": False}, NOON_US, Presence.SILENT),
        ("esp32", {"online": False}, NOON_US, Presence.LIVE),
        ("window", {"online": True}, NOON_US - 60 * SECOND, Presence.QUIET),
        ("window", {"online": True, "status": {"sending": False}}, NOON_US - 60 * SECOND, Presence.PAUSED),
        ("window", {"online": True, "status": {"period_ms": 60_000}}, NOON_US - 60 * SECOND, Presence.LIVE),
        ("window", {"online": True}, None, Presence.UNHEARD),
    ],
)
def test_how_a_device_stands(device: str, facts: dict[str, Any], last_us: int | None, presence: Presence) -> None:
    assert standing(device, status_row(**facts), last_us, NOON_US).presence is presence


def test_a_status_that_is_no_object_says_nothing() -> None:
    assert standing("window", {"status": "[1]", "online": True}, NOON_US, NOON_US).status == {}
    assert standing("window", {"status": "{", "online": True}, NOON_US, NOON_US).status == {}
    assert standing("window", None, NOON_US, NOON_US).presence is Presence.LIVE


@pytest.mark.parametrize(
    ("cmd", "value", "text"),
    [
        ("led", "true", "on"),
        ("message", '"Bonjour\\nle labo"', "“Bonjour le labo”"),
        ("message", '""', "(cleared)"),
        ("period", "1500", "1,500\u202fms"),
        ("identify", "true", ""),
        ("message", '"<img onerror=x>"', "“<img onerror=x>”"),
        ("dance", '{"steps": 3}', '{"steps": 3}'),
        ("led", "not json", "“not json”"),
    ],
)
def test_a_commands_value_is_said_as_text(cmd: str, value: str, text: str, style: Style) -> None:
    assert value_text(cmd, value, style) == text
