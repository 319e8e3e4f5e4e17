"""A Lumos as it stands elsewhere, in Chromium: under a path, over other people's devices, with an ingest that dies."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow.csv
import pytest
from playwright.sync_api import Page, Route, expect

from telemetry.timestamps import US_PER_HOUR, US_PER_MINUTE, US_PER_MS, now_us
from tests.browser.conftest import lead, quiet
from tests.harness.history import History, seed
from tests.harness.http import get_json
from tests.harness.observer import Observer, observer
from tests.harness.processes import Running, free_port, lumos
from tests.harness.waiting import until
from tests.ingest.sources.test_homie import DESCRIPTION
from tests.ingest.sources.test_zigbee2mqtt import DEVICES

LAMP = {
    "name": "Lampe", "unique_id": "lamp_1", "state_topic": "home/lamp/state", "command_topic": "home/lamp/set",
    "device": {"identifiers": ["lamp"], "name": "Lampe du salon"},
}  # fmt: skip
#: The line that a control stands in.
ROW = "xpath=ancestor::*[contains(@class, 'led-row')]"
CHART = "#explore-chart .scatterlayer path"
OpenPage = Callable[..., Page]


@dataclass(frozen=True)
class Site:
    """A running Lumos under a path, its broker, and what was in its store before."""

    address: str
    port: int
    mqtt_port: int
    app: Running
    history: History


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, staying: tuple[Page, Any]) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("elsewhere")
    history = seed(folder / "data", now_us() // US_PER_MINUTE * US_PER_MINUTE, 2, every_us=10 * US_PER_MINUTE)
    port, mqtt_port = free_port(), free_port()
    flags = ["--data-dir", folder / "data", "--port", str(port), "--mqtt-port", str(mqtt_port), "--base-path", "/lumos",
             "--sources", "native,tasmota,zigbee2mqtt,homie,homeassistant"]  # fmt: skip
    with lumos(folder / "lumos.log", *flags) as app:
        until(lambda: (get_json(port, "/health") or {}).get("status") == "ok", "a healthy Lumos", 40)
        yield Site(f"http://127.0.0.1:{port}/lumos", port, mqtt_port, app, history)
        staying[0].goto("about:blank")


_DRAWN = """chart => ({
    line: chart.querySelector("path.js-line").getAttribute("d"),
    colour: chart.querySelector("path.js-line").style.stroke,
    ticks: [...chart.querySelectorAll(".xtick text, .ytick text")].map(each => each.textContent),
    range: chart._fullLayout.xaxis.range,
})"""
#: In each frame: whether the chart's line is in sight, early or not, and where the chart stands.
_WATCH = """chart => {
    window.frames_seen = [];
    const look = () => {
        const all = [...document.querySelectorAll(`${chart} .js-plotly-plot, .early.js-plotly-plot`)];
        const charts = all.filter(each => each.querySelector("path.js-line"));
        const { x, y, width, height } = charts.at(-1)?.getBoundingClientRect() || {};
        window.frames_seen.push(JSON.stringify([charts.length > 0, x, y, width, height]));
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1440, "height": 900}, "locale": "fr-FR", "color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 844}, "timezone_id": "America/New_York"},
    ],
    ids=["wide", "phone"],
)
@pytest.mark.parametrize(
    ("chart", "search", "title"),
    [
        ("#chart", "?device=window&metric=light", "#chart-title"),
        ("#explore-chart", "explore?series=window/light&series=attic/temperature&compare=before", "#explore-title"),
    ],
    ids=["live", "explore"],
)
def test_the_chart_is_there_before_dash_and_stays_as_it_is_when_dash_takes_over(
    open_page: OpenPage, site: Site, options: dict[str, Any], chart: str, search: str, title: str
) -> None:
    page = open_page(**options)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/_dash-layout", hold)
    span = [(site.history.end_us - hours * US_PER_HOUR) // US_PER_MS for hours in (20, 9)]
    page.goto(f"{site.address}/{search}&from={span[0]}&to={span[1]}", wait_until="commit")
    early = page.locator(f"{chart} .js-plotly-plot")
    expect(early.locator("path.js-line").first).to_be_visible()
    until(lambda: page.wait_for_timeout(20) or held, "Dash asking for its layout")
    drawn = early.evaluate(_DRAWN)
    words = page.locator("#first-sight :is(.chart-title, .timeline-head .legend)").text_content()
    # Seen, and in nobody's way: there is nothing to use in it, nor to be read out.
    assert page.get_by_role("button").or_(page.get_by_role("link")).count() == 0
    page.evaluate(_WATCH, chart)
    held[0].continue_()
    expect(page.locator(f"{chart} .nsewdrag").first).to_be_attached()
    quiet(page)
    assert page.locator("#first-sight, .early").count() == 0
    assert page.locator(f"{chart} .js-plotly-plot").evaluate(_DRAWN) == drawn
    expect(page.locator(title)).to_have_text(words or "-")
    seen = page.evaluate("[...new Set(window.frames_seen)]")
    assert len(seen) == 1, seen
    assert seen[0].startswith("[true,")


def test_without_an_early_chart_the_page_comes_as_it_comes(open_page: OpenPage, site: Site) -> None:
    page = open_page(outage=True)
    page.route("**/first-chart?*", lambda route: route.fulfill(status=503, json={"error": "ingest is not running"}))
    page.goto(f"{site.address}/?device=window&metric=light&range=24h")
    expect(page.locator("#first-sight")).to_have_count(0)
    expect(page.locator("#chart .nsewdrag")).to_be_attached()
    page.unroute_all()
    page.goto(f"{site.address}/?device=nobody&metric=light&range=24h")
    expect(page.get_by_text("There is no device “nobody”.")).to_be_visible()
    expect(page.locator("#first-sight")).to_have_count(0)


def test_links_and_downloads_stay_under_the_path(page: Page, site: Site, tmp_path: Path) -> None:
    lead(page, f"{site.address}/?device=window&metric=light&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")
    page.get_by_role("link", name="Show the last 24 h with data").click()
    expect(page.locator("#chart .scatterlayer path").first).to_be_attached()
    assert page.url.startswith(f"{site.address}/?device=window&metric=light&from=")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Explore").click()
    expect(page.locator(CHART).first).to_be_attached()
    assert page.url.startswith(f"{site.address}/explore?series=window/light")
    page.locator("#take-explore summary").click()
    with page.expect_download() as coming:
        page.locator('[data-take="raw.csv"][data-page=explore]').click()
    coming.value.save_as(tmp_path / "raw.csv")
    assert pyarrow.csv.read_csv(tmp_path / "raw.csv").num_rows > 50
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Devices").click()
    page.get_by_role("link", name="window", exact=True).click()
    expect(page.locator(".board-name")).to_have_text("window")
    page.get_by_role("link", name="Readings").click()
    expect(page.locator("#chart .scatterlayer path").first).to_be_attached()
    assert page.url.startswith(f"{site.address}/?device=window")


#: What each convention announces and says, and for the switch that follows: its device, its name on the page, the
#: topic on which it is told, and the words for on.
CONVENTIONS: dict[str, tuple[list[tuple[str, Any]], str, str, str, bytes]] = {
    "tasmota": (
        [("tele/plug/LWT", "Online"), ("tele/plug/STATE", {"POWER": "OFF"})],
        "plug", "POWER", "cmnd/plug/POWER", b"ON",
    ),
    "zigbee2mqtt": (
        [("zigbee2mqtt/bridge/devices", DEVICES), ("zigbee2mqtt/my_plug", {"state": "OFF", "power": 3})],
        "my_plug", "State", "zigbee2mqtt/my_plug/set", b'{"state": "ON"}',
    ),
    "homie": (
        [("homie/5/super-car/$description", DESCRIPTION), ("homie/5/super-car/$state", "ready"),
         ("homie/5/super-car/lights/power", "false")],
        "super-car", "Lights", "homie/5/super-car/lights/power/set", b"true",
    ),
    "homeassistant": (
        [("homeassistant/switch/lamp/config", LAMP), ("home/lamp/state", "OFF")],
        "lamp", "Lampe", "home/lamp/set", b"ON",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def house(site: Site) -> Iterator[Observer]:
    """Other people's devices: all of them have announced themselves."""
    with observer(site.mqtt_port, "#") as heard:
        for said, *_ in CONVENTIONS.values():
            for topic, payload in said:
                heard.publish(topic, payload if isinstance(payload, str) else json.dumps(payload), retain=True)
        yield heard


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_switch_of_another_convention_is_told_in_its_own_words(
    convention: str, page: Page, site: Site, house: Observer
) -> None:
    _, device, name, topic, words = CONVENTIONS[convention]
    series = until(
        lambda: [one for one in get_json(site.port, "/data")["series"] if one["device"].startswith(device[:4])], device
    )
    lead(page, f"{site.address}/?device={series[0]['device']}")
    switch = page.get_by_role("switch", name=name, exact=False).locator("visible=true").first
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(page.locator("#others-answer")).to_contain_text("cannot be confirmed")
    until(lambda: (topic, words) in house.heard, f"{words!r} on {topic}")
    expect(page.locator("#history tbody tr").first).to_contain_text("sent")
    assert [body for where, body in house.heard if where == topic] == [words]


def test_a_number_and_a_choice_of_another_convention_are_set(page: Page, site: Site, house: Observer) -> None:
    until(lambda: [one for one in get_json(site.port, "/data")["series"] if one["device"] == "super-car"], "the car")
    lead(page, f"{site.address}/devices?device=super-car")
    field = page.locator("#board-others").get_by_label("lights.brightness")
    field.fill("40")
    field.locator(ROW).get_by_role("button", name="Set").click()
    until(lambda: ("homie/5/super-car/lights/brightness/set", b"40") in house.heard, "the number")
    expect(page.locator("#board-others-answer")).to_contain_text("cannot be confirmed")
    choice = page.locator("#board-others").get_by_role("textbox", name="engine.gear")
    choice.click()
    page.get_by_role("option", name="drive").click()
    choice.locator(ROW).get_by_role("button", name="Set").click()
    until(lambda: ("homie/5/super-car/engine/gear/set", b"drive") in house.heard, "the choice")


def test_history_stays_readable_while_ingest_is_dead(open_page: Any, site: Site) -> None:
    page = open_page(outage=True)
    lead(page, f"{site.address}/explore?series=window/light&range=24h&marks=none")
    expect(page.locator(CHART).first).to_be_attached()
    supervisor = psutil.Process(site.app.process.pid)
    (ingest,) = [child for child in supervisor.children() if "ingest" in child.cmdline()]
    supervisor.suspend()  # so that nobody starts it again meanwhile
    try:
        ingest.send_signal(signal.SIGKILL)
        expect(page.locator("#banners")).to_contain_text("Ingest is not running", timeout=40_000)
        # What is stored is still drawn, and asked for anew: another range, and all panels of it.
        page.locator("#explore-range").get_by_text("7 d", exact=True).click()
        expect(page.locator("#explore-about-statistics")).to_have_text("7 d")
        quiet(page)
        expect(page.locator(CHART).first).to_be_attached()
        count = page.locator("#explore-panel-statistics tbody tr").first.locator("td").first
        assert int(count.inner_text().replace(",", "")) == site.history.readings
        expect(page.locator("#page-explore").get_by_text("Retry")).to_have_count(0)
    finally:
        supervisor.send_signal(signal.SIGCONT)
    expect(page.locator("#banners")).to_be_empty(timeout=40_000)
    page.close()
