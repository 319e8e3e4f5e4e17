"""The list of a range's numbers; also the chart's text alternative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard import formats
from dashboard.figures import Style
from dashboard.panels.cards import chosen_decimals, value_decimals
from dashboard.panels.parts import Child, empty, fact
from dashboard.views import View


def statistics(view: View, row: Mapping[str, Any], now_us: int, style: Style) -> Child:
    """The rows of a range; a sentence where there is nothing."""
    if not row["count"]:
        return empty("table", style.say("no measurement"))
    decimals = chosen_decimals(view, value_decimals(row))
    extreme = chosen_decimals(view, formats.decimals_for([row["min"], row["max"]], most=3))

    def value(name: str, digits: int) -> list[Child]:
        unit = formats.shown_unit(view.unit)
        text = html.B(formats.number(row[name], digits, style.language))
        return [text, f"{formats.THIN}{unit}" if unit else ""]

    def at(name: str) -> html.Time:
        return html.Time(formats.when(row[name], now_us, style.zone, style.language, seconds=True), className="mono")

    return html.Dl(
        [
            fact(style.say("statistic count"), html.B(formats.number(row["count"], 0, style.language))),
            fact(style.say("statistic mean"), value("mean", decimals)),
            fact(style.say("statistic deviation"), value("deviation", decimals)),
            fact(style.say("statistic min"), [*value("min", extreme), " ", at("min_us")]),
            fact(style.say("statistic max"), [*value("max", extreme), " ", at("max_us")]),
            fact(style.say("statistic first"), at("first_us")),
            fact(style.say("statistic last"), at("last_us")),
        ],
        className="facts ruled",
    )
