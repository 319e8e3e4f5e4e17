"""What may be done to the store as a whole, by name: corrections, retention, backups. Each needs a keeper, no broker.

The running ingest offers them as actions, beside the writer, so that readings go on being stored however long one
takes; the command line carries them out by itself where no ingest runs (`ingest.console.command_lines`). Adding one
means adding a function to one of the modules below and its row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.serving.action import MAYBE_NUMBER, MAYBE_TEXT, MAYBE_TIME, TEXT, TIME, Takes
from ingest.storage import backup_actions, correction_actions, retention_actions
from ingest.storage.exporting import export_part
from ingest.storage.keeper import Keeper


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A row of the table: what it takes (name → types, with None where it may be absent), and what it does."""

    takes: Takes
    run: Callable[[Keeper, Mapping[str, Any], str], Any]


_SERIES: Takes = {"device": TEXT, "metric": TEXT}
_RULE: Takes = {"level": TEXT, "days": MAYBE_NUMBER, "device": MAYBE_TEXT, "metric": MAYBE_TEXT}

MAINTENANCE: Mapping[str, Maintenance] = {
    "hide_readings": Maintenance(
        {
            **_SERIES, "from_us": TIME, "to_us": TIME, "low": MAYBE_NUMBER, "high": MAYBE_NUMBER,
            "note": MAYBE_TEXT,
        },
        correction_actions.hide_readings,
    ),
    "recalibrate": Maintenance(
        {
            **_SERIES, "from_us": MAYBE_TIME, "to_us": MAYBE_TIME, "factor": MAYBE_NUMBER,
            "offset": MAYBE_NUMBER, "invert": (bool, type(None)), "note": MAYBE_TEXT,
        },
        correction_actions.recalibrate,
    ),
    "export_part": Maintenance(
        {"part": TEXT, "device": MAYBE_TEXT, "metric": MAYBE_TEXT, "start_us": TIME, "end_us": TIME}, export_part
    ),
    "withdraw_correction": Maintenance({"correction_id": (int,)}, correction_actions.withdraw_correction),
    "set_retention": Maintenance(_RULE, retention_actions.set_rule),
    "preview_retention": Maintenance(_RULE, retention_actions.preview_rule),
    "expire_now": Maintenance({}, retention_actions.expire_now),
    "back_up": Maintenance({}, backup_actions.back_up),
    "change_setting": Maintenance({"key": TEXT, "value": MAYBE_TEXT}, backup_actions.change_setting),
}  # fmt: skip
