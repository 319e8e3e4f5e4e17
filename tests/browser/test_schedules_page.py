"""The page Schedules in a real Chromium: made, run, changed, switched and deleted, with the board's own answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telemetry.datafolder import DataFolder
from telemetry.reader import Actions, Reader
from tests.browser.conftest import Demo, serious
from tests.harness.boards import Desk, boards
from tests.harness.waiting import until

OpenPage = Callable[..., Page]
MORNING = {
    "name": "Morning", "kind": "at", "zone": "Europe/Paris", "time": "06:30", "cmd": "led", "value": True,
    "devices": ["sim-1"],
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(demo: Demo) -> Iterator[Desk]:
    with boards(demo.mqtt_port) as made:
        yield made


def show(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.address}/schedules")
    expect(page.locator("#schedules-list :is(.schedules, .empty)")).to_be_visible()


def test_a_schedule_is_made_run_changed_switched_and_deleted(page: Page, demo: Demo, desk: Desk) -> None:
    board = desk.board("night-lamp")
    reader = Reader(DataFolder(demo.data_dir), 20)
    until(lambda: any(row["device"] == "night-lamp" for row in reader.ask("devices").to_pylist()), "the board")
    show(page, demo)
    page.get_by_role("button", name="New schedule").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name of the schedule").fill("Evening <i>light</i>")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("a schedule tells somebody")
    form.get_by_role("textbox", name="Devices").click()
    page.get_by_role("option", name="night-lamp").click()
    page.keyboard.press("Escape")
    form.get_by_text("By the sun").click()
    form.get_by_label("Latitude").fill("48.85")
    form.get_by_label("Longitude").fill("2.35")
    form.get_by_label("Later by").fill("-30")
    page.keyboard.press("Tab")
    expect(page.locator("#schedule-preview")).to_contain_text("30\u202fmin before sunset, every day")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    line = page.locator(".schedules tbody tr").filter(has_text="Evening <i>light</i>")
    expect(line).to_contain_text("LED on")
    expect(line).to_contain_text("sunset")
    line.get_by_role("button", name="Run Evening").click()
    expect(page.locator("#schedules-runs tbody tr").filter(has_text="Evening")).to_contain_text("Acknowledged")
    assert board.led_on
    line.get_by_role("switch").click()
    expect(line).to_contain_text("switched off")
    line.get_by_role("button", name="Change Evening").click()
    expect(form.get_by_label("Latitude")).to_have_value("48.85")
    form.get_by_text("Repeating").click()
    form.get_by_label("Every", exact=True).fill("45")
    form.get_by_role("button", name="Save").click()
    expect(line).to_contain_text("every 45\u202fmin, every day")
    line.get_by_role("button", name="Change Evening").click()
    form.get_by_role("button", name="Delete").click()
    expect(line).to_have_count(0)
    expect(page.locator("#schedules-runs tbody tr").filter(has_text="Evening")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 390)])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    scheme: Any, width: int, open_page: OpenPage, demo: Demo
) -> None:
    actions = Actions(DataFolder(demo.data_dir), 20)
    made = actions.call("make_schedule", MORNING, by="ada")
    try:
        page = open_page(color_scheme=scheme, locale="fr-FR", viewport={"width": width, "height": 900})
        show(page, demo)
        expect(page.locator(".schedules tbody tr").filter(has_text="Morning")).to_contain_text("à 06:30, chaque jour")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("button", name="Modifier Morning").click()
        expect(page.get_by_role("dialog").get_by_label("Nom de l’horaire")).to_have_value("Morning")
        assert serious(page) == []
    finally:
        actions.call("delete_schedule", {"id": made["id"]}, by="ada")
