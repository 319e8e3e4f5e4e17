"""All devices as cards, in a real Chromium over the running product."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Response, expect

from tests.browser.conftest import Demo, lead
from tests.harness.http import get_json
from tests.harness.observer import Observer, observer
from tests.harness.waiting import until

OpenPage = Callable[..., Page]


def card(page: Page, name: str) -> Locator:
    return page.locator(f'.device-card[data-device="{name}"]')


def kept_while_it_ticks(page: Page, name: str) -> bool:
    """Whether a card is the same element after two seconds of new readings.

    Once a minute, and when a device comes or goes, all cards are drawn again; between those no tick does.
    """
    page.evaluate("name => document.querySelector(`.device-card[data-device=${name}]`).dataset.mine = 'yes'", name)
    ago = f".device-card[data-device={name}] [data-ago]"
    before = float(page.locator(ago).get_attribute("data-ago") or 0)
    newer = "([ago, then]) => Number(document.querySelector(ago).dataset.ago) > then + 2000"
    page.wait_for_function(newer, arg=[ago, before])
    return card(page, name).get_attribute("data-mine") == "yes"


def tell(board: Observer, device: str, **status: Any) -> None:
    board.publish(f"esp32/{device}/status", json.dumps(status), retain=True)


def test_every_device_has_a_card_with_its_newest_value_and_one_is_opened_and_left(page: Page, demo: Demo) -> None:
    lead(page, demo.address)
    for name in ("sim-1", "sim-2"):
        expect(card(page, name)).to_have_attribute("data-stands", "live", timeout=15_000)
        expect(card(page, name)).to_contain_text(re.compile(r"live · \d+\u202fs ago"))
        expect(card(page, name).locator("[data-value=light]")).to_have_text(re.compile(r"[\d,]+"))
        expect(card(page, name).locator("[data-curve] path")).to_be_attached()
    expect(page.locator(".navbar")).not_to_be_in_viewport()  # it would be about a chosen device
    until(lambda: kept_while_it_ticks(page, "sim-1"), "ticks that only change the numbers of a card", 60)
    page.get_by_role("link", name="sim-2").click()
    expect(page).to_have_url(f"{demo.address}/?device=sim-2&metric=light&range=15m")
    expect(page.locator("#chart .scatterlayer path").first).to_be_attached()
    expect(page.get_by_role("switch", name="LED")).to_be_in_viewport()
    page.get_by_role("link", name="All devices").first.click()
    expect(card(page, "sim-1")).to_be_visible()
    expect(page.locator("#content")).to_be_hidden()
    assert "device" not in page.url


def test_a_device_that_falls_silent_is_told_and_a_new_one_appears(page: Page, demo: Demo) -> None:
    with observer(demo.mqtt_port, "none") as board:
        tell(board, "porch", online=True, period_ms=1000, sensors={"light": {"unit": "lx", "label": "Light"}})
        board.publish("esp32/porch/output", '{"light": 41}')
        until(lambda: get_json(demo.http_port, "/data", device="porch", metric="light"), "the first reading")
        lead(page, demo.address)
        expect(card(page, "porch").locator("[data-value=light]")).to_have_text("41")
        board.publish("esp32/porch/output", '{"light": 42.25}')
        expect(card(page, "porch").locator("[data-value=light]")).to_have_text("42.25")
        tell(board, "porch", online=False)
        expect(card(page, "porch")).to_have_attribute("data-stands", "silent", timeout=20_000)
        expect(card(page, "porch")).to_contain_text("silent for")
        board.publish("esp32/cellar/output", '{"light": 1}')
        expect(card(page, "cellar")).to_be_visible()
        board.publish("esp32/porch/output", '{"light": 7}')
        expect(card(page, "porch")).to_have_attribute("data-stands", "live")


def test_devices_are_looked_for_in_the_address_too_and_the_way_back_is_offered(page: Page, demo: Demo) -> None:
    lead(page, f"{demo.address}/?q=SIM-2")
    expect(card(page, "sim-2")).to_be_visible()
    expect(card(page, "sim-1")).to_have_count(0)
    search = page.get_by_label("Find a device")
    expect(search).to_have_value("SIM-2")
    search.fill("no such thing")
    expect(page.get_by_text("No device is like that")).to_be_visible()
    expect(page).to_have_url(f"{demo.address}/?q=no+such+thing")
    page.get_by_role("link", name="Show all devices").click()
    expect(card(page, "sim-1")).to_be_visible()
    expect(search).to_have_value("")
    page.locator("#overview-metric").click()
    page.get_by_role("option", name="Temperature").click()
    expect(page).to_have_url(f"{demo.address}/?show=temperature")
    expect(card(page, "sim-1").locator(".stat-value [data-value]")).to_have_attribute("data-value", "temperature")
    lead(page, f"{demo.address}/?device=nobody")
    expect(page.get_by_text("There is no device “nobody”.")).to_be_visible()
    expect(card(page, "sim-1")).to_be_visible()


def test_a_tick_of_the_cards_is_light(open_page: OpenPage, demo: Demo) -> None:
    page = open_page()
    sizes: list[int] = []

    def weigh(response: Response) -> None:
        if '"overview-tick.n_intervals"' in (response.request.post_data or ""):
            sizes.append(0 if response.status == 204 else len(response.body()))

    page.on("response", weigh)
    lead(page, demo.address)
    expect(card(page, "sim-1")).to_have_attribute("data-stands", "live")
    sizes.clear()
    began = time.monotonic()
    until(lambda: page.wait_for_timeout(100) or len(sizes) >= 4, "four ticks")
    assert max(sizes) <= 1_500
    assert time.monotonic() - began > 2.5  # once a second, not as fast as it can


def test_a_phone_has_cards_in_one_column_and_the_keyboard_opens_them(open_page: OpenPage, demo: Demo) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="fr-FR")
    lead(page, demo.address)
    expect(card(page, "sim-1")).to_contain_text("en direct")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = [card(page, name).bounding_box() for name in ("sim-1", "sim-2")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] == boxes[1]["x"]
    page.get_by_role("link", name="sim-1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="sim-1")).to_be_visible()
    page.get_by_role("link", name="Tous les appareils").first.click()
    expect(card(page, "sim-2")).to_be_visible()
