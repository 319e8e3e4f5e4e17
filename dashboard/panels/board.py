"""Everything about the device that the page Devices has open, but its controls and its forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from dashboard import formats
from dashboard.devices.choices import Choices
from dashboard.devices.roster import Entry
from dashboard.figures import Style
from dashboard.panels.parts import Child, aria, empty, fact, icon
from dashboard.panels.roster import clock, count, firmware, state, uptime, with_unit
from telemetry.topics import ORIGINAL_DEVICE


def head(entry: Entry, choices: Choices, live: str, style: Style) -> list[Child]:
    """The way back, who it is, how it stands, and the way to its readings (`live`)."""
    return [
        dcc.Link(
            [icon("arrow-left"), style.say("all devices")], href=choices.of("").search(), className="button", title=""
        ),
        html.Span(className="swatch large", style={"background": entry.colour}) if entry.colour else None,
        html.Div(
            [
                html.H1(html.Bdi(entry.name), className="board-name"),
                html.P(
                    [
                        html.Bdi(entry.device, className="mono") if entry.name != entry.device else None,
                        html.Bdi(entry.place) if entry.place else None,
                        *(html.Span(html.Bdi(tag), className="tag") for tag in entry.tags),
                    ],
                    className="dim board-under",
                ),
            ],
            className="grow",
        ),
        html.Span(state(entry, style), className="badge"),
        dcc.Link([icon("activity"), style.say("readings of it")], href=live, className="button tinted"),
    ]


def nobody(device: str, choices: Choices, style: Style) -> Child:
    """What stands there for a device that does not exist (any more)."""
    back = dcc.Link(style.say("all devices"), href=choices.of("").search(), className="button tinted")
    return empty("cpu", style.say("no such device", device=device[:64]), style.say("no such board detail"), back)


def facts(
    entry: Entry, condition: Mapping[str, Any], loss: Mapping[str, Any] | None, at_us: int, style: Style
) -> html.Dl:
    """What it says of itself, and what is known of it beyond that."""
    say, status, language = style.say, entry.standing.status, style.language
    rows: list[tuple[str, Child]] = [
        (say("firmware"), firmware(entry, style)),
        (say("convention"), entry.standing.source or ""),
        (say("address"), html.Span(_text(status.get("ip")), className="mono") if status.get("ip") else ""),
        (say("signal"), with_unit(status.get("rssi"), "dBm", style)),
        (say("uptime"), "" if entry.standing.silent else uptime(entry, at_us, style)),
        (say("restarts"), count(condition.get("restarts"), style) if entry.device != ORIGINAL_DEVICE else ""),
        (say("clock error"), clock(condition, style)),
        (say("sampling"), _sampling(status, language)),
        (say("free memory"), _bytes(status.get("free"), language)),
        (say("buffered"), count(status.get("buffered"), style)),
        (say("dropped"), count(status.get("dropped"), style, bad=True)),
    ]
    if loss is not None:
        share = loss["received"] / loss["expected"] * 100 if loss["expected"] else 100.0
        received = formats.number(loss["received"], 0, language)
        percent = formats.with_unit(formats.number(share, 2, language), "%")
        rows += [
            (say("received"), f"{received} ({percent})"),
            (say("missing"), count(loss["missing"], style, bad=True)),
        ]
    if entry.replaces:
        names: list[Child] = [part for name in entry.replaces for part in (html.Bdi(name, className="mono"), ", ")]
        rows.append((say("replaces"), names[:-1]))
    return html.Dl([fact(name, value) for name, value in rows if value not in ("", None)], className="facts ruled")


def metrics(
    series: Sequence[Mapping[str, Any]], values: Mapping[str, Mapping[str, Any]], at_us: int, style: Style
) -> Child:
    """What it measures, each with its newest value and how it is shown."""
    say = style.say
    if not series:
        return empty("gauge", say("no metric"), say("no metric hint"))
    heads = ("metric", "newest", "range", "decimals", "kept")
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(say(f"column {head}"), scope="col") for head in heads])),
                html.Tbody([_metric(row, values.get(row["metric"]), at_us, style) for row in series]),
            ],
            className="table",
        ),
        className="table-room",
        tabIndex=0,
        role="group",
        **aria(label=say("metrics")),
    )


def _metric(row: Mapping[str, Any], newest: Mapping[str, Any] | None, at_us: int, style: Style) -> html.Tr:
    label, unit = row["label"] or row["metric"], row["unit"]
    under = html.Bdi(row["metric"], className="mono dim") if label != row["metric"] else None
    value: Child = formats.DASH
    if newest is not None:
        decimals = row["decimals"] if row["decimals"] is not None else formats.decimals_for([newest["value"]], most=3)
        text = formats.with_unit(formats.number(newest["value"], decimals, style.language), unit)
        moment = formats.when(newest["t_us"], at_us, style.zone, style.language)
        value = [html.Bdi(text), " ", html.Span(moment, className="dim")]
    low, high = (None if row[key] is None else formats.number(row[key], 0, style.language) for key in ("low", "high"))
    return html.Tr(
        [
            html.Th([html.Bdi(label), " ", under], scope="row"),
            html.Td(value),
            html.Td(f"{low or '…'} – {high or '…'}" if low or high else ""),
            html.Td("" if row["decimals"] is None else str(row["decimals"])),
            html.Td(row.get("kept") or ""),
        ]
    )


def _sampling(status: Mapping[str, Any], language: str) -> str:
    period = status.get("period_ms")
    return formats.rate(period, language) if isinstance(period, int | float) and period > 0 else ""


def _bytes(value: object, language: str) -> str:
    return formats.size(int(value), language) if isinstance(value, int | float) and value > 0 else ""


def _text(value: object) -> str:
    return str(value)[:64] if isinstance(value, str | int | float) else ""
