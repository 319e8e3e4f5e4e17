"""Ids of what several pages share: what is remembered, the shell, its pages, notes, telling a device something."""

from __future__ import annotations

# The pages (dashboard.pages), where a component has one for each, and the second place of the ways to them.
LIVE_PAGE = "live"
EXPLORE = "explore"
DRAWER = "drawer"

# What the browser and the server remember between two callbacks.
ADDRESS = "address"
OPEN_PAGE = "open-page"
PULSE = "pulse"
PAGE = "page"
BROWSER = "browser"
VIEW = "view"
CHOSEN_VIEW = "chosen-view"
ZOOM = "zoom"
LIVE = "live"
SHOWN = "shown"
REVISION = "revision"
HEALTH = "health"
REFRESH = "refresh"
TICK = "tick"

# The shell.
PROVIDER = "provider"
SHELL = "shell"
BURGER = "burger"
BADGES = "badges"
BANNERS = "banners"
SCHEME = "scheme"
FOOTER = "footer"
ZONE = "zone"

# Notes: the form, what its buttons wish, and that one was changed.
NOTE_EDITOR = "note-editor"
NOTE_EDITED = "note-edited"
NOTE_TEXT = "note-text"
NOTE_FROM = "note-from"
NOTE_TO = "note-to"
NOTE_WHOLE = "note-whole"
NOTE_PROBLEM = "note-problem"
NOTE_SAVE = "note-save"
NOTE_WISH = "note-wish"
NOTE_REMOVAL = "note-removal"
NOTES_CHANGED = "notes-changed"
NOTES_MARKED = "notes-marked"


def page(name: str) -> str:
    """Where a page's content stands."""
    return f"page-{name}"


def visit(name: str) -> str:
    """What a page is asked to show while it is open: {"search", "revision", "look"} (assets/pages.js)."""
    return f"visit-{name}"


def page_panel(name: str) -> str:
    """Where a page's left panel stands."""
    return f"page-panel-{name}"


def page_link(name: str, where: str = "") -> str:
    """The way to a page, in the header or elsewhere (DRAWER)."""
    return f"{where}-page-link-{name}" if where else f"page-link-{name}"


def take(name: str) -> str:
    """What a page has to be taken away."""
    return f"take-{name}"


def notes(name: str) -> str:
    """Where a page lists the notes on what it shows."""
    return f"notes-{name}"


def control(where: str, part: str) -> str:
    """A part of what tells a device something: on the live page (`where` is empty), or elsewhere."""
    return f"{where}-{part}" if where else part
