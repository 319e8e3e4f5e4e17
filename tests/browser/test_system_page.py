"""The page System in a real Chromium: a board that loses known samples, garbage tried again, ingest that is away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.publish as mqtt
import pytest
from playwright.sync_api import Locator, Page, expect

from telemetry import restarts
from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from tests.browser.conftest import Demo, serious
from tests.harness.boards import Desk, DeskBoard, boards
from tests.harness.http import get_json, get_text
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

OpenPage = Callable[..., Page]

#: What is left of a board's memory in this test, and how often it measures.
BUFFER, PERIOD_MS = 5, 100


@pytest.fixture(scope="module")
def desk(demo: Demo) -> Iterator[Desk]:
    with boards(demo.mqtt_port) as made:
        yield made


def show(page: Page, address: str) -> None:
    page.goto(f"{address}/system")
    expect(page.locator("#system-panel-ledger .table")).to_be_visible()


def row(page: Page, device: str) -> Locator:
    """The board's line in the ledger."""
    return page.locator("#system-panel-ledger tbody tr").filter(
        has=page.locator(f"[data-line='{device}'], [href$='device={device}']")
    )


def lossy_board(demo: Demo, desk: Desk, name: str) -> DeskBoard:
    """A board whose memory was too small for its time without Wi-Fi: it has given up what no longer fitted."""
    board = desk.board(name, period_ms=PERIOD_MS)
    buffer = board.simulated.board.buffer
    until(lambda: buffer.stored_seen, f"{name} to hear what is stored")
    # Nothing may be under way when the link goes: of what is, a board cannot know whether the host has it.
    board.press_button()
    until(lambda: not (board.sending or len(buffer)), f"{name} to pause, and all of it to be stored")
    whole, buffer.capacity = buffer.capacity, BUFFER
    board.simulated.hal.radio.cut()
    board.press_button()
    until(lambda: buffer.dropped >= 9, "nine samples to be given up")
    # With room again it gives up nothing more, however late the host's next word comes.
    buffer.capacity = whole
    board.simulated.hal.radio.restore()
    reader = Reader(DataFolder(demo.data_dir), 20)

    def told() -> bool:
        rows = reader.ask("losses", device=name).to_pylist()
        return bool(rows) and rows[0]["dropped"] == board.simulated.board.buffer.dropped and not rows[0]["missing"]

    until(told, "the board's own count in the ledger", 40)
    board.say_good_bye()
    until(told, "the last of it")
    return board


def test_the_ledger_has_the_numbers_of_a_board_that_lost_samples(page: Page, demo: Demo, desk: Desk) -> None:
    board = lossy_board(demo, desk, "forgetful")
    buffer = board.simulated.board.buffer
    show(page, demo.address)
    expect(row(page, "forgetful")).to_contain_text(f"{buffer.next_seq - buffer.dropped} of {buffer.next_seq}")
    expect(row(page, "forgetful")).to_contain_text(f"{buffer.dropped} lost")
    opener = page.get_by_role("button", name="Gaps of forgetful")
    opener.focus()
    page.keyboard.press("Enter")
    spans = page.locator("#system-panel-ledger .opened tbody tr").filter(has_text="given up by the board")
    expect(spans.first).to_be_visible()
    counts = [int(text) for text in spans.locator(".number").all_inner_texts()]
    assert sum(counts) == buffer.dropped
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#system-panel-ledger .opened")).to_have_count(0)


def test_the_ledger_tells_what_nobody_knows_the_end_of(page: Page, demo: Demo) -> None:
    then = 1_790_000_000_000
    rows = [[then + seq * 1_000, {"light": seq}] for seq in range(8_640)]
    parts = [(0, 4_000), *((first, min(first + 800, 8_640)) for first in range(4_009, 8_640, 800))]
    letters = [
        {"topic": "esp32/counted/output", "payload": json.dumps({"boot": "b", "seq": first, "rows": rows[first:end]})}
        for start, stop in parts
        for first, end in [(at, min(at + 800, stop)) for at in range(start, stop, 800)]
    ]
    mqtt.multiple([{**letter, "qos": 1} for letter in letters], port=demo.mqtt_port)
    reader = Reader(DataFolder(demo.data_dir), 20)
    until(lambda: [found for found in reader.ask("losses", device="counted").to_pylist() if found["received"] == 8_631],
          "all that was sent")  # fmt: skip
    show(page, demo.address)
    # A third of a day after half past two in the afternoon of 21 September 2026, as Paris has it.
    expect(row(page, "counted")).to_contain_text("8,631 of 8,640")
    expect(row(page, "counted")).to_contain_text("9 lost at 21 Sep 17:19")


def test_garbage_is_shown_as_text_and_tried_again(page: Page, demo: Demo) -> None:
    mqtt.single("esp32/garbled/output", b'{"light": <img src=x onerror=alert(1)>\x00', qos=1, port=demo.mqtt_port)
    show(page, demo.address)
    panel = page.locator("#system-panel-quarantine")
    expect(panel).to_contain_text("esp32/garbled/output")
    panel.locator("tr").filter(has_text="esp32/garbled/output").get_by_role("button").click()
    expect(panel.locator(".payload").first).to_have_text('{"light": <img src=x onerror=alert(1)>\\x00')
    assert page.locator("img[onerror]").count() == 0
    panel.get_by_role("button", name="Try all").click()
    expect(page.locator("#system-replayed")).to_contain_text("still cannot be")
    expect(page.locator("#system-panel-attention")).to_contain_text("could not be read")


def test_the_parts_tell_how_they_are_and_tick_only_in_sight(page: Page, demo: Demo) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.post_data or "") if sent.method == "POST" else None)
    show(page, demo.address)
    for words, panel in (
        ("127.0.0.1", "broker"),
        ("Uptime", "ingest"),
        ("Last backup", "store"),
        ("Memory", "dashboard"),
    ):
        expect(page.locator(f"#system-panel-{panel}")).to_contain_text(words)
    expect(page.locator("#system-panel-disk")).to_contain_text("Free on the disk")
    expect(page.locator("#system-panel-restarts")).to_contain_text("ingest started")

    def ticks() -> int:
        return sum(
            "system-tick-broker.n_intervals" in body and '"changedPropIds":["system-tick-broker' in body
            for body in asked
        )

    until_on_page(page, lambda: ticks() >= 1, "a tick")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Devices").click()
    expect(page.locator("#page-devices")).to_be_visible()
    expect(page.locator(".roster tbody tr").first).to_be_visible()
    before = ticks()
    page.wait_for_timeout(4_000)  # more than a tick: nothing is awaited but silence
    assert ticks() == before


def until_on_page(page: Page, held: Callable[[], bool], what: str) -> None:
    """Wait while the page goes on; Playwright tells of requests only while it waits itself."""
    for _ in range(200):
        if held():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"waited in vain for {what}")


def test_the_metrics_of_the_running_demo_pass_prometheus_own_check(demo: Demo) -> None:
    text = get_text(demo.http_port, "/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert 'lumos_device_up{device="sim-1"}' in text


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 390)])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    scheme: Any, width: int, open_page: OpenPage, demo: Demo
) -> None:
    page = open_page(color_scheme=scheme, locale="fr-FR", viewport={"width": width, "height": 900})
    show(page, demo.address)
    expect(page.get_by_role("heading", name="Échantillons de chaque carte")).to_be_visible()
    expect(page.locator("#page-system .skeleton").locator("visible=true")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page) == []


def test_a_part_that_was_killed_is_told_of_and_the_page_goes_on(open_page: OpenPage, tmp_path: Path) -> None:
    http_port, mqtt_port = free_port(), free_port()
    flags = ["--data-dir", tmp_path / "data", "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    with lumos(tmp_path / "lumos.log", *flags) as app:
        until(lambda: get_text(http_port, "/alive") and get_json(http_port, "/health"), "all parts", 40)
        page = open_page(outage=True)
        page.goto(f"http://127.0.0.1:{http_port}/system")
        expect(page.locator("#system-panel-broker")).to_contain_text("connected")
        expect(page.locator("#system-panel-ledger")).to_contain_text("No board has numbered a sample yet")
        pid = json.loads((tmp_path / "data" / "run" / "ingest.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        folder = DataFolder(tmp_path / "data")
        until(lambda: restarts.read(folder)[-1].what == "restarted", "ingest to be started again", 40)
        page.reload()
        expect(page.locator("#system-panel-restarts")).to_contain_text("ingest killed by signal 9", timeout=40_000)
        expect(page.locator("#system-panel-restarts")).to_contain_text("ingest started again")
        expect(page.locator("#system-panel-broker")).to_have_class("card-body", timeout=40_000)
        assert app.process.poll() is None
