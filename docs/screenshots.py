"""Make the pictures of the documents from the running demo: `make screenshots`, `ARGS=2` for two minutes of readings.

It starts `python app.py --demo` on free ports and a temporary data folder, waits until there is something to see, and
opens the page in Chromium as people do: at a desk and on a phone, light and dark.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.harness.browser import ARGUMENTS, CHROMIUM  # noqa: E402
from tests.harness.http import get  # noqa: E402
from tests.harness.processes import free_port, lumos  # noqa: E402
from tests.harness.waiting import until  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZES = {"": (1440, 900), "-phone": (390, 844)}


def main() -> None:
    """Write docs/images/live-<scheme><-phone>.png."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    IMAGES.mkdir(exist_ok=True)
    http_port = free_port()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        flags = ["--demo", "--data-dir", folder, "--port", str(http_port), "--mqtt-port", str(free_port())]
        with lumos(Path(folder) / "lumos.log", *flags):
            until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
            time.sleep(minutes * 60)  # readings for the picture
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for scheme in ("light", "dark"):
                for suffix, (width, height) in SIZES.items():
                    page = _open(browser, http_port, scheme, width, height)
                    page.screenshot(path=IMAGES / f"live-{scheme}{suffix}.png")
                    page.close()
            browser.close()


def _open(browser: Browser, port: int, scheme: str, width: int, height: int) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id="Europe/Paris", locale="en-GB"
    )
    page.goto(f"http://127.0.0.1:{port}/?device=sim-1&metric=light&range=15m")
    page.wait_for_selector(".js-plotly-plot .scatterlayer path")
    page.wait_for_timeout(2_500)  # two ticks, so that the live parts have their words
    return page


if __name__ == "__main__":
    main()
