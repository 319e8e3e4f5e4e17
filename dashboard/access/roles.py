"""What a person or a token may do, in three steps, and which route or callback asks for which.

The tables here are complete: a route or a callback that stands in none of them is refused to everybody, and a test
holds the tables against the app's own lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from dashboard import ids


class Role(IntEnum):
    """Each may do what the one before may."""

    NOBODY = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Role | None:
        """The role that a word names; None for none, and for nobody's."""
        return next((role for role in cls if role.word == word and role is not cls.NOBODY), None)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `by` is what is kept with what they do."""

    name: str
    role: Role
    session: str = ""

    @property
    def by(self) -> str:
        return self.name


#: Route (as Flask's url_map writes it) → who may use it. What stands under NOBODY tells nothing about anybody's data.
ROUTES: Mapping[str, Role] = {
    "/": Role.VIEWER,
    "/<path:path>": Role.VIEWER,
    "/data": Role.VIEWER,
    "/data.csv": Role.VIEWER,
    "/first-chart": Role.VIEWER,
    "/command": Role.OPERATOR,
    "/commands.csv": Role.VIEWER,
    "/metrics": Role.VIEWER,
    "/take/<name>": Role.VIEWER,
    "/take/progress/<job>": Role.VIEWER,
    "/take/stop/<job>": Role.VIEWER,
    "/health": Role.NOBODY,  # without a login it gives the status alone
    "/alive": Role.NOBODY,
    "/icons.css": Role.NOBODY,
    "/login": Role.NOBODY,
    "/logout": Role.NOBODY,
    "/assets/<path:filename>": Role.NOBODY,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Role.NOBODY,
    "/_dash-component-suites/plotly/package_data/plotly.min.js": Role.NOBODY,
    "/_favicon.ico": Role.NOBODY,
    "/_dash-layout": Role.VIEWER,
    "/_dash-dependencies": Role.VIEWER,
    "/_dash-update-component": Role.VIEWER,  # and then what CALLBACKS says of the one that is asked for
    "/_reload-hash": Role.VIEWER,
}

#: The first output of each callback that runs here → who may have it run.
CALLBACKS: Mapping[str, Role] = {
    f"{ids.VIEW}.data": Role.VIEWER,
    f"{ids.OVERVIEW_CARDS}.children": Role.VIEWER,
    f"{ids.OVERVIEW_REFRESH}.data": Role.VIEWER,
    f"{ids.ADDRESS}.search": Role.VIEWER,
    f"{ids.CHART}.figure": Role.VIEWER,
    f"{ids.CARDS}.children": Role.VIEWER,
    f"{ids.BADGES}.children": Role.VIEWER,
    f"{ids.notes(ids.LIVE_PAGE)}.children": Role.VIEWER,
    f"{ids.notes(ids.EXPLORE)}.children": Role.VIEWER,
    f"{ids.NOTE_EDITOR}.opened": Role.OPERATOR,
    f"{ids.NOTE_PROBLEM}.children": Role.OPERATOR,
    f"{ids.NOTES_CHANGED}.data": Role.OPERATOR,
    f"{ids.take(ids.LIVE_PAGE)}.data-query": Role.VIEWER,
    f"{ids.take(ids.EXPLORE)}.data-query": Role.VIEWER,
    "led.aria-checked": Role.VIEWER,
    "pending.data": Role.OPERATOR,
    "board-led.aria-checked": Role.VIEWER,
    "board-pending.data": Role.OPERATOR,
    f"{ids.HISTORY}.children": Role.VIEWER,
    f"{ids.DEVICES}.data": Role.VIEWER,
    f"{ids.DEVICES_LIST}.children": Role.VIEWER,
    f"{ids.MANY_TOLD}.data": Role.OPERATOR,
    f"{ids.MANY_ANSWER}.children": Role.OPERATOR,
    f"{ids.BOARD_HEAD}.children": Role.VIEWER,
    f"{ids.BOARD_NAME}.value": Role.VIEWER,
    f"{ids.BOARD_SAID}.children": Role.ADMIN,
    f"{ids.METRIC_LABEL}.value": Role.VIEWER,
    f"{ids.METRIC_SAID}.children": Role.ADMIN,
    f"{ids.JOURNAL}.children": Role.VIEWER,
    f"{ids.ADD_BOX}.opened": Role.ADMIN,
    f"{ids.ADD_MADE}.children": Role.ADMIN,
    f"{ids.RENEWED}.children": Role.ADMIN,
    f"{ids.MERGE_FROM}.data": Role.VIEWER,
    f"{ids.MERGE_SAID}.children": Role.ADMIN,
    f"{ids.DELETE_SAID}.children": Role.ADMIN,
    f"{ids.DEVICE_FACTS}.children": Role.VIEWER,
    f"{ids.HEALTH}.data": Role.VIEWER,
    f"{ids.EXPLORED}.data": Role.VIEWER,
    f"{ids.EXPLORE_CHART}.figure": Role.VIEWER,
    f"{ids.EXPLORE_PROBLEM}.children": Role.VIEWER,
    f"{ids.ALERTS_OPEN}.children": Role.VIEWER,
    f"{ids.ALERT_FORM}.opened": Role.OPERATOR,
    f"{ids.ALERT_PREVIEW}.children": Role.OPERATOR,
    f"{ids.ALERT_PROBLEM}.children": Role.OPERATOR,
    f"{ids.ALERTS_CHANGED}.data": Role.OPERATOR,
    f"{ids.ALERT_SEEN}.opened": Role.OPERATOR,
    f"{ids.ALERT_SEEN_PROBLEM}.children": Role.OPERATOR,
    f"{ids.CHANNEL_FORM}.opened": Role.ADMIN,
    f"{ids.CHANNEL_PROBLEM}.children": Role.ADMIN,
    f"{ids.ALERTS_SAID}.children": Role.ADMIN,
    f"{ids.SYSTEM_REPLAYED}.children": Role.ADMIN,
    f"{ids.SCHEDULES_LIST}.children": Role.VIEWER,
    f"{ids.SCHEDULES_SAID}.children": Role.OPERATOR,
    f"{ids.SCHEDULE_FORM}.opened": Role.OPERATOR,
    f"{ids.SCHEDULE_PROBLEM}.children": Role.OPERATOR,
    f"{ids.SCHEDULE_PREVIEW}.children": Role.OPERATOR,
}

#: How the first output of a family of callbacks begins → who may have them run. A panel of the page Explore looks.
FAMILIES: Mapping[str, Role] = {ids.explore_panel(""): Role.VIEWER, ids.system_panel(""): Role.VIEWER}


def role_of_callback(output: object) -> Role | None:
    """Who may have the callback run that Dash knows by this output; None when no table names it."""
    if not isinstance(output, str):
        return None
    first = output.removeprefix("..").split("...")[0].removesuffix("..")
    named = first.partition("@")[0]
    families = (role for prefix, role in FAMILIES.items() if named.startswith(prefix))
    return CALLBACKS.get(named) or next(families, None)
