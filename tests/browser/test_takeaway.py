"""Taking things away as people do: every button really saves its file, and the file is what it says it is."""

from __future__ import annotations

import ast
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from tests.browser.conftest import Demo, lead
from tests.harness.http import get_json
from tests.harness.waiting import until

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def span(demo: Demo) -> tuple[int, int]:
    """A stretch that is over, so that nothing is added to it any more; in milliseconds."""

    def some() -> Any:
        rows = get_json(demo.http_port, "/data", device="sim-1", metric="light", points=100_000)["rows"]
        return rows if len(rows) > 12 else None

    rows = until(some, "a dozen readings", 40)
    return int(rows[0][0]), int(rows[-5][0])


def show(page: Page, demo: Demo, span: tuple[int, int], where: str = "") -> None:
    query = f"from={span[0]}&to={span[1]}"
    start = f"explore?series=sim-1/light&{query}" if where else f"?device=sim-1&metric=light&{query}"
    lead(page, f"{demo.address}/{start}")
    name = "explore" if where else "live"
    expect(page.locator(f"#take-{name}")).to_have_attribute("data-query", re.compile("sim-1"), timeout=40_000)
    expect(page.locator(f"#{'explore-chart' if where else 'chart'} .scatterlayer path").first).to_be_attached()


def take(page: Page, folder: Path, file: str, where: str = "live") -> Path:
    """Press a button, and the file that the browser saved."""
    button = page.locator(f'[data-take="{file}"][data-page={where}]')
    if not button.is_visible():
        page.locator(f"#take-{where} summary").click()
    with page.expect_download() as coming:
        button.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def raw_answer(demo: Demo, span: tuple[int, int], question: str, **more: Any) -> Any:
    reader = Reader(DataFolder(demo.data_dir), 10)
    return reader.ask(
        question, device="sim-1", metric="light", start_us=span[0] * 1_000, end_us=span[1] * 1_000, **more
    )


@pytest.mark.parametrize("where", ["", "explore"])
def test_data_is_saved_and_equal_to_the_stores_own_answer(
    where: str, page: Page, demo: Demo, span: tuple[int, int], tmp_path: Path
) -> None:
    show(page, demo, span, where)
    name = where or "live"
    raw, shown = raw_answer(demo, span, "readings"), raw_answer(demo, span, "buckets", points=2_000)
    for form, read in (("csv", pyarrow.csv.read_csv), ("parquet", pyarrow.parquet.read_table)):
        path = take(page, tmp_path, f"raw.{form}", name)
        assert re.fullmatch(rf"lumos_sim-1_light_\d+T\d+Z-\d+T\d+Z_raw\.{form}", path.name)
        assert read(path).column("value").to_pylist() == raw.column("value").to_pylist()
        points = read(take(page, tmp_path, f"shown.{form}", name))
        for column in ("mean", "min", "max", "count"):
            assert points.column(column).to_pylist() == shown.column(column).to_pylist()


def test_pictures_have_their_title_and_range(page: Page, demo: Demo, span: tuple[int, int], tmp_path: Path) -> None:
    show(page, demo, span)
    picture = take(page, tmp_path, "png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 2_400
    path = take(page, tmp_path, "svg")
    assert re.fullmatch(r"lumos_sim-1_light_\d{8}T\d{4}-\d{8}T\d{4}\.svg", path.name)
    words = " ".join(ET.parse(path).getroot().itertext())
    assert "Light (lx) · sim-1" in words
    assert re.search(r"\d+ \w+ 20\d\d, \d\d:\d\d", words)


def test_the_page_as_a_file_opens_offline_and_asks_nobody(
    open_page: OpenPage, chromium: Browser, demo: Demo, span: tuple[int, int], tmp_path: Path
) -> None:
    page = open_page(locale="fr-FR", color_scheme="dark")
    show(page, demo, span, "explore")
    path = take(page, tmp_path, "page.html", "explore")
    context = chromium.new_context(offline=True)
    alone, asked, said = context.new_page(), [], []
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("console", lambda message: said.append(message.text))
    alone.on("pageerror", lambda error: said.append(str(error)))
    alone.goto(path.as_uri())
    expect(alone.locator(".figure .scatterlayer path").first).to_be_attached()
    expect(alone.locator("html")).to_have_attribute("lang", "fr")
    expect(alone.get_by_text("Écart type")).to_be_visible()
    expect(alone.locator("h1")).to_have_text("Light · sim-1")
    figures = alone.locator(".figure .main-svg").count()
    assert figures >= 3
    with alone.expect_download() as inside:
        alone.get_by_role("link", name="CSV").click()
    inside.value.save_as(tmp_path / "inside.csv")
    count = raw_answer(demo, span, "buckets", points=2_000).num_rows
    assert pyarrow.csv.read_csv(tmp_path / "inside.csv").num_rows == count
    assert [address for address in asked if not address.startswith(("file:", "data:", "blob:"))] == []
    assert said == []
    context.close()


def test_the_sql_and_the_notebook_run_and_give_the_charts_numbers(
    page: Page, demo: Demo, span: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(page, demo, span)
    means = raw_answer(demo, span, "buckets", points=2_000).column("mean").to_pylist()
    statement = take(page, tmp_path, "chart.sql").read_text(encoding="utf-8")
    assert Reader(DataFolder(demo.data_dir), 10).sql(statement).column("mean").to_pylist() == means
    monkeypatch.setenv("LUMOS_DATA_DIR", str(demo.data_dir))
    space: dict[str, Any] = {}
    for cell in json.loads(take(page, tmp_path, "chart.ipynb").read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile(ast.parse("".join(cell["source"])), "notebook", "exec"), space)
    assert [y for y in space["figure"].data[-1].y if y is not None] == means


def test_a_long_download_shows_how_far_it_is_and_can_be_stopped(
    page: Page, demo: Demo, span: tuple[int, int], tmp_path: Path
) -> None:
    """The server's own part is held in tests/dashboard/takeaway; here it is slow by arrangement."""
    told = {"state": "under way", "rows": 1_200, "total": 5_000_000, "bytes": 3_400_000, "problem": ""}
    stopped: list[str] = []

    def progress(route: Route) -> None:
        route.fulfill(json={**told, **({"state": "stopped"} if stopped else {})})

    def stop(route: Route) -> None:
        stopped.append(route.request.method)
        route.fulfill(json=told)

    page.route("**/take/progress/*", progress)
    page.route("**/take/stop/*", stop)
    show(page, demo, span)
    take(page, tmp_path, "raw.csv")
    # The page is the one of the tests before, and may still tell of what they took.
    line = page.locator(".download").filter(has_text="raw.csv")
    expect(line).to_contain_text("1,200 of 5,000,000 readings · 3.4\u202fMB")
    expect(line.get_by_role("progressbar")).to_be_visible()
    line.get_by_role("button", name="Stop").click()
    expect(line).to_contain_text("stopped, the file is not complete")
    expect(line.get_by_role("button", name="Stop")).to_be_hidden()
    assert stopped == ["POST"]
