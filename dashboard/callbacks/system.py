"""The page System: each panel asks and draws by itself, while the page is in sight."""

from __future__ import annotations

import logging
from typing import Any

import dash
from dash import Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from dashboard import formats, ids
from dashboard.access.guard import identity
from dashboard.access.roles import Role
from dashboard.callbacks.state import Kept, style_of
from dashboard.commands.acknowledgements import Outcome
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.parts import Child, failed, pill
from dashboard.panels.telling import line
from dashboard.system import quarantine
from dashboard.system.choices import Choices
from dashboard.system.panels import PANELS, Panel
from telemetry.errors import LumosError
from telemetry.timestamps import now_us

_LOG = logging.getLogger(__name__)


def register(app: dash.Dash, context: Context) -> None:
    """A callback for each row of the table, and trying the quarantine again."""
    for panel in PANELS:
        _register_panel(app, context, panel)

    @app.callback(
        Output(ids.SYSTEM_REPLAYED, "children"),
        Output(ids.SYSTEM_RETRY, "data", allow_duplicate=True),
        Input(ids.SYSTEM_REPLAY, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def replay(_pressed: float, browser: Kept, page: Kept) -> Any:
        return replayed(context, identity().by, style_of(context, page, browser)), now_us()


def _register_panel(app: dash.Dash, context: Context, panel: Panel) -> None:
    tick = ids.system_tick(panel.name)

    @app.callback(
        Output(ids.system_panel(panel.name), "children"),
        Output(ids.system_panel(panel.name), "className"),
        Output(ids.system_state(panel.name), "children"),
        Output(ids.system_drawn(panel.name), "data"),
        Input(ids.SYSTEM_LOOK, "data"),
        Input(tick, "n_intervals"),
        Input(ids.SYSTEM_RETRY, "data"),
        Input(ids.SYSTEM_BOARD, "data"),
        Input(ids.SYSTEM_REASON, "data"),
        Input(ids.SYSTEM_PAGE, "data"),
        State(ids.system_drawn(panel.name), "data"),
        State(ids.PAGE, "data"),
        running=[(Output(tick, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def show(
        browser: Kept | None,
        _ticks: int | None,
        _retry: Any,
        board: str | None,
        reason: str | None,
        number: int | None,
        drawn_us: int | None,
        page: Kept,
    ) -> Any:
        if not browser or _is_about_another(panel.name, dash.ctx.triggered_prop_ids):
            raise PreventUpdate
        choices = Choices(board or "", reason or "", number or 1, identity().role >= Role.ADMIN)
        return drawn(context, panel, choices, drawn_us, style_of(context, page, browser))


#: What is opened in one panel is no news for the others.
_OWN = {ids.SYSTEM_BOARD: "ledger", ids.SYSTEM_PAGE: "ledger", ids.SYSTEM_REASON: "quarantine"}


def _is_about_another(name: str, triggered: Kept) -> bool:
    owners = {_OWN.get(component, name) for component in triggered.values()}
    return bool(owners) and name not in owners


def drawn(
    context: Context, panel: Panel, choices: Choices, drawn_us: int | None, style: Style
) -> tuple[Child, Any, Child, Any]:
    """Its content, its class, what stands in its head, and when it was drawn.

    Where the store does not answer, what was drawn before stays, greyed, and says from when it is.
    """
    at_us, body = now_us(), "card-body" if panel.span else ""
    try:
        return panel.draw(context, choices, at_us, style), body, None, at_us
    except LumosError as error:
        if drawn_us:
            time = formats.when(drawn_us, at_us, style.zone, style.language, seconds=True)
            return no_update, f"{body} stale".strip(), pill(style.say("as of", time=time), "warning"), no_update
        return failed(style.say, str(error), ids.SYSTEM_RETRY), body, None, no_update
    except Exception:  # noqa: BLE001  (whatever it is, the other panels go on)
        _LOG.exception("the panel %s of the page System failed", panel.name)
        return failed(style.say, style.say("unexpected"), ids.SYSTEM_RETRY), body, None, no_update


def replayed(context: Context, by: str, style: Style) -> Child:
    """What came of trying the quarantine again, in a sentence."""
    say = style.say
    try:
        read, kept, whole = quarantine.replay(context, by)
    except LumosError as error:
        return line(str(error), Outcome("refused", "bad"))
    counts = {"read": formats.number(read, 0, style.language), "kept": formats.number(kept, 0, style.language)}
    return line(
        say("replayed" if whole else "replayed partly", **counts), Outcome("done", "good" if whole else "warning")
    )
