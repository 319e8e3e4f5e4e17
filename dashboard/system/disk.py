"""The disk: what is free, what the store takes by level, how fast it grows, and when it will be full."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.parts import Child, aria, fact
from dashboard.system.choices import Choices
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_DAY

_SHOWN = 5


def draw(context: Context, _choices: Choices, at_us: int, style: Style) -> Child:
    """The bar, the forecast in words, the levels, and what grows fastest."""
    say, table = style.say, context.reader.ask("forecast")
    found, growth = metadata_of(table), table.to_pylist()
    levels = context.rows("levels")
    per_day = sum(row["bytes_per_day"] for row in growth)
    limit = found["limit_bytes"]
    lines = [
        fact(say("free on disk"), formats.size(found["free_bytes"], style.language)),
        fact(
            say("growth"), say("per day", size=formats.size(round(per_day), style.language)) if growth else formats.DASH
        ),
        fact(say("store limit"), formats.size(limit, style.language)) if limit else None,
        fact(say("forecast"), forecast_words(found, at_us, style)),
    ]
    return [
        _bar(context, found, style),
        html.Dl([line for line in lines if line is not None], className="facts"),
        _levels(levels, style),
        _fastest(growth, style) if growth else None,
    ]


def forecast_words(found: Mapping[str, Any], at_us: int, style: Style) -> str:
    """`full on 12 Mar 2027, in 108 d`, or that it never gets full."""
    full_us = found["full_us"]
    if full_us is None:
        return style.say("never full")
    left = formats.span(max(0, full_us - at_us), style.language)
    local = formats.moment(full_us, style.zone)
    day = f"{formats.date(full_us, style.zone, style.language)} {local.year}"
    return style.say("limit reached" if found["cause"] == "limit" else "disk full", day=day, span=left)


def days_left(found: Mapping[str, Any], at_us: int) -> float:
    """In how many days it is full; infinity for never."""
    return float("inf") if found["full_us"] is None else (found["full_us"] - at_us) / US_PER_DAY


def _bar(context: Context, found: Mapping[str, Any], style: Style) -> Child:
    """How much of the disk is taken, by the store and by everything else."""
    try:
        total = shutil.disk_usage(context.settings.data_dir).total
    except OSError:
        return None
    store, free = found["store_bytes"], found["free_bytes"]
    others = max(0, total - free - store)
    words = style.say(
        "disk words",
        store=formats.size(store, style.language),
        others=formats.size(others, style.language),
        total=formats.size(total, style.language),
    )
    parts = [("disk-store", store), ("disk-others", others)]
    return html.Div(
        [
            html.Div(
                [html.Div(className=name, style={"width": f"{100 * size / total:.2f}%"}) for name, size in parts],
                className="disk-bar",
                role="img",
                **aria(label=words),
            ),
            html.P(words, className="dim"),
        ]
    )


def _levels(rows: Sequence[Mapping[str, Any]], style: Style) -> Child:
    say = style.say
    heads = [html.Th(say(f"column {name}"), scope="col", className="" if name == "level" else "number")
             for name in ("level", "rows", "in files")]  # fmt: skip
    lines = [
        html.Tr(
            [
                html.Th(say(f"level {row['level']}"), scope="row"),
                html.Td(formats.number(row["file_rows"] + row["table_rows"], 0, style.language), className="number"),
                html.Td(
                    formats.size(row["file_bytes"], style.language) if row["files"] else formats.DASH,
                    className="number",
                ),
            ]
        )
        for row in rows
    ]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(lines)], className="table")


def _fastest(growth: Sequence[Mapping[str, Any]], style: Style) -> Child:
    say = style.say
    first = sorted(growth, key=lambda row: -row["bytes_per_day"])[:_SHOWN]
    heads = [html.Th(say("grows fastest"), scope="col")] + [
        html.Th(say(f"column {name}"), scope="col", className="number") for name in ("readings a day", "bytes a day")
    ]
    lines = [
        html.Tr(
            [
                html.Th(html.Bdi(f"{row['metric']} · {row['device']}"), scope="row"),
                html.Td(formats.number(round(row["readings_per_day"]), 0, style.language), className="number"),
                html.Td(formats.size(round(row["bytes_per_day"]), style.language), className="number"),
            ]
        )
        for row in first
    ]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(lines)], className="table")
