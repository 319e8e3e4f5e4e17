"""Commands: how they leave, and what is said of their answers."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import dash
import pyarrow as pa
import pytest
from dash import no_update

from dashboard.callbacks.frame import device_standing
from dashboard.callbacks.telling import controls, noted, own, wait_on
from dashboard.commands import acknowledgements
from dashboard.commands.commanding import Commander, Left
from dashboard.commands.telling import Reaction, act
from dashboard.figures import Style
from dashboard.layouts.telling import LIVE
from dashboard.liveness import Presence, standing
from dashboard.panels.history import value_text
from dashboard.panels.telling import others
from dashboard.translations import speaker
from telemetry.controls import KINDS, Control
from telemetry.errors import CommandError
from tests.dashboard.conftest import NOON_US, SECOND, FakeActions, FakePublisher, status_row


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


def wish(context: Any, style: Style, cmd: str, value: Any = True) -> Reaction:
    """What a click on the page leads to."""
    asked = {"token": "t", "cmd": cmd, "value": value}
    return act(context, "window", device_standing(context, "window", NOON_US), asked, "ada", style)


def test_without_a_broker_the_page_says_so(context_on: Any, publisher: FakePublisher, style: Style) -> None:
    publisher.connected = False
    reaction = wish(_context(context_on, []), style, "led")
    assert reaction.dispatch is None
    assert "not connected to the broker at 127.0.0.1:1883" in reaction.line.children[1].children


def test_a_silent_device_is_found_out_before_sending(context_on: Any, actions: FakeActions, style: Style) -> None:
    context = _context(context_on, [], online=False)
    reaction = wish(context, style, "led")
    assert reaction.line.children[1].children == "Device silent: held until it answers"
    assert len(actions.called) == 1


def test_the_same_token_is_the_same_request_however_late_it_comes(
    commander: Commander, publisher: FakePublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = commander.send("window", "led", True, by="a", silent=False, token="x")
    monkeypatch.setattr("dashboard.commands.commanding._DOUBLE_CLICK_SECONDS", 0.0)
    assert commander.send("window", "led", True, by="a", silent=False, token="x") == first
    commander.send("window", "led", True, by="a", silent=False, token="y")
    assert len(publisher.sent) == 2


def test_a_held_command_is_withdrawn_by_whoever_asks(context_on: Any, actions: FakeActions, style: Style) -> None:
    reaction = wish(_context(context_on, []), style, "withdraw", "01HELD")
    assert (reaction.line, reaction.dispatch) == (None, None)
    assert actions.called == [("withdraw_command", {"id": "01HELD"}, "ada")]


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


PENDING = {"led-answer": "01B", "led-answer at": NOON_US // 1_000}


def test_while_waiting_nothing_is_sent_to_the_browser(context_on: Any, style: Style) -> None:
    from dash.exceptions import PreventUpdate

    context = _context(context_on, [command(state="sent", delay_ms=None)])
    with pytest.raises(PreventUpdate):
        wait_on(context, "window", PENDING, NOON_US + SECOND)


def test_an_answer_ends_the_waiting(context_on: Any, style: Style) -> None:
    context = _context(context_on, [command()], status={"online": True, "led": False})
    wait_on(context, "window", PENDING, NOON_US + SECOND)
    found = controls(context, "window", LIVE, style, PENDING, None, NOON_US + SECOND)
    assert found["led aria-checked"] == "true"
    assert found["clock"] is True
    assert "Confirmed by device" in found["led-answer"].children[1].children


def test_a_command_that_nobody_recorded_is_said_to_be_unrecorded(context_on: Any, style: Style) -> None:
    pending = {"led-answer": "01Z", "led-answer at": NOON_US // 1_000}
    found = controls(_context(context_on, []), "window", LIVE, style, pending, None, NOON_US + 9 * SECOND)
    assert "ingest is not running" in found["led-answer"].children[1].children


def test_each_control_shows_the_boards_own_state(context_on: Any, style: Style) -> None:
    status = {"online": True, "led": True, "sending": False, "period_ms": 2_500, "screen": "hé"}
    found = controls(_context(context_on, [], status=status), "window", LIVE, style, {}, None, NOON_US)
    assert (found["led aria-checked"], found["sending aria-checked"]) == ("true", "false")
    assert (found["led words"], found["sending words"]) == ("On", "Paused")
    assert (found["period"], found["screen"]) == (2.5, "hé")
    assert not found["own words hidden"]
    assert not found["more hidden"]
    again = controls(_context(context_on, [], status=status), "window", LIVE, style, {}, found["told"], NOON_US)
    assert again["period"] is dash.no_update  # somebody may be typing


def test_the_original_program_is_offered_what_it_knows(context_on: Any, style: Style) -> None:
    series = pa.Table.from_pylist([{"device": "esp32", "metric": "light", "last_us": NOON_US}])
    devices = pa.Table.from_pylist([status_row(device="esp32", online=None, status={})])
    context = context_on(commands=pa.table({"command_id": []}), devices=devices, series=series)
    found = controls(context, "esp32", LIVE, style, {}, None, NOON_US)
    assert (found["own words hidden"], found["more hidden"]) == (False, True)


CONTROL = {
    "device": "lamp", "source": "zigbee2mqtt", "name": "state", "kind": "switch", "topic": "z/lamp/set",
    "metric": "state", "label": "Lamp", "unit": None, "on": "ON", "off": "OFF", "low": None, "high": None,
    "step": None, "options": "[]", "key": "",
}  # fmt: skip


def _foreign(context_on: Any, rows: list[dict[str, Any]]) -> Any:
    return context_on(
        commands=pa.Table.from_pylist(rows) if rows else pa.table({"command_id": []}),
        controls=pa.Table.from_pylist([CONTROL, {**CONTROL, "name": "level", "kind": "number", "high": 254.0}]),
        devices=pa.Table.from_pylist([status_row(device="lamp", source="zigbee2mqtt")]),
        series=pa.Table.from_pylist([{"device": "lamp", "metric": "state", "last_us": NOON_US}]),
        last_values=pa.Table.from_pylist([{"device": "lamp", "metric": "state", "value": 1.0}]),
    )


def test_a_foreign_device_gets_its_conventions_words_and_what_was_said_is_kept(
    context_on: Any, publisher: FakePublisher, actions: FakeActions, style: Style
) -> None:
    context = _foreign(context_on, [])
    found = controls(context, "lamp", LIVE, style, {}, None, NOON_US)
    assert found["own words hidden"]
    shown = found["others"].to_plotly_json()
    assert "Lamp" in str(shown)
    # Nothing of it is new: what somebody is choosing there is left alone.
    assert controls(context, "lamp", LIVE, style, {}, found["told"], NOON_US)["others"] is no_update
    asked = {"token": "t", "cmd": "other:state", "value": False}
    reaction = act(context, "lamp", device_standing(context, "lamp", NOON_US), asked, "ada", style)
    assert publisher.sent == [("z/lamp/set", b"OFF")]
    said = {"device": "lamp", "cmd": "state", "value": False, "id": reaction.dispatch.command_id}
    assert actions.called == [("record_command", said, "ada")]
    assert reaction.line.children[1].children == "Sent, cannot be confirmed"
    for wrong, words in (("state", "takes true or false"), ("nothing", "takes no command for 'nothing'")):
        asked = {"token": "u", "cmd": f"other:{wrong}", "value": "x"}
        reaction = act(context, "lamp", device_standing(context, "lamp", NOON_US), asked, "ada", style)
        assert words in reaction.line.children[1].children
    asked = {"token": "v", "cmd": "other:level", "value": 300}
    reaction = act(context, "lamp", None, asked, "ada", style)
    assert "254" in reaction.line.children[1].children


def test_what_waits_for_a_silent_device_can_be_withdrawn(context_on: Any, style: Style) -> None:
    waiting = command(state="held", delay_ms=None, detail=json.dumps({"expires_us": NOON_US + 3_600 * SECOND}))
    context = _context(context_on, [waiting, command(command_id="01A")], online=False)
    shown = str(controls(context, "window", LIVE, style, {}, None, NOON_US)["held"].to_plotly_json())
    assert "held until 16:00" in shown
    assert shown.count("Withdraw") == 0  # nobody is logged in here
    pending = noted({}, wish(context, style, "led"), "window")
    assert pending["led-answer"]
    # What one device was told is not waited for at the next one that is opened.
    assert own(pending, "window") == pending
    assert own(pending, "attic") == {}


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


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_foreign_control_can_be_drawn(kind: str, style: Style) -> None:
    made = Control("gear", kind, "car/gear/set", "gear", unit="%", low=0, high=100, step=5, options=("park", "drive"))
    row = {**asdict(made), "options": json.dumps(made.options)}
    parts = others([row], {"gear": 1.0}, LIVE, style, may_act=True)
    assert "other:gear" in str(parts.to_plotly_json())
