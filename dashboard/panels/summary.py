"""The statistics of several series side by side; also the text alternative of the charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats
from dashboard.figures import Answer, Style
from dashboard.panels.cards import value_decimals
from dashboard.panels.parts import Child, swatch
from telemetry.questions import metadata_of
from telemetry.timestamps import now_us

#: More series than this take the page's whole width.
_NARROW = 2
#: A row of the question `statistics` as the cell of one line; `decimals` is what people said, or its values deserve.
Cell = Callable[[Mapping[str, Any], Answer, Style, int], Child]


def _value(column: str) -> Cell:
    def cell(row: Mapping[str, Any], answer: Answer, style: Style, decimals: int) -> Child:
        return _with_unit(formats.number(row[column], decimals, style.language), answer.unit)

    return cell


def _extreme(column: str) -> Cell:
    """With as many decimals as it has, and the moment of it."""

    def cell(row: Mapping[str, Any], answer: Answer, style: Style, _decimals: int) -> Child:
        decimals = answer.digits(formats.decimals_for([row["min"], row["max"]], most=3))
        moment = formats.when(row[f"{column}_us"], now_us(), style.zone, style.language)
        return [*_value(column)(row, answer, style, decimals), html.Time(moment, className="mono")]

    return cell


def _deviation(row: Mapping[str, Any], answer: Answer, style: Style, decimals: int) -> Child:
    """With a sign before it where only rollups of large values are left, whose squares cannot tell it."""
    is_exact = metadata_of(answer.table).get("deviation_exact", True)
    return ["" if is_exact else f"≈{formats.THIN}", *_value("deviation")(row, answer, style, decimals)]


def _count(row: Mapping[str, Any], _answer: Answer, style: Style, _decimals: int) -> Child:
    return html.B(formats.number(row["count"], 0, style.language))


def _span(row: Mapping[str, Any], answer: Answer, style: Style, decimals: int) -> Child:
    low, high = (formats.number(row[name], decimals, style.language) for name in ("p5", "p95"))
    return _with_unit(f"{low}{formats.THIN}–{formats.THIN}{high}", answer.unit)


def _coverage(row: Mapping[str, Any], _answer: Answer, style: Style, _decimals: int) -> Child:
    share = 100 * row["coverage"]
    return _with_unit(formats.number(share, 0 if share == 100 else 1, style.language), "%")


#: A further line is one more row: its phrase is `statistic <name>`.
_LINES: Mapping[str, Cell] = {
    "count": _count,
    "mean": _value("mean"),
    "median": _value("median"),
    "deviation": _deviation,
    "percentiles": _span,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "coverage": _coverage,
}


def summary(answers: Sequence[Answer], style: Style) -> Child:
    """One column a series, one line a number; None where none has a reading."""
    rows = [answer.table.to_pylist()[0] for answer in answers]
    if not any(row["count"] for row in rows):
        return None
    several = len(answers) > 1
    heads = [html.Th([swatch(answer.hue), answer.name], scope="col") for answer in answers]
    lines = [
        html.Tr(
            [
                html.Th(style.say(f"statistic {name}"), scope="row"),
                *(
                    html.Td(
                        cell(row, answer, style, answer.digits(value_decimals(row))) if row["count"] else formats.DASH
                    )
                    for row, answer in zip(rows, answers, strict=True)
                ),
            ]
        )
        for name, cell in _LINES.items()
    ]
    exact = all(metadata_of(answer.table).get("exact", True) for answer in answers)
    return html.Div(
        [
            html.Table(
                [
                    html.Thead(
                        html.Tr([html.Th(style.say("statistics"), scope="col", className="unseen"), *heads]),
                        className="" if several else "unseen",
                    ),
                    html.Tbody(lines),
                ],
                className=f"summary{' several' if several else ''}{' wide' if len(answers) > _NARROW else ''}",
            ),
            None if exact else html.P(style.say("from sketch of quantiles"), className="dim caption"),
        ],
        className="table-room",
        tabIndex=0,
    )


def _with_unit(text: str, unit: str) -> list[Child]:
    return [html.B(text), html.Span(f"{formats.THIN}{unit}", className="dim") if unit else ""]
