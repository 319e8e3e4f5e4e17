"""The history of all commands on the page Devices: filtered, in pages, with what a metric did after each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import dash
from dash import Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from dashboard.layouts.telling import BOARD
from dashboard.pages import DEVICES
from dashboard.panels.history import history, target_text
from dashboard.panels.journal import pages
from dashboard.panels.parts import failed
from dashboard.plain import plain
from telemetry.commands import COMMANDS
from telemetry.errors import LumosError
from telemetry.questions import metadata_of
from telemetry.timestamps import now_us

PER_PAGE = 20


def register(app: dash.Dash, context: Context) -> None:
    """The table follows the filters, the open device, and what happens."""
    prefix = f"{context.settings.base_path.rstrip('/')}/"

    @app.callback(
        Output(ids.JOURNAL, "children"),
        Output(ids.JOURNAL_PAGER, "children"),
        Output(ids.JOURNAL_CMD, "data"),
        Output(ids.JOURNAL_METRIC, "data"),
        Output(ids.JOURNAL_CSV, "href"),
        Output(ids.JOURNAL_PAGE, "data"),
        Input(ids.BOARD, "data"),
        Input(ids.control(BOARD, "news"), "data"),
        Input(ids.control(BOARD, "told"), "data"),
        Input(ids.MANY_ANSWER, "children"),
        Input(ids.JOURNAL_CMD, "value"),
        Input(ids.JOURNAL_STATE, "value"),
        Input(ids.JOURNAL_BY, "value"),
        Input(ids.JOURNAL_METRIC, "value"),
        Input(ids.JOURNAL_PAGE, "data"),
        Input(ids.DEVICES_RETRY, "data"),
        State(ids.OPEN_PAGE, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def show_journal(kept: Kept | None, *more: Any) -> Any:
        _, _, _, cmd, state, by, metric, page_number, _, open_page, browser, page = more
        if open_page != DEVICES or kept is None:
            raise PreventUpdate
        style, device, at_us = style_of(context, page, browser), str(kept["device"]) or None, now_us()
        # Other filters have other pages: whoever changes one begins at the first.
        number = (
            page_number
            if ctx.triggered_id in (ids.JOURNAL_PAGE, ids.control(BOARD, "news"), ids.control(BOARD, "told"))
            else 1
        )
        wanted = {"device": device, "cmd": cmd or None, "state": state or None, "by": (by or "").strip() or None}
        try:
            table, number = page_of(context, wanted, number)
            rows = table.to_pylist()
            series = [row for row in context.rows("series") if device in (None, row["device"])]
            effects = effects_of(context, rows, metric) if metric else {}
        except LumosError as error:
            return plain(failed(style.say, str(error), ids.DEVICES_RETRY)), None, [], [], "", no_update
        names = sorted({row["metric"] for row in series})
        kinds = sorted({*COMMANDS, *(row["cmd"] for row in rows)})
        asked = {key: value for key, value in wanted.items() if value is not None}
        return (
            plain(history(rows, at_us, style, with_device=device is None, effects=effects, series=series)),
            plain(pages(number, PER_PAGE, metadata_of(table)["total"], style)),
            [{"value": kind, "label": target_text(kind, style)} for kind in kinds],
            [{"value": name, "label": name} for name in names],
            f"{prefix}commands.csv" + (f"?{urlencode(asked)}" if asked else ""),
            # What is shown is where one is: the next news of the store must not turn back to a page of other filters.
            number,
        )


def page_of(context: Context, wanted: Mapping[str, Any], number: int) -> tuple[Any, int]:
    """A page of the commands that are wanted, and its number: the last one, where there are not so many."""
    table = context.reader.ask("commands", **wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    last = max(1, -(-metadata_of(table)["total"] // PER_PAGE))
    if number <= last:
        return table, number
    return context.reader.ask("commands", **wanted, limit=PER_PAGE, offset=(last - 1) * PER_PAGE), last


def effects_of(context: Context, rows: Sequence[Mapping[str, Any]], metric: str) -> dict[str, Mapping[str, Any]]:
    """By command id, what the metric did after it; only for what went out."""
    by_device: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["state"] not in ("held", "withdrawn", "expired"):
            by_device.setdefault(row["device"], []).append(row)
    found: dict[str, Mapping[str, Any]] = {}
    for device, sent in by_device.items():
        answers = context.rows("effects", device=device, metric=metric, moments=[row["sent_us"] for row in sent])
        told = ({**answer, "metric": metric} for answer in answers)
        found.update({row["command_id"]: answer for row, answer in zip(sent, told, strict=True)})
    return found
