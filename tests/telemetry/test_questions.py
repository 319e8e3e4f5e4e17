"""The questions against a slow, plain reference, over random data in every table where a reading may lie."""

from __future__ import annotations

import math
import statistics as plain_statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.storage.fold import fold
from ingest.storage.schema import migrate
from telemetry.buckets import bucket_grid
from telemetry.commands import CommandState
from telemetry.errors import QuestionError
from telemetry.questions import QUESTIONS, answer, metadata_of
from telemetry.timestamps import now_us

MINUTE = 60_000_000
START = 1_794_924_000_000_000
Reading = tuple[int, float]
_READINGS = st.lists(
    st.tuples(st.integers(START, START + 40 * MINUTE), st.floats(-1e6, 1e6, allow_nan=False)), max_size=60
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "test.duckdb")) as made:
        migrate(made)
        made.execute("INSERT INTO devices VALUES (1, 'window', NULL, NULL, 0), (2, 'attic', 'Attic', 'top', 0)")
        made.execute("INSERT INTO series VALUES (1, 1, 'light', 'lx', NULL, 0, 10, 0)")
        made.execute("INSERT INTO series VALUES (2, 2, 'light', NULL, NULL, NULL, NULL, 0)")
        yield made


def ask(connection: duckdb.DuckDBPyConnection, question: str, **arguments: Any) -> Any:
    return answer(connection, QUESTIONS, question, arguments)


def fill(connection: duckdb.DuckDBPyConnection, folded: list[Reading], tail: list[Reading]) -> None:
    """Readings of `window`, some folded and some not, beside others that must not be counted."""
    for table in ("tail", "live_readings", "live_minutes"):
        connection.execute(f"DELETE FROM {table}")
    noise = [(START + n * MINUTE, 2, 1e9) for n in range(3)]
    for part in (folded, tail):
        rows = [[t_us, 1, value] for t_us, value in part] + [list(row) for row in noise]
        connection.executemany("INSERT INTO tail VALUES ($1, $2, $3, 0)", rows)
        if part is folded:
            fold(connection)


def close(a: float, b: float, scale: float) -> bool:
    return abs(a - b) <= 1e-9 * max(scale, 1e-300)


_WINDOW = st.tuples(st.integers(-2 * MINUTE, 42 * MINUTE), st.integers(0, 45 * MINUTE))


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(folded=_READINGS, tail=_READINGS, window=_WINDOW, points=st.integers(1, 50))
def test_buckets_are_those_of_the_plain_readings(
    folded: list[Reading], tail: list[Reading], window: tuple[int, int], points: int, connection: Any
) -> None:
    fill(connection, folded, tail)
    start, end = START + window[0], START + window[0] + window[1]
    inside = sorted((t, v) for t, v in [*folded, *tail] if start <= t < end)
    table = ask(connection, "buckets", device="window", metric="light", start_us=start, end_us=end, points=points)
    found = [tuple(row.values()) for row in table.to_pylist()]
    if len(inside) <= points:
        assert metadata_of(table)["bucket_us"] == 0
        assert sorted((t, mean) for t, mean, *_ in found) == inside
        assert all(mean == low == high and count == 1 for _, mean, low, high, count in found)
        return
    width, origin = bucket_grid(start, end, points)
    assert metadata_of(table)["bucket_us"] == width
    expected: dict[int, list[float]] = {}
    for t_us, value in inside:
        expected.setdefault((t_us - origin) // width * width + origin, []).append(value)
    assert [t for t, *_ in found] == sorted(expected)
    assert len(found) <= points
    for t_us, mean, low, high, count in found:
        values = expected[t_us]
        assert (low, high, count) == (min(values), max(values), len(values))
        assert close(mean, math.fsum(values) / count, math.fsum(map(abs, values)))


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(folded=_READINGS, tail=_READINGS, window=_WINDOW)
def test_statistics_are_those_of_the_plain_readings(
    folded: list[Reading], tail: list[Reading], window: tuple[int, int], connection: Any
) -> None:
    fill(connection, folded, tail)
    start, end = START + window[0], START + window[0] + window[1]
    inside = sorted((t, v) for t, v in [*folded, *tail] if start <= t < end)
    (row,) = ask(connection, "statistics", device="window", metric="light", start_us=start, end_us=end).to_pylist()
    assert row["count"] == len(inside)
    if not inside:
        assert all(value is None for name, value in row.items() if name != "count")
        return
    values = [value for _, value in inside]
    scale = math.fsum(map(abs, values))
    assert (row["min"], row["max"]) == (min(values), max(values))
    assert (row["first_us"], row["last_us"]) == (inside[0][0], inside[-1][0])
    assert close(row["mean"], plain_statistics.fmean(values), scale)
    nearly = 1e-15 * scale + 1e-150  # squares of less are not told apart
    assert row["deviation"] == pytest.approx(plain_statistics.pstdev(values), rel=1e-9, abs=nearly)
    assume(len(set(values)) == len(values))
    assert row["min_us"] == min((v, t) for t, v in inside)[1]
    assert row["max_us"] == max((v, t) for t, v in inside)[1]


def test_series_and_devices_are_listed_with_what_is_known(connection: Any) -> None:
    fill(connection, [(START, 1.0)], [(START + 1, 2.0)])
    found = {row["device"]: row for row in ask(connection, "series").to_pylist()}
    assert (found["window"]["count"], found["window"]["first_us"], found["window"]["last_us"]) == (2, START, START + 1)
    connection.execute(
        """INSERT INTO statuses VALUES (2, 10, true, '{"fw": "1"}'), (2, 20, false, '{"online": false}')"""
    )
    rows = {row["device"]: row for row in ask(connection, "devices").to_pylist()}
    assert rows["window"]["online"] is None
    assert (rows["attic"]["online"], rows["attic"]["status"], rows["attic"]["status_us"]) == (False, '{"fw": "1"}', 20)


def test_a_command_shows_its_last_state_and_its_delay(connection: Any) -> None:
    now = now_us()
    states = {
        "a": [("sent", now - 2_000_000), ("acknowledged", now - 1_900_000)],
        "b": [("sent", now - 9_000_000)],
        "c": [("held", now - 9_000_000), ("expired", now)],
        "d": [("sent", now - 9_000_000), ("refused", now - 1_000_000)],
        "e": [("sent", now)],
    }
    for command_id, steps in states.items():
        connection.execute("INSERT INTO commands VALUES ($1, 1, 'led', 'true', 'ada', $2)", [command_id, steps[0][1]])
        for state, state_us in steps:
            connection.execute("INSERT INTO command_states VALUES ($1, $2, $3, NULL)", [command_id, state_us, state])
    found = {row["command_id"]: row for row in ask(connection, "commands", device="window").to_pylist()}
    assert {name: row["state"] for name, row in found.items()} == {
        "a": CommandState.ACKNOWLEDGED, "b": CommandState.TIMED_OUT, "c": CommandState.EXPIRED,
        "d": CommandState.REFUSED, "e": CommandState.SENT,
    }  # fmt: skip
    assert (found["a"]["delay_ms"], found["b"]["delay_ms"], found["d"]["delay_ms"]) == (100.0, None, 8_000.0)
    assert ask(connection, "commands", device="attic").num_rows == 0
    assert ask(connection, "commands", limit=2).num_rows == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start_us": 2, "end_us": 1, "points": 5}, "start lies after end"),
        ({"start_us": 0, "end_us": 1, "points": 0}, "points=0 must be 1 to 100000"),
        ({"start_us": 0, "end_us": 2**63, "points": 5}, "out of range"),
        ({"start_us": 0.5, "end_us": 1, "points": 5}, "must be int"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], words: str, connection: Any) -> None:
    with pytest.raises(QuestionError, match=words):
        ask(connection, "buckets", device="window", metric="light", **arguments)


def test_no_question_writes(connection: Any) -> None:
    def writes(connection: Any) -> Any:
        return connection.sql("WITH gone AS (DELETE FROM devices RETURNING device) SELECT * FROM gone").to_arrow_table()

    with pytest.raises(duckdb.Error):
        answer(connection, {"writes": writes}, "writes", {})
    assert len(ask(connection, "devices")) == 2
