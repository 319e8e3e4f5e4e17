"""What kind of reason a quarantine entry has: its sentence without the values it names, so equal faults count as one.

The same twice, for ingest's memory and for SQL; a test holds them against each other.
"""

from __future__ import annotations

import re

_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"")
_DIGITS = re.compile(r"[0-9]+")
_LONGEST = 200

#: SQL for the kind of `reason`.
KIND_SQL = (
    "left(regexp_replace(regexp_replace(reason, '''[^'']*''|\"[^\"]*\"', '…', 'g'), '[0-9]+', 'N', 'g'), "
    f"{_LONGEST})"
)  # fmt: skip


def kind_of(reason: str) -> str:
    """`'temp' takes a number, not the text 'abc'` → `… takes a number, not the text …`."""
    return _DIGITS.sub("N", _VALUE.sub("…", reason))[:_LONGEST]
