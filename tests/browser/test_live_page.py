"""The live page as people use it: in a real Chromium, over the whole running product."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Demo, lead, quiet
from tests.harness.http import get_json
from tests.harness.observer import observer
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

CHART = "#chart .js-plotly-plot"
OpenPage = Callable[..., Page]


def show(page: Page, demo: Demo, search: str = "?device=sim-1&metric=light&range=15m") -> None:
    lead(page, f"{demo.address}/{search}")
    expect(page.locator(f"{CHART} .scatterlayer path").first).to_be_attached()


def newest_point(page: Page) -> str:
    """Of the mean line; the band below it is the first trace."""
    return str(page.evaluate("document.querySelector('#chart .js-plotly-plot').data[1].x.at(-1)"))


def shown_range(page: Page) -> list[float]:
    """Both ends in seconds."""
    found: list[float] = page.evaluate(
        "document.querySelector('#chart .js-plotly-plot')._fullLayout.xaxis.range.map(end => Date.parse(end) / 1000)"
    )
    return found


def wait_for_a_newer_point(page: Page, than: str) -> None:
    page.wait_for_function("then => document.querySelector('#chart .js-plotly-plot').data[1].x.at(-1) > then", arg=than)


def test_the_chart_shows_points_on_a_date_axis_and_grows_without_being_drawn_anew(page: Page, demo: Demo) -> None:
    show(page, demo)
    assert page.evaluate("document.querySelector('#chart .js-plotly-plot')._fullLayout.xaxis.type") == "date"
    page.evaluate("document.querySelector('#chart .js-plotly-plot .main-svg').dataset.mine = 'yes'")
    wait_for_a_newer_point(page, newest_point(page))
    assert page.evaluate("document.querySelector('#chart .js-plotly-plot .main-svg').dataset.mine") == "yes"
    expect(page.locator("#now-time")).to_contain_text("ago")
    expect(page.locator("#badges")).to_contain_text("live")


def test_the_switch_reaches_the_board_and_its_answer_comes_back(page: Page, demo: Demo) -> None:
    show(page, demo)
    switch = page.get_by_role("switch", name="LED")
    expect(switch).to_be_enabled()
    wish = switch.get_attribute("aria-checked") != "true"
    with observer(demo.mqtt_port, "esp32/sim-1/#") as heard:
        switch.click()
        (command,) = heard.wait("esp32/sim-1/input")
        assert (command["cmd"], command["value"]) == ("led", wish)
        (ack,) = heard.wait("esp32/sim-1/ack")
        assert (ack["id"], ack["ok"], ack["led"]) == (command["id"], True, wish)
        expect(switch).to_have_attribute("aria-checked", str(wish).lower())
        expect(page.locator("#led-answer")).to_contain_text("confirmed", ignore_case=True)
        expect(page.locator("#history tbody tr").first).to_contain_text("LED")
        # The light of the simulated world follows its lamp.
        assert len(heard.json("esp32/sim-1/input")) == 1
    # And a mark on the chart, which was there before.
    words = f"LED {'on' if wish else 'off'} · sim-1"
    page.wait_for_function(
        "words => document.querySelector('#chart .js-plotly-plot').data[3].text.some((said) => said.includes(words))",
        arg=words,
    )
    expect(page.locator("#chart .xy2 .points path").last).to_be_visible()


def test_a_board_that_refuses_and_one_that_answers_late_are_told_as_they_are(page: Page, demo: Demo) -> None:
    """A board written by hand, since those of the demo answer at once and refuse nothing that a page sends."""
    with observer(demo.mqtt_port, "esp32/stubborn/input") as board:
        board.publish("esp32/stubborn/status", json.dumps({"online": True, "led": False, "sending": True}), retain=True)
        board.publish("esp32/stubborn/output", '{"light": 5}')

        def told(count: int) -> str:
            return str(board.wait("esp32/stubborn/input", count)[-1]["id"])

        until(lambda: get_json(demo.http_port, "/data", device="stubborn", metric="light"), "its reading")
        show(page, demo, "?device=stubborn&metric=light&range=15m")
        switch, answer = page.get_by_role("switch", name="LED"), page.locator("#led-answer")
        switch.click()
        refused = {"id": told(1), "ok": False, "error": "no lamp <b>today</b>"}
        board.publish("esp32/stubborn/ack", json.dumps(refused))
        expect(answer).to_have_text("Refused by the device: no lamp <b>today</b>")
        expect(switch).to_have_attribute("aria-checked", "false")
        # Another one: a second press of the same within half a second would be none.
        page.locator("#message").fill("Bonjour")
        page.get_by_role("button", name="Send").click()
        late, answer = told(2), page.locator("#send-answer")
        expect(answer).to_contain_text("No answer within 5.0", timeout=30_000)
        board.publish("esp32/stubborn/ack", json.dumps({"id": late, "ok": True, "screen": "Bonjour"}))
        expect(answer).to_contain_text("Answered late, after")
        expect(page.locator("#history tbody tr").nth(1)).to_contain_text("refused")


def test_a_message_is_shown_as_the_board_will_show_it_and_confirmed(page: Page, demo: Demo) -> None:
    show(page, demo, "?device=sim-2&metric=light&range=15m")
    send = page.get_by_role("button", name="Send")
    expect(send).to_be_enabled()
    page.locator("#message").fill("Bonjour à tous")
    expect(page.locator("#screen")).to_contain_text("Bonjour")
    expect(page.locator("#message-count")).to_have_text("14 / 512")
    with observer(demo.mqtt_port, "esp32/sim-2/#") as heard:
        send.click()
        (command,) = heard.wait("esp32/sim-2/input")
        assert (command["cmd"], command["value"]) == ("message", "Bonjour à tous")
        expect(page.locator("#send-answer")).to_contain_text("Shown on the screen at")


def drag(page: Page, start: float, end: float) -> None:
    """A drag over a part of the chart, from one share of its width to another."""
    box = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, y, steps=6)
    page.mouse.up()


def test_a_zoom_stays_while_readings_come(page: Page, demo: Demo) -> None:
    show(page, demo)
    drag(page, 0.7, 0.95)
    zoomed = shown_range(page)
    first = float(page.locator("#now-time").get_attribute("data-ago") or 0)
    page.wait_for_function("t => Number(document.getElementById('now-time').dataset.ago) > t + 2000", arg=first)
    assert shown_range(page) == zoomed
    page.locator(f"{CHART} .nsewdrag").first.dblclick()
    page.wait_for_function(
        "z => Date.parse(document.querySelector('#chart .js-plotly-plot')._fullLayout.xaxis.range[0]) / 1000 < z - 60",
        arg=zoomed[0],
    )


def test_a_zoom_and_a_chosen_clock_stand_in_the_link_and_back_leads_back(open_page: OpenPage, demo: Demo) -> None:
    """Into readings that are all in the browser, for which nothing is asked."""
    edges = "document.querySelector('#chart .js-plotly-plot')._fullLayout.xaxis.range.map((end) => end.slice(0, 19))"
    page = open_page(timezone_id="Asia/Tokyo")
    show(page, demo)
    whole = page.evaluate(edges)
    drag(page, 0.9, 0.98)
    expect(page).to_have_url(re.compile(r"\?device=sim-1&metric=light&range=15m&zoom=[^&/]+Z/[^&/]+Z$"))
    quiet(page)
    in_tokyo = page.evaluate(edges)
    assert in_tokyo[0] > whole[0]
    page.go_back()
    page.wait_for_function(f"zoomed => {edges}[0] < zoomed", arg=in_tokyo[0])
    assert page.evaluate(edges)[0] >= whole[0]
    page.go_forward()
    page.wait_for_function(f"zoomed => {edges}[0] === zoomed", arg=in_tokyo[0])
    page.locator("#zone").fill("Europe/Paris")
    page.get_by_role("option", name="Europe/Paris", exact=True).click()
    expect(page.locator("#link")).to_have_value(re.compile(r"&zoom=.*&zone=Europe/Paris$"))
    page.wait_for_function(f"before => {edges}[0] < before", arg=in_tokyo[0])
    in_paris = page.evaluate(edges)
    other = open_page(timezone_id="America/New_York")
    lead(other, page.locator("#link").input_value())
    expect(other.locator("#chart-subtitle")).to_contain_text("double-click")
    quiet(other)
    assert other.evaluate(edges) == in_paris
    expect(other.locator("#zone")).to_have_value("Europe/Paris")


def test_a_tick_with_nothing_new_carries_next_to_nothing(open_page: OpenPage, demo: Demo) -> None:
    """A device that has fallen silent: its page goes on asking."""
    with observer(demo.mqtt_port, "none") as board:
        board.publish("esp32/quiet/output", '{"light": 5}')
    until(lambda: get_json(demo.http_port, "/data", device="quiet", metric="light"), "the one reading")
    page = open_page()
    show(page, demo, "?device=quiet&metric=light&range=15m")
    expect(page.locator("#statistics")).to_contain_text("5")
    bodies: list[int] = []
    heads: list[int] = []

    def weigh(response: Response) -> None:
        if "_dash-update-component" in response.url and '"tick.n_intervals"' in (response.request.post_data or ""):
            empty = response.status == 204
            bodies.append(0 if empty else len(response.body()))
            if empty:
                heads.append(sum(len(name) + len(value) + 4 for name, value in response.all_headers().items()))

    # The first tick still hears what was stored while the page opened, and Plotly fits a new chart to its room once.
    page.on("response", weigh)
    until(lambda: page.wait_for_timeout(200) or bodies, "the first tick")
    quiet(page)
    bodies.clear()
    page.evaluate(
        """() => {
            window.drawn = 0;
            document.querySelector('#chart .js-plotly-plot').on('plotly_afterplot', () => window.drawn++);
            window.before = document.querySelector('#chart .main-svg').outerHTML;
        }"""
    )
    until(lambda: page.wait_for_timeout(200) or len(bodies) >= 4, "four ticks")
    assert max(bodies) <= 400
    assert bodies.count(0) >= 2
    assert max(heads) <= 400
    # Unchanged data leaves the chart as it is: not one stroke of it is drawn again.
    assert page.evaluate("window.drawn") == 0
    assert page.evaluate("document.querySelector('#chart .main-svg').outerHTML === window.before")


def test_a_page_left_open_keeps_no_list_of_its_ticks(open_page: OpenPage, demo: Demo) -> None:
    """Dash's list of what could be undone, which grew with each tick for as long as a page was open."""
    page = open_page()  # it is never idle again
    show(page, demo)
    ticks: list[str] = []
    page.on("request", lambda sent: ticks.append(sent.url) if '"tick.n_intervals"' in (sent.post_data or "") else None)
    page.evaluate("window.dash_clientside.set_props('tick', {interval: 20})")
    until(lambda: page.wait_for_timeout(200) or len(ticks) > 80, "a minute's ticks", 90)
    assert page.evaluate("window.store.getState().history.past.length") <= 50


def test_live_is_paused_and_goes_on_with_what_came_meanwhile(page: Page, demo: Demo) -> None:
    show(page, demo)
    switch = page.locator("#live-switch")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    quiet(page)
    stopped = newest_point(page)
    kept = page.evaluate("document.querySelector('#chart .main-svg').outerHTML")

    def stored() -> int:
        return int(get_json(demo.http_port, "/data", device="sim-1", metric="light")["rows"][-1][0])

    newest = stored()
    until(lambda: stored() > newest + 3_000, "readings that the page does not show")
    quiet(page)
    assert newest_point(page) == stopped
    assert page.evaluate("document.querySelector('#chart .main-svg').outerHTML") == kept
    switch.click()
    wait_for_a_newer_point(page, stopped)
    times = page.evaluate("document.querySelector('#chart .js-plotly-plot').data[1].x.slice(-6)")
    moments = [datetime.fromisoformat(time) for time in times]
    assert max(b - a for a, b in pairwise(moments)) < timedelta(seconds=3)  # the pause left no hole


def test_device_metric_and_range_are_chosen_and_stand_in_the_address(page: Page, demo: Demo) -> None:
    show(page, demo)
    # The answer to the first choice comes after the second one is made: both hold.
    page.route("**/_dash-update-component*", lambda _route: None)
    page.locator("#range").get_by_text("1 h", exact=True).click()
    expect(page).to_have_url(f"{demo.address}/?device=sim-1&metric=light&range=1h")
    page.locator("#metric").click()
    page.get_by_role("option", name="Temperature").click()
    page.unroute("**/_dash-update-component*")
    expect(page).to_have_url(f"{demo.address}/?device=sim-1&metric=temperature&range=1h")
    expect(page.locator("#chart-title")).to_have_text("Temperature")
    page.locator("#device").click()
    page.get_by_role("option", name="sim-2").click()
    expect(page).to_have_url(f"{demo.address}/?device=sim-2&metric=temperature&range=1h")
    page.reload()
    expect(page.locator("#chart-title")).to_have_text("Temperature")
    assert page.locator("#device").input_value() == "sim-2"


def test_a_free_range_is_applied_and_a_reversed_one_is_told(page: Page, demo: Demo) -> None:
    show(page, demo)
    address = "?device=sim-1&metric=light&from=2026-01-02T10:00:00Z&to=2026-01-02T12:00:00Z"
    lead(page, f"{demo.address}/{address}")
    expect(page.locator("#custom-from")).to_be_visible()
    expect(page.locator("#custom-from")).to_contain_text("2 Jan 2026 11:00")  # the page's clock is that of Paris
    page.get_by_role("button", name="Apply").last.click()
    expect(page.locator("#custom-problem")).to_be_empty()
    lead(page, f"{demo.address}/?device=sim-1&metric=light&from=2026-01-02T12:00:00Z&to=2026-01-02T10:00:00Z")
    expect(page.locator(".content")).to_be_visible()


def test_the_page_speaks_french_when_the_browser_does_and_switches(open_page: OpenPage, demo: Demo) -> None:
    page = open_page(locale="fr-FR")
    show(page, demo)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#badges")).to_contain_text("Courtier")
    page.locator("header [data-language=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#badges")).to_contain_text("Broker")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_has_everything_in_one_column_and_a_drawer(scheme: Any, open_page: OpenPage, demo: Demo) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True)
    show(page, demo)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
    expect(page.get_by_role("switch", name="LED")).not_to_be_in_viewport()
    page.locator("#burger").click()
    expect(page.get_by_role("switch", name="LED")).to_be_in_viewport()


def test_a_bare_number_makes_the_original_device_and_names_are_only_text(page: Page, demo: Demo) -> None:
    evil = "<img src=x onerror=alert(1)>"
    with observer(demo.mqtt_port, "none") as board:
        board.publish("esp32/output", "1234.00")
        board.publish("esp32/odd/output", json.dumps({evil: 1}))
    until(lambda: get_json(demo.http_port, "/data", device="odd", metric=evil), "the odd metric")
    show(page, demo, "?device=esp32&metric=light&range=15m")
    # A French browser would write it otherwise: the digits are what counts.
    expect(page.locator("#now-value")).to_contain_text("1,234")
    # It is told in its own words, and cannot confirm them.
    with observer(demo.mqtt_port, "esp32/input") as heard:
        page.get_by_role("switch", name="LED").click()
        expect(page.locator("#led-answer")).to_contain_text("Sent, cannot be confirmed")
        until(lambda: heard.heard == [("esp32/input", b"LedOn")], "the original word, once")
    lead(page, f"{demo.address}/?device=odd")
    expect(page.locator("#chart-title")).to_contain_text("<img")
    assert page.locator("img[src=x]").count() == 0


def test_without_any_board_the_page_tells_how_to_connect_one(open_page: OpenPage, tmp_path: Path) -> None:
    http_port, mqtt_port = free_port(), free_port()
    flags = ["--data-dir", tmp_path / "data", "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    with lumos(tmp_path / "lumos.log", *flags) as app:
        until(lambda: get_json(http_port, "/health"), "a healthy Lumos", 30)
        page = open_page(outage=True)
        page.goto(f"http://127.0.0.1:{http_port}/")
        expect(page.locator("#welcome")).to_contain_text(f"-p {mqtt_port} -t esp32/output -m 1234.00")
        expect(page.locator("#content")).to_be_hidden()
        with observer(mqtt_port, "none") as board:
            board.publish("esp32/output", "1234.00")
        card = page.locator("[data-device=esp32]")
        expect(card.locator("[data-value=light]")).to_have_text("1,234", timeout=15_000)
        card.get_by_role("link").click()
        expect(page.locator("#now-value")).to_contain_text("1,234")

        # A killed ingest: the page says so, goes on with what is stored, and says when it is back.
        (ingest,) = [p for p in psutil.Process(app.process.pid).children() if "ingest" in p.cmdline()]
        ingest.suspend()  # so that the supervisor cannot have it back before we looked
        ingest.send_signal(signal.SIGKILL)
        with observer(mqtt_port, "none") as board:
            board.publish("esp32/output", "99")
        expect(page.locator("#now-value")).to_contain_text("99", timeout=60_000)
        expect(page.locator("#banners")).to_be_empty(timeout=30_000)
        page.close()  # before the server ends, which is no outage to be told of
