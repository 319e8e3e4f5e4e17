"""A part of the page that is drawn when it first comes in sight: what is out of sight costs the browser nothing.

Every component that is mounted looks at every change of every other one: with all pages mounted at once, opening one of
them took the browser twice as long.
"""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component


class Lazy(Component):
    """A division whose children are mounted when it is first not hidden, and then stay (drawn by assets/lazy.js).

    `children`: what a Dash component may have. `hidden`: out of sight. Callbacks fill what is in it at any time.
    """

    _namespace = "lumos_components"
    _type = "Lazy"

    def __init__(self, children: Any, name: str, *, hidden: bool = True) -> None:
        self._prop_names = self.available_properties = ["children", "hidden", "id"]
        self._valid_wildcard_attributes = self.available_wildcard_properties = []
        super().__init__(children=children, id=name, hidden=hidden)  # type: ignore[no-untyped-call]
