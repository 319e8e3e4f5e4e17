"""A device of another convention: told in its own words on the topic that it announced, over a real Mosquitto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.commands.telling import act, other_control
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.theme import LIGHT
from dashboard.translations import speaker
from telemetry.errors import ActionError, CommandError
from telemetry.reader import Actions
from tests.commands.conftest import Room, a_room
from tests.harness.observer import observer
from tests.harness.waiting import until

SWITCH = {
    "name": "Lampe", "unique_id": "lamp_1", "state_topic": "home/lamp/state", "command_topic": "home/lamp/set",
    "device": {"identifiers": ["lamp"], "name": "Lampe du salon"},
}  # fmt: skip


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("foreign"), "--sources", "native,homeassistant") as made:
        yield made


def test_a_switch_is_told_on_its_own_topic_recorded_and_its_effect_is_seen(room: Room) -> None:
    with observer(room.port, "home/#") as home:
        home.publish("homeassistant/switch/lamp/config", json.dumps(SWITCH), retain=True)
        home.publish("home/lamp/state", "OFF", retain=True)
        (row,) = until(lambda: room.reader.ask("controls").to_pylist(), "what takes commands")
        device = row["device"]
        until(lambda: room.reader.ask("last_values").to_pylist(), "its state")
        context = Context(room.settings, room.reader, room.commander)
        style = Style(LIGHT, ZoneInfo("Europe/Paris"), "en", speaker("en"))
        wish = {"token": "one", "cmd": f"other:{row['name']}", "value": True}
        first = act(context, device, None, wish, "ada", style)
        second = act(context, device, None, wish, "ada", style)  # a double click
        assert first.dispatch == second.dispatch
        until(lambda: [body for topic, body in home.heard if topic == "home/lamp/set"] == [b"ON"], "the word ON, once")
        home.publish("home/lamp/state", "ON")
    (told,) = until(lambda: room.reader.ask("commands", device=device).to_pylist(), "the command")
    assert (told["state"], told["value"], told["asked_by"]) == ("sent, cannot be confirmed", "true", "ada")
    moments = {"device": device, "metric": row["metric"], "moments": [told["sent_us"]]}
    effect = until(
        lambda: (
            found[0] if (found := room.reader.ask("effects", **moments).to_pylist())[0]["after"] is not None else None
        ),
        "what came of it",
    )
    assert (effect["before"], effect["after"]) == (0, 1)
    with pytest.raises(CommandError, match="takes no command for 'volume'"):
        other_control(context, device, "volume")


PLUG = {
    "name": "Plug", "unique_id": "plug_1", "state_topic": "home/plug/state", "command_topic": "home/plug/set",
    "device": {"identifiers": ["plug"], "name": "plug"},
}  # fmt: skip


@pytest.fixture(scope="module")
def plug(room: Room) -> Iterator[tuple[str, str, Any]]:
    """`(device, control, witness)` of a plug that others made, with a name that a board could have."""
    with observer(room.port, "#") as home:
        home.publish("homeassistant/switch/plug/config", json.dumps(PLUG), retain=True)
        home.publish("home/plug/state", "OFF", retain=True)
        controls = lambda: [row for row in room.reader.ask("controls").to_pylist() if row["topic"] == "home/plug/set"]  # noqa: E731
        (row,) = until(controls, "what the plug takes")
        yield row["device"], row["name"], home


def test_a_script_tells_it_what_it_takes_in_its_own_words(room: Room, plug: tuple[str, str, Any]) -> None:
    device, name, home = plug
    script = room.app.server.test_client()
    body = {"device": device, "cmd": name, "value": True, "id": "01BX5ZZKBKACTAV9WEVGEMMVRZ"}
    for _ in ("once", "the same id again"):
        response = script.post("/command", json=body)
        answer = response.get_json()
        assert (response.status_code, answer["state"]) == (202, "sent, cannot be confirmed")
        assert (answer["id"], answer["result"], answer["error"]) == (body["id"], None, None)
    until(lambda: [text for topic, text in home.heard if topic == "home/plug/set"] == [b"ON"], "the word ON, once")
    (told,) = until(lambda: room.reader.ask("commands", device=device).to_pylist(), "the command")
    assert (told["command_id"], told["asked_by"]) == (body["id"], "127.0.0.1")
    for wrong, words in (
        ({**body, "cmd": "led"}, f"{device} takes no 'led', as it is no board of this project: it takes {name}"),
        ({**body, "value": "on"}, f"{name} takes true or false"),
        ({**body, "id": "x"}, "must be a ULID"),
    ):
        response = script.post("/command", json=wrong)
        assert response.status_code == 400
        assert words in response.get_json()["error"]


def test_schedules_leave_it_out_and_nothing_is_held_for_it(room: Room, plug: tuple[str, str, Any]) -> None:
    device, _, home = plug
    actions = Actions(room.ingest.folder, 20)
    said = {"name": "Plugs", "kind": "at", "zone": "UTC", "time": "06:30", "cmd": "led", "value": True}
    made = actions.call("make_schedule", {**said, "devices": [device]}, by="ada")
    actions.call("run_schedule", made, by="ada")
    (run,) = room.reader.ask("schedule_runs", schedule_id=made["id"]).to_pylist()
    assert (run["problem"], run["states"]) == ("nobody", "{}")
    with pytest.raises(ActionError, match=f"'{device}' is a device of homeassistant, not a board of this project"):
        actions.call("hold_commands", {"devices": [device], "cmd": "led", "value": True}, by="ada")
    assert [topic for topic, _ in home.heard if topic == f"esp32/{device}/input"] == []
