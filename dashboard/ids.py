"""Every component id of the page, in one place: layouts set them, callbacks name them, tests compare the two."""

from __future__ import annotations

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

# The pages (dashboard.pages), where a component has one for each.
LIVE_PAGE = "live"
EXPLORE = "explore"

# What the browser and the server remember between two callbacks.
ADDRESS = "address"
OPEN_PAGE = "open-page"
PULSE = "pulse"
PAGE = "page"
BROWSER = "browser"
VIEW = "view"
ZOOM = "zoom"
LIVE = "live"
SHOWN = "shown"
REVISION = "revision"
HEALTH = "health"
REFRESH = "refresh"
PENDING = "pending"
TICK = "tick"
COMMAND_TICK = "command-tick"

# The shell.
PROVIDER = "provider"
SHELL = "shell"
BURGER = "burger"
BADGES = "badges"
BANNERS = "banners"
SCHEME = "scheme"
FOOTER = "footer"
ZONE = "zone"

# The live page without a chosen device: all of them as cards.
OVERVIEW = "overview"
OVERVIEW_CARDS = "overview-cards"
OVERVIEW_CHOICES = "overview-choices"
OVERVIEW_WORDS = "overview-words"
OVERVIEW_STATE = "overview-state"
OVERVIEW_SORT = "overview-sort"
OVERVIEW_METRIC = "overview-metric"
OVERVIEW_NEWS = "overview-news"
OVERVIEW_HEARD = "overview-heard"
OVERVIEW_REFRESH = "overview-refresh"
OVERVIEW_TICK = "overview-tick"

# The left panel of the live page.
DEVICE_PANEL = "device-panel"
TRAIL = "trail"
DEVICE = "device"
DEVICE_FACTS = "device-facts"
LED = "led"
LED_STATE = "led-state"
LED_ANSWER = "led-answer"
SCREEN = "screen"
SCREEN_SHOWN = "screen-shown"
SCREEN_CAPTION = "screen-caption"
MESSAGE = "message"
MESSAGE_COUNT = "message-count"
SEND = "send"
SEND_ANSWER = "send-answer"

# Its toolbar.
METRIC = "metric"
RANGE = "range"
CUSTOM = "custom"
CUSTOM_FROM = "custom-from"
CUSTOM_TO = "custom-to"
CUSTOM_APPLY = "custom-apply"
CUSTOM_PROBLEM = "custom-problem"
LIVE_SWITCH = "live-switch"
LINK = "link"

# Its panels.
NOW = "now"
NOW_VALUE = "now-value"
NOW_TIME = "now-time"
NOW_SPARK = "now-spark"
CARDS = "cards"
CHART = "chart"
CHART_TITLE = "chart-title"
CHART_SUBTITLE = "chart-subtitle"
CHART_STATE = "chart-state"
CHART_BOX = "chart-box"
CHART_COVER = "chart-cover"
CHART_RETRY = "chart-retry"
HISTORY = "history"
STATISTICS = "statistics"
WELCOME = "welcome"
CONTENT = "content"
MAIN = "measurements"

# The page Explore: what is chosen, and the part of the time axis that is zoomed to.
EXPLORED = "explored"
EXPLORE_ZOOM = "explore-zoom"
EXPLORE_SEEN = "explore-seen"
EXPLORE_SERIES = "explore-series"
EXPLORE_COMPARE = "explore-compare"
EXPLORE_DAYS = "explore-days"
EXPLORE_HOUR_FROM = "explore-hour-from"
EXPLORE_HOUR_TO = "explore-hour-to"
EXPLORE_MARKS = "explore-marks"
EXPLORE_DETAIL = "explore-detail"
EXPLORE_DETAILS = "explore-details"
EXPLORE_RANGE = "explore-range"
EXPLORE_CUSTOM = "explore-custom"
EXPLORE_FROM = "explore-from"
EXPLORE_TO = "explore-to"
EXPLORE_APPLY = "explore-apply"
EXPLORE_PROBLEM = "explore-problem"
EXPLORE_LINK = "explore-link"
EXPLORE_CHART = "explore-chart"
EXPLORE_TITLE = "explore-title"
EXPLORE_LEGEND = "explore-legend"
EXPLORE_SUBTITLE = "explore-subtitle"
EXPLORE_BOX = "explore-box"
EXPLORE_COVER = "explore-cover"
EXPLORE_RETRY = "explore-retry"


#: The second place of the ways to the pages.
DRAWER = "drawer"


def page(name: str) -> str:
    """Where a page's content stands."""
    return f"page-{name}"


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


def explore_panel(name: str) -> str:
    """The body of a panel of the page Explore."""
    return f"explore-panel-{name}"


def explore_about(name: str) -> str:
    """What such a panel is about, beside its title."""
    return f"explore-about-{name}"
