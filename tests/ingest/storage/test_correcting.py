"""Corrections: every level shows what the corrected readings give, raw stays as it came, and each can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.storage.correcting import keep, withdraw
from ingest.storage.retention import expire, horizons
from telemetry.corrections import HIDE, SCALE, Correction, shown_value
from telemetry.errors import ActionError
from telemetry.levels import DAY, HOUR, LEVELS, MINUTE, QUARTER, Level
from telemetry.timestamps import EARLIEST_US, LATEST_US
from tests.harness.reference import Reference, plain
from tests.harness.stock import Stock, stock

MINUTE_US = 60_000_000
DAY_US = 1_440 * MINUTE_US
FIRST = 20_000 * DAY_US
LAST = FIRST + 3 * DAY_US
NOW = LAST + DAY_US


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        yield made


_MOMENT = st.integers(FIRST, LAST)
_READINGS = st.lists(
    st.tuples(_MOMENT, st.integers(1, 2), st.floats(-100, 100) | st.sampled_from([0.0, 21.5, 4095.0])),
    min_size=1,
    max_size=15,
)
_SPAN = st.tuples(_MOMENT, _MOMENT).map(lambda ends: (min(ends), max(ends) + 1)) | st.just((EARLIEST_US, LATEST_US))
_HIDE = st.builds(
    lambda series_id, span, low: Correction(series_id, HIDE, *span, low, None, None, None),
    st.integers(1, 2), _SPAN, st.none() | st.floats(-50, 50),
)  # fmt: skip
_FACTOR = st.sampled_from([-1.0, 0.5, 1.8, 1e-3, 1.0])
_SCALE = st.builds(
    lambda series_id, span, factor, shift: Correction(series_id, SCALE, *span, None, None, factor, shift),
    st.integers(1, 2), _SPAN, _FACTOR, st.sampled_from([0.0, 32.0, -0.7, 4095.0]),
)  # fmt: skip
_STEP = (
    st.tuples(st.sampled_from(["put", "fold", "close"]), _READINGS)
    | st.tuples(st.just("correct"), _HIDE | _SCALE)
    | st.tuples(st.just("withdraw"), st.integers(0, 3))
)


@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, min_size=2, max_size=6), span=_SPAN, level=st.sampled_from(LEVELS))
def test_every_level_shows_what_the_corrected_readings_give(
    steps: list[tuple[str, Any]], span: tuple[int, int], level: Level, store: Stock
) -> None:
    store.empty()
    wanted = Reference()
    for word, what in steps:
        if word == "correct":
            wanted.corrections[keep(store.connection, store.archive, [what], "", "ada")] = what
        elif word == "withdraw" and wanted.corrections:
            correction_id = sorted(wanted.corrections)[what % len(wanted.corrections)]
            taken = withdraw(store.connection, store.archive, correction_id, "bob")
            assert taken == [wanted.corrections.pop(correction_id)]
        elif word != "withdraw":
            getattr(store, word)(what)
            wanted.raw += what
    assert plain(store.rows("SELECT t_us, series_id, value FROM readings")) == plain(wanted.raw)
    wanted.assert_equal(store, LEVELS, FIRST - DAY_US, LAST + DAY_US)
    wanted.assert_equal(store, [level], *span)
    wanted.assert_bins(store, *span)
    in_memory = [
        shown_value(list(wanted.corrections.values()), series, t_us, value) for t_us, series, value in wanted.raw
    ]
    assert sorted(value for value in in_memory if value is not None) == sorted(value for _, _, value in wanted.shown())


def let_expire(store: Stock, days: int) -> None:
    expire(store.work, store.archive, horizons(store.connection, days * 86_400, NOW))
    store.archive.sweep(store.connection)


_WHOLE_MINUTES = st.tuples(st.integers(0, 4_320), st.integers(1, 4_320)).map(
    lambda ends: (FIRST + ends[0] * MINUTE_US, FIRST + (ends[0] + ends[1]) * MINUTE_US)
)
_RECALIBRATION = st.builds(
    lambda span, factor, shift: Correction(1, SCALE, *span, None, None, factor, shift),
    _WHOLE_MINUTES, _FACTOR, st.sampled_from([0.0, 32.0, -0.7, 4095.0]),
)  # fmt: skip


@hypothesis_settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    readings=_READINGS, before=st.lists(_RECALIBRATION, max_size=2), after=st.lists(_RECALIBRATION, max_size=2),
    late=_READINGS, span=_WHOLE_MINUTES, withdrawn=st.booleans(),
)  # fmt: skip
def test_where_raw_has_expired_recalibrations_show_in_every_rollup(
    readings: list[Any], before: list[Correction], after: list[Correction], late: list[Any], span: tuple[int, int],
    withdrawn: bool, store: Stock,
) -> None:  # fmt: skip
    store.empty()
    wanted = Reference(readings + late)
    store.close(readings)
    for each in before:
        wanted.corrections[keep(store.connection, store.archive, [each], "", "ada")] = each
    let_expire(store, 2)
    for each in after:
        wanted.corrections[keep(store.connection, store.archive, [each], "", "ada")] = each
    if withdrawn and before:
        withdraw(store.connection, store.archive, 1, "bob")
        del wanted.corrections[1]
    store.close(late)  # readings that come so late that the others of their day have expired already
    for start, end in ((FIRST - DAY_US, LAST + DAY_US), span):
        wanted.assert_equal(store, (MINUTE, QUARTER, HOUR, DAY), start, end, relative=1e-7)


def test_what_is_withdrawn_after_raw_expired_leaves_no_trace(store: Stock) -> None:
    store.close([(FIRST + n * MINUTE_US // 3, 1, n / 7) for n in range(200)])
    let_expire(store, 1)
    whole = {"device": "window", "metric": "light", "start_us": FIRST, "end_us": LAST}
    before = [store.ask(question, **whole).to_pylist() for question in ("statistics", "histogram")]
    correction = Correction(1, SCALE, FIRST + 5 * MINUTE_US, LAST, None, None, -1.7, 1e6)
    correction_id = keep(store.connection, store.archive, [correction], "upside down", "ada")
    assert store.ask("statistics", **whole).to_pylist() != before[0]
    withdraw(store.connection, store.archive, correction_id, "bob")
    assert [store.ask(question, **whole).to_pylist() for question in ("statistics", "histogram")] == before
    (row,) = store.ask("corrections").to_pylist()
    assert (row["asked_by"], row["undone_by"], row["note"]) == ("ada", "bob", "upside down")


def test_hiding_needs_raw_readings(store: Stock) -> None:
    store.close([(FIRST + n * DAY_US // 2, 1, n) for n in range(6)])
    hidden = Correction(1, HIDE, FIRST, FIRST + 1, None, None, None, None)
    correction_id = keep(store.connection, store.archive, [hidden], "", "ada")
    let_expire(store, 2)
    with pytest.raises(ActionError, match=r"raw readings before 2024-10-06T00:00:00.000Z have expired.*recalibrated"):
        keep(store.connection, store.archive, [hidden], "", "ada")
    withdraw(store.connection, store.archive, correction_id, "ada")
    whole = {"device": "window", "metric": "light", "start_us": FIRST, "end_us": LAST}
    assert (
        store.ask("statistics", **whole).to_pylist()[0]["count"] == 5
    )  # what was hidden then is gone with its raw reading


def test_a_correction_is_taken_back_once(store: Stock) -> None:
    store.close([(FIRST, 1, 1.0)])
    with pytest.raises(ActionError, match="no correction 7"):
        withdraw(store.connection, store.archive, 7, "ada")
    hidden = Correction(1, HIDE, FIRST, FIRST + 1, None, None, None, None)
    correction_id = keep(store.connection, store.archive, [hidden], "", "ada")
    withdraw(store.connection, store.archive, correction_id, "ada")
    with pytest.raises(ActionError, match="was withdrawn already, by ada"):
        withdraw(store.connection, store.archive, correction_id, "ada")
