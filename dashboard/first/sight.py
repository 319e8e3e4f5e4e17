"""The page of an opened device, or Explore, as plain HTML, in the place of Dash's until that is there.

Made of the layout itself, so that both have the same shape: nothing may jump when Dash takes over. Mantine's controls,
which only its scripts can draw, have stand-ins of the same size (assets/80-first.css). Nobody can use it, and screen
readers do not hear of it: what there is to use and to hear comes with Dash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from dash import html

from dashboard import ids
from dashboard.access.roles import Identity, Role
from dashboard.explore.choices import Catalog
from dashboard.explore.choices import resolve as explored
from dashboard.layouts import device, explore, measurements
from dashboard.layouts.shell import header
from dashboard.pages import EXPLORE, LIVE
from dashboard.plain import as_html
from dashboard.translations import speaker
from dashboard.views import CUSTOM, resolve
from telemetry.settings import Settings

#: The whole, by its id in the page.
SIGHT = "first-sight"
_REMEMBERED = 64
#: What has no shape.
_SHAPELESS = frozenset({"Store", "Interval", "Location", "Early"})
#: What is kept of an html component: its look, not what it does.
_KEPT = ("className", "style", "hidden", "disabled", "aria-checked", "aria-pressed")


class Sights:
    """The page as those see it who ask; remembered, since it is the same for all with the same rights."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made = lru_cache(_REMEMBERED)(partial(_sight, settings))

    def sight(self, language: str, who: Identity, page: str, search: str) -> str:
        """The HTML of the page (LIVE with an opened device, or EXPLORE) that this address opens."""
        name = who.name if self._settings.login_required else ""
        span = resolve(search, []).range if page == LIVE else explored(search, Catalog((), ())).range
        return self._made(language, Identity(name, who.role), page, span == CUSTOM)


def _sight(settings: Settings, language: str, who: Identity, page: str, custom: bool) -> str:
    say = speaker(language)
    if page == EXPLORE:
        panel, content = explore.panel(say, who), explore.content(say, who)
    else:
        panel, content = device.panel(say, may_act=who.role >= Role.OPERATOR), measurements.opened(say, who)
    parts = [
        html.Div(header(settings, language, say, who), className="header"),
        html.Div(panel, className="navbar"),
        html.Div(html.Div(content, className="content"), className="main"),
    ]
    shown = {ids.CUSTOM, ids.EXPLORE_CUSTOM} if custom else set()
    inside = as_html([_still(part, shown) for part in parts], living=True)
    return f'<div id="{SIGHT}" aria-hidden="true" inert>{inside}</div>'


def _still(component: Any, shown: set[str]) -> Any:
    """The same to look at, without ids, links and controls; what is named in `shown` is in sight."""
    if isinstance(component, list | tuple):
        return [_still(each, shown) for each in component]
    kind = getattr(component, "_type", "")
    if not kind:
        return component
    if kind in _SHAPELESS:
        return None
    if kind in _STAND_INS:
        return _STAND_INS[kind](component)
    kept = {name: getattr(component, name) for name in _KEPT if getattr(component, name, None) is not None}
    if getattr(component, "id", None) in shown:
        kept.pop("hidden", None)
    element = getattr(html, kind) if component._namespace == "dash_html_components" else html.Div
    return element(_still(getattr(component, "children", None), shown), **kept)


def _link(component: Any) -> html.A:
    return html.A(_still(component.children, set()), className=component.className)


def _field(component: Any) -> html.Div:
    """A label over a field, or the field alone."""
    label = getattr(component, "label", None)
    parts = [html.Label(label, className="stand-in-label"), html.Br()] if label else []
    kind = "stand-in-text" if component._type == "Textarea" else "stand-in-field"
    style = f"stand-in {getattr(component, 'className', '')}".strip()
    drawing = getattr(component, "leftSection", None)
    return html.Div([*parts, html.Div(drawing, className=f"{kind} mantine-Input-input")], className=style)


def _segments(component: Any) -> html.Div:
    labels = [html.Div(html.Label(row["label"], className="mantine-SegmentedControl-label")) for row in component.data]
    return html.Div(labels, className=f"stand-in-segments {component.className}")


def _graph(component: Any) -> html.Div:
    """Where the early chart is drawn: the one part with a name, since it is what the page is opened for."""
    return html.Div(html.Div(className="early"), id=component.id, className=component.className, style=component.style)


def _choices(component: Any) -> html.Div:
    """Boxes to tick under what they are about."""
    label = getattr(component, "label", None)
    under = [html.Label(label, className="stand-in-label")] if label else []
    return html.Div([*under, _still(component.children, set())])


def _choice(component: Any) -> html.Div:
    return html.Div(html.Label(getattr(component, "label", None) or component.children), className="stand-in-choice")


_STAND_INS: Mapping[str, Callable[[Any], Any]] = {
    "Link": _link,
    "Select": _field,
    "MultiSelect": _field,
    "CheckboxGroup": _choices,
    "Checkbox": _choice,
    "ChipGroup": _choices,
    "Chip": _choice,
    "DateTimePicker": _field,
    "TextInput": _field,
    "NumberInput": _field,
    "Textarea": _field,
    "SegmentedControl": _segments,
    "Burger": lambda _: html.Div(className="stand-in-burger"),
    "Graph": _graph,
}
