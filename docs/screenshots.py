"""Make the pictures of the documents from the running demo: `make screenshots`, `ARGS=2` for two minutes of readings.

It starts `python app.py --demo` on free ports and a temporary data folder, waits until there is something to see, and
opens the page in Chromium as people do: at a desk and on a phone, light and dark. Explore is shown on six weeks of
history that are written beforehand.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from telemetry.timestamps import now_us  # noqa: E402
from tests.harness.browser import ARGUMENTS, CHROMIUM  # noqa: E402
from tests.harness.history import seed  # noqa: E402
from tests.harness.http import get  # noqa: E402
from tests.harness.processes import free_port, lumos  # noqa: E402
from tests.harness.waiting import until  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZES = {"": (1440, 900), "-phone": (390, 844)}


LIVE = "?device=sim-1&metric=light&range=15m"
EXPLORE = "explore?series=window/light&series=attic/temperature&range=7d&compare=usual"


def main() -> None:
    """Write docs/images/live-<scheme><-phone>.png and explore-<scheme><-phone>.png."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with _running(Path(folder) / "live", "--demo") as port:
            time.sleep(minutes * 60)  # readings for the picture
            _pictures(browser, port, "live", LIVE, "#chart .nsewdrag")
        past = Path(folder) / "past"
        past.mkdir()
        seed(past, now_us(), 42)
        with _running(past) as port:
            _pictures(browser, port, "explore", EXPLORE, "#explore-panel-days .js-plotly-plot")
        browser.close()


@contextlib.contextmanager
def _running(folder: Path, *flags: str) -> Iterator[int]:
    """A Lumos on free ports: that of its page."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    places = ["--data-dir", folder, "--port", str(port), "--mqtt-port", str(free_port())]
    with lumos(folder.with_suffix(".log"), *flags, *places):
        until(lambda: get(port, "/health")[0] in (200, 503), "a Lumos that answers", 30)
        yield port


def _pictures(browser: Browser, port: int, name: str, address: str, shown: str) -> None:
    for scheme in ("light", "dark"):
        for suffix, (width, height) in SIZES.items():
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                timezone_id="Europe/Paris",
                locale="en-GB",
            )
            page.goto(f"http://127.0.0.1:{port}/{address}")
            page.wait_for_selector(shown, state="attached")
            page.wait_for_timeout(2_500)  # two ticks, so that the live parts have their words
            page.screenshot(path=IMAGES / f"{name}-{scheme}{suffix}.png", full_page=name == "explore" and not suffix)
            page.close()


if __name__ == "__main__":
    main()
