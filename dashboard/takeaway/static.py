"""Dash components as plain HTML, for a file that has no Dash: tables, lists and words; what is more is left out."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

#: Properties that are attributes of the same meaning; `data-…` and `aria-…` are kept as they are.
_ATTRIBUTES: Mapping[str, str] = {
    "className": "class", "title": "title", "scope": "scope", "colSpan": "colspan", "rowSpan": "rowspan",
    "role": "role", "lang": "lang",
}  # fmt: skip
#: What leads somewhere or does something: in a file it is only its words.
_ACTING = frozenset({"A", "Button", "Link", "Form"})


def as_html(component: Any) -> str:
    """A component, a text, or a list of them. Every text is only text."""
    if component is None or isinstance(component, bool):
        return ""
    if isinstance(component, str | int | float):
        return html.escape(str(component))
    if isinstance(component, Iterable) and not hasattr(component, "_type"):
        return "".join(as_html(each) for each in component)
    inner = as_html(getattr(component, "children", None))
    if component._namespace != "dash_html_components" or component._type in _ACTING:
        return f"<span>{inner}</span>" if inner else ""
    tag = component._type.lower()
    return f"<{tag}{_attributes(component)}>{inner}</{tag}>"


def _attributes(component: Any) -> str:
    found = {}
    for name, value in component.to_plotly_json()["props"].items():
        if name in _ATTRIBUTES:
            found[_ATTRIBUTES[name]] = value
        elif name.startswith(("data-", "aria-")):
            found[name] = value
        elif name == "style":
            found["style"] = ";".join(f"{_dashed(key)}:{each}" for key, each in value.items())
    return "".join(f' {name}="{html.escape(str(value))}"' for name, value in found.items() if value is not None)


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
