"""A real Chromium, a running demo, and pages that must not complain nor speak to anybody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.harness.browser import ARGUMENTS, CHROMIUM
from tests.harness.http import get, get_json
from tests.harness.processes import Running, free_port, lumos
from tests.harness.waiting import until

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


class Watched:
    """Opens pages and notes their complaints, and their requests to any other host."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def open(self, browser: Browser, *, outage: bool = False, **options: Any) -> Page:
        """A page of a browser that knows nobody; in an `outage` errors of the network are forgiven.

        It wants no motion, which would take the processor from what is tested.
        """
        common = {"locale": "en-GB", "timezone_id": "Europe/Paris", "reduced_motion": "reduce"}
        page = browser.new_context(**{**common, **options}).new_page()

        def hear(kind: str, text: str) -> None:
            if not (_REFUSED.search(text) or (outage and _OUTAGE.search(text))):
                self.problems.append(f"{kind}: {text}")

        def watch(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
                self.problems.append(f"request to {request.url}")

        page.on("pageerror", lambda error: hear("page", str(error)))
        page.on("console", lambda said: hear("console", said.text) if said.type == "error" else None)
        page.on("request", watch)
        return page

    def check(self) -> None:
        """A test fails at its end for what was noted in it."""
        noted, self.problems = self.problems, []
        assert noted == []


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(locale="fr-FR")` is a page of a browser of its own; `outage=True` forgives errors of the network."""
    watched, pages = Watched(), []

    def open_page(**options: Any) -> Page:
        pages.append(watched.open(chromium, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.close()
    watched.check()


@pytest.fixture(scope="package")
def staying(chromium: Browser) -> Iterator[tuple[Page, Watched]]:
    """The page that `page` is. Whoever stops a server that it has open closes it first: page.goto("about:blank")."""
    watched = Watched()
    page = watched.open(chromium)
    yield page, watched
    page.context.close()


@pytest.fixture
def page(staying: tuple[Page, Watched]) -> Iterator[Page]:
    """One page that stays open from test to test, as in somebody's browser: a test that changes what the browser keeps
    (clock, language, scheme), or listens to its requests, opens one of its own.
    """
    page, watched = staying
    if page.url.startswith("http") and get(urlsplit(page.url).port or 0, "/alive")[0] != 200:
        page.goto("about:blank")
    # What it noted while it stood at a server that has stopped since is nobody's.
    watched.problems.clear()
    yield page
    page.unroute_all()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(color_scheme="light")
    watched.check()


_FOLLOW = """address => {
    document.querySelectorAll("details[open]").forEach(each => { each.open = false; });
    window.history.pushState({}, "", address);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
}"""
#: No callback is under way, and none was in the frames just drawn; and the early chart, which has the same name, has
#: given way to the real one.
_IDLE = """() => {
    const callbacks = window.store?.getState().callbacks;
    const under_way = ["requested", "prioritized", "blocked", "executing", "watched", "executed"];
    const early = document.querySelector("#first-sight, .early");
    const busy = early || !callbacks || under_way.some(each => callbacks[each].length);
    window.idleFrames = busy ? 0 : (window.idleFrames || 0) + 1;
    return window.idleFrames > 3;
}"""


def lead(page: Page, address: str) -> None:
    """Go there as a link of the page leads there: a page that is open already is not loaded anew, which is most of the
    time that opening takes.
    """
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    if page.url.startswith(f"{origin}/") and page.evaluate("Boolean(window.store)"):
        page.keyboard.press("Escape")
        page.evaluate(_FOLLOW, address)
    else:
        page.goto(address)
    quiet(page)


def quiet(page: Page) -> None:
    """Until no callback is under way: all that was asked for is shown."""
    page.evaluate("() => { window.idleFrames = 0; }")
    page.wait_for_function(_IDLE, timeout=60_000)


def serious(page: Page, *, colours_alone: bool = False) -> list[str]:
    """What axe finds wrong for people who do not see, or see badly; nothing below "serious".

    `colours_alone`: contrasts, where a page was looked at in its other colours already.
    """
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
    only = {"type": "rule", "values": ["color-contrast"]} if colours_alone else rules
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
        for violation in Axe().run(page, options={"runOnly": only}).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
