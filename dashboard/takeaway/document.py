"""The page as one HTML file: its charts, tables and data, with Plotly inside. It asks nobody for anything.

It is the timeline and the panels of the page Explore for what was chosen, drawn by the same functions; the live page's
one series is an exploration too.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dashboard import figures, formats, vendor, zones
from dashboard.context import Context
from dashboard.explore import panels
from dashboard.explore.choices import Catalog, Exploration, resolve, zoom_in
from dashboard.explore.drawing import Drawer
from dashboard.explore.panels import PANELS, Panel
from dashboard.figures import Figure, Style, Window
from dashboard.notes.panel import listing
from dashboard.plain import as_html
from dashboard.takeaway.choice import Choice
from dashboard.takeaway.names import file_name
from dashboard.takeaway.rows import shown
from dashboard.takeaway.writing import csv
from dashboard.theme import DARK
from telemetry.errors import LumosError
from telemetry.timestamps import now_us

_ASSETS = Path(__file__).parents[1] / "assets"
_SHEETS = ("10-tokens.css", "30-content.css", "50-takeaway.css", "60-notes.css")

#: The browser holds the file to what is in it.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"

_HEAD = """<!DOCTYPE html>
<html lang="{language}" data-mantine-color-scheme="{scheme}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Lumos">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{styles}</style>
</head>
<body class="document">
<header><h1>{title}</h1><p class="dim">{about}</p></header>
<main>
"""

_DRAW = """
const config = JSON.parse(document.getElementById("config").textContent);
for (const element of document.querySelectorAll("script[data-figure]")) {
  const figure = JSON.parse(element.textContent);
  Plotly.newPlot(element.previousElementSibling, figure.data, figure.layout, config);
}
"""


def document(context: Context, choice: Choice, search: str, style: Style) -> Iterator[str]:
    """The file in pieces. Raises StoreUnavailableError or QuestionError before the first of them."""
    at_us = now_us()
    catalog = Catalog(context.rows("series"), context.rows("devices"))
    exploration, zoom = resolve(search, catalog), zoom_in(search)
    drawer = Drawer(context, exploration, style, zoom, at_us)
    return _written(drawer, choice, _chart(drawer))


def _written(drawer: Drawer, choice: Choice, chart: str) -> Iterator[str]:
    style = drawer.style
    yield _HEAD.format(
        language=style.language,
        scheme="dark" if style.palette is DARK else "light",
        policy=_POLICY,
        title=html.escape(_title(drawer.exploration)),
        styles="\n".join((_ASSETS / sheet).read_text(encoding="utf-8") for sheet in _SHEETS),
        about=html.escape(_about(drawer)),
    )
    yield chart
    yield '<div class="row">'
    for panel in PANELS:
        yield _panel(panel, drawer)
    yield _notes(drawer)
    yield f"</div></main>{_data(drawer.context, choice, style)}"
    yield "<script>"
    yield _plotly()
    yield f"</script>{_json('config', figures.config(style.language))}<script>{_DRAW}</script></body></html>"


def _title(exploration: Exploration) -> str:
    return ", ".join(f"{series.title} · {series.name}" for series in exploration.series)


def _about(drawer: Drawer) -> str:
    """The range, whose clock it is, and when the file was made."""
    style = drawer.style
    start, end, made = (
        f"{formats.date(t_us, style.zone, style.language)} {formats.moment(t_us, style.zone):%Y %H:%M}"
        for t_us in (*drawer.shown, drawer.now_us)
    )
    zone = f"{zones.name_of(style.zone)} ({formats.offset(drawer.now_us, style.zone)})"
    return f"{start} – {end} · {zone} · {style.say('made by lumos', when=made)}"


def _chart(drawer: Drawer) -> str:
    found = drawer.draw()
    head = f"<h2>{as_html(found.title)}</h2><span class='subtitle'>{as_html(found.subtitle)}</span>"
    legend = f"<div class='legend'>{as_html(found.legend)}</div>" if found.legend else ""
    body = as_html(found.cover) if found.cover is not None else _figure(found.figure, found.description)
    return f'<section class="card"><header class="card-head">{head}</header>{legend}{body}</section>'


def _panel(panel: Panel, drawer: Drawer) -> str:
    """A panel as the page has it; one that fails does not take the file."""
    style, exploration = drawer.style, drawer.exploration
    window: Window = panels.window_of(panel, exploration, drawer.zoom, drawer.now_us)
    name, about = style.say(f"panel {panel.name}"), panels.about(panel, exploration, window, drawer.zoom, style)
    try:
        drawn: Any = panel.draw(panels.ask(drawer.context, panel, exploration, window, style), style)
    except LumosError as error:
        drawn = str(error)
    if isinstance(drawn, dict):
        body = _figure(drawn, f"{name}, {about}")
    else:
        body = as_html(drawn) or f"<p class='dim'>{html.escape(style.say(f'empty {panel.name}'))}</p>"
    return _card(panel.span, f"<h2>{html.escape(name)}</h2><span class='subtitle'>{html.escape(about)}</span>", body)


def _notes(drawer: Drawer) -> str:
    """The notes in full, with the numbers of their marks on the chart; nothing where there is none, or none answers."""
    series = [[each.device, each.metric] for each in drawer.exploration.series]
    start_us, end_us = drawer.shown
    try:
        rows = drawer.context.rows("notes", series=series, start_us=start_us, end_us=end_us)
    except LumosError:
        rows = []
    if not rows or "notes" not in drawer.exploration.marks:
        return ""
    heading = f"<h2>{html.escape(drawer.style.say('notes'))}</h2>"
    return _card(12, heading, as_html(listing(rows, drawer.style, may_write=False)))


def _card(span: int, head: str, body: str) -> str:
    return (
        f'<section class="card span-{span}"><header class="card-head">{head}</header>'
        f'<div class="card-body">{body}</div></section>'
    )


def _figure(figure: Figure, name: str) -> str:
    height = figure["layout"]["height"]
    room = f'<div class="figure" role="img" aria-label="{html.escape(name)}" style="height:{height}px"></div>'
    return room + _json("", figure)


def _data(context: Context, choice: Choice, style: Style) -> str:
    """The numbers of the chart, to be taken out of the file again."""
    content = b"".join(piece.content for piece in csv(shown(context.reader, choice)))
    address = f"data:text/csv;base64,{base64.b64encode(content).decode()}"
    name = html.escape(file_name(choice, "shown.csv"))
    words = html.escape(style.say("take data inside"))
    return f'<footer class="footer"><a class="button" download="{name}" href="{address}">{words}</a></footer>'


def _json(name: str, content: Any) -> str:
    """Data that a script reads; nothing in it can end the element it stands in."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    mark = f'id="{name}"' if name else "data-figure"
    return f'<script type="application/json" {mark}>{text}</script>'


def _plotly() -> str:
    return vendor.PLOTLY.read_text(encoding="utf-8").replace("</script", "<\\/script")
