"""What people say of a metric, as the form shows and keeps it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dashboard.devices.metrics import describe_metric, metric_form, with_kept
from dashboard.figures import Style
from telemetry.errors import ActionError, StoreUnavailableError
from tests.dashboard.conftest import FakeActions
from tests.dashboard.test_panels import text_of

DESCRIPTION = {
    "metric": "light", "label": None, "unit": "lx", "low": None, "high": 50.0, "decimals": 0,
    "own_label": "Light", "own_unit": "raw", "own_low": 0.0, "own_high": 4_095.0,
}  # fmt: skip
RULES = [
    {"level": "raw", "device": None, "metric": None, "days": 400.0},
    {"level": "raw", "device": "window", "metric": "light", "days": 30.0},
    {"level": "raw", "device": "window", "metric": "noise", "days": 0.0},
    {"level": "minute", "device": "window", "metric": "light", "days": 900.0},
]


@pytest.fixture
def context(context_on: Any) -> Any:
    return context_on(descriptions=pa.Table.from_pylist([DESCRIPTION]), retention=pa.Table.from_pylist(RULES))


def test_the_form_holds_what_people_said_and_shows_behind_it_what_the_board_says(context: Any) -> None:
    said = ["", "lx", "", 50.0, 0, 30.0]
    behind = ["Light", "raw", "0.0", "4095.0", "", ""]
    assert metric_form(context, "window", "light") == [*said, *behind]
    assert metric_form(context, "window", "nothing") == [""] * 12


def test_each_metric_says_how_long_its_readings_are_kept(context: Any, style: Style) -> None:
    series = [{"device": "window", "metric": metric} for metric in ("light", "noise", "humidity")]
    assert [row["kept"] for row in with_kept(context, series, style)] == ["30 d", "for ever", "400 d"]


def test_without_ingest_nobody_knows_how_long_and_the_rest_is_there(context_on: Any, style: Style) -> None:
    series = [{"device": "window", "metric": "light"}]
    assert with_kept(context_on(retention=StoreUnavailableError("away")), series, style) == series


def test_only_what_changed_is_told(context: Any, actions: FakeActions, style: Style) -> None:
    words = {"label": "Jour", "unit": None, "low": None, "high": None, "decimals": 1}
    said = describe_metric(context, "window", "light", ["Jour", None, None, None, 1, 30.0], style, "ada")
    assert actions.called == [("describe_metric", {"device": "window", "metric": "light", **words}, "ada")]
    assert "Saved" in text_of(said)


def test_another_retention_tells_what_the_night_will_delete(
    context: Any, style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, dict[str, Any]]] = []

    def call(action: str, arguments: dict[str, Any], by: str) -> Any:
        told.append((action, arguments))
        mine, other = ({"device": "window", "metric": name, "rows": 1_234} for name in ("light", "noise"))
        return {"expires": [mine, other]} if action == "set_retention" else {}

    monkeypatch.setattr(context.commander.actions, "call", call)
    said = describe_metric(context, "window", "light", ["", None, None, None, None, 7], style, "ada")
    assert told[1] == ("set_retention", {"level": "raw", "days": 7, "device": "window", "metric": "light"})
    assert "deletes 1,234 readings" in text_of(said)

    def refuse(action: str, *_: Any, **__: Any) -> Any:
        if action == "set_retention":
            raise ActionError("minute would be kept shorter than raw")

    monkeypatch.setattr(context.commander.actions, "call", refuse)
    said = describe_metric(context, "window", "light", ["", None, None, None, None, None], style, "ada")
    assert "kept shorter" in text_of(said)
