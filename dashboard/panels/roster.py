"""The list of devices, one line each, and the ways from page to page of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dash import dcc, html

from dashboard import formats
from dashboard.devices.choices import Choices
from dashboard.devices.roster import Entry, Roster
from dashboard.figures import Style
from dashboard.panels.header import TONES, presence_words
from dashboard.panels.parts import Child, aria, data, dot, empty, icon
from telemetry.timestamps import US_PER_SECOND
from telemetry.topics import ORIGINAL_DEVICE

#: The columns after who and how, in their order.
_CELLS = ("firmware", "address", "signal", "uptime", "restarts", "clock", "buffered", "dropped")
#: A clock this far off is worth a second look.
_CLOCK_US = 2 * US_PER_SECOND


def roster_table(
    roster: Roster,
    choices: Choices,
    conditions: Mapping[str, Mapping[str, Any]],
    chosen: Collection[str],
    at_us: int,
    style: Style,
    *,
    may_act: bool,
) -> Child:
    """The table; a sentence where there is nothing to show."""
    say = style.say
    if not roster.entries:
        if not roster.total:
            return empty("cpu", say("no device"), say("no device hint"))
        return empty("search", say("no device fits"), say("no device fits hint"))
    heads = ("device", "state", *_CELLS)
    picked = {entry.device for entry in roster.entries} <= set(chosen)
    return html.Table(
        [
            html.Thead(
                html.Tr(
                    [
                        html.Th(_box(say("choose all"), picked, all="1"), className="cell-pick") if may_act else None,
                        *(html.Th(say(f"column {head}"), scope="col", className=f"cell-{head}") for head in heads),
                    ]
                )
            ),
            html.Tbody(
                [
                    _row(
                        entry, choices, conditions.get(entry.device, {}), entry.device in chosen, at_us, style, may_act
                    )
                    for entry in roster.entries
                ]
            ),
        ],
        className="table roster",
    )


def _row(
    entry: Entry, choices: Choices, condition: Mapping[str, Any], picked: bool, at_us: int, style: Style, may_act: bool
) -> html.Tr:
    status, silent = entry.standing.status, entry.standing.silent
    cells: dict[str, Child] = {
        "firmware": firmware(entry, style),
        "address": html.Span(_text(status.get("ip")), className="mono"),
        "signal": with_unit(status.get("rssi"), "dBm", style),
        "uptime": "" if silent else uptime(entry, at_us, style),
        "restarts": count(condition.get("restarts"), style),
        "clock": clock(condition, style),
        "buffered": count(status.get("buffered"), style),
        "dropped": count(status.get("dropped"), style, bad=True),
    }
    return html.Tr(
        [
            html.Td(_box(entry.name, picked, device=entry.device), className="cell-pick") if may_act else None,
            html.Th(html.Div(_name(entry, choices), className="roster-who"), scope="row", className="cell-device"),
            html.Td(state(entry, style), className="cell-state"),
            *(html.Td(cells[name], className=f"cell-{name}") for name in _CELLS),
        ],
        className="roster-hidden" if entry.hidden else "",
    )


def _name(entry: Entry, choices: Choices) -> list[Child]:
    under = [html.Bdi(entry.device, className="mono")] if entry.name != entry.device else []
    under += [html.Bdi(entry.place)] if entry.place else []
    tags = [html.Span(html.Bdi(tag), className="tag") for tag in entry.tags]
    style = {"background": entry.colour}
    return [
        html.Span(className="swatch", style=style) if entry.colour else None,
        html.Span(
            [
                dcc.Link(html.Bdi(entry.name), href=choices.of(entry.device).search(), className="roster-link"),
                html.Span([part for piece in under for part in (piece, " · ")][:-1], className="dim")
                if under
                else None,
                html.Span(tags, className="roster-tags") if tags else None,
            ],
            className="roster-name",
        ),
    ]


def _box(label: str, picked: bool, **what: str) -> html.Button:
    """A check box: its script keeps what is chosen (assets/devices.js)."""
    return html.Button(
        icon("check"),
        className="pick",
        role="checkbox",
        **aria(checked=str(picked).lower(), label=label),
        **data(**{f"pick-{key}": value for key, value in what.items()}),
    )


def pager(roster: Roster, choices: Choices, style: Style) -> Child:
    """Where we are in the list, and the ways to the neighbouring pages."""
    if roster.pages == 1:
        return None
    words = style.say("page of", page=roster.page, pages=roster.pages)
    return [
        _turn(choices.at(roster.page - 1), style.say("page before"), "chevron-left", roster.page > 1),
        html.Span(words, className="dim"),
        _turn(choices.at(roster.page + 1), style.say("page after"), "chevron-right", roster.page < roster.pages),
    ]


def _turn(choices: Choices, words: str, drawing: str, there: bool) -> Child:
    if not there:
        return html.Span(icon(drawing), className="button square off", **aria(hidden="true"))
    return dcc.Link(icon(drawing), href=choices.search(), className="button square", title=words)


def state(entry: Entry, style: Style) -> list[Child]:
    """How it stands, in words that the browser keeps current."""
    standing = entry.standing
    live = standing.presence == "live"
    return [dot(TONES[standing.presence], live=live), html.Span(presence_words(standing, style, ticking=False))]


def firmware(entry: Entry, style: Style) -> str:
    """What it runs; a foreign device's model."""
    if entry.device == ORIGINAL_DEVICE:
        return style.say("original program")
    return _text(entry.standing.status.get("fw")) or entry.model or entry.standing.source or ""


def uptime(entry: Entry, at_us: int, style: Style) -> str:
    """How long it has been running, counted on from its last word."""
    seconds, said_us = entry.standing.status.get("uptime"), entry.standing.status_us or at_us
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return ""
    return formats.span(round(seconds) * US_PER_SECOND + at_us - said_us, style.language)


def clock(condition: Mapping[str, Any], style: Style) -> Child:
    """How far its clock is off; wrong where readings had to be kept at their time of arrival."""
    if condition.get("wrong_clock"):
        return html.Span(style.say("clock wrong"), className="tone-bad")
    error_us = condition.get("clock_error_us")
    if error_us is None:
        return ""
    seconds = error_us / US_PER_SECOND
    # The way here takes a moment, so a little behind is right.
    if -1 <= seconds <= 0.1:
        return style.say("clock right")
    text = formats.with_unit(formats.number(seconds, 1, style.language), "s")
    words = f"+{text}" if seconds > 0 else text
    return html.Span(words, className="tone-warning" if abs(error_us) > _CLOCK_US else "")


def count(value: object, style: Style, *, bad: bool = False) -> Child:
    """A number of things; 0 is said too, and what should be 0 and is not stands out."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    text = formats.number(value, 0, style.language)
    return html.Span(text, className="tone-warning") if bad and value else text


def with_unit(value: object, unit: str, style: Style) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return formats.with_unit(formats.number(value, 0, style.language), unit)


def tag_choices(tags: Mapping[str, int], chosen: str) -> list[dict[str, str]]:
    """The tags that there are, and the one that was chosen even if nobody has it any more."""
    names: Sequence[str] = sorted({*tags, *filter(None, (chosen,))})
    return [{"value": tag, "label": f"{tag} ({tags.get(tag, 0)})"} for tag in names]


def _text(value: object) -> str:
    return str(value)[:64] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
