"""The page Devices as people use it: in a real Chromium, with the firmware's own boards beside the demo's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from telemetry.datafolder import DataFolder
from telemetry.reader import Actions, Reader
from telemetry.timestamps import now_us
from tests.browser.conftest import Demo, lead, quiet, serious
from tests.harness.boards import Desk, boards
from tests.harness.observer import observer
from tests.harness.waiting import until

OpenPage = Callable[..., Page]

#: Names that are anything but text to something: markup, SQL, paths, right-to-left.
HOSTILE = ["<img src=x onerror=alert(1)>", "'; DROP TABLE devices; --", "../../x", "שלום \u202eabc"]


class Lab:
    """Boards of one test's own at the demo's broker, and the store behind the page."""

    def __init__(self, demo: Demo, desk: Desk) -> None:
        self.demo, self.desk = demo, desk
        folder = DataFolder(Path(str(demo.app.process.args[demo.app.process.args.index("--data-dir") + 1])))  # type: ignore[union-attr,index]
        self.actions, self.reader = Actions(folder, 20), Reader(folder, 20)

    def board(self, name: str, /, **words: Any) -> Any:
        made = self.desk.board(name)
        until(lambda: self.row(name).get("status"), f"{name} in the store")
        if words:
            self.actions.call("describe_device", {"device": name, **words}, by="test")
        return made

    def row(self, device: str) -> dict[str, Any]:
        rows = self.reader.ask("devices").to_pylist()
        return next((row for row in rows if row["device"] == device), {})

    def commands(self, device: str) -> list[dict[str, Any]]:
        return list(self.reader.ask("commands", device=device).to_pylist())


@pytest.fixture(scope="module")
def lab(demo: Demo) -> Iterator[Lab]:
    with boards(demo.mqtt_port) as desk:
        yield Lab(demo, desk)


def show(page: Page, demo: Demo, device: str = "") -> None:
    lead(page, f"{demo.address}/devices{f'?device={device}' if device else ''}")
    expect(page.locator("#board-facts .fact" if device else ".roster tbody tr").first).to_be_visible(timeout=30_000)


def line(page: Page, device: str) -> Locator:
    """The device's line in the list."""
    return page.locator(".roster tbody tr").filter(has=page.locator(f"[data-pick-device='{device}']"))


@pytest.fixture(scope="module")
def named(lab: Lab) -> Lab:
    """Boards named-0 to named-3, each with an odd name, place, tag, label and unit."""
    for number, name in enumerate(HOSTILE):
        lab.board(f"named-{number}", name=name, place=name, tags=[name], notes=name)
        words = {"device": f"named-{number}", "metric": "light", "label": name, "unit": name}
        until(lambda words=words: _did(lambda: lab.actions.call("describe_metric", words, by=HOSTILE[0])), "a label")
    return lab


def test_names_are_shown_as_text_everywhere(page: Page, named: Lab) -> None:
    lab = named
    show(page, lab.demo)
    for number, name in enumerate(HOSTILE):
        expect(line(page, f"named-{number}").locator(".roster-link")).to_have_text(name)
    for number, name in enumerate(HOSTILE):
        show(page, lab.demo, f"named-{number}")
        expect(page.locator(".board-name")).to_have_text(name)
        expect(page.get_by_label("Name", exact=True)).to_have_value(name)
        expect(page.locator("#board-metrics")).to_contain_text(name)
    assert page.locator("img[onerror]").count() == 0
    # The same names and notes on Explore: in the choice, the legend, the statistics, on the chart and under it.
    for number, name in enumerate(HOSTILE):
        words = {"device": f"named-{number}", "metric": None, "text": name}
        lab.actions.call("write_note", {**words, "from_us": now_us(), "to_us": now_us()}, by=HOSTILE[0])
    asked = "&".join(f"series=named-{number}/light" for number in range(len(HOSTILE)))
    lead(page, f"{lab.demo.address}/explore?{asked}&range=15m")
    expect(page.locator("#explore-chart .scatterlayer path").first).to_be_attached()
    for name in HOSTILE:
        expect(page.locator("#explore-title")).to_contain_text(name)
        expect(page.locator("#explore-panel-statistics thead")).to_contain_text(name)
        expect(page.locator("#notes-explore .note-text").get_by_text(name, exact=True)).to_be_visible()
    expect(page.locator("#notes-explore")).to_contain_text(f"by {HOSTILE[0]}")
    assert page.locator("img[src=x], img[onerror]").count() == 0
    lead(page, f"{lab.demo.address}/?device=named-0&metric=light")
    expect(page.locator("#device")).to_have_value(f"{HOSTILE[0]} · {HOSTILE[0]}")


def test_names_are_text_on_the_cards_in_schedules_and_in_the_ledger_too(page: Page, named: Lab) -> None:
    lead(page, f"{named.demo.address}/")
    for number, name in enumerate(HOSTILE):
        card = page.locator(f".device-card[data-device=named-{number}]")
        for part in (".device-name", ".device-place", ".tag"):
            expect(card.locator(part).first).to_have_text(name)
        expect(card.locator(".device-metric, .device-others").filter(has_text=name).first).to_be_visible()
    made = {}
    for number, odd in enumerate(HOSTILE):
        name = odd.replace("\u202e", "")  # which no schedule's name may hold
        schedule = {"name": name, "kind": "at", "zone": "Europe/Paris", "time": "06:30", "cmd": "led", "value": True,
                    "devices": [f"named-{number}"]}  # fmt: skip
        made[name] = named.actions.call("make_schedule", schedule, by=odd)["id"]
    lead(page, f"{named.demo.address}/schedules")
    for name in made:
        expect(page.locator("#schedules-list")).to_contain_text(name)
    lead(page, f"{named.demo.address}/system")
    for name in HOSTILE:
        expect(page.locator("#system-panel-ledger tbody").get_by_role("link", name=name, exact=True)).to_be_visible()
    assert page.locator("img[src=x], img[onerror]").count() == 0
    for schedule_id in made.values():
        named.actions.call("delete_schedule", {"id": schedule_id}, by="test")


def _did(work: Callable[[], Any]) -> bool:
    try:
        work()
    except Exception:  # noqa: BLE001  (asked again until the first reading is there)
        return False
    return True


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(scheme: Any, page: Page, lab: Lab) -> None:
    """The list, one device with all its forms, a new board's form, the form of a note; light and dark."""
    if not lab.row("looked-at"):
        lab.board("looked-at", name="Fenêtre", place="B-204", tags=["étage 2"], colour="#0a7f5a")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme=scheme)
    show(page, lab.demo)
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
    found = serious(page, colours_alone=scheme == "dark")
    page.get_by_role("button", name="Add a board").click()
    expect(page.get_by_label("Name of the device")).to_be_visible()
    found += serious(page, colours_alone=scheme == "dark")
    page.keyboard.press("Escape")
    show(page, lab.demo, "looked-at")
    expect(page.get_by_role("switch", name="LED")).to_be_enabled()
    quiet(page)
    found += serious(page, colours_alone=scheme == "dark")
    lead(page, f"{lab.demo.address}/?device=looked-at&range=15m")
    page.get_by_role("button", name="Add a note").first.click()
    expect(page.get_by_role("textbox", name="Text")).to_be_visible()
    found += serious(page, colours_alone=scheme == "dark")
    page.keyboard.press("Escape")
    assert found == []


def test_two_browsers_see_the_boards_own_state(open_page: OpenPage, lab: Lab) -> None:
    board = lab.board("shared")
    first, second = open_page(), open_page()
    for page in (first, second):
        show(page, lab.demo, "shared")
        expect(page.get_by_role("switch", name="LED")).to_be_enabled()
    first.get_by_role("switch", name="LED").click()
    expect(first.locator("#board-led-answer")).to_contain_text("Confirmed by device in")
    for page in (first, second):
        expect(page.get_by_role("switch", name="LED")).to_have_attribute("aria-checked", "true")
        expect(page.locator("#journal tbody tr").first).to_contain_text("confirmed")
    assert board.led_on
    second.get_by_role("switch", name="Sending readings").click()
    for page in (first, second):
        expect(page.locator("#board-sending-state")).to_have_text("Paused")
    assert board.simulated.board.state["sending"] is False


def test_a_double_click_sends_once(page: Page, lab: Lab) -> None:
    board = lab.board("twice")
    show(page, lab.demo, "twice")
    with observer(lab.demo.mqtt_port, "esp32/twice/#") as heard:
        page.get_by_role("switch", name="LED").dblclick()
        expect(page.locator("#board-led-answer")).to_contain_text("Confirmed")
        page.locator("#board-message").fill("Bonjour")
        page.locator("#board-send").dblclick()
        expect(page.locator("#board-send-answer")).to_contain_text("Shown on the screen")
        page.get_by_role("button", name="Identify").dblclick()
        expect(page.locator("#board-more-answer")).to_contain_text("Confirmed")
        assert [said["cmd"] for said in heard.json("esp32/twice/input")] == ["led", "message", "identify"]
    assert board.simulated.board.state["led"] is True


def test_a_period_is_set_in_seconds_and_a_restart_is_confirmed(page: Page, lab: Lab) -> None:
    board = lab.board("paced")
    show(page, lab.demo, "paced")
    field = page.locator("#board-period")
    expect(field).to_have_value("1\u202fs")
    field.fill("2.5")
    page.locator("#board-period-set").click()
    expect(page.locator("#board-more-answer")).to_contain_text("Confirmed")
    assert board.simulated.board.state["period_ms"] == 2_500
    page.get_by_role("button", name="Reboot").click()
    expect(page.locator("#journal tbody tr").first).to_contain_text("Reboot")
    until(lambda: lab.commands("paced")[0]["state"] == "acknowledged", "the restart")


def test_a_silent_boards_command_is_held_withdrawn_or_expires(page: Page, lab: Lab) -> None:
    board = lab.board("asleep")
    board.die()
    until(lambda: lab.row("asleep")["online"] is False, "its last will")
    show(page, lab.demo, "asleep")
    page.get_by_role("switch", name="LED").click()
    expect(page.locator("#board-led-answer")).to_contain_text("held until it answers")
    held = page.locator("#board-held li")
    expect(held).to_contain_text("LED on")
    held.get_by_role("button", name="Withdraw").click()
    expect(held).to_have_count(0)
    expect(page.locator("#board-led-answer")).to_contain_text("Withdrawn")
    asked = {"devices": ["asleep"], "cmd": "led", "value": True, "expires_seconds": 1}
    lab.actions.call("hold_commands", asked, by="test")
    expect(page.locator("#board-led-answer")).to_contain_text("Expired before the device came back")
    page.locator("#board-message").fill("Welcome back")
    page.locator("#board-send").click()
    expect(held).to_contain_text("Welcome back")
    board.switch_on()
    expect(page.locator("#board-send-answer")).to_contain_text("Shown on the screen")
    assert [row["state"] for row in lab.commands("asleep")] == ["acknowledged", "expired", "withdrawn"]


def test_the_chosen_and_all_of_a_tag_are_told_at_once(page: Page, lab: Lab) -> None:
    here = [lab.board(f"many-{n}", tags=["crowd"]) for n in range(2)]
    away = lab.board("many-9", tags=["crowd"])
    away.die()
    until(lambda: lab.row("many-9")["online"] is False, "its last will")
    show(page, lab.demo)
    expect(page.locator("#many-send")).to_be_disabled()
    for name in ("many-0", "many-1"):
        line(page, name).get_by_role("checkbox").click()
    expect(page.locator("#many-to")).to_have_value("the 2 chosen")
    page.locator("#many-send").dblclick()
    expect(page.locator("#many-answer")).to_contain_text("2 confirmed")
    assert all(board.led_on for board in here)
    choose(page, "#many-to", "all 3 of crowd")
    choose(page, "#many-cmd", "Show a message")
    page.locator("#many-text").fill("Bonjour à tous")
    page.locator("#many-send").click()
    expect(page.locator("#many-answer")).to_contain_text("2 shown")
    expect(page.locator("#many-answer")).to_contain_text("1 held")
    assert all(board.simulated.board.state["screen"] == "Bonjour à tous" for board in here)
    assert [len(lab.commands(name)) for name in ("many-0", "many-1", "many-9")] == [2, 2, 1]


def choose(page: Page, select: str, words: str) -> None:
    page.locator(select).click()
    page.get_by_role("option", name=words, exact=True).click()


def test_what_people_say_of_a_device_and_its_metrics_is_kept(page: Page, lab: Lab) -> None:
    lab.board("plain")
    show(page, lab.demo, "plain")
    page.get_by_label("Name", exact=True).fill("Fenêtre sud")
    page.get_by_label("Place", exact=True).fill("B-204")
    tags = page.locator("#board-tags")
    tags.fill("étage 2")
    tags.press("Enter")
    page.locator("#board-notes").fill("sous le toit")
    page.locator("#board-save").click()
    expect(page.locator("#board-said")).to_have_text("Saved")
    expect(page.locator(".board-name")).to_have_text("Fenêtre sud")
    page.locator("#metric-label").fill("Jour")
    page.locator("#metric-decimals").fill("0")
    page.locator("#metric-low").fill("5000")
    page.locator("#metric-save").click()
    expect(page.locator("#metric-said")).to_contain_text("is empty")
    page.locator("#metric-low").fill("10")
    page.locator("#metric-save").click()
    expect(page.locator("#metric-said")).to_have_text("Saved")
    expect(page.locator("#board-metrics")).to_contain_text("Jour")
    row = lab.row("plain")
    assert (row["name"], row["place"], row["tags"], row["notes"]) == (
        "Fenêtre sud",
        "B-204",
        ["étage 2"],
        "sous le toit",
    )
    page.locator("#board-hidden").check(force=True)
    page.locator("#board-save").click()
    page.get_by_role("link", name="All devices").first.click()
    expect(line(page, "shared").or_(line(page, "sim-1")).first).to_be_visible()
    expect(line(page, "plain")).to_have_count(0)


def test_the_list_is_narrowed_by_the_address_and_leads_back(page: Page, lab: Lab) -> None:
    lab.board("find-me", name="Needle", place="Haystack")
    show(page, lab.demo)
    page.locator("#devices-find").fill("needle")
    expect(page.locator(".roster tbody tr")).to_have_count(1)
    assert "find=needle" in page.url
    page.get_by_role("link", name="Needle").click()
    expect(page.locator(".board-name")).to_have_text("Needle")
    page.get_by_role("link", name="All devices").first.click()
    expect(page.locator(".roster tbody tr")).to_have_count(1)
    page.reload()
    expect(page.locator("#devices-find")).to_have_value("needle")
    expect(page.locator(".roster tbody tr")).to_have_count(1)
    page.locator("#devices-find").fill("nobody is called so")
    expect(page.locator("#devices-list")).to_contain_text("No device fits")


def test_a_new_board_gets_its_command_and_its_qr_code_and_may_connect(page: Page, lab: Lab) -> None:
    show(page, lab.demo)
    page.get_by_role("button", name="Add a board").click()
    page.get_by_label("Name of the device").fill("not a name")
    page.get_by_role("button", name="Make its password").click()
    expect(page.locator("#add-made")).to_contain_text("cannot be a board's name")
    page.get_by_label("Name of the device").fill("fresh-1")
    page.get_by_role("button", name="Make its password").click()
    made = page.locator("#add-made")
    expect(made).to_contain_text("fresh-1 may connect")
    expect(made).to_contain_text("python -m firmware deploy --device fresh-1")
    expect(made.get_by_role("img")).to_have_js_property("complete", value=True)
    assert made.get_by_role("img").evaluate("picture => picture.naturalWidth") > 100
    password = made.locator(".command").first.inner_text()
    assert len(password) >= 20
    # It is kept nowhere: opened again, the form is empty.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add a board").click()
    expect(made).to_be_empty()


def test_a_replaced_board_continues_its_history_and_is_separated_again(page: Page, lab: Lab) -> None:
    lab.board("worn-out").say_good_bye()
    lab.board("successor")
    show(page, lab.demo, "successor")
    choose(page, "#merge-from", "worn-out")
    page.locator("#merge").click()
    until(lambda: lab.row("successor")["replaces"] == ["worn-out"], "the merge")
    expect(page.locator("#board-facts")).to_contain_text("worn-out")
    quiet(page)
    # The forms were filled anew since, and the answer is still there to be read.
    expect(page.locator("#merge-said")).to_have_text("Saved")
    page.locator("#separate").click()
    until(lambda: lab.row("worn-out"), "the separation")
    expect(page.locator("#board-facts")).not_to_contain_text("worn-out")


def test_a_device_is_deleted_after_its_name_was_typed_and_only_that_one(page: Page, lab: Lab) -> None:
    board = lab.board("doomed", name="Doomed one")
    lab.board("spared")
    board.say_good_bye()
    show(page, lab.demo, "doomed")
    button = page.locator("#delete")
    expect(button).to_be_disabled()
    page.get_by_label("Type its name").fill("spared")
    button.click()
    expect(page.locator("#delete-said")).to_contain_text("nothing was deleted: type the device's name, Doomed one")
    page.get_by_label("Type its name").fill("Doomed one")
    button.click()
    expect(line(page, "spared")).to_be_visible()
    expect(line(page, "doomed")).to_have_count(0)
    lead(page, f"{lab.demo.address}/devices?device=doomed")
    expect(page.locator("#board-head")).to_contain_text("There is no device")


def test_the_history_is_filtered_turned_and_taken_away_with_the_effect(page: Page, lab: Lab) -> None:
    lab.board("busy")
    show(page, lab.demo, "busy")
    for value in range(21):
        asked = {"devices": ["busy"], "cmd": "message", "value": f"n{value}"}
        lab.actions.call("hold_commands", asked, by="<b>eve</b>")
    until(lambda: all(row["state"] == "acknowledged" for row in lab.commands("busy")), "all answers")
    until(lambda: lab.reader.ask("series").to_pylist(), "a series")
    page.get_by_role("switch", name="LED").click()
    expect(page.locator("#journal-pager")).to_contain_text("22 commands")
    expect(page.locator("#journal tbody tr")).to_have_count(20)
    page.locator("#journal-pager button[data-page='2']").click()
    expect(page.locator("#journal tbody tr")).to_have_count(2)
    expect(page.locator("#journal")).to_contain_text("<b>eve</b>")
    choose(page, "#journal-cmd", "LED")
    expect(page.locator("#journal tbody tr")).to_have_count(1)
    choose(page, "#journal-metric", "light")
    expect(page.locator("#journal tbody .cell-effect")).to_contain_text("→")
    with page.expect_download() as download:
        page.locator("#journal-csv").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert json.loads(lines[1].split(",")[3]) is True


def test_the_page_speaks_french(open_page: OpenPage, lab: Lab) -> None:
    lab.board("vitre", name="Vitre")
    page = open_page(locale="fr-FR")
    show(page, lab.demo, "vitre")
    for words in ("Nom et lieu", "Grandeurs", "Supprimer l’appareil", "Historique des commandes"):
        expect(page.get_by_role("heading", name=words)).to_be_visible()
    page.get_by_role("switch", name="LED").click()
    expect(page.locator("#board-led-answer")).to_contain_text("Confirmé par l’appareil en")
