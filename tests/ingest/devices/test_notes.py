"""Notes: what people write on a moment or a span, through the actions and the questions, on a real store."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError, QuestionError
from telemetry.questions import QUESTIONS, answer
from telemetry.settings import Settings
from tests.ingest.conftest import Desk

T = 1_794_924_000_000_000
MINUTE = 60_000_000
LIGHT = ["window", "light"]


@pytest.fixture
def actions(desk: Desk, settings: Settings, folder: DataFolder) -> Actions:
    desk.hand("esp32/window/output", {"light": 1, "heat": 2})
    desk.hand("esp32/attic/output", {"light": 1})
    desk.rows("SELECT 1")
    return Actions(desk.writer, desk.recent, BoardUsers(settings, folder))


def write(actions: Actions, text: str = "opened the shutters", by: str = "ada", **more: Any) -> str:
    arguments = {"device": "window", "metric": "light", "from_us": T, "text": text, **more}
    arguments.setdefault("to_us", arguments["from_us"])
    return str(actions.carry_out("write_note", arguments, by)["id"])


def ask(desk: Desk, *series: list[str], start: int = T - MINUTE, end: int = T + 60 * MINUTE, **more: Any) -> Any:
    arguments = {"series": list(series) or [LIGHT], "start_us": start, "end_us": end, **more}
    found = desk.do(lambda: answer(desk.writer.connection, QUESTIONS, "notes", arguments))
    return found.to_pylist()


def texts(desk: Desk, *series: list[str], **more: Any) -> list[str]:
    return [row["text"] for row in ask(desk, *series, **more)]


def test_a_note_is_on_its_series_and_one_without_a_metric_on_the_whole_device(desk: Desk, actions: Actions) -> None:
    write(actions, "light only")
    write(actions, "all of it", metric=None, from_us=T + 1)
    write(actions, "another", device="attic", from_us=T + 2)
    assert texts(desk) == ["light only", "all of it"]
    assert texts(desk, ["window", "heat"]) == ["all of it"]
    assert texts(desk, LIGHT, ["attic", "light"]) == ["light only", "all of it", "another"]
    assert texts(desk, ["nobody", "light"]) == []
    assert ask(desk)[1]["metric"] is None


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [(T, T + 1, True), (T + 1, T + 9, True), (T + MINUTE, T + 2 * MINUTE, True), (T - 9, T, False),
     (T + MINUTE + 1, T + 2 * MINUTE, False)],
)  # fmt: skip
def test_a_span_is_shown_wherever_it_touches_the_range(
    start: int, end: int, seen: bool, desk: Desk, actions: Actions
) -> None:
    write(actions, to_us=T + MINUTE)
    assert bool(ask(desk, start=start, end=end)) is seen


def test_a_change_says_who_made_it_and_keeps_what_was_there_before(desk: Desk, actions: Actions) -> None:
    note = write(actions, "clouds", by="ada")
    actions.carry_out("change_note", {"id": note, "text": " rain ", "to_us": T + MINUTE}, "bob")
    (row,) = ask(desk)
    assert (row["text"], row["from_us"], row["to_us"]) == ("rain", T, T + MINUTE)
    assert (row["written_by"], row["changed_by"]) == ("ada", "bob")
    assert row["written_us"] <= row["changed_us"]
    actions.carry_out("change_note", {"id": note, "text": "rain"}, "eve")  # it says that already
    versions = desk.do(lambda: answer(desk.writer.connection, QUESTIONS, "note_versions", {"note_id": note}))
    found = [(row["text"], row["asked_by"]) for row in versions.to_pylist()]
    assert found == [("clouds", "ada"), ("rain", "bob")]


def test_a_deleted_note_can_be_brought_back(desk: Desk, actions: Actions) -> None:
    note = write(actions)
    revision = desk.recent.revision
    for _ in range(2):
        actions.carry_out("delete_note", {"id": note}, "bob")
    assert ask(desk) == []
    with pytest.raises(ActionError, match="restore it first"):
        actions.carry_out("change_note", {"id": note, "text": "x"}, "bob")
    actions.carry_out("restore_note", {"id": note}, "ada")
    assert texts(desk) == ["opened the shutters"]
    assert desk.recent.revision > revision  # so that open pages look again
    assert desk.rows("SELECT version, deleted, asked_by FROM notes ORDER BY 1") == [
        (1, False, "ada"), (2, True, "bob"), (3, False, "ada"),
    ]  # fmt: skip


def test_a_text_is_kept_as_it_was_written(desk: Desk, actions: Actions) -> None:
    evil = """<script>alert('1')</script> "'; DROP TABLE notes; -- é 🌤\nsecond line"""
    write(actions, evil)
    assert texts(desk) == [evil]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"text": "  "}, "needs a text"),
        ({"text": "x" * 2_001}, "at most 2,000 characters"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": "a\ud800b"}, "half of a pair"),
        ({"device": "nobody"}, "no device 'nobody'"),
        ({"metric": "lihgt"}, "did you mean 'light'"),
        ({"to_us": T - 1}, "end lies before"),
        ({"from_us": 0, "to_us": 2**62}, "1900 and 2200"),
        ({"from_us": 1.5}, "wrong type"),
    ],
)
def test_a_wrong_note_says_what_is_wrong(more: dict[str, Any], words: str, desk: Desk, actions: Actions) -> None:
    with pytest.raises(ActionError, match=words):
        write(actions, **more)
    assert desk.rows("SELECT count(*) FROM notes") == [(0,)]


@pytest.mark.parametrize("action", ["change_note", "delete_note", "restore_note"])
def test_an_unknown_note_is_named(action: str, actions: Actions) -> None:
    with pytest.raises(ActionError, match="no note 'x'"):
        actions.carry_out(action, {"id": "x"}, "ada")


def test_the_newest_notes_come_first_where_there_are_too_many(desk: Desk, actions: Actions) -> None:
    for minute in range(5):
        write(actions, str(minute), from_us=T + minute, to_us=T + minute)
    assert texts(desk, limit=2) == ["3", "4"]
    with pytest.raises(QuestionError, match="must be \\[device, metric\\]"):
        ask(desk, ["window"])
