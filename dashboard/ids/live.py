"""Ids of the live page: all devices as cards, and the measurements of one."""

from __future__ import annotations

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
