"""Ids of the page Explore."""

from __future__ import annotations

# The page Explore: what is chosen, and the part of the time axis that is zoomed to.
EXPLORED = "explored"
EXPLORE_ZOOM = "explore-zoom"
#: Changes when the timeline has been drawn for another zoom: what is beside it comes after it.
EXPLORE_ZOOMED = "explore-zoomed"
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


def explore_panel(name: str) -> str:
    """The body of a panel of the page Explore."""
    return f"explore-panel-{name}"


def explore_about(name: str) -> str:
    """What such a panel is about, beside its title."""
    return f"explore-about-{name}"
