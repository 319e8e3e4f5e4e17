"""What an overview is told: everything once, and then what is new."""

from __future__ import annotations

import json
from typing import Any

import plotly.io
import pyarrow as pa

from dashboard.context import Context
from dashboard.figures import Style
from dashboard.overview.choices import Choices
from dashboard.overview.ticking import Heard, overview, tick
from telemetry.errors import StoreUnavailableError
from telemetry.questions import with_metadata
from tests.dashboard.conftest import NOON_US, SECOND
from tests.dashboard.overview.test_entries import DEVICES, VALUES

MINUTE = 60 * SECOND
KNOWN = Heard("c1", 3, NOON_US // MINUTE)


def latest(
    *rows: tuple[str, str, int, float], cursor: str = "c2", standing: int = 3, complete: bool = True
) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [[], [], [], []]
    kinds = (pa.string(), pa.string(), pa.int64(), pa.float64())
    names = ("device", "metric", "t_us", "value")
    arrays = {name: pa.array(list(c), kind) for name, c, kind in zip(names, columns, kinds, strict=True)}
    return with_metadata(pa.table(arrays), cursor=cursor, standing=standing, complete=complete)


def whole(context_on: Any, style: Style, choices: Choices, **more: Any) -> Any:
    nothing = with_metadata(pa.table({"device": [], "t_us": [], "mean": []}), bucket_us=MINUTE)
    answers = {
        "latest": latest(complete=False), "devices": pa.Table.from_pylist(DEVICES),
        "last_values": pa.Table.from_pylist(VALUES), "buckets_of": nothing,
    }  # fmt: skip
    context: Context = context_on(**{**answers, **more})
    return overview(context, choices, style, NOON_US), context


def text_of(component: Any) -> str:
    return json.dumps(json.loads(plotly.io.json.to_json_plotly(component)), ensure_ascii=False)


def test_any_number_of_devices_takes_four_questions(context_on: Any, style: Style) -> None:
    found, context = whole(context_on, style, Choices())
    asked: Any = context.reader
    assert [question for question, _ in asked.asked] == ["latest", "devices", "last_values", "buckets_of"]
    assert found.heard == Heard("c2", 3, NOON_US // MINUTE)
    assert found.news["readings"]["sim-2"] == {
        "heat": [(NOON_US - SECOND) // 1_000, 5.0], "light": [(NOON_US - 40 * SECOND) // 1_000, 5.0],
    }  # fmt: skip


def test_cards_name_their_device_its_place_and_how_it_stands(context_on: Any, style: Style) -> None:
    found, _ = whole(context_on, style, Choices("sim gren"))
    said = text_of(found.cards)
    for words in ("sim-2", "Grenier", "?device=sim-2&metric=light", "Température", '"data-presence": "live"'):
        assert words in said
    assert "sim-10" not in said
    silent = text_of(whole(context_on, style, Choices(state="silent"))[0].cards)
    assert "silent for {span}" in silent
    assert "no data yet" in silent


def test_nothing_found_offers_the_way_back(context_on: Any, style: Style) -> None:
    found, _ = whole(context_on, style, Choices("nowhere"))
    assert "Show all devices" in text_of(found.cards)
    assert found.news["readings"] == {}


def test_a_name_is_only_text(context_on: Any, style: Style) -> None:
    evil = [{**DEVICES[0], "name": "<img src=x>", "place": "<b>", "device": "a/b&c"}]
    found, _ = whole(context_on, style, Choices(), devices=pa.Table.from_pylist(evil))
    assert '"href": "?device=a%2Fb%26c' in text_of(found.cards)
    assert '"children": "<img src=x>"' in text_of(found.cards)


def test_nothing_new_is_nothing_at_all(context_on: Any) -> None:
    assert tick(context_on(latest=latest()), KNOWN, NOON_US) is None


def test_new_readings_are_all_that_travels(context_on: Any) -> None:
    context = context_on(latest=latest(("window", "light", NOON_US, 7.5)))
    assert tick(context, KNOWN, NOON_US) == (
        {"readings": {"window": {"light": [NOON_US // 1_000, 7.5]}}}, Heard("c2", 3, NOON_US // MINUTE), False,
    )  # fmt: skip


def test_another_list_of_devices_a_new_minute_and_a_new_ingest_draw_the_cards_again(context_on: Any) -> None:
    stirred = tick(context_on(latest=latest(standing=4)), KNOWN, NOON_US)
    assert stirred == (None, Heard("c2", 4, NOON_US // MINUTE), True)
    later = tick(context_on(latest=latest()), KNOWN, NOON_US + MINUTE)
    assert later == (None, Heard("c2", 3, NOON_US // MINUTE + 1), True)
    other = tick(context_on(latest=latest(complete=False, cursor="x1")), KNOWN, NOON_US)
    assert other == (None, Heard("x1", 3, NOON_US // MINUTE), True)


def test_without_ingest_the_cards_stay_and_its_return_draws_them_again(context_on: Any, style: Style) -> None:
    told = tick(context_on(), KNOWN, NOON_US)
    assert told == (None, Heard("", 3, NOON_US // MINUTE), False)
    assert tick(context_on(), told[1], NOON_US) is None
    found, _ = whole(context_on, style, Choices(), latest=StoreUnavailableError("away"))
    assert found.heard.cursor == ""
    assert Heard.from_json(found.heard.as_json()) == found.heard
