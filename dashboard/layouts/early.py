"""The room over a page's chart in which the early chart stands until the real one is drawn (dashboard.first)."""

from __future__ import annotations

from dash.development.base_component import Component


class Early(Component):
    """Drawn by assets/first.js."""

    _namespace = "lumos_components"
    _type = "Early"

    def __init__(self) -> None:
        self._prop_names: list[str] = []
        self.available_properties: list[str] = []
        self._valid_wildcard_attributes: list[str] = []
        self.available_wildcard_properties: list[str] = []
        super().__init__()  # type: ignore[no-untyped-call]
