"""A Jupyter notebook that asks for a chart's readings and draws it again, to go on from there.

It reads through Lumos' own read client, on the machine where Lumos runs, and stands by itself otherwise.
"""

from __future__ import annotations

import json
from typing import Any

from dashboard.context import Asks
from dashboard.series import Series
from dashboard.takeaway.choice import Choice
from dashboard.takeaway.sql import statement
from telemetry.timestamps import iso_utc

_SETUP = """\
# Start Jupyter in the folder of Lumos, or say where that is, and where its data lie.
import os
import sys
from pathlib import Path

LUMOS = Path(os.environ.get("LUMOS_FOLDER", "."))
DATA = Path(os.environ.get("LUMOS_DATA_DIR", LUMOS / "data"))
sys.path.insert(0, str(LUMOS.absolute()))

import pandas as pd
import plotly.graph_objects as go

from telemetry.datafolder import DataFolder
from telemetry.reader import Reader

reader = Reader(DataFolder(DATA))"""

_ASK = """\
# Each series as the chart has it: readings as they are, or buckets with mean, min, max and count.
SERIES = {series}
ASKED = {asked}
ZONE = {zone}


def ask(device, metric):
    frame = reader.ask("buckets", device=device, metric=metric, **ASKED).to_pandas()
    frame.insert(0, "time", pd.to_datetime(frame["t_us"], unit="us", utc=True).dt.tz_convert(ZONE))
    return frame


frames = {{(device, metric): ask(device, metric) for device, metric in SERIES}}
pd.concat(frames, names=["device", "metric"])"""

_DRAW = """\
# The mean as a line, from min to max as a band; where readings are missing neither is drawn.
TITLES = {titles}
COLOURS = ["#d97706", "#4761d8", "#16703f", "#8a3b78", "#0e7490", "#c02b2b", "#566376", "#a16207"]
figure = go.Figure(layout=dict(title={title}, hovermode="x unified", template="plotly_white"))
for number, (series, frame) in enumerate(frames.items()):
    steps = frame["t_us"].diff()
    line_x, line_y, band_x, band_y = [], [], [], []
    for _, part in frame.groupby((steps > 2.5 * steps.median()).cumsum()):
        line_x += [*part["time"], None]
        line_y += [*part["mean"], None]
        band_x += [*part["time"], *part["time"][::-1], None]
        band_y += [*part["max"], *part["min"][::-1], None]
    colour = COLOURS[number % len(COLOURS)]
    figure.add_scatter(x=band_x, y=band_y, mode="lines", fill="toself", line=dict(width=0, color=colour),
                       opacity=0.25, showlegend=False, hoverinfo="skip")
    figure.add_scatter(x=line_x, y=line_y, mode="lines", line=dict(color=colour), name=TITLES[series])
figure"""

_SQL = """\
# The same of {name} as the SQL that the store ran. It names the files of closed days as they were when this was made.
sql = \"\"\"
{statement}
\"\"\"
reader.sql(sql).to_pandas()"""


def document(reader: Asks, choice: Choice) -> str:
    """The notebook as JSON (nbformat 4.5)."""
    span = " to ".join(iso_utc(t_us) for t_us in (choice.start_us, choice.end_us))
    title = ", ".join(f"{series.title} · {series.device}" for series in choice.series)
    asked = {
        name: value for name, value in choice.question(choice.series[0]).items() if name not in ("device", "metric")
    }
    pairs = [(series.device, series.metric) for series in choice.series]
    titles = {(series.device, series.metric): _title(series) for series in choice.series}
    first = choice.series[0]
    cells = [
        _markdown(f"# {_plain(title)}\n\n{span}, taken from Lumos. Needs Lumos to run on this machine, and `plotly`."),
        _code(_SETUP),
        _code(_ASK.format(series=repr(pairs), asked=repr(asked), zone=repr(choice.zone))),
        _code(_DRAW.format(titles=repr(titles), title=repr(_plotly_text(f"{title}, {span}")))),
        _code(_SQL.format(name=_plain(f"{first.device}/{first.metric}"), statement=_in_quotes(reader, choice, first))),
    ]
    notebook = {
        "cells": [{**cell, "id": f"lumos-{number}"} for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def _in_quotes(reader: Asks, choice: Choice, series: Series) -> str:
    """The statement as it can stand between three quotes."""
    return statement(reader, choice, series).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _title(series: Series) -> str:
    unit = f" ({series.unit})" if series.unit else ""
    return _plotly_text(f"{series.title}{unit} · {series.device}")


def _plotly_text(text: str) -> str:
    """Plotly reads some HTML in its texts; a name is only text."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _plain(text: str) -> str:
    """A name in a line of Markdown or of a comment."""
    return "".join(letter if letter.isprintable() and letter not in "<>`*_[]#\\" else " " for letter in text)


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
        "source": text.splitlines(keepends=True),
    }  # fmt: skip
