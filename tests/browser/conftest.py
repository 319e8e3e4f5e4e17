"""A real Chromium, a running demo, and pages that must not complain nor speak to anybody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.harness.browser import ARGUMENTS, CHROMIUM
from tests.harness.http import get_json
from tests.harness.processes import Running, free_port, lumos
from tests.harness.waiting import until

# Long, for a machine that others use too: what is awaited comes at once on an idle one.
expect.set_options(timeout=20_000)

#: Refusals are told by their own words on the page; Chromium notes each on the console by itself.
_REFUSED = re.compile(r"status of 40[13] ")
#: What Chromium and Dash say on the console when a server is not there.
_OUTAGE = re.compile(r"ERR_|fetch|status of 50|the server did not respond")

#: Each is awaited, so a fast machine loses nothing; a busy one with two cores draws a page in more than five seconds.
expect.set_options(timeout=20_000)


@dataclass(frozen=True)
class Demo:
    """`python app.py --demo`, and where it is."""

    http_port: int
    mqtt_port: int
    app: Running
    data_dir: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for all tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("demo")
    http_port, mqtt_port = free_port(), free_port()
    flags = ["--demo", "--data-dir", folder / "data", "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    with lumos(folder / "lumos.log", *flags) as app:
        until(lambda: get_json(http_port, "/data", device="sim-2", metric="light"), "readings of sim-2", 40)
        yield Demo(http_port, mqtt_port, app, folder / "data")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """For this package alone: while it lives, an event loop runs in this thread, and `asyncio.run` refuses to work."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(locale="fr-FR")` is a page of a browser that knows nobody.

    An error on its console, or a request to any other host, fails the test at its end; with `outage=True` only errors
    of the network are forgiven.
    """
    problems: list[str] = []
    contexts = []

    def open_page(*, outage: bool = False, **options: Any) -> Page:
        context = chromium.new_context(**{"locale": "en-GB", "timezone_id": "Europe/Paris", **options})
        contexts.append(context)
        page = context.new_page()

        def hear(kind: str, text: str) -> None:
            if _REFUSED.search(text) or (outage and _OUTAGE.search(text)):
                return
            problems.append(f"{kind}: {text}")

        def watch(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
                problems.append(f"request to {request.url}")

        page.on("pageerror", lambda error: hear("page", str(error)))
        page.on("console", lambda said: hear("console", said.text) if said.type == "error" else None)
        page.on("request", watch)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()
