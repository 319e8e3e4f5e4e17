"""The table of panels: a row is a question, a figure function and a place, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dashboard import ids
from dashboard.access.roles import Identity, Role
from dashboard.app import create_app
from dashboard.callbacks import explore as callbacks
from dashboard.callbacks.explore import body_of
from dashboard.context import Context
from dashboard.explore import panels
from dashboard.explore.choices import Exploration
from dashboard.explore.panels import PANELS, Panel, about, window_of
from dashboard.figures import Answer, Figure, Style
from dashboard.layouts import explore as layouts
from dashboard.layouts.shell import shell
from dashboard.translations import PHRASES
from telemetry.errors import StoreUnavailableError
from telemetry.questions import QUESTIONS
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY
from tests.dashboard.conftest import NOON_US, FakeReader
from tests.dashboard.test_layout import component_ids
from tests.harness.examples import python_examples

Open = Callable[[str], Exploration]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_a_row_names_a_question_and_has_its_phrases(panel: Panel) -> None:
    assert panel.question in QUESTIONS
    assert {f"panel {panel.name}", f"empty {panel.name}"} <= set(PHRASES)
    assert 1 <= panel.span <= 12


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_every_panel_is_drawn_from_a_real_store(panel: Panel, reading: Context, opened: Open, style: Style) -> None:
    exploration = opened("?series=window/light&series=attic/temperature&range=7d&days=12345&hours=6-20")
    window = window_of(panel, exploration, None, NOON_US)
    drawn = panel.draw(panels.ask(reading, panel, exploration, window, style), style)
    assert drawn is not None
    if isinstance(drawn, dict):
        assert drawn["data"]
        assert drawn["layout"]["height"] > 0


def test_a_new_chart_is_one_row(
    reading: Context, past_settings: Settings, style: Style, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure function of three lines and a row: the page has the panel, its callback, its right to be looked at."""

    def newest(answers: Sequence[Answer], style: Style) -> Figure:
        value = answers[0].table.column("mean")[0].as_py()
        return {"data": [{"type": "indicator", "value": value}], "layout": {"height": 120}}

    row = Panel("newest", "gauge", "last_mean", newest, 12, more=lambda _: {"count": 1})
    for module in (panels, callbacks, layouts):
        monkeypatch.setattr(module, "PANELS", (*PANELS, row))
    monkeypatch.setitem(PHRASES, "panel newest", ("Newest", "Dernière"))  # type: ignore[attr-defined]
    monkeypatch.setattr("dashboard.callbacks.explore.now_us", lambda: NOON_US)
    assert ids.explore_panel("newest") in set(component_ids(shell(past_settings, "en", Identity("ada", Role.VIEWER))))
    made: Any = create_app(past_settings, reader=reading.reader, commander=reading.commander)
    answer = made.server.test_client().post("/_dash-update-component", json=_asks(made, opened, "newest"))
    body = answer.get_json()["response"][ids.explore_panel("newest")]["children"]
    assert body["props"]["children"]["props"]["figure"]["data"][0]["type"] == "indicator"


def test_the_chart_of_the_documents_is_drawn_from_a_real_store(reading: Context, opened: Open, style: Style) -> None:
    function, row = python_examples("docs/extending.md", "A chart")
    names: dict[str, Any] = {"Panel": Panel}
    exec(function, names)
    panel = eval(row, names)
    exploration = opened("?series=window/light&range=7d")
    window = window_of(panel, exploration, None, NOON_US)
    drawn = panel.draw(panels.ask(reading, panel, exploration, window, style), style)
    shares = drawn["data"][0]["y"]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(100)
    assert len(shares) > 50


def _asks(app: Any, opened: Open, name: str) -> dict[str, Any]:
    """What the page sends for a panel."""
    output = next(key for key in app.callback_map if ids.explore_panel(name) in key)
    entry = app.callback_map[output]
    values = {
        ids.EXPLORED: opened("?series=window/light").as_json(),
        ids.BROWSER: {"zone": "Europe/Paris"},
        ids.PAGE: {"language": "en"},
    }

    def parts(kind: str) -> list[dict[str, Any]]:
        return [
            {"id": part["id"], "property": part["property"], "value": values.get(part["id"])} for part in entry[kind]
        ]

    outputs = [
        {"id": ids.explore_panel(name), "property": "children"},
        {"id": ids.explore_about(name), "property": "children"},
    ]
    return {
        "output": output, "outputs": outputs, "inputs": parts("inputs"), "state": parts("state"),
        "changedPropIds": [f"{ids.EXPLORED}.data"],
    }  # fmt: skip


def test_a_question_is_asked_as_far_as_it_takes_what_is_chosen(opened: Open, style: Style) -> None:
    exploration = opened("?series=window/light&series=attic/temperature&days=6&hours=9-12&detail=2")
    by_name = {panel.name: panel for panel in PANELS}
    asked = panels.arguments(by_name["week"], exploration.chosen, exploration, (1, 2), style)
    assert asked == {
        "device": "attic", "metric": "temperature", "start_us": 1, "end_us": 2, "zone": "Europe/Paris",
        "weekdays": [5], "hours": [9, 12],
    }  # fmt: skip
    asked = panels.arguments(by_name["happenings"], exploration.chosen, exploration, (1, 2), style)
    assert asked == {"devices": ["window", "attic"], "start_us": 1, "end_us": 2}


def test_a_panel_says_what_it_is_about(opened: Open, style: Style) -> None:
    by_name = {panel.name: panel for panel in PANELS}
    one, two = (
        opened("?series=window/light&range=7d"),
        opened("?series=window/light&series=attic/temperature&range=30d"),
    )
    zoom = (NOON_US - 5, NOON_US)

    def words(name: str, exploration: Exploration, part: tuple[int, int] | None = None) -> str:
        window = window_of(by_name[name], exploration, part, NOON_US)
        return about(by_name[name], exploration, window, part, style)

    assert words("distribution", one) == "7 d"
    assert words("distribution", two) == "Light · window, 30 d"
    assert words("statistics", two) == "30 d"
    assert words("distribution", two, zoom) == "Light · window, zoomed part"
    # A typical week needs several weeks, whatever is zoomed to.
    assert words("week", one, zoom) == "28\u202fd"
    assert window_of(by_name["week"], two, zoom, NOON_US) == (NOON_US - 30 * US_PER_DAY, NOON_US)


def test_a_failing_panel_says_so_in_a_sentence_and_is_alone(
    reading: Context, opened: Open, style: Style, caplog: pytest.LogCaptureFixture
) -> None:
    exploration = opened("?series=window/light&range=7d")
    down = replace(reading, reader=FakeReader(histogram=StoreUnavailableError("ingest is not running")))
    by_name = {panel.name: panel for panel in PANELS}
    text = str(body_of(down, by_name["distribution"], exploration, None, style)[0])
    assert "ingest is not running" in text
    assert "Retry" in text

    def broken(answers: Sequence[Answer], style: Style) -> Figure:
        raise KeyError("secret")

    text = str(body_of(reading, replace(by_name["distribution"], draw=broken), exploration, None, style)[0])
    assert "Something went wrong here" in text
    assert "secret" not in text
    assert "the panel distribution failed" in caplog.text
    assert "Graph" in str(
        body_of(reading, by_name["distribution"], exploration, (NOON_US - US_PER_DAY, NOON_US), style)
    )


def test_an_empty_panel_says_what_is_missing(reading: Context, opened: Open, style: Style) -> None:
    exploration = opened("?series=window/light&from=2020-01-01&to=2020-02-01")
    for panel in PANELS:
        text = str(body_of(reading, panel, exploration, None, style)[0])
        assert PHRASES[f"empty {panel.name}"][0] in text
