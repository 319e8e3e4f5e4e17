"""The button that opens a line of a table, or closes it; the browser's script keeps which one is open."""

from __future__ import annotations

from dash import html

from dashboard.panels.parts import aria, data, icon


def opener(store: str, value: str, words: str, *, opened: bool) -> html.Button:
    """A click puts `value` into the store, or nothing where it is open already."""
    return html.Button(
        icon("chevron-down" if opened else "chevron-right"),
        className="button square small",
        title=words,
        **aria(label=words, expanded=str(opened).lower()),
        **data(**{"opens-line": store, "line": value}),
    )
