"""Named actions and held commands, over the writer's own thread."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import ACTIONS, Actions
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError, CommandError
from telemetry.settings import Settings
from tests.harness.waiting import until
from tests.ingest.conftest import Desk

ONLINE, OFFLINE = {"online": True}, {"online": False}


@pytest.fixture
def actions(desk: Desk, settings: Settings, folder: DataFolder) -> Actions:
    desk.hand("esp32/window/status", OFFLINE)
    desk.rows("SELECT 1")
    return Actions(desk.writer, desk.recent, BoardUsers(settings, folder))


def hold(actions: Actions, **more: Any) -> str:
    arguments = {"devices": ["window"], "cmd": "led", "value": True, **more}
    return str(actions.carry_out("hold_commands", arguments, "ada")["ids"][0])


def states(desk: Desk, command_id: str) -> list[str]:
    rows = desk.rows("SELECT state FROM command_states WHERE command_id = $1 ORDER BY state_us", command_id)
    return [state for (state,) in rows]


def test_a_held_command_goes_out_when_the_board_returns(desk: Desk, actions: Actions) -> None:
    first, second = hold(actions), hold(actions, cmd="message", value="hé")
    assert states(desk, first) == ["held"]
    assert not [topic for topic, _ in desk.broker.published if topic.endswith("/input")]
    desk.hand("esp32/window/status", ONLINE)
    sent = until(
        lambda: [json.loads(p) for t, p in desk.broker.published if t == "esp32/window/input"], "both commands"
    )
    assert [body["id"] for body in sent] == [first, second]
    assert sent[0] == {"id": first, "cmd": "led", "value": True, "by": "ada"}
    for body in sent:  # what the broker hands back to us, as it does with every command
        desk.hand("esp32/window/input", body)
    assert states(desk, first) == ["held", "sent"]
    assert desk.rows("SELECT count(*) FROM commands") == [(2,)]


def test_held_commands_outlive_a_restart(desk: Desk, actions: Actions, restarted: Callable[[], Any]) -> None:
    held = hold(actions)
    desk.close()
    with restarted() as later:
        later.hand("esp32/window/status", ONLINE)
        sent = until(lambda: [json.loads(p) for t, p in later.broker.published if t.endswith("/input")], "the command")
        assert [body["id"] for body in sent] == [held]


def test_a_withdrawn_command_is_never_sent(desk: Desk, actions: Actions) -> None:
    held = hold(actions)
    assert actions.carry_out("withdraw_command", {"id": held}, "bob") == {"id": held}
    desk.hand("esp32/window/status", ONLINE)
    assert states(desk, held) == ["held", "withdrawn"]
    assert not [topic for topic, _ in desk.broker.published if topic.endswith("/input")]
    with pytest.raises(ActionError, match="is not held"):
        actions.carry_out("withdraw_command", {"id": held}, "bob")


def test_a_command_that_waited_too_long_expires(desk: Desk, actions: Actions) -> None:
    held = hold(actions, expires_seconds=1)
    until(lambda: states(desk, held) == ["held", "expired"], "its end")
    desk.hand("esp32/window/status", ONLINE)
    assert states(desk, held) == ["held", "expired"]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("hold_comands", {}, "did you mean 'hold_commands'"),
        ("hold_commands", {"devices": ["window"], "cmd": "led"}, "needs value"),
        ("hold_commands", {"devices": 7, "cmd": "led", "value": True}, "devices=7 is of the wrong type"),
        (
            "hold_commands",
            {"devices": ["window"], "cmd": "config", "value": {"password": "x"}},
            "while the board is online",
        ),
        ("hold_commands", {"devices": ["nobody"], "cmd": "led", "value": True}, "no device 'nobody'"),
        ("hold_commands", {"devices": ["window"], "cmd": "led", "value": True, "expires_seconds": 0}, "must be 1 to"),
        ("hold_commands", {"devices": ["window"], "cmd": "led", "value": True, "x": 1}, "takes no 'x'"),
        ("hold_commands", {"devices": ["window", 7], "cmd": "led", "value": True}, "takes a list of names"),
        ("hold_commands", {"devices": ["window"], "ids": ["x"], "cmd": "led", "value": True}, "must be a ULID"),
        ("describe_device", {"device": "nobody", "name": "x", "place": None}, "ever heard"),
        ("add_board_user", {"device": "a b"}, "cannot be a board's name"),
        ("remove_board_user", {"device": "nobody"}, "no board 'nobody'"),
    ],
)
def test_a_wrong_action_says_what_is_wrong(
    name: str, arguments: dict[str, Any], words: str, desk: Desk, actions: Actions
) -> None:
    with pytest.raises(Exception, match=words):
        actions.carry_out(name, arguments, "ada")
    assert desk.rows("SELECT count(*) FROM changes") == [(0,)]


def test_a_wrong_command_is_refused_before_it_is_held(actions: Actions) -> None:
    with pytest.raises(CommandError, match="led takes true or false"):
        hold(actions, value="on")


def test_every_action_is_kept_with_who_asked_and_no_secret(desk: Desk, actions: Actions) -> None:
    password = actions.carry_out("add_board_user", {"device": "attic"}, "ada")["password"]
    actions.carry_out("describe_device", {"device": "window", "name": "Fenêtre", "place": "attic"}, "bob")
    rows = desk.rows("SELECT asked_by, action, arguments FROM changes ORDER BY changed_us")
    assert [row[:2] for row in rows] == [("ada", "add_board_user"), ("bob", "describe_device")]
    assert password not in str(rows)
    assert desk.rows("SELECT name, place FROM devices") == [("Fenêtre", "attic")]


def test_every_action_says_what_it_does() -> None:
    assert all(action.run.__doc__ for action in ACTIONS.values())
