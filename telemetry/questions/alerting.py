"""Alert rules, and what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.errors import QuestionError
from telemetry.questions.answering import check_number, check_range, pairs_of, table
from telemetry.timestamps import EARLIEST_US, LATEST_US

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_STATES = ("open", "ended")


def alert_rules(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The alert rules that were not deleted, in the order in which they were made.

    Columns: id, rule (JSON, the fields of `telemetry.alerts.Rule`), enabled, made_us, made_by, changed_us, changed_by,
    open (how many of its episodes are), episodes (how many there were), last_us (when the last one began).
    """
    return table(
        connection,
        """
        WITH said AS (
            SELECT rule_id, arg_max(rule, version) AS rule, arg_max(enabled, version) AS enabled,
                arg_max(deleted, version) AS deleted, min(asked_us) AS made_us, arg_min(asked_by, version) AS made_by,
                max(asked_us) AS changed_us, arg_max(asked_by, version) AS changed_by
            FROM alert_rules GROUP BY rule_id
        ), found AS (
            SELECT rule_id, count(*) FILTER (WHERE ended_us IS NULL) AS open, count(*) AS episodes,
                max(began_us) AS last_us
            FROM alert_episodes GROUP BY rule_id
        )
        SELECT rule_id AS id, rule, enabled, made_us, made_by, changed_us, changed_by, coalesce(open, 0) AS open,
            coalesce(episodes, 0) AS episodes, last_us
        FROM said LEFT JOIN found USING (rule_id) WHERE NOT deleted ORDER BY made_us, id
        """,
    )


def alert_episodes(
    connection: duckdb.DuckDBPyConnection,
    *,
    start_us: int | None = None,
    end_us: int | None = None,
    devices: list[str] | None = None,
    series: list[list[str]] | None = None,
    severity: str | None = None,
    state: str | None = None,
    limit: int = 200,
) -> pa.Table:
    """Alerts over a range (all of time), of some devices or series ([device, metric]; all), newest first.

    Columns: id, rule_id, rule (JSON, as it was when it tripped), device, metric, unit, decimals, severity, began_us
    (since when it held), opened_us (when it tripped), value (then), peak, peak_us, ended_us, ended_by (`cleared`;
    `changed` or `rule` where it was no longer watched), late (it was over when it was heard of), acknowledged_by,
    acknowledged_us, note. `state` is `open` or `ended`. At most `limit`.

    A device that was replaced is shown as, and found by, the one in its place. With `series`, an alert of a silent
    device counts for each series of it.
    """
    first_us, last_us = EARLIEST_US if start_us is None else start_us, LATEST_US if end_us is None else end_us
    check_range(first_us, last_us)
    check_number("limit", limit, 1, 10_000)
    if state not in (None, *_STATES):
        raise QuestionError(f"state='{state!s:.32}' must be open or ended")
    pairs = None if series is None else pairs_of(series)
    # Most charts have none, and planning the question takes ten times as long as finding that out.
    if not connection.execute(_ANY, [first_us, last_us]).fetchall():
        return _no_episodes()
    return table(
        connection,
        """
        WITH said AS (
            SELECT device, metric, any_value(unit ORDER BY is_own DESC) AS unit,
                any_value(decimals ORDER BY is_own DESC) AS decimals
            FROM shown_series GROUP BY device, metric
        ), found AS (
            SELECT alert_episodes.* REPLACE (coalesce(shown_devices.device, alert_episodes.device) AS device)
            FROM alert_episodes LEFT JOIN shown_devices ON own_name = alert_episodes.device
        ), meant AS (
            SELECT coalesce(shown_devices.device, asked.device) AS device, metric
            FROM (SELECT unnest($of_devices::VARCHAR[]) AS device, unnest($of_metrics::VARCHAR[]) AS metric) AS asked
                LEFT JOIN shown_devices ON own_name = asked.device
        ), chosen AS (
            SELECT coalesce(shown_devices.device, asked.device) AS device
            FROM (SELECT unnest($devices::VARCHAR[]) AS device) AS asked
                LEFT JOIN shown_devices ON own_name = asked.device
        )
        SELECT episode_id AS id, rule_id, rule, found.device, found.metric, unit, decimals, severity,
            began_us, opened_us, value, peak, peak_us, ended_us, ended_by, ended_us IS NOT NULL AND NOT told AS late,
            acknowledged_by, acknowledged_us, note
        FROM found LEFT JOIN said ON said.device = found.device AND said.metric = found.metric
        WHERE began_us < $end_us AND coalesce(ended_us, $end_us) >= $start_us
            AND ($devices IS NULL OR found.device IN (SELECT device FROM chosen))
            AND ($of_devices IS NULL OR (found.metric IS NULL AND found.device IN (SELECT device FROM meant))
                OR EXISTS (FROM meant WHERE meant.device = found.device AND meant.metric = found.metric))
            AND ($severity IS NULL OR severity = $severity)
            AND ($state IS NULL OR (ended_us IS NULL) = ($state = 'open'))
        ORDER BY began_us DESC, id DESC LIMIT $limit
        """,
        {
            "start_us": first_us, "end_us": last_us, "devices": devices, "severity": severity, "state": state,
            "limit": limit, "of_devices": None if pairs is None else [device for device, _ in pairs],
            "of_metrics": None if pairs is None else [metric for _, metric in pairs],
        },
    )  # fmt: skip


_ANY = "SELECT 1 FROM alert_episodes WHERE began_us < $2 AND coalesce(ended_us, $2) >= $1 LIMIT 1"


def _no_episodes() -> pa.Table:
    import pyarrow as pa

    texts, moments = ("id", "rule_id", "rule", "device", "metric", "unit"), ("began_us", "opened_us")
    return pa.schema(
        [
            *((name, pa.string()) for name in texts), ("decimals", pa.int8()), ("severity", pa.string()),
            *((name, pa.int64()) for name in moments), ("value", pa.float64()), ("peak", pa.float64()),
            ("peak_us", pa.int64()), ("ended_us", pa.int64()), ("ended_by", pa.string()), ("late", pa.bool_()),
            ("acknowledged_by", pa.string()), ("acknowledged_us", pa.int64()), ("note", pa.string()),
        ]
    ).empty_table()  # fmt: skip
