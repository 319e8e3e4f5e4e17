"""The pages of Lumos: reads by question, acts by publishing, never writes to the store.

It must never import `ingest` or `firmware`, and never open the database but through `telemetry.reader`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dash

    from telemetry.settings import Settings


def create_app(settings: Settings) -> dash.Dash:
    """A dashboard on these settings; Dash is imported when one is made, not when this package is."""
    from dashboard.app import create_app as create

    return create(settings)
