"""The page's HTML, and what a browser may keep of what it loads."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dashboard.app import create_app
from dashboard.commanding import Commander
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
    assert (f'<link rel="preload" as="script" href="{PLOTLY}">' in html) == early


def test_only_what_an_upgrade_names_anew_is_kept_for_ever(client: Any) -> None:
    html = client.get("/").get_data(as_text=True)
    named = re.search(r"/_dash-component-suites/dash/dcc/dash_core_components\.v[^\"]+", html)
    assert named
    assert "immutable" in client.get(named[0]).headers["Cache-Control"]
    answer = client.get(PLOTLY)
    assert "immutable" not in answer.headers.get("Cache-Control", "")
    again = client.get(PLOTLY, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
