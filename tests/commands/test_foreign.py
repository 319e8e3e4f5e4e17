"""A device of another convention: told in its own words on the topic that it announced, over a real Mosquitto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from dashboard.commands.telling import act, other_control
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.theme import LIGHT
from dashboard.translations import speaker
from telemetry.errors import CommandError
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
