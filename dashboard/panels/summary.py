"""The statistics of several series side by side; also the text alternative of the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats
from dashboard.figures import Answer, Style
from dashboard.panels.cards import value_decimals
from dashboard.panels.parts import Child, swatch

#: Column of the question `statistics` → whether it is a value of the series (the phrase is `statistic <column>`).
_VALUES = ("mean", "median", "deviation", "p5", "p95", "min", "max")


def summary(answers: Sequence[Answer], style: Style) -> Child:
    """The table: one row a series; None where none has a reading."""
    rows = [(answer, answer.table.to_pylist()[0]) for answer in answers]
    if not any(row["count"] for _, row in rows):
        return None
    heads = [
        html.Th(style.say(f"statistic {column}"), scope="col", className="number")
        for column in ("count", *_VALUES, "coverage")
    ]
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(style.say("series"), scope="col"), *heads])),
                html.Tbody([_row(answer, row, style) for answer, row in rows]),
            ],
            className="table summary",
        ),
        className="table-room",
        tabIndex=0,
    )


def _row(answer: Answer, row: Mapping[str, Any], style: Style) -> html.Tr:
    language = style.language
    name = html.Th([swatch(answer.hue), answer.name], scope="row")
    count = html.Td(formats.number(row["count"], 0, language), className="number")
    if not row["count"]:
        return html.Tr([name, count, *(html.Td(formats.DASH, className="number") for _ in (*_VALUES, "coverage"))])
    decimals = value_decimals(row)
    values = [formats.with_unit(formats.number(row[column], decimals, language), answer.unit) for column in _VALUES]
    coverage = formats.with_unit(formats.number(100 * row["coverage"], 1, language), "%")
    return html.Tr([name, count, *(html.Td(text, className="number") for text in (*values, coverage))])
