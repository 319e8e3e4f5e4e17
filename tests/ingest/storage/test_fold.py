"""Rollups against what they are made of: whatever came in whatever order, the rolled-up answer equals the raw one."""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.numbering import arrivals
from ingest.storage.fold import fold
from ingest.storage.schema import MIGRATIONS, migrate, version
from telemetry.errors import SchemaError
from telemetry.questions.catalog import devices

MINUTE = 60_000_000
_READING = st.tuples(
    st.integers(0, 4 * MINUTE),
    st.integers(1, 2),
    st.floats(-1e9, 1e9, allow_nan=False) | st.sampled_from([0.0, 1e300, -1e300, 5e-324]),
)


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(str(tmp_path / "test.duckdb"))
    migrate(made)
    return made


def put(connection: duckdb.DuckDBPyConnection, readings: list[tuple[int, int, float]]) -> None:
    if readings:
        connection.executemany("INSERT INTO tail VALUES ($1, $2, $3, 0)", [list(r) for r in readings])


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(portions=st.lists(st.lists(_READING, max_size=15), max_size=4))
def test_rollups_equal_what_they_are_made_of(
    portions: list[list[tuple[int, int, float]]], connection: duckdb.DuckDBPyConnection
) -> None:
    for table in ("tail", "live_readings", "live_minutes"):
        connection.execute(f"DELETE FROM {table}")
    for portion in portions:
        put(connection, portion)
        fold(connection)
    groups: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for t_us, series_id, value in (reading for portion in portions for reading in portion):
        groups.setdefault((series_id, t_us // MINUTE * MINUTE), []).append((t_us, value))
    rows = connection.execute(
        """
        SELECT series_id, bucket_us, sum(count)::BIGINT, sum(sum), sum(sum_squares), min(min), max(max), min(first_us),
            max(last_us) FROM live_minutes GROUP BY ALL
        """
    ).fetchall()
    assert {(row[0], row[1]) for row in rows} == set(groups)
    for series_id, bucket_us, count, total, squares, low, high, first_us, last_us in rows:
        group = groups[series_id, bucket_us]
        values = [value for _, value in group]
        assert (count, low, high) == (len(values), min(values), max(values))
        assert (first_us, last_us) == (min(t for t, _ in group), max(t for t, _ in group))
        scale = math.fsum(abs(value) for value in values)
        assert abs(total - math.fsum(values)) <= 1e-12 * scale
        square_scale = sum(value * value for value in values)
        if math.isfinite(square_scale):
            assert abs(squares - square_scale) <= 1e-12 * square_scale
        else:
            assert squares == math.inf
    assert connection.execute("SELECT count(*) FROM tail").fetchall() == [(0,)]
    assert connection.execute("SELECT count(*) FROM live_readings").fetchall() == [(sum(map(len, portions)),)]


def test_a_fold_that_fails_leaves_the_state_before_it(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, [(1, 1, 1.0)])
    connection.execute("ALTER TABLE live_minutes RENAME TO elsewhere")
    with pytest.raises(duckdb.Error):
        fold(connection)
    connection.execute("ALTER TABLE elsewhere RENAME TO live_minutes")
    assert connection.execute("SELECT count(*) FROM tail").fetchall() == [(1,)]
    assert connection.execute("SELECT count(*) FROM live_readings").fetchall() == [(0,)]
    fold(connection)
    assert connection.execute("SELECT sum(count) FROM live_minutes").fetchall() == [(1,)]


_ARRIVED = "INSERT INTO arrivals_tail VALUES (1, 'b', $1, $2, $1, $2, 0, $3, $4)"
_STRETCHES = "SELECT seq_from, seq_to, dropped, late FROM arrivals ORDER BY ALL"


def test_arrivals_become_intervals_and_late_and_dropped_ones_stay_apart(connection: duckdb.DuckDBPyConnection) -> None:
    spans = [(0, 0, False), (1, 4, False), (2, 3, False), (7, 7, False), (5, 6, True)]
    for first, last, dropped in spans:
        connection.execute(_ARRIVED, [first, last, dropped, False])
    connection.execute(_ARRIVED, [8, 9, False, True])
    fold(connection)
    found = connection.execute(_STRETCHES).fetchall()
    assert found == [(0, 4, False, False), (5, 6, True, False), (7, 7, False, False), (8, 9, False, True)]


def test_a_status_is_kept_until_the_next_and_the_question_for_devices_reads_no_years(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "INSERT INTO devices (device_id, device, first_seen_us) VALUES (1, 'window', 0), (2, 'attic', 0)"
    )
    said = [[1, n, True, f'{{"online": true, "uptime": {n}}}'] for n in range(500)]
    said += [[1, 500, False, '{"online": false}'], [2, 7, False, '{"online": false}']]
    connection.executemany("INSERT INTO statuses VALUES ($1, $2, $3, $4)", said)

    def shown() -> list[tuple[object, ...]]:
        rows = devices(connection).to_pylist()
        return [(row["device"], row["online"], row["status"], row["status_us"]) for row in rows]

    before = shown()
    assert before[1] == ("window", False, '{"online": true, "uptime": 499}', 500)
    fold(connection)
    assert shown() == before
    kept = connection.execute("SELECT device_id, status_us FROM statuses ORDER BY ALL").fetchall()
    assert kept == [(1, 499), (1, 500), (2, 7)]


def test_arrivals_grow_with_the_gaps_and_not_with_the_folds(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "_SPARE_ROWS", 5)
    kept = arrivals.Arrivals(connection)
    for n in range(30):
        connection.execute(_ARRIVED, [10 * n, 10 * n + (9 if n != 20 else 7), False, False])
        fold(connection)
        kept.shorten()
        assert connection.execute("SELECT count(*) FROM arrivals").fetchall()[0][0] < 10
    connection.execute(_ARRIVED, [208, 209, False, True])
    fold(connection)
    monkeypatch.setattr(arrivals, "_SPARE_ROWS", -100)
    kept.shorten()
    found = connection.execute(_STRETCHES).fetchall()
    assert found == [(0, 207, False, False), (208, 209, False, True), (210, 299, False, False)]


def test_a_fresh_database_is_brought_to_the_newest_version_once(connection: duckdb.DuckDBPyConnection) -> None:
    assert version(connection) == len(MIGRATIONS)
    assert migrate(connection) == (len(MIGRATIONS), len(MIGRATIONS))


def test_a_newer_database_and_one_of_something_else_are_told_apart(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(SchemaError, match=r"version 99, this Lumos knows up to \d+: install the newer one"):
        migrate(connection)
    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        other.execute("CREATE TABLE mine (x INTEGER)")
        with pytest.raises(SchemaError, match="--data-dir"):
            migrate(other)
