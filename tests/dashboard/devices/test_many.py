"""Telling several devices: whom, what, and how far it has come with each."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.callbacks.many import outcomes, wished
from dashboard.commands.commanding import Dispatch, Left, Target
from dashboard.devices.many import CHOSEN, COMMANDS, progress, remembered, tag_target, targets
from dashboard.figures import Style
from telemetry.commands import make
from telemetry.errors import BrokerError, CommandError
from tests.dashboard.commands.test_commanding import command
from tests.dashboard.devices.test_roster import entries
from tests.dashboard.test_panels import text_of


@pytest.fixture
def lab(context_on: Any) -> Any:
    return entries(
        context_on,
        {"device": "a", "tags": ["lab"]},
        {"device": "b", "tags": ["lab"], "online": False},
        {"device": "c", "tags": ["lab"], "hidden": True},
        {"device": "lamp", "tags": ["lab"], "source": "zigbee2mqtt"},
    )


def test_the_chosen_or_all_of_a_tag_are_meant(lab: Any) -> None:
    assert targets(tag_target("lab"), [], lab) == [Target("a"), Target("b", silent=True)]
    assert targets(CHOSEN, ["b", "gone", "lamp", "c"], lab) == [Target("b", silent=True), Target("c")]
    assert targets(tag_target("none"), ["a"], lab) == []


@pytest.mark.parametrize("what", COMMANDS)
def test_what_several_can_be_told_is_a_command(what: str) -> None:
    cmd, value = wished(what, "hé", 2.5)
    assert make("a", cmd, value, "ada").value == {"message": "hé", "clear": "", "period": 2_500}.get(what, value)


def test_what_is_no_number_or_no_command_is_refused() -> None:
    with pytest.raises(CommandError, match="cannot be told to several"):
        wished("config", "", 1)
    with pytest.raises(CommandError, match="period takes 100"):
        make("a", *wished("period", "", ""), "ada")


def test_each_outcome_is_counted_while_some_are_still_under_way(style: Style) -> None:
    told = remembered(
        [
            Dispatch("1", Left.PUBLISHED, "a"),
            Dispatch("2", Left.PUBLISHED, "b"),
            Dispatch("3", Left.HELD, "c"),
            Dispatch("4", Left.NOT_SENT, "<img>", BrokerError("no broker here")),
            Dispatch("5", Left.UNCONFIRMABLE, "esp32"),
        ]
    )
    rows = [command(command_id="1"), command(command_id="3", state="held", delay_ms=None)]
    found = progress(told, rows)
    assert found.under_way
    assert found.by_outcome == {
        ("confirmed", "good"): ("a",),
        ("waiting", "waiting"): ("b",),
        ("held", "waiting"): ("c",),
        ("not sent", "bad"): ("<img>",),
        ("unconfirmable", "warning"): ("esp32",),
    }
    shown = text_of(outcomes(found, told, style))
    for words in ("1 confirmed", "1 held", "1 not sent", "no broker here", "<img>"):
        assert words in shown, words
    assert not progress(told, [*rows, command(command_id="2", state="timed out", delay_ms=None)]).under_way
