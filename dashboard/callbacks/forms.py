"""What the button of a form does: a named action, and then the form shuts, or says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import no_update

from dashboard.access.guard import identity
from dashboard.context import Context
from telemetry.errors import LumosError
from telemetry.timestamps import US_PER_MS, now_us


def act(context: Context, action: str, arguments: Mapping[str, Any]) -> Any:
    """Have ingest do it for whoever asks. Raises LumosError with a sentence."""
    return context.commander.actions.call(action, dict(arguments), by=identity().by)


def answered(work: Callable[[], object]) -> tuple[Any, Any, Any]:
    """The form's problem, whether it stays open, and what has its list drawn again, after `work` was tried."""
    try:
        work()
    except LumosError as error:
        return str(error), no_update, no_update
    return "", False, changed_now()


def changed_now() -> dict[str, int]:
    """Something was changed: draw again what shows it."""
    return {"at": now_us() // US_PER_MS}
