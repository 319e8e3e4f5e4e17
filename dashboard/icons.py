"""Icons as CSS masks, so that they take the colour of the text around them; no icon font, no request elsewhere.

The drawings are Tabler's, read from the wheel `pytablericons` without importing it (its code wants a game library).
Adding an icon means adding its name to NAMES; `<span class="glyph glyph-bulb">` shows it.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from urllib.parse import quote

from telemetry.errors import LumosError

NAMES = (
    "activity", "activity-heartbeat", "adjustments", "alert-triangle", "arrow-left", "arrow-merge", "bell", "bulb",
    "calendar", "calendar-week", "chart-candle", "chart-histogram", "chart-line", "check", "chevron-down",
    "checklist",
    "chevron-left", "chevron-right", "circle-check", "clock", "cpu", "database", "database-off", "device-desktop",
    "device-tv", "download", "edit", "eye", "gauge", "history", "hourglass", "key", "link", "logout", "moon",
    "notes", "pencil", "player-pause", "player-play", "plug-connected", "plug-connected-x", "plus", "qrcode",
    "refresh", "search", "selector", "send", "server", "sort-ascending", "sun", "table", "terminal-2", "trash", "x",
)  # fmt: skip


def stylesheet() -> str:
    """The CSS of all icons in use. Raises LumosError when the wheel is missing."""
    folder = _folder()
    rules = [
        ".glyph{display:inline-block;width:1.15em;height:1.15em;flex:none;background:currentColor;vertical-align:-.2em}",
        ".glyph{-webkit-mask:var(--icon) center/contain no-repeat;mask:var(--icon) center/contain no-repeat}",
    ]
    rules += [f'.glyph-{name}{{--icon:url("data:image/svg+xml,{_drawing(folder / f"{name}.svg")}")}}' for name in NAMES]
    return "\n".join(rules)


def _folder() -> Path:
    found = importlib.util.find_spec("pytablericons")
    if found is None or not found.submodule_search_locations:
        raise LumosError("the package pytablericons is missing: install the requirements again (make setup)")
    return Path(found.submodule_search_locations[0]) / "icons" / "outline"


def _drawing(path: Path) -> str:
    """A drawing small enough for a stylesheet: without comments, in one line, black (a mask has no colour)."""
    text = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text).replace("> <", "><").strip().replace("currentColor", "#000")
    return quote(text.replace('"', "'"), safe=" '=:/")
