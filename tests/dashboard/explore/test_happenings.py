"""What happened, in words: of commands, and of what boards say by themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from dashboard.explore.happenings import listing, words
from dashboard.figures import Answer, Style
from dashboard.plain import as_html
from dashboard.translations import speaker
from telemetry.questions import with_metadata
from tests.dashboard.conftest import NOON_US


@pytest.mark.parametrize(
    ("what", "value", "said"),
    [
        ("button", "true", "button"),
        ("dropped", json.dumps({"boot": "9f2c01ab", "count": 1_280, "from": 40, "to": 1_319}),
         "1,280 samples given up, numbers 40 to 1,319"),
        ("dropped", '{"count": "many"}', 'dropped {"count": "many"}'),
        ("dropped", "[3]", "dropped [3]"),
        ("dropped", "all of it", "dropped “all of it”"),
    ],
)  # fmt: skip
def test_an_event_is_said_as_a_person_would(what: str, value: str, said: str, style: Style) -> None:
    row: dict[str, Any] = {"kind": "event", "what": what, "value": value}
    assert words(row, style) == said


def test_it_is_said_in_french_too(style: Style) -> None:
    row = {"kind": "event", "what": "dropped", "value": '{"boot": "b", "count": 2, "from": 0, "to": 1}'}
    french = replace(style, language="fr", say=speaker("fr"))
    assert words(row, french) == "2 mesures abandonnées, numéros 0 à 1"


@pytest.mark.parametrize(("count", "complete", "said"), [(3, True, False), (3, False, True), (250, True, True)])
def test_a_list_that_is_cut_says_so(count: int, complete: bool, said: bool, style: Style) -> None:
    row = {"device": "window", "kind": "event", "what": "button", "value": "true", "asked_by": None, "state": None,
           "detail": None, "delay_ms": None}  # fmt: skip
    table = pa.Table.from_pylist([{**row, "t_us": NOON_US + number} for number in range(count)])
    found = as_html(listing([Answer("", "", "", with_metadata(table, complete=complete), None)], style))
    assert ("The newest 100." in found) is said
    assert found.count("<tr>") == 1 + min(count, 100)
