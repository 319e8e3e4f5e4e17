"""The loss ledger: of what each board numbered, how much arrived, and when the rest was lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dash import dcc, html

from dashboard import formats, ids
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.journal import turns
from dashboard.panels.parts import Child, empty
from dashboard.system.choices import Choices
from dashboard.system.opening import opener
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE

#: Boards on one page of the list, and spans shown of an opened one.
PER_PAGE = 25
SPANS = 200
#: So many of the newest gaps of all boards tell when something was lost.
GAPS = 2_000
#: What is missing for less than this may still come: boards send again what was not stored.
_AWAITED_US = 10 * US_PER_MINUTE

Row = Mapping[str, Any]


def draw(context: Context, choices: Choices, at_us: int, style: Style) -> Child:
    """A line for each board that numbers its samples, those that lost the most first."""
    say = style.say
    rows = sorted(context.rows("losses"), key=lambda row: (-_left_out(row), -row["late"], row["device"]))
    if not rows:
        return empty("checklist", say("no ledger"), say("no ledger hint"))
    pages = max(1, -(-len(rows) // PER_PAGE))
    page = min(max(choices.page, 1), pages)
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    gaps = by_device(context.rows("gaps", limit=GAPS)) if any(row["gaps"] for row in shown) else {}
    names = {row["device"]: row["name"] or row["device"] for row in context.rows("devices")}
    lines: list[Child] = []
    for row in shown:
        device, opened = row["device"], row["device"] == choices.board and row["gaps"] > 0
        lines.append(_line(row, names.get(device, device), gaps.get(device, []), at_us, style, opened=opened))
        if opened:
            spans = context.rows("gaps", device=device, limit=SPANS)
            lines.append(html.Tr(html.Td(_spans(spans, row["gaps"], at_us, style), colSpan=4), className="opened"))
    heads = [html.Th(say(f"column {name}"), scope="col") for name in ("device", "arrived", "loss")]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(className="cell-open"), *heads])), html.Tbody(lines)], className="table"
    )
    pager = html.Nav(turns(page, pages, style, ids.SYSTEM_PAGE), className="pager") if pages > 1 else None
    return [html.Div(table, className="table-room"), pager]


def sentence(row: Row, gaps: Sequence[Row], at_us: int, style: Style) -> str:
    """`9 lost at 14:02`, or `23 lost in 4 gaps, the last at 14:02`; with what came late, and what may still come."""
    say, lost, pending = style.say, lost_of(row, gaps, at_us), _pending(gaps, at_us)
    late = say("came late", count=_number(row["late"], style)) if row["late"] else ""
    awaited = say("may still come", count=_number(pending, style)) if pending else ""
    if not lost:
        return ", ".join(filter(None, (awaited or say("nothing lost"), late)))
    count = _number(lost, style)
    spans = [gap for gap in gaps if gap["ended"] != "filled" and not _is_pending(gap, at_us)]
    times = [when for gap in spans if (when := _moment(gap)) is not None]
    whole = sum(gap["samples"] for gap in spans) == lost
    if not times:
        words = say("lost count", count=count)
    elif not whole:  # the older ones are beyond what was asked
        words = say("lost lately", count=count, time=_when(max(times), at_us, style))
    elif len(spans) == 1:
        words = say("lost at", count=count, time=_when(times[0], at_us, style))
    else:
        words = say("lost in gaps", count=count, gaps=len(spans), time=_when(max(times), at_us, style))
    return ", ".join(filter(None, (words, awaited, late)))


def lost_of(row: Row, gaps: Sequence[Row], at_us: int) -> int:
    """How many samples will not come any more: not those that went missing a moment ago, which a board sends again."""
    return max(0, _left_out(row) - _pending(gaps, at_us))


def by_device(gaps: Sequence[Row]) -> dict[str, list[Row]]:
    """The gaps of each device."""
    found: dict[str, list[Row]] = {}
    for gap in gaps:
        found.setdefault(gap["device"], []).append(gap)
    return found


def _line(row: Row, name: str, gaps: Sequence[Row], at_us: int, style: Style, *, opened: bool) -> html.Tr:
    say, device, lost = style.say, row["device"], lost_of(row, gaps, at_us)
    words = say("received of", received=_number(row["received"], style), expected=_number(row["expected"], style))
    button = opener(ids.SYSTEM_BOARD, device, say("spans of", device=name), opened=opened) if row["gaps"] else None
    link = dcc.Link(html.Bdi(name), href=f"devices?device={quote(device)}", className="roster-link")
    return html.Tr(
        [
            html.Td(button, className="cell-open"),
            html.Th(link, scope="row"),
            html.Td(words, className="tabular"),
            html.Td(sentence(row, gaps, at_us, style), className="tone-bad" if lost else "dim"),
        ]
    )


def _spans(spans: Sequence[Row], total: int, at_us: int, style: Style) -> list[Child]:
    say = style.say
    heads = [
        html.Th(say(f"column {name}"), scope="col", className="number" if name == "samples" else "")
        for name in ("from", "to", "samples", "numbers", "end")
    ]
    lines = [
        html.Tr(
            [
                html.Td(_time(span["from_us"], at_us, style), className="mono"),
                html.Td(_time(span["to_us"], at_us, style), className="mono"),
                html.Td(_number(span["samples"], style), className="number"),
                html.Td(f"{span['seq_from']}–{span['seq_to']} · {span['boot']}", className="mono"),
                html.Td(
                    _ended(span, at_us, style),
                    className="" if span["ended"] == "filled" or _is_pending(span, at_us) else "tone-bad",
                ),
            ]
        )
        for span in spans
    ]
    rest = total - len(spans)
    return [
        html.Div(
            html.Table(
                [html.Thead(html.Tr(heads)), html.Tbody(lines)],
                className="table inner",
            ),
            className="table-room",
        ),
        html.P(say("more spans", count=_number(rest, style)), className="dim") if rest > 0 else None,
    ]


def _ended(span: Row, at_us: int, style: Style) -> str:
    if _is_pending(span, at_us):
        return style.say("span awaited")
    if span["ended"] == "open":
        return style.say("span open")
    return style.say(f"span {span['ended']}", time=_when(span["ended_us"], at_us, style))


def _left_out(row: Row) -> int:
    return int(row["dropped"] + row["missing"])


def _pending(gaps: Sequence[Row], at_us: int) -> int:
    return sum(gap["samples"] for gap in gaps if _is_pending(gap, at_us))


def _is_pending(gap: Row, at_us: int) -> bool:
    moment = gap["to_us"] if gap["to_us"] is not None else gap["from_us"]
    return gap["ended"] == "open" and moment is not None and at_us - moment < _AWAITED_US


def _moment(gap: Row) -> int | None:
    """When it was lost: the last sample that came before, else the first after."""
    moment = gap["from_us"] if gap["from_us"] is not None else gap["to_us"]
    return None if moment is None else int(moment)


def _number(value: float, style: Style) -> str:
    return formats.number(value, 0, style.language)


def _when(t_us: int, at_us: int, style: Style) -> str:
    return formats.when(t_us, at_us, style.zone, style.language)


def _time(t_us: int | None, at_us: int, style: Style) -> str:
    if t_us is None:
        return formats.DASH
    return formats.when(t_us, at_us, style.zone, style.language, seconds=at_us - t_us < US_PER_DAY)
