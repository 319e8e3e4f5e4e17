"""The notes of a page: their list, numbered as their marks on the chart are, and the form to write one.

Buttons say what they wish by data attributes, which assets/notes.js hands to the callbacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard import formats, ids
from dashboard.access.roles import Identity, Role
from dashboard.figures import Style
from dashboard.panels.parts import Child, aria, data, empty, icon, skeleton
from dashboard.translations import Say
from telemetry.timestamps import now_us

TEXT_LENGTH = 2_000


def section(page: str, say: Say, who: Identity) -> html.Section:
    """The card of a page; who may only look finds no button."""
    heading = f"{ids.notes(page)}-heading"
    add = html.Button(
        [icon("plus"), say("add note")], className="button small", hidden=who.role < Role.OPERATOR,
        **data(note="add", page=page),
    )  # fmt: skip
    return html.Section(
        [
            html.Header(
                [icon("notes"), html.H2(say("notes"), id=heading), html.Span(add, className="card-state")],
                className="card-head",
            ),
            html.Div(skeleton("skeleton-line"), id=ids.notes(page), className="card-body"),
        ],
        className="card span-12",
        **aria(labelledby=heading),
    )


def listing(notes: Sequence[Mapping[str, Any]], style: Style, *, may_write: bool) -> Child:
    """The notes, oldest first, with the numbers of their marks."""
    if not notes:
        return empty("notes", style.say("no note"), style.say("no note hint") if may_write else None)
    rows = [_row(number, note, style, may_write=may_write) for number, note in enumerate(notes, 1)]
    return html.Ol(rows, className="notes")


def _row(number: int, note: Mapping[str, Any], style: Style, *, may_write: bool) -> html.Li:
    say = style.say
    whose = note["device"] if note["metric"] is None else f"{note['device']}, {note['metric']}"
    by = say("note by", name=note["written_by"])
    if note["changed_by"]:
        by = f"{by}, {say('note changed by', name=note['changed_by'])}"
    known = {name: str(note[name] or "") for name in ("device", "metric", "text")}
    known |= {"from": str(note["from_us"]), "to": str(note["to_us"]), "id": note["note_id"]}
    actions = [
        html.Button(icon("pencil"), className="button square", title=say("change note"),
                    **data(note="change", **known), **aria(label=f"{say('change note')} {number}")),
        html.Button(icon("trash"), className="button square", title=say("delete note"),
                    **data(note="delete", id=note["note_id"]), **aria(label=f"{say('delete note')} {number}")),
    ]  # fmt: skip
    return html.Li(
        [
            html.Span(str(number), className="note-number"),
            html.Div(
                [
                    html.P(note["text"], className="note-text"),
                    html.P([html.Time(when(note, style), className="mono"), f" · {whose} · {by}"], className="dim"),
                ],
                className="grow",
            ),
            html.Div(actions if may_write else [], className="note-actions"),
        ]
    )


def when(note: Mapping[str, Any], style: Style) -> str:
    """A moment, or both ends of a span."""
    at_us = now_us()
    ends = dict.fromkeys((note["from_us"], note["to_us"]))
    return " – ".join(formats.when(t_us, at_us, style.zone, style.language, seconds=True) for t_us in ends)


def removed(note_id: str, say: Say) -> html.P:
    """What stands over the list after a deletion, with the way back."""
    undo = html.Button(say("undo"), className="button small tinted", **data(note="restore", id=note_id))
    return html.P([say("note deleted"), " ", undo], className="note-removed", role="status")


def editor(say: Say) -> dmc.Modal:
    """The form, over whatever page is open."""

    def moment(component_id: str, label: str, *, clearable: bool) -> dmc.DateTimePicker:
        return dmc.DateTimePicker(
            id=component_id, label=label, valueFormat="D MMM YYYY HH:mm:ss", withSeconds=True, clearable=clearable,
            popoverProps={"transitionProps": {"duration": 0}}, submitButtonProps={"aria-label": say("apply")},
            className="grow",
        )  # fmt: skip

    return dmc.Modal(
        [
            dmc.Textarea(
                id=ids.NOTE_TEXT, value="", label=say("note text"), minRows=3, maxRows=10, autosize=True,
                inputProps={"maxLength": TEXT_LENGTH, "data-autofocus": True},
            ),
            html.Div(
                [
                    moment(ids.NOTE_FROM, say("note from"), clearable=False),
                    moment(ids.NOTE_TO, say("note to"), clearable=True),
                ],
                className="note-moments",
            ),
            dmc.Checkbox(id=ids.NOTE_WHOLE, label=say("note whole"), checked=False),
            html.P(id=ids.NOTE_PROBLEM, className="tone-bad", role="alert"),
            html.Div(
                html.Button(say("save note"), id=ids.NOTE_SAVE, className="button primary"), className="note-save"
            ),
        ],
        id=ids.NOTE_EDITOR,
        title=say("note"),
        opened=False,
        closeButtonProps={"aria-label": say("close")},
        transitionProps={"duration": 0},
    )  # fmt: skip
