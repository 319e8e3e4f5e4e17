"""Parts of the page as plain HTML: what acts still acts there, and every text is only text."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from dash import dcc, html

from dashboard.panels.cards import sparkline
from dashboard.panels.parts import action_link, aria, data, failed, icon
from dashboard.plain import as_html, plain
from dashboard.translations import speaker

EVIL = "<img src=x onerror=alert(1)>\"'; DROP TABLE devices; --"


class Read(HTMLParser):
    """What a browser would make of it: each element with its attributes, and the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def read(component: Any) -> Read:
    made = plain(component)
    assert made is not None
    return Read(made.html)


def test_every_text_and_every_attribute_is_only_text() -> None:
    found = read(html.Td([html.Bdi(EVIL)], title=EVIL, className=EVIL, **data(device=EVIL), **aria(label=EVIL)))
    names = ("title", "class", "data-device", "aria-label")
    assert found.elements == [("td", dict.fromkeys(names, EVIL)), ("bdi", {})]
    assert found.words == EVIL


def test_buttons_and_links_act_on_the_page_and_are_words_in_a_file() -> None:
    retry = failed(speaker("en"), "the store does not answer", "chart-retry")
    assert ("button", {"class": "button tinted", "data-retry": "chart-retry"}) in read(retry).elements
    link = action_link("Show & go", "?range=24h&device=a")
    found = read(link)
    assert found.elements == [("a", {"data-lead": "", "class": "button tinted", "href": "?range=24h&device=a"})]
    assert found.words == "Show & go"
    assert "<a" not in as_html(link)
    assert "<button" not in as_html(retry)


def test_what_is_off_or_hidden_stays_so_and_numbers_of_order_are_kept() -> None:
    found = read(html.Button(icon("check"), disabled=True, hidden=False, tabIndex=0, id="one"))
    assert found.elements == [
        ("button", {"id": "one", "disabled": "", "tabindex": "0"}),
        ("span", {"class": "glyph glyph-check", "aria-hidden": "true"}),
    ]


def test_a_drawing_in_a_style_is_kept_whole() -> None:
    ((_, attributes),) = read(sparkline([1.0, 2.0], "series")).elements
    style = str(attributes["style"])
    assert 'mask-image:url("data:image/svg+xml,' in style
    assert ";-webkit-mask-image:" in style


def test_nothing_is_nothing_and_what_is_more_than_html_is_refused() -> None:
    assert plain(None) is None
    assert plain([]) is None
    with pytest.raises(TypeError, match="Graph is more than HTML"):
        plain(html.Div(dcc.Graph()))
