"""What a file is called: whose readings, which metric, over which range, so that a folder of them reads by itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from dashboard.series import Series
from dashboard.takeaway.choice import Choice
from telemetry.timestamps import US_PER_SECOND

_LONGEST_WORD = 40


def file_name(choice: Choice, what: str) -> str:
    """`lumos_window_light_20261117T1400Z-20261118T1400Z_raw.csv`."""
    span = "-".join(_moment(t_us) for t_us in (choice.start_us, choice.end_us))
    return f"lumos_{whose(choice.series)}_{span}_{what}"


def whose(series: Sequence[Series]) -> str:
    """`window_light`, or of several `window_light_and-2-more`."""
    first = series[0]
    more = f"_and-{len(series) - 1}-more" if len(series) > 1 else ""
    return f"{word(first.device)}_{word(first.metric)}{more}"


def word(text: str) -> str:
    """A name as every file system takes it: ASCII letters and digits, the rest as `-`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in plain).strip("-_")
    return kept[:_LONGEST_WORD] or "series"


def _moment(t_us: int) -> str:
    return datetime.fromtimestamp(t_us // US_PER_SECOND, UTC).strftime("%Y%m%dT%H%MZ")
