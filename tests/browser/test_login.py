"""Logging in with a real browser: the form, the way back to what was asked for, what a viewer sees, the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboard.access.people import People
from dashboard.access.roles import Role
from telemetry.datafolder import DataFolder
from tests.harness.http import get_json
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An open Lumos with two boards; `ada` is an operator, `vic` a viewer."""
    folder = tmp_path_factory.mktemp("open")
    (folder / "password").write_text(PASSWORD)
    port = free_port()
    flags = ["--demo", "--lan", "--data-dir", folder / "data", "--port", str(port), "--mqtt-port", str(free_port())]
    with lumos(folder / "lumos.log", *flags, "--admin-password-file", folder / "password") as app:
        until(lambda: "Lumos is ready" in app.output(), "the address on the console", 30)
        people = People(DataFolder(folder / "data").people, 3_600)
        people.set_password("ada", PASSWORD, Role.OPERATOR)
        people.set_password("vic", PASSWORD, Role.VIEWER)
        people.close()
        until(lambda: (get_json(port, "/health") or {}).get("status") == "ok", "a healthy Lumos", 30)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page of its own for each test: what a browser keeps of a login is what these are about."""
    return open_page()


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_wrong_password_then_the_right_one_leads_to_what_was_asked_for(page: Page, address: str) -> None:
    page.goto(f"{address}/?device=sim-2&metric=temperature&range=1h")
    expect(page).to_have_title("Log in · Lumos")
    log_in(page, "ada", "wrong password")
    expect(page.get_by_role("alert")).to_have_text("Name and password do not go together.")
    log_in(page, "ada")
    expect(page).to_have_url(f"{address}/?device=sim-2&metric=temperature&range=1h")
    expect(page.get_by_role("switch", name="LED")).to_be_enabled()
    expect(page.locator("header .account-name")).to_have_text("ada")


def test_a_command_carries_who_and_logging_out_ends_it(page: Page, address: str) -> None:
    page.goto(f"{address}/?device=sim-1&metric=light")
    log_in(page, "ada")
    switch = page.get_by_role("switch", name="LED")
    expect(switch).to_be_enabled()
    before = switch.get_attribute("aria-checked")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false" if before == "true" else "true")
    expect(page.locator("#history")).to_contain_text("ada")
    page.locator("header").get_by_role("button", name="Log out").click()
    expect(page).to_have_title("Log in · Lumos")
    page.goto(f"{address}/")
    expect(page).to_have_title("Log in · Lumos")


def test_a_viewer_sees_states_and_no_controls(page: Page, address: str) -> None:
    page.goto(f"{address}/?device=sim-1&metric=light")
    log_in(page, "vic")
    expect(page.locator("#led-state")).not_to_be_empty()
    expect(page.locator(".js-plotly-plot .scatterlayer path").first).to_be_attached()
    expect(page.get_by_role("switch", name="LED")).to_be_hidden()
    expect(page.get_by_role("button", name="Send")).to_be_hidden()
    expect(page.locator("#message")).to_be_hidden()
    # Nor can they be called: the page's own request for a click, sent by hand.
    status = page.evaluate(
        """async () => (await fetch("/_dash-update-component", {
            method: "POST",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify({output: "pending.data", inputs: [], state: [], changedPropIds: ["led.n_clicks"]}),
        })).status"""
    )
    assert status == 403


def test_a_session_that_ended_elsewhere_leads_to_the_login(page: Page, address: str) -> None:
    page.goto(f"{address}/?device=sim-1&metric=light")
    log_in(page, "vic")
    expect(page.locator(".js-plotly-plot .scatterlayer path").first).to_be_attached()
    page.context.clear_cookies()
    expect(page).to_have_title("Log in · Lumos", timeout=15_000)
