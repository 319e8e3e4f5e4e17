"""`POST /command`: the outcome in one answer, over the real broker, ingest and boards."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tests.commands.conftest import TIMEOUT_SECONDS, Room
from tests.harness.waiting import until


@pytest.fixture(scope="module")
def ask(room: Room) -> Any:
    """`ask(body)` → (status, answer), as a script on this machine asks."""

    def post(body: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        response = room.app.server.test_client().post("/command", json=body, **more)
        return response.status_code, response.get_json()

    return post


def test_an_acknowledged_command_answers_with_the_boards_state_and_the_delay(room: Room, ask: Any) -> None:
    board = room.desk.board("scripted")
    room.wait_for_device(board, online=True)
    status, answer = ask({"device": "scripted", "cmd": "led", "value": True})
    assert (status, answer["state"], answer["result"], answer["error"]) == (200, "acknowledged", {"led": True}, None)
    assert (answer["device"], answer["cmd"], answer["value"]) == ("scripted", "led", True)
    assert 0 < answer["delay_ms"] < 5_000
    assert board.led_on
    (row,) = room.reader.ask("commands", command_id=answer["id"]).to_pylist()
    assert row["asked_by"] == "127.0.0.1"


def test_a_refusal_answers_with_the_boards_reason(room: Room, ask: Any) -> None:
    room.wait_for_device(room.desk.board("refuses"), online=True)
    status, answer = ask({"device": "refuses", "cmd": "config", "value": {"port": 0}})
    assert (status, answer["state"], answer["result"]) == (409, "refused", None)
    assert "port" in answer["error"]


def test_a_board_that_does_not_answer_is_told_as_such_when_the_time_is_over(room: Room, ask: Any) -> None:
    board = room.desk.board("mute")
    room.wait_for_device(board, online=True)
    board.turn_deaf()
    status, answer = ask({"device": "mute", "cmd": "led", "value": True, "timeout": 0.1})
    assert (status, answer["state"], answer["delay_ms"]) == (202, "sent", None)
    asked = time.monotonic()
    status, answer = ask({"device": "mute", "cmd": "led", "value": False, "timeout": 1.5})
    assert (status, answer["state"], answer["delay_ms"]) == (202, "timed out", None)
    assert 1.5 <= time.monotonic() - asked < 5


def test_a_late_answer_is_waited_for_as_long_as_the_asker_will(room: Room, ask: Any) -> None:
    board = room.desk.board("late", on=False)
    board.slow_down(2 * TIMEOUT_SECONDS)
    board.switch_on()
    room.wait_for_device(board, online=True)
    status, answer = ask({"device": "late", "cmd": "led", "value": True, "timeout": 20})
    assert (status, answer["state"], answer["result"]) == (200, "acknowledged", {"led": True})
    assert answer["delay_ms"] > TIMEOUT_SECONDS * 1_000


def test_a_silent_boards_command_is_held_and_the_answer_says_so(room: Room, ask: Any) -> None:
    board = room.silent_board("absent")
    status, answer = ask({"device": "absent", "cmd": "led", "value": True})
    assert (status, answer["state"]) == (202, "held")
    board.switch_on()
    until(lambda: board.led_on, "the held command")


def test_the_same_id_again_is_the_same_command(room: Room, ask: Any) -> None:
    room.wait_for_device(room.desk.board("once"), online=True)
    body = {"device": "once", "cmd": "led", "value": True, "id": "01BX5ZZKBKACTAV9WEVGEMMVRZ"}
    first, second = ask(body), ask(body)
    assert first == second
    assert first[1]["id"] == body["id"]
    assert len(room.reader.ask("commands", device="once").to_pylist()) == 1


def test_more_requests_than_may_wait_are_answered_at_once(room: Room, ask: Any) -> None:
    board = room.desk.board("busy")
    room.wait_for_device(board, online=True)
    board.turn_deaf()
    answers: list[tuple[int, dict[str, Any]]] = []
    body = {"device": "busy", "cmd": "period", "timeout": 2}
    threads = [threading.Thread(target=lambda n=n: answers.append(ask({**body, "value": 1_000 + n}))) for n in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) >= 4, "the answers that do not wait")
    for thread in threads:
        thread.join()
    assert sorted(answer["state"] for _, answer in answers) == ["sent"] * 4 + ["timed out"] * 4


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "send a JSON object"),
        ([], "send a JSON object"),
        ({"device": "once"}, "cmd takes a text"),
        ({"device": 7, "cmd": "led"}, "device takes a text"),
        ({"device": "once", "cmd": "led", "valeu": True}, "did you mean 'value'"),
        ({"device": "once", "cmd": "lde", "value": True}, "did you mean 'led'"),
        ({"device": "once", "cmd": "led", "value": "on"}, "led takes true or false"),
        ({"device": "once", "cmd": "period", "value": 5}, "period takes 100 to 3600000"),
        ({"device": "onec", "cmd": "led", "value": True}, "did you mean 'once'"),
        ({"device": "'; drop table devices", "cmd": "led", "value": True}, "there is no device"),
        ({"device": "../../x", "cmd": "led", "value": True}, "there is no device"),
        ({"device": "once", "cmd": "led", "value": True, "timeout": 31}, "timeout takes 0 to 30"),
        ({"device": "once", "cmd": "led", "value": True, "timeout": True}, "timeout takes 0 to 30"),
        ({"device": "once", "cmd": "led", "value": True, "id": "x"}, "must be a ULID"),
    ],
)
def test_a_wrong_request_is_a_400_and_a_sentence(room: Room, ask: Any, body: Any, words: str) -> None:
    if "once" not in [row["device"] for row in room.reader.ask("devices").to_pylist()]:
        room.wait_for_device(room.desk.board("once"), online=True)
    status, answer = ask(body)
    assert status == 400
    assert words in answer["error"]


def test_a_form_is_no_request(ask: Any) -> None:
    status, answer = ask(None, data={"device": "once"})
    assert (status, "JSON" in answer["error"]) == (400, True)


def test_without_a_broker_it_is_a_503(room: Room, ask: Any) -> None:
    room.wait_for_device(room.desk.board("cut-off"), online=True)
    with room.dashboard_cut_off():
        status, answer = ask({"device": "cut-off", "cmd": "led", "value": True})
    assert status == 503
    assert "not connected to the broker" in answer["error"]


def test_while_ingest_is_away_a_command_still_leaves_and_its_outcome_is_left_open(room: Room, ask: Any) -> None:
    board = room.desk.board("unwatched")
    room.wait_for_device(board, online=True)
    room.ingest.stop()
    try:
        status, answer = ask({"device": "unwatched", "cmd": "led", "value": True, "timeout": 0.2})
        until(lambda: board.led_on, "the command")
    finally:
        room.ingest.start()
    assert (status, answer["state"]) == (202, "sent")
