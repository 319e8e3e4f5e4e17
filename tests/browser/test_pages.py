"""From page to page in one shell, in a real Chromium."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo


def test_pages_are_reached_by_links_by_addresses_and_by_going_back(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.address}/explore?series=sim-1/light&range=1h")
    expect(page.locator("#explore-chart .scatterlayer path").first).to_be_attached()
    expect(page).to_have_title("Explore · Lumos")
    expect(page.locator("#page-live")).to_be_hidden()
    links = page.get_by_role("navigation", name="Pages")
    links.get_by_role("link", name="Live").click()
    expect(page).to_have_title("Live · Lumos")
    expect(page.locator("#page-explore")).to_be_hidden()
    expect(page.locator("#chart .scatterlayer path").first).to_be_attached()
    expect(links.get_by_role("link", name="Live")).to_have_attribute("aria-current", "page")
    links.get_by_role("link", name="Live").click()
    expect(page.locator(".device-card[data-device=sim-1]")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page).to_have_title("Explore · Lumos")
    expect(page).to_have_url(f"{demo.address}/explore?series=sim-1/light&range=1h")
    expect(page.get_by_role("radio", name="1 h")).to_be_checked()
