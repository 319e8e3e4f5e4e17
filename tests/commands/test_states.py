"""Every state of a command: over Mosquitto, with the firmware's own boards, slow ones, dead ones and stubborn ones."""

from __future__ import annotations

import json

import pytest

from dashboard.commands.commanding import Left, Target
from telemetry.errors import ActionError, BrokerError
from tests.commands.conftest import TIMEOUT_SECONDS, Room
from tests.harness.observer import observer
from tests.harness.waiting import until


def test_a_command_is_acknowledged_with_the_boards_own_state_and_its_delay(room: Room) -> None:
    board = room.desk.board("quick")
    dispatch = room.tell(board, "led", True)
    row = room.wait(dispatch, "acknowledged")
    assert board.led_on
    assert json.loads(row["detail"]) == {"led": True}
    assert 0 < row["delay_ms"] < 500
    assert (row["asked_by"], row["value"], room.states(dispatch)) == ("ada", "true", ["sent", "acknowledged"])


def test_a_board_refuses_with_its_own_reason(room: Room) -> None:
    board = room.desk.board("stubborn")
    row = room.wait(room.tell(board, "config", {"port": 0}), "refused")
    assert "port" in row["detail"]
    assert row["delay_ms"] > 0


def test_a_slow_board_is_given_up_and_its_late_answer_counts_all_the_same(room: Room) -> None:
    board = room.desk.board("slow", on=False)
    board.slow_down(2 * TIMEOUT_SECONDS)
    board.switch_on()
    dispatch = room.tell(board, "led", True)
    room.wait(dispatch, "timed out")
    assert room.wait(dispatch, "acknowledged")["delay_ms"] > 1_500 * TIMEOUT_SECONDS
    late = room.reader.ask("commands", state="answered late", device="slow").to_pylist()
    assert [found["command_id"] for found in late] == [dispatch.command_id]


def test_a_board_that_dies_leaves_its_command_without_an_answer(room: Room) -> None:
    board = room.desk.board("mortal")
    board.turn_deaf()
    dispatch = room.tell(board, "led", True)
    room.wait(dispatch, "sent")
    board.die()
    assert room.wait(dispatch, "timed out")["delay_ms"] is None
    room.wait_for_device(board, online=False)  # its last will
    board.switch_on()
    room.wait_for_device(board, online=True)
    assert (room.states(dispatch), board.led_on) == (["sent"], False)


def test_a_board_that_answers_twice_is_counted_once(room: Room) -> None:
    board = room.desk.board("talkative")
    dispatch = room.tell(board, "led", True)
    first = room.wait(dispatch, "acknowledged")
    with observer(room.port, "esp32/talkative/ack") as heard:
        again = {"id": dispatch.command_id, "cmd": "led", "value": True, "by": "ada"}
        heard.publish("esp32/talkative/input", json.dumps(again))
        (ack,) = heard.wait("esp32/talkative/ack")
    assert ack["id"] == dispatch.command_id
    until(lambda: len(room.states(dispatch)) == 3, "the second answer")
    assert room.row(dispatch) == {**first, "state": "acknowledged"}
    assert len(room.reader.ask("commands", device="talkative").to_pylist()) == 1


def test_an_answer_that_comes_while_ingest_is_away_is_there_after_its_restart(room: Room) -> None:
    board = room.desk.board("patient")
    room.wait_for_device(board, online=True)
    room.ingest.stop()
    try:
        with observer(room.port, "esp32/patient/ack") as heard:
            dispatch = room.tell(board, "led", True)
            heard.wait("esp32/patient/ack")
    finally:
        room.ingest.start()
    room.wait(dispatch, "acknowledged")
    assert board.led_on


def test_a_silent_boards_command_waits_for_its_return(room: Room) -> None:
    board = room.desk.board("sleeper")
    room.wait_for_device(board, online=True)
    board.say_good_bye()
    room.wait_for_device(board, online=False)
    first = room.tell(board, "led", True, silent=True)
    second = room.tell(board, "message", "bonjour", silent=True)
    assert (first.left, room.row(first)["state"]) == (Left.HELD, "held")
    board.switch_on()
    for dispatch in (first, second):
        assert room.wait(dispatch, "acknowledged")["delay_ms"] < 5_000
        assert room.states(dispatch) == ["held", "sent", "acknowledged"]
    assert board.led_on
    until(lambda: "bonjour" in " ".join(board.lines), "the message on its screen")


def test_what_is_held_survives_a_restart_of_ingest_during_which_the_board_returns(room: Room) -> None:
    board = room.desk.board("traveller")
    room.wait_for_device(board, online=True)
    board.say_good_bye()
    room.wait_for_device(board, online=False)
    dispatch = room.tell(board, "led", True, silent=True)
    room.ingest.stop()
    try:
        board.switch_on()
        with pytest.raises(Exception, match="ingest"):
            room.tell(board, "led", False, silent=True)
    finally:
        room.ingest.start()
    room.wait(dispatch, "acknowledged")
    assert board.led_on


@pytest.mark.parametrize(("minutes", "end"), [(59, "acknowledged"), (61, "expired")])
def test_a_command_is_held_for_an_hour(room: Room, minutes: int, end: str) -> None:
    board = room.silent_board(f"away-{minutes}")
    dispatch = room.tell(board, "led", True, silent=True)
    room.ingest.pass_time(minutes * 60)
    if end == "expired":
        room.wait(dispatch, "expired")
    board.switch_on()
    room.wait_for_device(board, online=True)
    room.wait(dispatch, end)
    assert board.led_on is (end == "acknowledged")


def test_a_withdrawn_command_is_never_sent(room: Room) -> None:
    board = room.silent_board("spared")
    dispatch = room.tell(board, "led", True, silent=True)
    room.commander.actions.call("withdraw_command", {"id": dispatch.command_id}, by="bob")
    assert json.loads(room.wait(dispatch, "withdrawn")["detail"]) == {"by": "bob"}
    board.switch_on()
    room.wait_for_device(board, online=True)
    room.wait(room.tell(board, "identify", None), "acknowledged")
    assert room.states(dispatch) == ["held", "withdrawn"]
    with pytest.raises(ActionError, match="is not held"):
        room.commander.actions.call("withdraw_command", {"id": dispatch.command_id}, by="bob")


def test_a_board_that_has_come_back_unnoticed_by_the_page_is_told_at_once(room: Room) -> None:
    board = room.desk.board("early")
    room.wait_for_device(board, online=True)
    dispatch = room.tell(board, "led", True, silent=True)
    room.wait(dispatch, "acknowledged")
    assert "held" in room.states(dispatch)  # though the page knew no better
    assert board.led_on


def test_several_boards_are_told_at_once_each_as_it_can_be(room: Room) -> None:
    here = [room.desk.board(f"here-{n}") for n in range(3)]
    room.silent_board("gone")
    with observer(room.port, "esp32/input") as original:
        targets = [*(Target(board.name) for board in here), Target("gone", silent=True), Target("esp32")]
        found = room.commander.send_all(targets, "led", True, by="ada", token="one click")
        again = room.commander.send_all(targets, "led", True, by="ada", token="one click")
        until(lambda: original.heard == [("esp32/input", b"LedOn")], "the original program's word")
    assert again == found
    assert [dispatch.left for dispatch in found] == [*[Left.PUBLISHED] * 3, Left.HELD, Left.UNCONFIRMABLE]
    for dispatch in found[:3]:
        room.wait(dispatch, "acknowledged")
    assert all(board.led_on for board in here)
    assert room.row(found[3])["state"] == "held"
    (row,) = until(lambda: room.reader.ask("commands", device="esp32").to_pylist(), "the original's command")
    assert (row["state"], row["value"], row["delay_ms"]) == ("sent, cannot be confirmed", "true", None)
    assert len(room.reader.ask("commands", device="here-0").to_pylist()) == 1


def test_what_one_board_cannot_be_told_does_not_keep_the_others_waiting(room: Room) -> None:
    board = room.desk.board("modern")
    found = room.commander.send_all([Target("esp32"), Target("modern")], "sending", False, by="ada")
    assert (found[0].left, str(found[0].error)) == (
        Left.NOT_SENT,
        "a board with the original program knows led and message, not sending",
    )
    room.wait(found[1], "acknowledged")
    assert board.simulated.board.state["sending"] is False


def test_an_id_of_the_askers_own_is_done_once_over_everybodys_restarts(room: Room) -> None:
    board = room.desk.board("exact")
    command_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    first = room.tell(board, "led", True, command_id=command_id.lower())
    room.wait(first, "acknowledged")
    room.wait(room.tell(board, "led", False), "acknowledged")
    room.commander._lately.clear()  # as after a restart of the dashboard
    room.ingest.stop()
    room.ingest.start()
    assert room.tell(board, "led", True, command_id=command_id) == first
    until(lambda: room.states(first).count("acknowledged") == 2, "its second answer")
    assert not board.led_on
    assert len(room.reader.ask("commands", device="exact").to_pylist()) == 2


def test_without_a_broker_nothing_is_sent_and_the_sentence_says_so(room: Room) -> None:
    board = room.desk.board("unreached")
    with room.dashboard_cut_off(), pytest.raises(BrokerError, match="not connected to the broker"):
        room.tell(board, "led", True)
    # What failed is no double click of what follows.
    room.wait(room.tell(board, "led", True), "acknowledged")
