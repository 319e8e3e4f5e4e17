"""The ways through the pages of a list: the history of commands, the loss ledger."""

from __future__ import annotations

from dash import html

from dashboard import formats, ids
from dashboard.figures import Style
from dashboard.panels.parts import Child, aria, data, icon


def pages(number: int, per_page: int, total: int, style: Style) -> list[Child]:
    """How many commands there are, and the neighbouring pages; the browser's script turns them."""
    last = max(1, -(-total // per_page))
    count = formats.number(total, 0, style.language)
    words = html.Span(style.say("commands found", count=count), className="dim")
    return [words] if last == 1 else [*turns(number, last, style), words]


def turns(number: int, last: int, style: Style, store: str = ids.JOURNAL_PAGE) -> list[Child]:
    """The ways to the neighbouring pages; a click puts the page's number into a store."""
    return [
        _turn(number - 1, style.say("page before"), "chevron-left", number > 1, store),
        html.Span(style.say("page of", page=number, pages=last), className="dim"),
        _turn(number + 1, style.say("page after"), "chevron-right", number < last, store),
    ]


def _turn(number: int, words: str, drawing: str, there: bool, store: str) -> html.Button:
    return html.Button(
        icon(drawing),
        className="button square",
        disabled=not there,
        title=words,
        **aria(label=words),
        **data(page=str(number), turns=store),
    )
