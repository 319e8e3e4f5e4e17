"""What axe-core, in the page itself, finds wrong for people who see, hear or point differently."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def serious_findings(page: Page) -> list[str]:
    """A line for each place with a serious or critical finding."""
    found = Axe().run(page, options={"runOnly": _RULES})
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
