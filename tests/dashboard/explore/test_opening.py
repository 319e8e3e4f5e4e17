"""From the address to the controls, and from the custom range to an address, as the callbacks do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard import ids
from dashboard.callbacks.explore import series_choices, zoom_json, zoom_of
from dashboard.callbacks.state import span_between
from dashboard.context import Context
from dashboard.explore.choices import Catalog, Exploration
from dashboard.figures import Style
from telemetry.timestamps import parse_instant

Open = Callable[[str], Exploration]


def _opened(app: Any, search: str, kept: Any = None, revisions: Any = (None, None), **browser: Any) -> dict[str, Any]:
    """The answer to an address, or an empty one where nothing changes."""
    output = next(key for key in app.callback_map if key.startswith(f"..{ids.EXPLORED}.data"))
    entry = app.callback_map[output]
    look = {"zone": "Europe/Paris", "scheme": "light", **browser}
    values = {
        ids.visit("explore"): {"search": search, "revision": revisions[1], "look": look},
        ids.EXPLORED: kept, ids.EXPLORE_SEEN: revisions[0],
        ids.PAGE: {"language": "en"},
    }  # fmt: skip
    parts = {kind: [{**part, "value": values.get(part["id"])} for part in entry[kind]] for kind in ("inputs", "state")}
    names = [name.rsplit(".", 1) for name in output.strip(".").split("...")]
    outputs = [{"id": name.partition("@")[0], "property": prop.partition("@")[0]} for name, prop in names]
    body = {"output": output, "outputs": outputs, "changedPropIds": ["visit-explore.data"], **parts}
    answer = app.server.test_client().post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()["response"]
    return found


def test_an_address_fills_the_controls(app: Any) -> None:
    found = _opened(
        app,
        "?series=window/light&series=attic/temperature&range=7d&compare=usual&days=12345&hours=22-6&marks=notes"
        "&detail=2&zoom=2026-11-17T10:00:00Z/2026-11-17T11:00:00Z",
    )
    assert [series["key"] for series in found[ids.EXPLORED]["data"]["series"]] == ["window/light", "attic/temperature"]
    chosen = found[ids.EXPLORE_CHOSEN]["data"]
    assert chosen["search"].startswith("?series=window/light&series=attic/temperature&range=7d")
    assert chosen["series"] == ["window/light", "attic/temperature"]
    assert chosen["range"] == "7d"
    assert chosen["compare"] == ["usual"]
    assert chosen["days"] == ["0", "1", "2", "3", "4"]
    assert (chosen["hour-from"], chosen["hour-to"]) == ("22", "6")
    assert chosen["marks"] == ["notes"]
    assert chosen["detail"] == "1"
    assert not chosen["single"]
    assert found[ids.EXPLORE_ZOOM]["data"]["from"] == parse_instant("2026-11-17T10:00:00Z") // 1_000


def test_the_same_address_again_draws_nothing_again(app: Any) -> None:
    kept = _opened(app, "?series=window/light&range=7d")[ids.EXPLORED]["data"]
    assert ids.EXPLORED not in _opened(app, "?series=window/light&range=7d", kept)
    # A zoom alone concerns the panels that follow it, and the browser has drawn it already.
    zoomed = _opened(app, "?series=window/light&range=7d&zoom=2026-11-17T10:00:00Z/2026-11-17T11:00:00Z", kept)
    assert ids.EXPLORED not in zoomed
    # What is done while it is shown is drawn; what was done before the page knew is there already.
    assert ids.EXPLORED in _opened(app, "?series=window/light&range=7d", kept, (3, 4))
    for revisions in ((None, 4), (4, 4)):
        again = _opened(app, "?series=window/light&range=7d", kept, revisions)
        assert ids.EXPLORED not in again
        assert ids.EXPLORE_CHOSEN not in again
    assert ids.EXPLORED in _opened(app, "?series=window/light&range=7d", kept, scheme="dark")
    assert ids.EXPLORED in _opened(app, "?series=window/light&range=24h", kept)


@pytest.mark.parametrize(
    ("search", "chosen", "shown"),
    [("?zone=Asia/Tokyo", "", "Asia/Tokyo"), ("", "Asia/Tokyo", "Asia/Tokyo"), ("?zone=Mars/Olympus", "", "auto")],
)
def test_a_links_clock_comes_before_the_readers(search: str, chosen: str, shown: str, app: Any) -> None:
    assert _opened(app, search, chosen=chosen)[ids.EXPLORE_CHOSEN]["data"]["zone"] == shown


def test_two_moments_of_the_readers_clock_become_a_range(style: Style) -> None:
    found = span_between("2026-10-25 01:30:00", "2026-10-25 04:00:00", style)
    # The clock is put back between them.
    assert found == tuple(map(parse_instant, ("2026-10-24T23:30:00.000Z", "2026-10-25T03:00:00.000Z")))


def test_series_are_listed_by_device_without_the_hidden_ones(reading: Context) -> None:
    devices = reading.rows("devices")
    hidden = [{**row, "hidden": row["device"] == "window"} for row in devices]
    assert [group["group"] for group in series_choices(Catalog(reading.rows("series"), hidden))] == ["Attic"]
    groups = series_choices(Catalog(reading.rows("series"), devices))
    assert [group["group"] for group in groups] == ["Attic", "window"]
    assert {"value": "window/light", "label": "Light (lx) · window"} in groups[1]["items"]


def test_the_series_of_very_many_devices_are_one_list(reading: Context) -> None:
    rows = [
        {**row, "device": f"board-{n:02}"}
        for n in range(51)
        for row in reading.rows("series")
        if row["device"] == "window" and row["metric"] == "light"
    ]
    choices = series_choices(Catalog(rows, []))
    assert choices[50] == {"value": "board-50/light", "label": "Light (lx) · board-50"}
    assert "group" in series_choices(Catalog(rows[:50], []))[0]


def test_the_control_names_series_in_the_timelines_colours(app: Any, style: Style) -> None:
    found = _opened(app, "?series=window/light&series=attic/temperature")[ids.EXPLORE_SERIES]
    assert found["style"] == {"--series-1": style.palette.hues[0], "--series-2": style.palette.hues[1]}


def test_a_zoom_survives_the_browser() -> None:
    assert zoom_of(zoom_json((5_000, 9_000))) == (5_000, 9_000)
    assert zoom_of(zoom_json(None)) is None
