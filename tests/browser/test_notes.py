"""Notes in a real Chromium: written on the chart by one browser, seen by another, changed, deleted, brought back."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo, lead

EVIL = "<b>Shutters</b> opened <img src=x onerror=alert(1)>"
LABELS = "#chart .annotation-text"


def test_a_note_is_written_seen_by_another_changed_deleted_and_brought_back(
    open_page: Callable[..., Page], page: Page, demo: Demo
) -> None:
    writer, reader = page, open_page(locale="fr-FR")
    for one in (writer, reader):
        lead(one, f"{demo.address}/?device=sim-2&metric=light&range=15m")
        expect(one.locator("#chart .scatterlayer path").first).to_be_attached(timeout=40_000)
    expect(reader.locator("#notes-live")).to_contain_text("Aucune note")
    writer.get_by_role("button", name="Add a note").first.click()
    writer.get_by_role("textbox", name="Text").fill(EVIL)
    writer.get_by_role("button", name="Save").click()
    for one in (writer, reader):
        expect(one.locator("#notes-live .note-text")).to_have_text(EVIL)
        expect(one.locator(LABELS)).to_have_text("1")
        assert one.locator("img[src=x]").count() == 0
    writer.get_by_role("button", name="Change the note 1").click()
    text = writer.get_by_role("textbox", name="Text")
    expect(text).to_have_value(EVIL)
    text.fill("Rain")
    writer.get_by_role("button", name="Save").click()
    expect(reader.locator("#notes-live .note-text")).to_have_text("Rain")
    writer.get_by_role("button", name="Delete the note 1").click()
    expect(reader.locator(LABELS)).to_have_count(0)
    writer.get_by_role("button", name="Undo").click()
    expect(reader.locator("#notes-live .note-text")).to_have_text("Rain")
    lead(reader, f"{demo.address}/explore?series=sim-2/light&range=1h")
    expect(reader.locator("#notes-explore .note-text")).to_have_text("Rain")
