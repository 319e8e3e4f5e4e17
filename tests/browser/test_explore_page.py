"""The page Explore as people use it: in a real Chromium, over the whole running product with weeks of history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from dashboard.explore.choices import MARKS
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE, US_PER_SECOND, now_us, parse_instant
from tests.browser.conftest import lead, quiet, serious
from tests.harness.history import PARIS, History, seed
from tests.harness.http import get_json
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

OpenPage = Callable[..., Page]
CHART = "#explore-chart .js-plotly-plot"
ONE = "?series=window/light&range=7d"
BOTH = "?series=window/light&series=attic/temperature&range=7d"
#: The day on which clocks in Paris went back: it has 25 hours, whenever these tests run.
LONG_DAY = datetime(2025, 10, 26, tzinfo=PARIS)


@dataclass(frozen=True)
class Site:
    """A running Lumos, and what is in its store."""

    address: str
    port: int
    history: History


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, staying: tuple[Page, Any]) -> Iterator[Site]:
    """Fifteen days up to now by the minute, and three days around a change of the clock."""
    folder = tmp_path_factory.mktemp("explore")
    around = tuple(int((LONG_DAY + timedelta(days=days)).timestamp()) * US_PER_SECOND for days in (-1, 2))
    end_us = now_us() // US_PER_MINUTE * US_PER_MINUTE
    history = seed(folder / "data", end_us, 15, every_us=2 * US_PER_MINUTE, also=(around[0], around[1]))
    port = free_port()
    flags = ["--data-dir", folder / "data", "--port", str(port), "--mqtt-port", str(free_port())]
    with lumos(folder / "lumos.log", *flags):
        until(lambda: get_json(port, "/health"), "a healthy Lumos", 40)
        yield Site(f"http://127.0.0.1:{port}", port, history)
        staying[0].goto("about:blank")


@pytest.fixture
def explore(page: Page, site: Site) -> Callable[..., Page]:
    """`explore(search)` shows it, in the test's own page or another."""

    def show(search: str, on: Page = page) -> Page:
        lead(on, f"{site.address}/explore{search}")
        settled(on)
        return on

    return show


def settled(page: Page) -> None:
    """Until the timeline and every panel below it show something, and nothing is under way."""
    drawn = page.locator(f"{CHART} .scatterlayer path, #explore-cover .empty")
    # The first page of a fresh Lumos, on a machine that others keep busy.
    expect(drawn.first).to_be_attached(timeout=60_000)
    quiet(page)
    expect(page.locator("#page-explore :is(.skeleton, .under-way)")).to_have_count(0, timeout=60_000)


def figure(page: Page, chart: str = CHART) -> Any:
    """What a chart shows: its traces (x, y, name) and its layout's shapes, annotations and time axis."""
    return page.evaluate(
        """chart => {
            const {data, layout, _fullLayout} = document.querySelector(chart);
            return {
                traces: data.map(({x, y, name, fill, line, mode, text}) => ({x, y, name, fill, line, mode, text})),
                shapes: layout.shapes || [], annotations: layout.annotations || [], range: _fullLayout.xaxis.range,
            };
        }""",
        chart,
    )


def line(page: Page, name: str) -> Any:
    return next(trace for trace in figure(page)["traces"] if trace["name"] == name and not trace["fill"])


def drag(page: Page, start: float, end: float) -> None:
    """A drag over a part of the timeline, from one share of its width to another; until the address has it."""
    before = page.url
    box = page.locator("#explore-chart .nsewdrag").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, y, steps=6)
    page.mouse.up()
    page.wait_for_function("before => location.href !== before && location.search.includes('zoom=')", arg=before)


def asked(page: Page) -> dict[str, list[str]]:
    """The address's query."""
    return parse_qs(urlsplit(page.url).query)


def spacing(trace: Any) -> float:
    """The usual distance of two points, in seconds."""
    distances = sorted(b - a for a, b in pairwise(map(datetime.fromisoformat, trace["x"])))
    return distances[len(distances) // 2].total_seconds()


def text_of(panel: str, page: Page) -> str:
    return page.locator(f"#explore-panel-{panel}").inner_text()


def shown_readings(page: Page) -> int:
    """The first number of the list of statistics."""
    cell = page.locator("#explore-panel-statistics tbody tr").first.locator("td").first
    return int(re.sub(r"\D", "", cell.inner_text()))


def test_the_timeline_has_bands_two_axes_the_gap_the_loss_and_the_marks(explore: Any, site: Site) -> None:
    page = explore(BOTH)
    shown = figure(page)
    assert [trace["name"] for trace in shown["traces"] if not trace["fill"]][:2] == [
        "Light · window",
        "Temperature · Attic",
    ]
    assert sum(trace["fill"] == "toself" for trace in shown["traces"]) == 2
    assert page.locator(f"{CHART} .yaxislayer-above .ytick, {CHART} .y2tick").count() > 2
    texts = [note["text"] for note in shown["annotations"]]
    assert f"{site.history.lost} lost" in texts
    assert any("buckets" in text for text in texts)
    assert None in line(page, "Light · window")["y"]
    strip = shown["traces"][-1]
    assert len(strip["x"]) == 4
    assert "LED on · window · ada · confirmed" in strip["text"][0]
    expect(page.locator("#explore-panel-happenings tbody tr")).to_have_count(4)
    expect(page.locator("#explore-panel-happenings")).to_contain_text("button")


def test_each_kind_of_mark_can_be_left_out_and_comes_back(explore: Any) -> None:
    page = explore(ONE)
    for name, words in (("commands", "Commands"), ("events", "Events"), ("alerts", "Alerts"), ("notes", "Notes"),
                        ("losses", "Losses")):  # fmt: skip
        box = page.get_by_role("checkbox", name=words, exact=True)
        box.click()
        others = [each for each in MARKS if each != name]
        expect(page).to_have_url(re.compile(rf"marks={','.join(others)}$"))
        settled(page)
        page.locator("#page-explore summary").filter(has_text="Link").click()
        assert page.locator("#explore-link").input_value() == page.url
        page.locator("#page-explore summary").filter(has_text="Link").click()
        box.click()
        expect(page).to_have_url(re.compile(r"range=7d$"))


def test_a_zoom_before_the_answer_to_a_choice_keeps_the_choice(explore: Any) -> None:
    page = explore(ONE)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/_dash-update-component", hold)
    page.get_by_role("checkbox", name="Notes", exact=True).click()
    drag(page, 0.5, 0.8)
    assert asked(page)["marks"] == ["commands,events,alerts,losses"]
    page.unroute("**/_dash-update-component")
    for route in held:
        route.continue_()
    settled(page)
    expect(page.get_by_role("checkbox", name="Notes", exact=True)).not_to_be_checked()
    assert asked(page)["marks"] == ["commands,events,alerts,losses"]
    assert "zoom" in asked(page)


def test_presets_are_ranges_and_stand_in_the_address(explore: Any) -> None:
    page = explore(ONE)
    spans = {
        "15 min": 15 * 60,
        "1 h": 3_600,
        "24 h": 86_400,
        "7 d": 7 * 86_400,
        "30 d": 30 * 86_400,
        "1 y": 365 * 86_400,
    }
    for words, seconds in spans.items():
        page.locator("#explore-range").get_by_text(words, exact=True).click()
        expect(page).to_have_url(re.compile(rf"range={words.replace(' ', '').replace('in', '').replace('d', 'd')}"))
        page.wait_for_function(
            """([chart, seconds]) => {
                const [from, to] = document.querySelector(chart)._fullLayout.xaxis.range.map(Date.parse);
                return Math.abs((to - from) / 1000 - seconds) < 7300;
            }""",
            arg=[CHART, seconds],
        )
    page.locator("#explore-range").get_by_text("All", exact=True).click()
    page.wait_for_function("chart => document.querySelector(chart)._fullLayout.xaxis.range[0] < '2026'", arg=CHART)


def test_a_zoom_asks_for_finer_buckets_counts_the_same_and_a_double_click_leads_back(explore: Any, site: Site) -> None:
    page = explore("?series=window/light&range=30d&marks=none")
    whole, all_readings = line(page, "Light"), shown_readings(page)
    drag(page, 0.9, 0.95)
    expect(page.locator("#explore-subtitle")).to_contain_text("double-click")
    expect(page.locator("#explore-about-statistics")).to_have_text("zoomed part")
    settled(page)
    finer = line(page, "Light")
    assert spacing(finer) < spacing(whole)
    start, end = asked(page)["zoom"][0].split("/")
    rows = get_json(site.port, "/data", device="window", metric="light", start=start, end=end, points=100_000)["rows"]
    assert 0 < shown_readings(page) == len(rows) < all_readings
    page.locator("#explore-chart .nsewdrag").first.dblclick()
    expect(page).to_have_url(f"{site.address}/explore?series=window/light&range=30d&marks=none")
    expect(page.locator("#explore-about-statistics")).to_have_text("30 d")
    settled(page)
    assert shown_readings(page) >= all_readings
    assert spacing(line(page, "Light")) == spacing(whole)
    page.go_back()
    expect(page.locator("#explore-about-statistics")).to_have_text("zoomed part")
    settled(page)
    assert shown_readings(page) == len(rows)


def test_a_pan_asks_for_what_has_come_in_sight(explore: Any) -> None:
    page = explore("?series=window/light&range=30d&marks=none")
    drag(page, 0.9, 0.95)
    expect(page.locator("#explore-subtitle")).to_contain_text("double-click")
    settled(page)
    before, zoomed = line(page, "Light")["x"], asked(page)["zoom"][0]
    page.locator(CHART).hover()
    page.locator('#explore-chart .modebar-btn[data-val="pan"]').click()
    drag(page, 0.1, 0.9)  # to the right: what was before comes in sight
    assert asked(page)["zoom"][0] < zoomed
    settled(page)
    after = line(page, "Light")["x"]
    assert after[0] < before[0]
    assert after[-1] < before[-1]
    assert spacing(line(page, "Light")) < 3_600


def test_a_link_shows_the_same_in_a_second_browser(explore: Any, open_page: OpenPage, site: Site) -> None:
    end = datetime.fromtimestamp(site.history.end_us / US_PER_SECOND, UTC)
    start = end - timedelta(days=3)
    moments = "&".join(f"{name}={moment.isoformat()}" for name, moment in (("from", start), ("to", end))).replace(
        "+", "%2B"
    )
    page = explore(
        f"?series=attic/temperature&series=window/light&{moments}&compare=before,usual&days=12345&hours=6-22&detail=2"
    )
    drag(page, 0.3, 0.6)
    settled(page)
    page.locator("#page-explore summary").filter(has_text="Link").click()
    link = page.locator("#explore-link").input_value()
    other = open_page()
    other.goto(link)
    settled(other)
    assert figure(other)["traces"] == figure(page)["traces"]
    assert figure(other)["range"] == figure(page)["range"]
    for panel in ("statistics", "happenings"):
        assert text_of(panel, other) == text_of(panel, page)
    assert (
        figure(other, "#explore-panel-week .js-plotly-plot")["traces"]
        == figure(page, "#explore-panel-week .js-plotly-plot")["traces"]
    )
    expect(other.get_by_role("checkbox", name="the period before")).to_be_checked()
    expect(other.get_by_role("checkbox", name="Saturday")).not_to_be_checked()
    assert other.locator("#explore-hour-from").input_value() == "06:00"


def test_series_are_added_and_removed_by_keyboard_and_a_detail_is_chosen(explore: Any, site: Site) -> None:
    page = explore(ONE)
    box = page.get_by_role("textbox", name="Series")
    box.focus()
    page.keyboard.type("attic")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("series=window/light&series=attic/"))
    expect(page.locator("#explore-about-distribution")).to_contain_text("Light · window")
    page.locator("#explore-detail").get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#explore-about-distribution")).to_contain_text("Attic")
    assert asked(page)["detail"] == ["2"]
    box.focus()
    page.keyboard.press("Backspace")
    expect(page).to_have_url(f"{site.address}/explore?series=window/light&range=7d")
    expect(page.locator("#explore-details")).to_be_hidden()


def test_the_pointer_reads_all_series_at_once(explore: Any) -> None:
    page = explore(f"{BOTH}&marks=none")
    box = page.locator("#explore-chart .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.31, box["y"] + box["height"] / 2)
    said = page.locator("#explore-chart .hoverlayer")
    expect(said).to_contain_text(re.compile(r"Light · window.*lx.*Temperature · Attic.*°C", re.DOTALL))
    expect(said).to_contain_text(re.compile(r"\(\S+–\S+\)".replace("–", "\u202f–\u202f")))


def test_the_page_is_used_by_the_keyboard_alone(explore: Any) -> None:
    page = explore(ONE)
    page.evaluate("document.activeElement.blur(); window.getSelection().removeAllRanges()")
    page.keyboard.press("Control+Home")
    page.locator(".skip-link").focus()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    for _ in range(3):
        page.keyboard.press("Tab")
    focused = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert focused != "none"  # one sees where one is
    page.locator("#explore-range").get_by_role("radio").nth(3).focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("range=24h"))
    page.locator("#take-explore summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-take="raw.csv"][data-page=explore]')).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#take-explore .disclosed :focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator('[data-take="raw.csv"][data-page=explore]')).to_be_hidden()
    expect(page.locator("#take-explore summary")).to_be_focused()
    page.get_by_role("button", name="Add a note").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("textbox", name="Text")).to_be_hidden()


def test_comparisons_and_a_restriction_are_drawn_and_told(explore: Any) -> None:
    page = explore("?series=attic/temperature&range=7d")
    page.get_by_role("checkbox", name="the period before").check()
    expect(page.locator("#explore-legend")).to_contain_text("dashed:")
    page.get_by_role("checkbox", name="the usual for the hour").check()
    expect(page.locator("#explore-legend")).to_contain_text("tint:")
    settled(page)
    shown = figure(page)["traces"]
    assert any((trace["line"] or {}).get("dash") == "4px,3px" for trace in shown)
    assert any((trace["line"] or {}).get("dash") == "dot" and trace["fill"] for trace in shown)
    for day in ("Saturday", "Sunday"):
        page.get_by_role("checkbox", name=day).focus()
        page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("days=12345(&|$)"))
    page.locator("#explore-hour-from").click()
    page.get_by_role("option", name="09:00").click()
    expect(page).to_have_url(re.compile("hours=9-24"))
    page.wait_for_function(
        """chart => document.querySelector(chart).data.filter(trace => trace.name === "Temperature")
            .every(trace => trace.x.every(x => !x || x.slice(11, 13) >= "09"))""",
        arg=CHART,
    )
    kept = [x for trace in figure(page)["traces"] if trace["name"] == "Temperature" for x in trace["x"] if x]
    moments = [datetime.fromisoformat(x) for x in kept]
    assert {moment.weekday() for moment in moments} <= {0, 1, 2, 3, 4}
    assert min(moment.hour for moment in moments) == 9


def test_choices_that_outrun_the_answers_are_all_kept(explore: Any) -> None:
    page = explore("?series=attic/temperature&range=7d")
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    days = [page.get_by_role("checkbox", name=name) for name in names]
    # The answers come later than the next choices, as from a small machine over a slow network.
    page.route("**/_dash-update-component*", lambda _route: None)
    for number in (6, 5, 0, 5):
        days[number].focus()
        page.keyboard.press("Space")
    # The first choice, or as many as were made before the page began to wait.
    expect(page).to_have_url(re.compile("days=\\d+(&|$)"))
    # Whatever is held goes on its way with this.
    page.unroute("**/_dash-update-component*")
    expect(page).to_have_url(re.compile("days=23456(&|$)"), timeout=60_000)
    settled(page)
    expect(page).to_have_url(re.compile("days=23456(&|$)"))
    assert [day.is_checked() for day in days] == [False, True, True, True, True, True, False]


def test_the_day_of_the_clock_change_has_its_25_hours(explore: Any) -> None:
    page = explore("?series=attic/temperature&from=2025-10-24T22:00:00Z&to=2025-10-27T23:00:00Z&marks=none")
    days = figure(page, "#explore-panel-days .js-plotly-plot")["traces"][0]
    texts = dict(zip(days["x"], days["text"], strict=True))
    assert "a day of 25 hours" in texts["2025-10-26"]
    assert "a day of" not in texts["2025-10-25"] + texts["2025-10-27"]
    assert f"{25 * 30:,} readings" in texts["2025-10-26"]
    # The hour that came twice is drawn twice, and a drag over it comes back as it was.
    drawn = line(page, "Temperature")["x"]
    assert drawn.count("2025-10-26 02:00") == 2
    drag(page, 0.1, 0.9)
    expect(page).to_have_url(re.compile("zoom="))
    start, end = (parse_instant(moment) for moment in asked(page)["zoom"][0].split("/"))
    assert abs((end - start) - 0.8 * 73 / 24 * US_PER_DAY) < 3 * 60 * US_PER_MINUTE
    settled(page)
    assert figure(page)["range"][0].startswith("2025-10-25 0")


def test_the_page_speaks_french_to_its_calendar_and_its_charts(open_page: OpenPage, explore: Any) -> None:
    page = explore("?series=attic/temperature&range=7d&compare=before", open_page(locale="fr-FR"))
    expect(page).to_have_title("Explorer · Lumos")
    expect(page.locator("#explore-legend")).to_contain_text("tirets : ")
    expect(page.locator("#explore-subtitle")).to_contain_text("moyenne")
    # Plotly's own words: what stands under the pointer on the bar of a Wednesday.
    days = page.locator("#explore-panel-days .js-plotly-plot")
    number = page.evaluate(
        """() => document.querySelector('#explore-panel-days .js-plotly-plot').data[0].x
            .findIndex(day => new Date(day).getUTCDay() === 3)"""
    )
    bar = days.locator(".bars .point").nth(number).locator("path")
    bar.scroll_into_view_if_needed()
    bar.hover(force=True)
    expect(days.locator(".hoverlayer")).to_contain_text("mercredi")
    page.locator("#explore-range").get_by_text("Autre", exact=True).click()
    page.locator("#explore-from").click()
    expect(
        page.locator(".mantine-DateTimePicker-calendarHeaderLevel, .mantine-DateTimePicker-levelsGroup").first
    ).to_contain_text(
        re.compile(
            "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre", re.IGNORECASE
        )
    )


def test_a_calendar_range_is_applied_and_a_reversed_one_is_told(explore: Any) -> None:
    page = explore("?series=attic/temperature&from=2025-10-25T10:00:00Z&to=2025-10-26T12:00:00Z")
    expect(page.locator("#explore-from")).to_contain_text("25 Oct 2025 12:00")
    page.locator("#explore-to").click()
    day = page.get_by_role("button", name="24 October 2025").last
    day.click()
    page.keyboard.press("Escape")
    page.locator("#explore-apply").click()
    expect(page.locator("#explore-problem")).to_have_text("The end lies before the start")
    page.locator("#explore-to").click()
    page.get_by_role("button", name="27 October 2025").last.click()
    page.keyboard.press("Escape")
    page.locator("#explore-apply").click()
    expect(page).to_have_url(re.compile(r"from=2025-10-25T10:00:00.000Z&to=2025-10-27T\d\d:\d\d:00.000Z"))


def test_the_clock_can_be_chosen_and_a_link_carries_it(explore: Any, open_page: OpenPage, page: Page) -> None:
    other = page
    page = explore(
        "?series=attic/temperature&from=2025-10-25T10:00:00Z&to=2025-10-25T14:00:00Z&marks=none", open_page()
    )
    assert line(page, "Temperature")["x"][0] == "2025-10-25 12:00"
    zone = page.get_by_role("textbox", name="Times in")
    zone.click()
    zone.fill("Tokyo")
    page.get_by_role("option", name="Asia/Tokyo").click()
    expect(page.locator("#footer")).to_contain_text("UTC+9")
    page.wait_for_function(
        "chart => document.querySelector(chart).data.find(t => t.name === 'Temperature').x[0] === '2025-10-25 19:00'",
        arg=CHART,
    )
    link = page.locator("#explore-link")
    page.locator("#page-explore summary").filter(has_text="Link").click()
    assert "zone=Asia/Tokyo" in link.input_value()
    lead(other, link.input_value())
    settled(other)
    assert line(other, "Temperature")["x"][0] == "2025-10-25 19:00"
    expect(other.get_by_role("textbox", name="Times in")).to_have_value("Asia/Tokyo")


def test_an_empty_range_leads_to_the_last_day_with_data(explore: Any, site: Site) -> None:
    page = explore("?series=window/light&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")
    expect(page.locator("#explore-cover")).to_contain_text("No measurement in this range")
    expect(page.locator("#explore-panel-week")).to_contain_text("No measurement")
    page.get_by_role("link", name="Show the last 24 h with data").click()
    expect(page.locator("#explore-cover .empty")).to_have_count(0)
    settled(page)
    assert len(line(page, "Light")["x"]) > 100
    page.go_back()
    expect(page.locator("#explore-cover")).to_contain_text("No measurement in this range")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["explore" + BOTH + "&compare=before,usual", "?device=window&metric=light&range=24h"])
def test_axe_finds_nothing_serious(path: str, scheme: Any, page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme=scheme)
    lead(page, f"{site.address}/{path}")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
    quiet(page)
    expect(
        page.locator(":is(#chart, #explore-chart) .scatterlayer path").locator("visible=true").first
    ).to_be_attached()
    expect(page.locator(".skeleton").locator("visible=true")).to_have_count(0)
    assert serious(page, colours_alone=scheme == "dark") == []


@pytest.mark.parametrize("width", [390, 3_840])
def test_nothing_is_wider_than_the_screen(width: int, page: Page, explore: Any) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    explore(f"{BOTH}&series=window/temperature&compare=before")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 390:
        page.get_by_role("button", name="Series and comparisons").click()
        expect(page.get_by_role("checkbox", name="the period before")).to_be_in_viewport()
        expect(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Live")).to_be_in_viewport()


def test_going_to_the_live_page_and_back_keeps_what_is_explored(explore: Any, site: Site) -> None:
    page = explore(f"{BOTH}&detail=2&compare=before")
    links = page.get_by_role("navigation", name="Pages")
    links.get_by_role("link", name="Live").click()
    expect(page.locator("#chart-title")).to_have_text("Temperature")
    assert asked(page)["device"] == ["attic"]
    links.get_by_role("link", name="Explore").click()
    expect(page).to_have_url(f"{site.address}/explore{BOTH}&detail=2&compare=before")
