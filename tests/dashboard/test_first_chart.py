"""The figure that is asked for before Dash is there, against a real database file."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from dashboard import figures
from dashboard.commands.commanding import Commander
from dashboard.context import Context
from dashboard.drawing import draw
from dashboard.figures import Style
from dashboard.first.chart import first
from dashboard.live import Shown
from dashboard.views import View
from telemetry.datafolder import DataFolder
from telemetry.errors import StoreUnavailableError
from telemetry.reader import Reader
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_HOUR, iso_utc
from tests.dashboard.conftest import NOON_US

SPAN = f"from={iso_utc(NOON_US)}&to={iso_utc(NOON_US + US_PER_HOUR)}"
LOOK = {"zone": "America/New_York", "chosen": "", "scheme": "dark", "narrow": True, "coarse": True}


def _asked(client: Any, search: str, look: Any = LOOK, lang: str = "fr", page: str = "live") -> Any:
    asked = {"search": search, "look": orjson.dumps(look).decode(), "lang": lang, "page": page}
    return client.get("/first-chart", query_string=asked)


def test_it_is_the_figure_that_the_page_draws(client: Any) -> None:
    """The same functions make it: here the settings' clock, the scheme, the width and the language reach them."""
    answer = _asked(client, f"?device=window&metric=light&{SPAN}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    layout, line = answer.json["figure"]["layout"], answer.json["figure"]["data"][figures.LINE]
    assert line["x"][0] == "2026-11-17 15:00"  # in Paris, as the settings say
    assert len(line["x"]) == len(line["y"]) > 1_000
    assert "lx" in line["hovertemplate"]
    assert (layout["xaxis"]["nticks"], layout["dragmode"], layout["font"]["color"]) == (4, False, "#e4e9f1")
    assert answer.json["config"]["locale"] == "fr"
    assert answer.json["words"][".chart-title"] == "Light"
    assert answer.json["words"][".trail-name"] == "window · attic"


def test_it_equals_the_drawing_of_the_view(settings: Settings, commander: Commander, client: Any, style: Style) -> None:
    answer = _asked(client, f"?device=window&metric=light&{SPAN}", {"zone": "Europe/Paris", "scheme": "light"}, "en")
    view = View("window", "light", "custom", NOON_US, NOON_US + US_PER_HOUR, "lx", "Light", NOON_US)
    context = Context(settings, Reader(DataFolder(settings.data_dir), 5), commander)
    drawing = draw(context, view, style, Shown.from_json(None), None, NOON_US)
    assert drawing is not None
    assert answer.json["figure"] == orjson.loads(orjson.dumps(drawing.figure))


def test_of_explore_it_is_the_timeline_with_its_legend(client: Any) -> None:
    answer = _asked(client, f"?series=window/light&{SPAN}&compare=before", page="explore")
    (line,) = [trace for trace in answer.json["figure"]["data"] if trace.get("name") == "Light"]
    assert line["x"][0] == "2026-11-17 15:00"
    words = answer.json["words"]
    assert "Light" in words[".timeline-head .legend"]
    assert "shape-before" in words[".legend-more"]
    assert _asked(client, "?series=window/light&from=2020-01-01&to=2020-01-02", page="explore").status_code == 204


@pytest.mark.parametrize("search", ["?device=nobody", "", "?device=window&metric=light&from=2020-01-01&to=2020-01-02"])
def test_where_no_chart_is_drawn_there_is_none(client: Any, search: str) -> None:
    assert _asked(client, search).status_code == 204


@pytest.mark.parametrize("look", [None, [], {}, "dark"])
def test_a_look_that_no_page_of_ours_sends_is_a_400(client: Any, look: Any) -> None:
    answer = _asked(client, "?device=window", look)
    assert answer.status_code == 400
    assert "look must be the JSON object" in answer.json["error"]


def test_without_a_store_it_is_an_error_and_the_page_tells_it(context_on: Any) -> None:
    with pytest.raises(StoreUnavailableError):
        first(context_on(), "?device=window", LOOK, "en")
