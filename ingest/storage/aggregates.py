"""SQL that turns readings into rollups and sketches. Text only: who runs it decides where the rows go.

Sums are fsum, Kahan's compensated sum, so that a rolled-up sum is the raw one to the last digits. Where it overflows it
is NaN; the plain sum is infinite there, as in the answer from raw readings.
"""

from __future__ import annotations

from telemetry.levels import BIN_SQL, QUARTER, Level

#: The columns of every level of rollups, in their order.
COLUMNS = "bucket_us, series_id, count, sum, sum_squares, min, max, first_us, first, last_us, last"
#: Minutes in files: counts and moments as small numbers, which are written in next to nothing.
PACKED = (
    "bucket_us, series_id, count::INTEGER AS count, sum, sum_squares, min, max,"
    " (first_us - bucket_us)::INTEGER AS first_us, first, (last_us - bucket_us)::INTEGER AS last_us, last"
)
UNPACKED = (
    "bucket_us, series_id, count::BIGINT AS count, sum, sum_squares, min, max,"
    " bucket_us + first_us AS first_us, first, bucket_us + last_us AS last_us, last"
)


def rolled_up(readings: str, level: Level) -> str:
    """A SELECT of COLUMNS over readings (t_us, series_id, value), in order of series and time."""
    return f"""
        SELECT bucket_us, series_id, count, if(isfinite(exact), exact, plain) AS sum,
            if(isfinite(exact_squares), exact_squares, squares) AS sum_squares, min, max, first_us, first, last_us, last
        FROM (
            SELECT t_us // {level.width_us} * {level.width_us} AS bucket_us, series_id, count(*) AS count,
                fsum(value) AS exact, sum(value) AS plain, fsum(value * value) AS exact_squares,
                sum(value * value) AS squares, min(value) AS min, max(value) AS max,
                min(t_us) AS first_us, arg_min(value, t_us) AS first, max(t_us) AS last_us, arg_max(value, t_us) AS last
            FROM ({readings}) GROUP BY bucket_us, series_id
        ) ORDER BY series_id, bucket_us
    """


def merged(rollups: str, level: Level) -> str:
    """A SELECT of COLUMNS over finer or doubled rollups (COLUMNS), in order of series and time."""
    return f"""
        SELECT bucket_us // {level.width_us} * {level.width_us} AS bucket_us, series_id, sum(count)::BIGINT AS count,
            if(isfinite(fsum(sum)), fsum(sum), sum(sum)) AS sum,
            if(isfinite(fsum(sum_squares)), fsum(sum_squares), sum(sum_squares)) AS sum_squares,
            min(min) AS min, max(max) AS max, min(first_us) AS first_us, arg_min(first, first_us) AS first,
            max(last_us) AS last_us, arg_max(last, last_us) AS last
        FROM ({rollups}) GROUP BY ALL ORDER BY series_id, bucket_us
    """


def sketched(readings: str) -> str:
    """A SELECT of (bucket_us, series_id, bin, count) over readings: how many lie in each bin of each quarter hour."""
    return f"""
        SELECT t_us // {QUARTER.width_us} * {QUARTER.width_us} AS bucket_us, series_id, {BIN_SQL} AS bin,
            count(*)::INTEGER AS count
        FROM ({readings}) GROUP BY ALL ORDER BY series_id, bucket_us, bin
    """
