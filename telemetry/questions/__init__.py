"""The questions one may ask the store by name: each a function from a connection and arguments to an Arrow table.

They are here because two programs answer them: ingest, which owns the database, and the dashboard itself when ingest
is down and it reads the file. Each runs in a read-only transaction that the caller opened; none may write. Times are
microseconds since 1970 UTC, ranges include their start and exclude their end. Buckets without a reading are left out,
or have count 0 and null values where a question says that it gives every bucket: never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping

from telemetry.questions.alert_trial import alert_preview
from telemetry.questions.alerting import alert_episodes, alert_rules
from telemetry.questions.answering import POINTS, Question, answer, described, from_memory, metadata_of, with_metadata
from telemetry.questions.behind import sql_behind
from telemetry.questions.boards import conditions, descriptions, restarts
from telemetry.questions.catalog import controls, devices, last_values, series
from telemetry.questions.commanded import commands, effects
from telemetry.questions.happenings import happenings
from telemetry.questions.history import buckets, buckets_before, buckets_of, readings
from telemetry.questions.local import by_local, hour_weekday, usual
from telemetry.questions.logbook import (
    corrections,
    deletions,
    note_versions,
    notes,
    quarantine,
    quarantine_reasons,
)
from telemetry.questions.losses import gaps, losses
from telemetry.questions.scheduling import schedule_runs, schedules
from telemetry.questions.summary import histogram, last_mean, mean_of_hours, statistics

#: Adding a question means adding its function here, a line of its own; the read service and the fallback both answer
#: from this table.
QUESTIONS: Mapping[str, Question] = {
    question.__name__: question
    for question in (
        series,
        devices,
        descriptions,
        conditions,
        restarts,
        controls,
        last_values,
        buckets,
        buckets_of,
        buckets_before,
        readings,
        statistics,
        histogram,
        last_mean,
        mean_of_hours,
        by_local,
        hour_weekday,
        usual,
        commands,
        effects,
        happenings,
        notes,
        note_versions,
        corrections,
        deletions,
        quarantine,
        quarantine_reasons,
        losses,
        gaps,
        alert_rules,
        alert_episodes,
        alert_preview,
        schedules,
        schedule_runs,
        sql_behind,
    )
}

__all__ = ["POINTS", "QUESTIONS", "Question", "answer", "described", "from_memory", "metadata_of", "with_metadata"]
