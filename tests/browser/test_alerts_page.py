"""The page Alerts in a real Chromium: a channel, a rule, what trips, acknowledging; both languages, a phone, axe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from telemetry.datafolder import DataFolder
from telemetry.reader import Actions, Reader
from telemetry.timestamps import now_us
from tests.browser.conftest import Demo, lead, quiet, serious
from tests.harness.observer import Observer, observer
from tests.harness.receivers import HttpReceiver
from tests.harness.waiting import until

OpenPage = Callable[..., Page]
_TOKEN = "tk-very-secret-0815"
_HOSTILE = "<img src=oven onerror=alert(1)>"


class Oven:
    """A device of the test's own, whose heat the test says, and a server that takes the messages about it."""

    def __init__(self, demo: Demo, mouth: Observer, receiver: HttpReceiver) -> None:
        folder = DataFolder(demo.data_dir)
        self.actions, self.reader = Actions(folder, 20), Reader(folder, 20)
        self._mouth, self.receiver, self._seq = mouth, receiver, 0
        # Another boot each time: where tests of other modules run between these, a second oven follows the first, and
        # numbers that came before are no new readings.
        self._boot = f"{now_us():x}"[-8:]

    def say(self, heat: float) -> None:
        self._seq += 1
        said = {"boot": self._boot, "seq": self._seq, "t": now_us() // 1_000, "heat": heat}
        self._mouth.publish("esp32/oven/output", json.dumps(said))

    def titles(self) -> list[str]:
        return [body["title"] for body in self.receiver.json()]


@pytest.fixture(scope="module")
def oven(demo: Demo) -> Iterator[Oven]:
    with observer(demo.mqtt_port, "nothing") as mouth, closing(HttpReceiver()) as receiver:
        made = Oven(demo, mouth, receiver)
        made.say(20)
        until(lambda: any(row["device"] == "oven" for row in made.reader.ask("series").to_pylist()), "the oven")
        made.actions.call("describe_device", {"device": "oven", "name": _HOSTILE}, by="test")
        yield made
        for row in made.reader.ask("alert_rules").to_pylist():
            made.actions.call("delete_alert_rule", {"id": row["id"]}, by="test")
        for row in made.reader.ask("alert_channels").to_pylist():
            made.actions.call("delete_alert_channel", {"id": row["id"]}, by="test")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("textbox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def make_channel(page: Page, oven: Oven) -> None:
    """A channel by its form, and a test through it."""
    page.get_by_role("button", name="New channel").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("phone")
    page.get_by_label("Address", exact=True).fill(f"json://ada:{_TOKEN}@127.0.0.1:{oven.receiver.port}/hook")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#alert-channels")).to_contain_text("not used yet")
    page.get_by_role("button", name="Test: phone").click()
    expect(page.locator("#alerts-said")).to_have_text("The test was sent and taken.")
    assert oven.titles() == ["Lumos: test"]
    expect(page.locator("#alert-channels")).to_contain_text("last sent")
    assert _TOKEN not in page.content()


def make_rule(page: Page) -> None:
    """A rule by its form, refused at first."""
    page.get_by_role("button", name="New rule").click()
    choose(page, "Of", _HOSTILE)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#alert-problem")).to_contain_text("needs a metric")
    choose(page, "Metric", "heat")
    page.get_by_role("textbox", name="Level").fill("30")
    page.get_by_role("textbox", name="Clears at").fill("28")
    choose(page, "Severity", "Critical")
    page.get_by_role("textbox", name="Name (may stay empty)").fill("Too hot")
    page.get_by_role("button", name="Try on the last 7 days").click()
    expect(page.locator("#alert-preview")).to_have_text("It would have tripped 0 times in the last 7 days (1 series).")
    page.get_by_role("button", name="Save").click()


@pytest.mark.timeout(300)  # a busy machine draws each of its many steps in seconds
def test_a_rule_is_made_trips_tells_is_acknowledged_and_is_over(page: Page, demo: Demo, oven: Oven) -> None:
    lead(page, f"{demo.address}/alerts")
    make_channel(page, oven)
    make_rule(page)
    rules = page.locator("#alert-rules tbody tr")
    expect(rules).to_contain_text("heat of <img src=oven onerror=alert(1)> above 30, clears at 28")
    expect(rules).to_contain_text("all well")

    oven.say(35)
    open_ = page.locator("#alerts-open tbody tr")
    expect(open_).to_contain_text("Too hot")
    expect(page.locator("#banners")).to_contain_text("Alerts that nobody has acknowledged: 1.")
    until(lambda: len(oven.titles()) == 2, "the message")
    assert oven.titles()[1] == f"Critical: {_HOSTILE}"
    # On the charts it is a mark among the others.
    lead(page, f"{demo.address}/?device=oven&metric=heat&range=15m")
    expect(page.locator("#chart .annotation-text")).to_have_text("!")
    lead(page, f"{demo.address}/explore?series=oven/heat&range=15m")
    expect(page.locator("#explore-chart .annotation-text").filter(has_text="!")).to_have_count(1)
    assert page.locator("img[src=oven]").count() == 0

    page.get_by_role("link", name="Show them").click()
    page.get_by_role("button", name="Acknowledge: oven, heat").click()
    page.get_by_role("textbox", name="A note for the others").fill("opening the window")
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    expect(open_).to_contain_text("opening the window")
    expect(page.locator("#banners")).not_to_contain_text("acknowledged")

    oven.say(27)
    expect(page.locator("#alerts-open")).to_contain_text("No alert is open")
    until(lambda: len(oven.titles()) == 3, "the end of it")
    assert oven.titles()[2] == f"Over: {_HOSTILE}"
    past = page.locator("#alerts-past tbody tr")
    expect(past).to_have_count(1)
    page.get_by_role("link", name="Info", exact=True).click()
    expect(page.locator("#alerts-past")).to_contain_text("No alert in this time")
    assert page.url.endswith("?severity=info")

    page.get_by_role("button", name="Switch off: Too hot").click()
    expect(rules).to_contain_text("switched off")
    page.get_by_role("button", name="Change the rule: Too hot").click()
    expect(page.get_by_role("textbox", name="Level")).to_have_value("30")
    page.get_by_role("button", name="Delete the rule").click()
    expect(page.locator("#alert-rules")).to_contain_text("No rule yet")


def test_a_channel_that_does_not_work_is_told_of(page: Page, demo: Demo, oven: Oven) -> None:
    channel = {"name": "pager", "url": f"json://127.0.0.1:{oven.receiver.port}/pager"}
    oven.actions.call("make_alert_channel", channel, by="test")
    oven.receiver.status = 500
    lead(page, f"{demo.address}/alerts")
    page.get_by_role("button", name="Test: pager").click()
    expect(page.locator("#alerts-said")).to_contain_text("The test was not taken: Failed to send JSON")
    expect(page.locator("#alert-channels")).to_contain_text("does not work")
    expect(page.locator("#banners")).to_contain_text("A channel for alerts does not work.")
    oven.receiver.status = 200
    page.get_by_role("button", name="Test: pager").click()
    expect(page.locator("#alerts-said")).to_have_text("The test was sent and taken.")
    expect(page.locator("#banners")).not_to_contain_text("channel")


def test_axe_finds_nothing_in_french_with_something_in_each_list(open_page: OpenPage, demo: Demo, oven: Oven) -> None:
    rule = {"kind": "above", "metric": "heat", "level": 30, "quiet_from": "22:00", "quiet_to": "07:00"}
    oven.actions.call("make_alert_rule", rule, by="test")
    oven.say(50)
    page = open_page(color_scheme="light", locale="fr-FR", viewport={"width": 1440, "height": 900})
    page.goto(f"{demo.address}/alerts")
    expect(page.locator("#alerts-open tbody tr")).to_contain_text("heat au-dessus de 30")
    quiet(page)
    assert serious(page) == []
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    for opener in ("", "Nouvelle règle", "Nouveau canal"):
        if opener:
            page.get_by_role("button", name=opener).click()
            expect(page.get_by_role("dialog")).to_be_visible()
        quiet(page)
        assert serious(page) == []
        page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
