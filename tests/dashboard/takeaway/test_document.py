"""The page as a file: all in it, nothing asked for, names only text."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pyarrow.csv
import pytest
from dash import dcc, html

from dashboard.callbacks.takeaway import of_exploration, of_view
from dashboard.explore.choices import Catalog, Exploration, resolve
from dashboard.figures import Style
from dashboard.plain import as_html
from dashboard.takeaway.choice import resolve as resolve_choice
from dashboard.views import CUSTOM, View
from telemetry.reader import Reader
from telemetry.settings import Settings
from tests.dashboard.conftest import NOON_US, SECOND
from tests.dashboard.takeaway.conftest import END_US, FIRST_US, NOTE

_FIGURE = re.compile(r'<script type="application/json" data-figure>(.*?)</script>', re.DOTALL)


@pytest.fixture
def page(served: Reader, settings: Settings, commander: Any) -> Any:
    """`page(query)` is the file that a dashboard over the running service gives."""
    from dashboard.app import create_app

    client = create_app(settings, reader=served, commander=commander).server.test_client()

    def page(query: str) -> str:
        response = client.get(f"/take/page.html?{query}")
        assert response.status_code == 200, response.get_data(as_text=True)
        assert response.headers["Content-Disposition"].endswith("_page.html")
        return str(response.get_data(as_text=True))

    return page


def span(start_us: int = FIRST_US, end_us: int = END_US) -> str:
    return f"series=window/light&from={start_us // 1_000}&to={end_us // 1_000}&zone=Europe/Paris"


def test_the_file_has_its_charts_its_numbers_and_plotly_inside_and_names_nobody_else(page: Any, served: Reader) -> None:
    text = page(f"{span()}&points=500&lang=fr&scheme=dark")
    figures = [json.loads(found) for found in _FIGURE.findall(text)]
    assert len(figures) >= 4  # the timeline, the typical week, the distribution, the days
    assert '<html lang="fr" data-mantine-color-scheme="dark">' in text
    assert "plotly.js (cartesian" in text
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", text.partition("plotly.js (cartesian")[0])
    assert "Content-Security-Policy" in text
    address = re.search(r'href="data:text/csv;base64,([^"]*)"', text)
    assert address is not None
    import io

    found = pyarrow.csv.read_csv(io.BytesIO(base64.b64decode(address[1]))).to_pydict()
    asked = {"device": "window", "metric": "light", "start_us": FIRST_US, "end_us": END_US, "points": 500}
    assert found["mean"] == served.ask("buckets", **asked).column("mean").to_pylist()


def test_a_name_ends_no_element_and_begins_none(page: Any) -> None:
    text = page(span())  # the label of this series is `Light <b>`
    assert "Light &lt;b&gt; · window" in text
    assert "Light <b>" not in text
    assert all("<" not in found for found in _FIGURE.findall(text))


def test_the_notes_stand_in_the_file_whole_with_the_numbers_of_their_marks(page: Any) -> None:
    text = page(span())
    (listed,) = re.findall(r'<ol class="notes">(.*?)</ol>', text, re.DOTALL)
    assert listed.count("<li>") == 1
    assert as_html(NOTE) in listed
    assert '<span class="note-number">1</span>' in listed
    assert "<button" not in listed
    assert '<ol class="notes">' not in page(f"{span()}&marks=commands")


def test_an_empty_range_says_so_in_the_file_too(page: Any) -> None:
    assert "No measurement in this range" in page(span(NOON_US - 9_000_000 * SECOND, NOON_US - 8_000_000 * SECOND))


def test_components_become_plain_html() -> None:
    component = html.Div(
        [
            html.P(["a ", html.B(1), None, "<i>"], className="x", style={"borderTopColor": "#fff"}),
            dcc.Link("way", href="javascript:alert(1)"),
            html.A("way", href="javascript:alert(1)"),
            html.Td(2.5, colSpan=2, **{"data-x": '"&'}),
        ],
        id="gone",
    )
    assert as_html(component) == (
        '<div><p class="x" style="border-top-color:#fff">a <b>1</b>&lt;i&gt;</p><span>way</span><span>way</span>'
        '<td colspan="2" data-x="&quot;&amp;">2.5</td></div>'
    )


KNOWN = [{"device": "window", "metric": "light", "unit": "lx", "label": "Light", "first_us": 1, "last_us": 2}]


@pytest.mark.parametrize("zoom", [None, (NOON_US, NOON_US + 60 * SECOND)])
@pytest.mark.parametrize("view", [View("window", "light", "1h"), View("window", "light", CUSTOM, NOON_US, NOON_US + 9)])
def test_what_the_live_page_shows_is_a_query_that_can_be_taken(view: View, zoom: Any, style: Style) -> None:
    from urllib.parse import parse_qs

    query, title, name = of_view(view, "Window", zoom, style)
    found = resolve_choice(parse_qs(query), KNOWN, NOON_US)
    assert (found.start_us, found.end_us) == (zoom or view.window(NOON_US))
    assert found.zone == "Europe/Paris"
    assert (title, name) == ("light · Window", "window_light")


def test_what_the_page_explore_shows_is_a_query_that_can_be_taken(style: Style) -> None:
    from urllib.parse import parse_qs

    catalog = Catalog(KNOWN, [])
    shown = resolve("?series=window/light&range=7d&days=12345&hours=22-6&compare=before", catalog)
    zoom = (NOON_US, NOON_US + 3_600 * SECOND)
    query, title, _ = of_exploration(shown, zoom, style)
    found = resolve_choice(parse_qs(query), KNOWN, NOON_US)
    assert (found.start_us, found.end_us, found.hours, found.weekdays) == (*zoom, (22, 6), (0, 1, 2, 3, 4))
    assert resolve(query, catalog).comparisons == ("before",)
    assert title == "Light · window"
    assert isinstance(shown, Exploration)
