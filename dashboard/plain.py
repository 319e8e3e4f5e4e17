"""Dash components as plain HTML: words, lists and tables that only stand there.

Two need it: a file that has no Dash (dashboard.takeaway), and the page itself. Dash asks every component of the page at
each of the hundreds of steps that a change takes, so a table of 200 cells is 200 questions a step, and 200 steps more
when it comes new; as plain HTML (`plain`) it is one component, however large. What a callback names must stay a
component. Buttons that assets/*.js listens to need not, nor links to other views: assets/plain.js follows them.

Every text is only text here: it is escaped in this one place.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

from dash.development.base_component import Component

#: Properties that are attributes of the same meaning; `data-…` and `aria-…` are kept as they are.
_ATTRIBUTES: Mapping[str, str] = {
    "className": "class", "title": "title", "scope": "scope", "colSpan": "colspan", "rowSpan": "rowspan",
    "role": "role", "lang": "lang", "dir": "dir", "dateTime": "datetime", "src": "src", "alt": "alt",
}  # fmt: skip
#: What only a living page has.
_LIVING: Mapping[str, str] = {"id": "id", "tabIndex": "tabindex", "href": "href", "download": "download"}
#: Attributes that are there or not.
_SWITCHES: Mapping[str, str] = {"hidden": "hidden", "disabled": "disabled"}
#: What leads somewhere or does something: in a file it is only its words.
_ACTING = frozenset({"A", "Button", "Link", "Form"})
_WITHOUT_END = frozenset({"img", "br", "hr"})


class Plain(Component):
    """HTML that only stands there, one component to Dash (assets/plain.js draws it)."""

    _children_props: list[str] = []  # noqa: RUF012  (as Dash's own components are declared)
    _base_nodes: list[str] = []  # noqa: RUF012
    _namespace = "lumos"
    _type = "Plain"
    _prop_names: list[str] = ["html"]  # noqa: RUF012
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012
    available_properties: list[str] = ["html"]  # noqa: RUF012
    available_wildcard_properties: list[str] = []  # noqa: RUF012

    html: str


def plain(component: Any) -> Plain | None:
    """What only stands there; None for nothing. Raises TypeError for what is more than HTML, and would be lost."""
    text = as_html(component, living=True)
    made: Any = Plain
    return made(html=text) if text else None


def as_html(component: Any, *, living: bool = False) -> str:
    """A component, a text, or a list of them; `living` on the page, where buttons and links act."""
    if component is None or isinstance(component, bool):
        return ""
    if isinstance(component, str | int | float):
        return html.escape(str(component))
    if isinstance(component, Iterable) and not hasattr(component, "_type"):
        return "".join(as_html(each, living=living) for each in component)
    if isinstance(component, Plain):
        return component.html
    inner = as_html(getattr(component, "children", None), living=living)
    ours = component._namespace == "dash_html_components"
    if living and component._type == "Link":
        return f'<a data-lead=""{_attributes(component, living)}>{inner}</a>'
    if living and not ours:
        raise TypeError(f"{component._type} is more than HTML: it cannot stand in a plain part of the page")
    if not ours or (component._type in _ACTING and not living):
        return f"<span>{inner}</span>" if inner else ""
    tag = component._type.lower()
    start = f"<{tag}{_attributes(component, living)}>"
    return start if tag in _WITHOUT_END else f"{start}{inner}</{tag}>"


def _attributes(component: Any, living: bool) -> str:
    known = {**_ATTRIBUTES, **_LIVING} if living else _ATTRIBUTES
    found: dict[str, Any] = {}
    for name, value in component.to_plotly_json()["props"].items():
        if name in known:
            found[known[name]] = value
        elif name.startswith(("data-", "aria-")):
            found[name] = value
        elif name in _SWITCHES and value:
            found[_SWITCHES[name]] = ""
        elif name == "style":
            found["style"] = ";".join(f"{_dashed(key)}:{each}" for key, each in value.items())
    return "".join(f' {name}="{html.escape(str(value))}"' for name, value in found.items() if value is not None)


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
