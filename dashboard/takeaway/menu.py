"""The button "Take away" and what it offers. Its links are put together when they are used (assets/takeaway.js).

A page that has one says on it what is shown: the query of `dashboard.takeaway.choice`, the chart, and words.
"""

from __future__ import annotations

from dash import html

from dashboard import ids
from dashboard.layouts.controls import disclosure
from dashboard.panels.parts import aria, data, icon
from dashboard.translations import Say

#: Phrase → what can be taken: the words on the button, and the file (of `files.FILES`) or picture it stands for.
_ROWS = (
    ("take shown", (("CSV", "shown.csv"), ("Parquet", "shown.parquet"))),
    ("take raw", (("CSV", "raw.csv"), ("Parquet", "raw.parquet"))),
    ("take picture", (("PNG", "png"), ("SVG", "svg"))),
    ("take page", (("HTML", "page.html"),)),
    ("take behind", (("SQL", "chart.sql"), ("Notebook", "chart.ipynb"))),
)


def menu(page: str, chart: str, say: Say) -> html.Div:
    """For one page; `chart` is the id of the graph that its pictures show."""
    return html.Div(
        disclosure(
            [icon("download"), say("take away")],
            html.Dl([_row(page, say, *row) for row in _ROWS], className="take-rows"),
            say("take away help"),
        ),
        id=ids.take(page),
        className="take",
        **data(query="", title="", chart=chart),
    )


def _row(page: str, say: Say, phrase: str, files: tuple[tuple[str, str], ...]) -> html.Div:
    buttons = [
        html.Button(
            words, className="button small", **data(take=file, page=page), **aria(label=f"{say(phrase)}: {words}")
        )
        for words, file in files
    ]
    return html.Div([html.Dt(say(phrase)), html.Dd(buttons)], className="take-row")
