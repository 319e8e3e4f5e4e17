"""The panels of the page System as plain functions: what they say of given answers, and that each fails alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from dash import no_update

from dashboard.callbacks.system import drawn
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.system import disk, ledger, quarantine, restarts
from dashboard.system.attention import verdicts
from dashboard.system.choices import Choices
from dashboard.system.panels import PANELS
from telemetry import restarts as noted
from telemetry.datafolder import DataFolder
from telemetry.errors import QuestionLimitError, StoreUnavailableError
from telemetry.questions import with_metadata
from telemetry.settings import Settings
from tests.dashboard.conftest import NOON_US, SECOND, health_table

HOUR = 3_600 * SECOND


def losses(**facts: Any) -> dict[str, Any]:
    return {
        "device": "window", "boots": 1, "expected": 8_640, "received": 8_631, "late": 0, "dropped": 0, "missing": 9,
        "gaps": 1, **facts,
    }  # fmt: skip


def gap(samples: int, ago_us: int = HOUR, ended: str = "open", **facts: Any) -> dict[str, Any]:
    from_us = NOON_US - ago_us
    return {
        "device": "window", "boot": "b", "seq_from": 1, "seq_to": samples, "samples": samples, "from_us": from_us,
        "to_us": from_us + samples * SECOND, "ended": ended, "ended_us": None if ended == "open" else NOON_US, **facts,
    }  # fmt: skip


#: The row of the ledger, its gaps, and what is said of them. NOON is 15:00 in Paris.
SENTENCES = [
    ({"missing": 0, "gaps": 0}, [], "nothing lost"),
    ({}, [gap(9)], "9 lost at 14:00"),
    ({"missing": 0, "dropped": 9}, [gap(9, ended="dropped")], "9 lost at 14:00"),
    ({"missing": 12}, [gap(9), gap(3, 2 * HOUR)], "12 lost in 2 gaps, the last at 14:00"),
    ({"missing": 0, "late": 40}, [gap(40, ended="filled")], "nothing lost, 40 came late"),
    ({"late": 40}, [gap(9), gap(40, ended="filled")], "9 lost at 14:00, 40 came late"),
    ({}, [gap(9, 60 * SECOND)], "9 may still come"),
    ({"missing": 12}, [gap(3, 60 * SECOND), gap(9)], "9 lost at 14:00, 3 may still come"),
    ({"missing": 900}, [gap(9)], "900 lost, the last at 14:00"),
    ({}, [gap(9, from_us=None, to_us=None)], "9 lost"),
]


@pytest.mark.parametrize(("row", "gaps", "words"), SENTENCES)
def test_a_board_s_losses_in_a_sentence(row: dict[str, Any], gaps: list[Any], words: str, style: Style) -> None:
    assert ledger.sentence(losses(**row), gaps, NOON_US, style) == words


def test_an_opened_board_shows_its_spans_and_those_with_losses_come_first(
    context_on: Callable[..., Context], style: Style
) -> None:
    rows = [losses(device="calm", received=8_640, missing=0, gaps=0), losses()]
    context = context_on(
        losses=pa.Table.from_pylist(rows),
        gaps=lambda **_: pa.Table.from_pylist([gap(9)]),
        devices=pa.table({"device": ["calm", "window"], "name": [None, "Window <1>"]}),
    )
    text = str(ledger.draw(context, Choices(board="window"), NOON_US, style))
    assert text.index("8,631 of 8,640") < text.index("8,640 of 8,640")
    assert "lost, nobody knows how" in text
    assert "Window <1>" in text
    assert "nobody knows" not in str(ledger.draw(context, Choices(), NOON_US, style))


PAYLOADS = [
    (b'{"light": 1', 11, '{"light": 1'),
    (b"\xff\x00caf\xc3\xa9", 7, "\\xff\\x00café"),
    ("a\u202eb\nc".encode(), 7, "a\\u202eb\\nc"),
    (b"x" * 500, 500, "x" * 400 + "…"),
    (b"cut", 70_000, "cut…"),
]


@pytest.mark.parametrize(("payload", "length", "text"), PAYLOADS)
def test_a_payload_is_shown_as_text_escaped_and_cut(payload: bytes, length: int, text: str) -> None:
    assert quarantine.shown_payload(payload, length) == text


def test_the_quarantine_is_tried_again_step_by_step_to_its_end(context_on: Callable[..., Context]) -> None:
    context, steps = context_on(), [(3, 1, 500), (2, 0, 900), (0, 0, None)]
    asked: list[Any] = []

    def call(action: str, arguments: dict[str, Any], by: str) -> Any:
        asked.append((action, arguments["after_us"], by))
        read, kept, next_us = steps[len(asked) - 1]
        return {"read": read, "kept": kept, "next_us": next_us}

    context.commander.actions.call = call  # type: ignore[method-assign]
    assert quarantine.replay(context, "ada") == (5, 1, True)
    assert asked == [("replay_quarantine", after, "ada") for after in (0, 500, 900)]


FORECASTS = [
    ({"full_us": None, "cause": None}, "never full: what expires makes room"),
    ({"full_us": NOON_US + 40 * 24 * HOUR, "cause": "disk"}, "disk full on Sun 27 Dec 2026, in 40\u202fd"),
    ({"full_us": NOON_US + 24 * HOUR, "cause": "limit"}, "limit reached on Wed 18 Nov 2026, in 1\u202fd"),
]


@pytest.mark.parametrize(("found", "words"), FORECASTS)
def test_the_forecast_in_words(found: dict[str, Any], words: str, style: Style) -> None:
    assert disk.forecast_words(found, NOON_US, style) == words


def test_restarts_of_parts_are_shown_without_ingest(
    context_on: Callable[..., Context], settings: Settings, style: Style
) -> None:
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    noted.note(folder, "ingest", "started")
    noted.note(folder, "ingest", "ended", -9)
    noted.note(folder, "ingest", "restarted")
    text = str(restarts.draw(context_on(), Choices(), NOON_US, style))
    assert text.index("ingest started again") < text.index("ingest killed by signal 9") < text.index("ingest started'")
    assert "ingest is not running" in text


def test_what_was_noted_of_parts_is_bounded_and_survives_damage(settings: Settings) -> None:
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    for code in range(120):
        noted.note(folder, "ingest", "ended", code)
    assert [event.code for event in noted.read(folder)] == list(range(20, 120))
    folder.part_events.write_text('[{"t_us": "x"')
    assert noted.read(folder) == []
    noted.note(folder, "broker", "started")
    assert len(noted.read(folder)) == 1


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_each_panel_fails_alone_and_keeps_what_it_showed(
    panel: Any, context_on: Callable[..., Context], style: Style
) -> None:
    context = context_on()  # answers nothing, as while ingest is down
    children, _, _, at_us = drawn(context, panel, Choices(), None, style)
    assert children is not no_update
    if panel.name in ("attention", "dashboard", "restarts"):
        assert isinstance(at_us, int)  # they have something to say without ingest
        return
    assert "ingest is not running" in str(children)
    children, name, state, _ = drawn(context, panel, Choices(), NOON_US, style)
    assert (children, name) == (no_update, "card-body stale")
    assert "as of" in str(state)


def test_a_panel_that_breaks_says_so(context_on: Callable[..., Context], style: Style) -> None:
    (ledger_panel,) = (panel for panel in PANELS if panel.name == "ledger")
    children, *_ = drawn(context_on(losses=pa.table({"wrong": [1]})), ledger_panel, Choices(), None, style)
    assert style.say("unexpected") in str(children)


def vitals(**facts: Any) -> pa.Table:
    row = {
        "broker_connected": True, "refused": [], "lag_ms": 0.0, "errors": 0, "backups_kept": 7,
        "backup_failed_us": None, "backup_trouble": None,
    }  # fmt: skip
    return pa.Table.from_pylist([{**row, **facts}])


def forecast(full_us: int | None = None) -> pa.Table:
    return with_metadata(pa.table({"bytes_per_day": [1.0]}), full_us=full_us, cause="disk" if full_us else None)


VERDICTS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"vitals": vitals(broker_connected=False)}, [("bad", "broker")]),
    ({"vitals": vitals(lag_ms=9_000.0, errors=2)}, [("warning", "ingest"), ("warning", "ingest")]),
    ({"vitals": vitals(backup_failed_us=NOON_US, backup_trouble="no room")}, [("bad", "store")]),
    ({"backups": pa.table({"made_us": [NOON_US - 60 * HOUR]})}, [("warning", "store")]),
    ({"forecast": forecast(NOON_US + 3 * 24 * HOUR)}, [("bad", "disk")]),
    ({"forecast": forecast(NOON_US + 30 * 24 * HOUR)}, [("warning", "disk")]),
    ({"forecast": QuestionLimitError("it took too long")}, [("warning", "ingest")]),
    ({"losses": pa.Table.from_pylist([losses()])}, [("warning", "ledger")]),
    ({"health": health_table(quarantined=2)}, [("warning", "quarantine")]),
    ({"health": health_table(clock_behind=True)}, [("warning", "ingest")]),
    ({"health": StoreUnavailableError("ingest is not running")}, [("bad", "ingest")]),
]


@pytest.mark.parametrize(("answers", "expected"), VERDICTS)
def test_what_deserves_a_look(
    answers: dict[str, Any], expected: list[tuple[str, str]], context_on: Callable[..., Context], style: Style
) -> None:
    well = {
        "health": health_table(), "vitals": vitals(), "forecast": forecast(), "losses": pa.table({"gaps": []}),
        "backups": pa.table({"made_us": [NOON_US]}), "gaps": lambda **_: pa.Table.from_pylist([gap(9)]),
    }  # fmt: skip
    found = verdicts(context_on(**{**well, **answers}), NOON_US, style)
    assert [(tone, panel) for tone, _, panel in found] == expected
