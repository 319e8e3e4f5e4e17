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


def ask(device, metric, question="buckets", shown="t_us", **more):
    frame = reader.ask(question, device=device, metric=metric, **ASKED, **more).to_pandas()
    frame.insert(0, "time", pd.to_datetime(frame[shown], unit="us", utc=True).dt.tz_convert(ZONE))
    return frame


frames = {{(device, metric): ask(device, metric) for device, metric in SERIES}}
pd.concat(frames, names=["device", "metric"])"""

_BEFORE = """\
# The same one period earlier, at the times where each point would lie now.
before = {{(device, metric): ask(device, metric, "buckets_before", "shown_us", **{more}) for device, metric in SERIES}}
pd.concat(before, names=["device", "metric"])"""

_USUAL = """\
# What is usual for each hour of the week, from the weeks before: the band from p10 to p90.
START, END = (pd.Timestamp(ASKED[edge], unit="us", tz="UTC").tz_convert(ZONE) for edge in ("start_us", "end_us"))


def usual_band(device, metric):
    week = reader.ask("usual", device=device, metric=metric, before_us={before_us}, zone=ZONE).to_pandas()
    hours = pd.date_range(START.tz_convert("UTC").floor("h"), END.tz_convert("UTC"), freq="h").tz_convert(ZONE)
    places = pd.DataFrame({{"time": hours, "weekday": hours.day_of_week, "hour": hours.hour}})
    return places.merge(week[["weekday", "hour", "low", "high"]], how="left", on=["weekday", "hour"])


usual = {{(device, metric): usual_band(device, metric) for device, metric in SERIES}}
pd.concat(usual, names=["device", "metric"])"""

_DRAW = """\
# The mean as a line, from min to max as a band; where readings are missing neither is drawn. One axis for each unit.
TITLES = {titles}
UNITS = {units}
COLOURS = ["#d97706", "#4761d8", "#16703f", "#8a3b78", "#0e7490", "#c02b2b", "#566376", "#a16207"]
figure = go.Figure(layout=dict(title={title}, hovermode="x unified", template="plotly_white"))
axes = {{unit: "y" if place == 0 else f"y{{place + 1}}" for place, unit in enumerate(dict.fromkeys(UNITS.values()))}}
for place, (unit, axis) in enumerate(axes.items()):
    figure.layout["yaxis" + axis[1:]] = dict(title=unit) if place == 0 else dict(
        title=unit, overlaying="y", side="right", showgrid=False, anchor="free", autoshift=True)


def parts(frame):
    steps = frame["t_us"].diff()
    return [part for _, part in frame.groupby((steps > 2.5 * steps.median()).cumsum())]


def line(frame, column="mean"):
    return {{
        "x": [moment for part in parts(frame) for moment in [*part["time"], None]],
        "y": [value for part in parts(frame) for value in [*part[column], None]],
        "mode": "lines",
    }}


for number, (series, frame) in enumerate(frames.items()):
    colour, axis = COLOURS[number % len(COLOURS)], axes[UNITS[series]]
    band_x, band_y = [], []
    for part in parts(frame):
        band_x += [*part["time"], *part["time"][::-1], None]
        band_y += [*part["max"], *part["min"][::-1], None]
    figure.add_scatter(x=band_x, y=band_y, mode="lines", fill="toself", line=dict(width=0, color=colour),
                       opacity=0.25, showlegend=False, hoverinfo="skip", yaxis=axis)
{compared}\
    figure.add_scatter(**line(frame), line=dict(color=colour), name=TITLES[series], yaxis=axis)
figure"""
_DRAW_BEFORE = """\
    figure.add_scatter(**line(before[series]), line=dict(color=colour, dash="dash"), yaxis=axis,
                       name="the period before: " + TITLES[series])
"""
_DRAW_USUAL = """\
    for edge, fill in (("low", None), ("high", "tonexty")):
        figure.add_scatter(x=usual[series]["time"], y=usual[series][edge], line=dict(width=0, color=colour, shape="hv"),
                           fill=fill, opacity=0.2, mode="lines", showlegend=False, hoverinfo="skip", yaxis=axis)
"""

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
    units = {(series.device, series.metric): _plotly_text(series.unit or "") for series in choice.series}
    first = choice.series[0]
    compared, cells = "", []
    if "usual" in choice.comparisons:
        cells.append(_code(_USUAL.format(before_us=choice.usual(first)["before_us"])))
        compared += _DRAW_USUAL
    if "before" in choice.comparisons:
        more = {name: value for name, value in choice.before(first).items() if name not in choice.question(first)}
        cells.append(_code(_BEFORE.format(more=repr(more))))
        compared += _DRAW_BEFORE
    drawing = _DRAW.format(
        titles=repr(titles), units=repr(units), title=repr(_plotly_text(f"{title}, {span}")), compared=compared
    )
    cells = [
        _markdown(f"# {_plain(title)}\n\n{span}, taken from Lumos. Needs Lumos to run on this machine, and `plotly`."),
        _code(_SETUP),
        _code(_ASK.format(series=repr(pairs), asked=repr(asked), zone=repr(choice.zone))),
        *cells,
        _code(drawing),
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
