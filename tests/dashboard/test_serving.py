"""The page's HTML, and what a browser may keep of what it loads."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from typing import Any

import pytest
from plotly.offline import get_plotlyjs_version

from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from dashboard.compressed import Compressed
from telemetry.settings import Settings
from tests.dashboard.conftest import FakeReader

PLOTLY = "/_dash-component-suites/plotly/package_data/plotly.min.js"


@pytest.fixture
def client(settings: Settings, commander: Commander) -> Any:
    return create_app(settings, reader=FakeReader(), commander=commander).server.test_client()


@pytest.mark.parametrize(
    ("path", "early"), [("/?device=window", True), ("/explore", True), ("/", False), ("/devices?device=window", False)]
)
def test_the_charts_own_script_is_under_way_early_where_a_chart_is_opened(path: str, early: bool, client: Any) -> None:
    html = client.get(path).get_data(as_text=True)
    assert (f'<script src="{PLOTLY}"' in html) == early


def test_what_is_seen_before_dash_has_the_shape_of_the_layout_and_nothing_to_use(client: Any) -> None:
    """Of the pages with a chart alone, in the page's language, and with the fields of the range that is asked for."""
    html = client.get("/?device=window&from=2026-01-01&to=2026-01-02&lang=fr").get_data(as_text=True)
    sight = html.split('<div id="first-sight" aria-hidden="true" inert>')[1].split('<script src="')[0]
    assert re.findall(r' id="([^"]+)"', sight) == ["chart"]
    assert not re.search(r" (href|tabindex|data-[a-z]+)=", sight)
    assert 'class="custom-range"><' in sight
    assert "Télécharger" in sight
    assert 'class="custom-range" hidden=""><' in client.get("/?device=window").get_data(as_text=True)
    assert "first-sight" not in client.get("/").get_data(as_text=True)
    explore = client.get("/explore?from=2026-01-01&to=2026-01-02").get_data(as_text=True)
    sight = explore.split('<div id="first-sight" aria-hidden="true" inert>')[1].split('<script src="')[0]
    assert re.findall(r' id="([^"]+)"', sight) == ["explore-chart"]
    assert not re.search(r" (href|tabindex|data-[a-z]+)=", sight)
    assert 'class="custom-range"><' in sight


def test_scripts_in_the_page_itself_are_allowed_by_their_hashes(client: Any) -> None:
    answer = client.get("/?device=window")
    for script in re.findall(r"<script[^>]*>([^<]+)</script>", answer.get_data(as_text=True)):
        found = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{found}'" in answer.headers["Content-Security-Policy"] or script.startswith("{")


def test_plotly_is_the_version_that_dash_was_made_for(client: Any) -> None:
    """If it fails after an upgrade of plotly: take the same version of the bundle (dashboard/vendor)."""
    served = client.get(PLOTLY).get_data(as_text=True)
    assert served[:200].split("(cartesian - minified) v")[1].split()[0] == get_plotlyjs_version()


def test_a_file_is_compressed_once_and_an_answer_each_time() -> None:
    kept = Compressed(largest_bytes=10)
    kept.set("zstd;/assets/a.js?m=1", b"12345")
    kept.set("zstd;-", b"an answer")
    assert kept.get("zstd;/assets/a.js?m=1") == b"12345"
    assert kept.get("zstd;-") is None
    kept.set("br;/assets/a.js?m=1", b"1234")
    kept.set("br;/assets/b.js?m=1", b"12")
    assert [kept.get(f"{key}?m=1") for key in ("zstd;/assets/a.js", "br;/assets/a.js", "br;/assets/b.js")] == [
        None, b"1234", b"12",
    ]  # fmt: skip


def test_a_file_comes_in_the_form_that_each_browser_reads(client: Any) -> None:
    plain = client.get(PLOTLY).data
    for _ in range(2):
        packed = client.get(PLOTLY, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain


def test_only_what_an_upgrade_names_anew_is_kept_for_ever(client: Any) -> None:
    html = client.get("/").get_data(as_text=True)
    named = re.search(r"/_dash-component-suites/dash/dcc/dash_core_components\.v[^\"]+", html)
    assert named
    assert "immutable" in client.get(named[0]).headers["Cache-Control"]
    answer = client.get(PLOTLY)
    assert "immutable" not in answer.headers.get("Cache-Control", "")
    again = client.get(PLOTLY, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
