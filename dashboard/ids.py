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
NOTES_MARKED = "notes-marked"

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
EXPLORE_CHOSEN = "explore-chosen"
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

# The page Devices: the list, its filters, and telling several.
DEVICES = "devices"
DEVICES_RETRY = "devices-retry"
DEVICES_FILTERS = "devices-filters"
DEVICES_FIND = "devices-find"
DEVICES_STATE = "devices-state"
DEVICES_TAG = "devices-tag"
DEVICES_SORT = "devices-sort"
DEVICES_HIDDEN = "devices-hidden"
DEVICES_ALL = "devices-all"
DEVICES_ONE = "devices-one"
DEVICES_LIST = "devices-list"
DEVICES_PAGER = "devices-pager"
DEVICES_COUNT = "devices-count"
CHOSEN = "chosen"
MANY_TO = "many-to"
MANY_CMD = "many-cmd"
MANY_TEXT = "many-text"
MANY_TEXT_BOX = "many-text-box"
MANY_PERIOD = "many-period"
MANY_PERIOD_BOX = "many-period-box"
MANY_SEND = "many-send"
MANY_ANSWER = "many-answer"
MANY_TOLD = "many-told"
MANY_TICK = "many-tick"

# Its history of commands.
JOURNAL = "journal"
JOURNAL_CMD = "journal-cmd"
JOURNAL_STATE = "journal-state"
JOURNAL_BY = "journal-by"
JOURNAL_METRIC = "journal-metric"
JOURNAL_CSV = "journal-csv"
JOURNAL_PAGE = "journal-page"
JOURNAL_PAGER = "journal-pager"

# One device, with the forms about it.
BOARD = "board"
BOARD_PANEL = "board-panel"
BOARD_HEAD = "board-head"
BOARD_CARDS = "board-cards"
BOARD_FACTS = "board-facts"
BOARD_METRICS = "board-metrics"
BOARD_NAME = "board-name"
BOARD_PLACE = "board-place"
BOARD_TAGS = "board-tags"
BOARD_COLOUR = "board-colour"
BOARD_NOTES = "board-notes"
BOARD_HIDDEN = "board-hidden"
BOARD_SAVE = "board-save"
BOARD_SAID = "board-said"
METRIC_WHICH = "metric-which"
METRIC_LABEL = "metric-label"
METRIC_UNIT = "metric-unit"
METRIC_LOW = "metric-low"
METRIC_HIGH = "metric-high"
METRIC_DECIMALS = "metric-decimals"
METRIC_KEEP = "metric-keep"
METRIC_SAVE = "metric-save"
METRIC_SAID = "metric-said"
MERGE = "merge"
MERGE_FROM = "merge-from"
MERGE_SAID = "merge-said"
SEPARATE = "separate"
SEPARATE_WHICH = "separate-which"
SEPARATE_BOX = "separate-box"
RENEW = "renew"
RENEWED = "renewed"
DELETE = "delete"
DELETE_WORDS = "delete-words"
DELETE_TYPED = "delete-typed"
DELETE_SAID = "delete-said"
ADD = "add"
ADD_BOX = "add-box"
ADD_NAME = "add-name"
ADD_MAKE = "add-make"
ADD_MADE = "add-made"

# The page Schedules: the list, the wishes of its buttons, the form with what it shows.
SCHEDULES_LIST = "schedules-list"
SCHEDULES_RUNS = "schedules-runs"
SCHEDULES_SAID = "schedules-said"
SCHEDULES_CHANGED = "schedules-changed"
SCHEDULES_RETRY = "schedules-retry"
SCHEDULES_TICK = "schedules-tick"
SCHEDULE_WISH = "schedule-wish"
SCHEDULE_FORM = "schedule-form"
SCHEDULE_EDITED = "schedule-edited"
SCHEDULE_PROBLEM = "schedule-problem"
SCHEDULE_PREVIEW = "schedule-preview"
SCHEDULE_SAVE = "schedule-save"
SCHEDULE_REMOVE = "schedule-remove"
SCHEDULE_TEXT_BOX = "schedule-text-box"
SCHEDULE_PERIOD_BOX = "schedule-period-box"
SCHEDULE_AT_BOX = "schedule-at-box"
SCHEDULE_SUN_BOX = "schedule-sun-box"
SCHEDULE_EVERY_BOX = "schedule-every-box"

# The page System: what is opened in its tables, and the page of the ledger.
SYSTEM_LOOK = "system-look"
SYSTEM_PANELS = "system-panels"
SYSTEM_BOARD = "system-board"
SYSTEM_REASON = "system-reason"
SYSTEM_PAGE = "system-page"
SYSTEM_RETRY = "system-retry"
SYSTEM_REPLAY = "system-replay"
SYSTEM_REPLAYED = "system-replayed"

# The page Alerts: lists, what its buttons wish, the forms of a rule, of acknowledging, of a channel.
ALERTS_OPEN = "alerts-open"
ALERTS_PAST = "alerts-past"
ALERTS_FILTERS = "alerts-filters"
ALERT_RULES = "alert-rules"
ALERT_CHANNELS = "alert-channels"
ALERTS_CHANGED = "alerts-changed"
ALERTS_SAID = "alerts-said"
ALERT_RULE_WISH = "alert-rule-wish"
ALERT_DEED = "alert-deed"
ALERT_SEEN_WISH = "alert-seen-wish"
CHANNEL_WISH = "channel-wish"
CHANNEL_DEED = "channel-deed"
ALERT_EDITED = "alert-edited"
CHANNEL_EDITED = "channel-edited"
ALERT_FORM = "alert-form"
ALERT_KIND = "alert-kind"
ALERT_NAME = "alert-name"
ALERT_WHOM = "alert-whom"
ALERT_METRIC = "alert-metric"
ALERT_LEVEL = "alert-level"
ALERT_LEVEL_BOX = "alert-level-box"
ALERT_CLEAR = "alert-clear"
ALERT_CLEAR_BOX = "alert-clear-box"
ALERT_PER = "alert-per"
ALERT_DIRECTION = "alert-direction"
ALERT_CHANGE_BOX = "alert-change-box"
ALERT_HOLD = "alert-hold"
ALERT_HOLD_UNIT = "alert-hold-unit"
ALERT_SEVERITY = "alert-severity"
ALERT_TELL = "alert-tell"
ALERT_QUIET_FROM = "alert-quiet-from"
ALERT_QUIET_TO = "alert-quiet-to"
ALERT_QUIET_THEN = "alert-quiet-then"
ALERT_PREVIEW = "alert-preview"
ALERT_PROBLEM = "alert-problem"
ALERT_REMOVE = "alert-remove"
ALERT_TRY = "alert-try"
ALERT_SAVE = "alert-save"
ALERT_SEEN = "alert-seen"
ALERT_NOTE = "alert-note"
ALERT_SEEN_PROBLEM = "alert-seen-problem"
ALERT_SEEN_SAVE = "alert-seen-save"
CHANNEL_FORM = "channel-form"
CHANNEL_NAME = "channel-name"
CHANNEL_URL = "channel-url"
CHANNEL_LANGUAGE = "channel-language"
CHANNEL_PROBLEM = "channel-problem"
CHANNEL_REMOVE = "channel-remove"
CHANNEL_SAVE = "channel-save"


#: The second place of the ways to the pages.
DRAWER = "drawer"


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


def explore_panel(name: str) -> str:
    """The body of a panel of the page Explore."""
    return f"explore-panel-{name}"


def explore_about(name: str) -> str:
    """What such a panel is about, beside its title."""
    return f"explore-about-{name}"


def system_panel(name: str) -> str:
    """The body of a panel of the page System."""
    return f"system-panel-{name}"


def system_state(name: str) -> str:
    """Where such a panel says that it is not current."""
    return f"system-state-{name}"


def system_drawn(name: str) -> str:
    """When it was drawn last."""
    return f"system-drawn-{name}"


def system_tick(name: str) -> str:
    """Its clock."""
    return f"system-tick-{name}"


def schedule_field(name: str) -> str:
    """A field of a schedule's form (dashboard/schedules/form.py)."""
    return f"schedule-field-{name}"
