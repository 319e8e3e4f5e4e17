"""Notes as a list, and writing them, as plain functions."""

from __future__ import annotations

import json
from typing import Any

import plotly.io
import pyarrow as pa
import pytest

from dashboard.callbacks.notes import body, marked, save, span_of
from dashboard.figures import Style
from dashboard.notes.panel import listing
from telemetry.errors import QuestionError, StoreUnavailableError
from tests.dashboard.conftest import NOON_US, SECOND
from tests.dashboard.notes.test_marks import WINDOW, note

LIGHT = [["window", "light"]]


def text_of(component: Any) -> str:
    return json.dumps(json.loads(plotly.io.json.to_json_plotly(component)), ensure_ascii=False)


def test_a_list_has_the_numbers_of_the_marks_and_says_who_and_when(style: Style) -> None:
    said = text_of(listing([note(0), note(60, 120, changed_by="bob", metric=None)], style, may_write=True))
    for words in ("rain", "by ada", "changed by bob", "15:01:00 – ", '"data-note": "change"', '"data-note": "delete"'):
        assert words in said
    assert '"children": "2"' in said


def test_who_may_only_look_finds_no_button(style: Style) -> None:
    assert "data-note" not in text_of(listing([note(0)], style, may_write=False))
    assert "No note in this range" in text_of(listing([], style, may_write=False))


def test_a_text_is_only_text(style: Style) -> None:
    assert '"children": "<img src=x>"' in text_of(listing([note(0, text="<img src=x>")], style, may_write=False))


def test_only_the_marks_of_a_chart_are_touched(style: Style) -> None:
    patch = json.loads(
        plotly.io.json.to_json_plotly(marked([note(60)], {"shapes": [], "annotations": []}, WINDOW, style))
    )
    assert {tuple(step["location"]) for step in patch["operations"]} == {
        ("layout", "shapes"), ("layout", "annotations"),
    }  # fmt: skip


def test_a_deletion_is_offered_to_be_taken_back_for_a_while(context_on: Any, style: Style) -> None:
    from telemetry.timestamps import now_us

    context = context_on(notes=pa.Table.from_pylist([note(0)]))
    now_ms = now_us() // 1_000
    assert "Undo" in text_of(body(context, LIGHT, WINDOW, style, {"at": now_ms, "deleted": "01X"})[1])
    assert "Undo" not in text_of(body(context, LIGHT, WINDOW, style, {"at": now_ms - 90_000, "deleted": "01X"})[1])
    assert "refused" in text_of(body(context, LIGHT, WINDOW, style, {"at": now_ms, "problem": "refused"})[1])
    assert body(context_on(notes=StoreUnavailableError("away")), LIGHT, WINDOW, style, 7) == "away"  # type: ignore[arg-type]


def test_a_new_note_and_a_changed_one_are_actions_of_whoever_asks(context_on: Any, actions: Any) -> None:
    span = (NOON_US, NOON_US + SECOND)
    save(context_on(), {"id": "", "device": "window", "metric": "light"}, "rain", span, whole=False)
    save(context_on(), {"id": "", "device": "window", "metric": "light"}, "rain", span, whole=True)
    save(context_on(), {"id": "01X", "device": "window", "metric": "light"}, "sun", span, whole=False)
    said = {"from_us": span[0], "to_us": span[1]}
    assert [(name, arguments) for name, arguments, _ in actions.called] == [
        ("write_note", {"device": "window", "metric": "light", **said, "text": "rain"}),
        ("write_note", {"device": "window", "metric": None, **said, "text": "rain"}),
        ("change_note", {"id": "01X", **said, "text": "sun"}),
    ]


def test_the_forms_clock_is_the_pages(style: Style) -> None:
    assert span_of("2026-11-17 15:00:00", None, style) == (NOON_US, NOON_US)
    assert span_of("2026-11-17 15:00:00", "2026-11-17 15:00:01", style) == (NOON_US, NOON_US + SECOND)
    for start, end in ((None, None), ("2026-11-17 15:00:00", "2026-11-17 14:00:00"), ("x", None)):
        with pytest.raises(QuestionError):
            span_of(start, end, style)
