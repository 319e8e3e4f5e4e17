"""SIGKILL at each step of what moves readings, while others write and read: nothing is lost, doubled or half done.

The step is one statement, one file made safe, one file deleted. Each run happens in a process of its own, on real
files; a writer goes on committing to the tail beside it, and a reader holds raw readings against rollups.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.storage.archive import Archive
from ingest.storage.closing import close_days
from ingest.storage.correcting import keep, withdraw
from ingest.storage.fold import fold
from ingest.storage.retention import expire, horizons
from ingest.storage.shrinking import move_last
from telemetry.corrections import HIDE, SCALE, Correction
from telemetry.levels import LEVELS, RAW
from telemetry.questions.places import place
from tests.harness.killing import NEVER, Steps, run_and_kill
from tests.harness.reference import SERIES, Reference, plain
from tests.harness.stock import Reading, Stock, stock

HOUR = 3_600_000_000
DAY = 24 * HOUR
FIRST = 20_000 * DAY
TODAY = FIRST + 4 * DAY
CLOSED = [(FIRST + n * DAY // 7, 1 + n % 2, float(n % 5)) for n in range(28)]
LATE = [(FIRST + n * DAY // 3 + 5, 1, 7.0) for n in range(6)]
LIVE = [(TODAY + n * HOUR, 2, float(n)) for n in range(5)]
HIDDEN = Correction(1, HIDE, FIRST, FIRST + 2 * DAY, 3.0, None, None, None)
SCALED = Correction(2, SCALE, FIRST + HOUR, TODAY + 2 * HOUR, None, None, -2.0, 100.0)
EVER = (FIRST - DAY, TODAY + 2 * DAY)


def _expire(store: Stock, cursor: Any) -> None:
    wanted = {**horizons(cursor, 2 * 86_400, TODAY + 1), (1, "quarter"): FIRST + DAY, (1, "minute"): FIRST + DAY}
    expire(lambda task: task(cursor), store.archive, wanted)


def _shrink(_: Stock, cursor: Any) -> None:
    """As the keeper does, whatever is free."""
    for _ in range(3):
        with contextlib.suppress(duckdb.TransactionException):  # the writer's own, of another process of this test
            move_last(cursor)


#: What is done, and the corrections in force before and after it.
OPERATIONS: dict[str, tuple[Callable[[Stock, Any], object], dict[int, Correction], dict[int, Correction]]] = {
    "fold": (lambda _, cursor: fold(cursor), {}, {}),
    "close": (lambda store, cursor: close_days(cursor, store.archive, TODAY, late=True), {1: HIDDEN}, {1: HIDDEN}),
    "correct": (
        lambda store, cursor: keep(cursor, store.archive, [SCALED], "", "ada"),
        {1: HIDDEN},
        {1: HIDDEN, 2: SCALED},
    ),
    "withdraw": (lambda store, cursor: withdraw(cursor, store.archive, 1, "ada"), {1: HIDDEN}, {}),
    "shrink": (_shrink, {1: HIDDEN}, {1: HIDDEN}),
    "expire": (_expire, {1: SCALED}, {1: SCALED}),
}  # fmt: skip
#: What leaves everything as it was, but for where it lies.
UNSEEN = {"shrink"}
#: From where an operation takes readings away.
MOVED = {"fold": f"tail WHERE t_us < {TODAY + 6 * HOUR}", "close": f"live_readings WHERE t_us < {TODAY}"}


def _work_and_die(folder: Path, operation: str, steps: int, log: Path) -> None:
    """Carry an operation out until a step, beside a writer and a reader that tell in `log` what they saw."""
    with stock(folder, fresh=False) as store, log.open("ab", buffering=0) as told:
        store.archive = Archive(folder / "archive")
        count = Steps(steps)
        killed = count.over(store.connection.cursor())
        stop = threading.Event()
        others = [
            threading.Thread(target=_write, args=(store.connection.cursor(), stop, told)),
            threading.Thread(target=_read, args=(store, store.connection.cursor(), stop, told)),
        ]
        for other in others:
            other.start()
        count.count_files()
        OPERATIONS[operation][0](store, killed)
        stop.set()
        for other in others:
            other.join()
        Archive(folder / "archive").sweep(killed)
        told.write(f"steps {steps - count.left}\n".encode())


def _write(cursor: Any, stop: threading.Event, told: Any) -> None:
    number = 0
    while not stop.wait(0.002):
        number += 1
        cursor.execute("INSERT INTO tail VALUES ($1, 1, $2, 0)", [TODAY + 6 * HOUR + number, float(number)])
        told.write(f"stored {number}\n".encode())


def _read(store: Stock, cursor: Any, stop: threading.Event, told: Any) -> None:
    """Each answer belongs to one moment: every level counts the same readings."""
    while not stop.is_set():
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            where = place(cursor, SERIES, FIRST + 3 * DAY, EVER[1])
            queries = (f"SELECT sum(count), max(max) FROM ({where.parts(level)})" for level in LEVELS)
            answers = {cursor.execute(query).fetchall()[0] for query in queries}
            cursor.execute("ROLLBACK")
            if len(answers) != 1:
                told.write(f"contradiction {answers}\n".encode())
        except Exception as error:  # noqa: BLE001  (told to the test)
            told.write(f"failure {error}\n".encode())
            return


def _prepare(folder: Path, before: dict[int, Correction]) -> None:
    with stock(folder) as store:
        store.close(CLOSED)
        for correction in before.values():
            keep(store.connection, store.archive, [correction], "", "ada")
        store.fold(LATE)
        store.put(LIVE)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_kill_at_any_step_loses_nothing_and_leaves_nothing_half_done(operation: str, tmp_path: Path) -> None:
    carry_out, before, after = OPERATIONS[operation]
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    _prepare(prepared, before)

    def run(steps: int) -> tuple[Path, list[str]]:
        folder, log = tmp_path / str(steps), tmp_path / f"{steps}.log"
        shutil.copytree(prepared, folder)
        code = run_and_kill(_work_and_die, folder, operation, steps, log)
        assert code == (0 if steps == NEVER else -signal.SIGKILL)
        return folder, log.read_text().splitlines()

    folder, told = run(NEVER)
    assert _check(folder, told, operation, before, after) == "after"
    (taken,) = (int(line.split()[1]) for line in told if line.startswith("steps"))
    for steps in (0, *sorted(random.sample(range(1, taken), 4))):
        folder, told = run(steps)
        stands = _check(folder, told, operation, before, after)
        if stands != "after":  # then what was cut short can be carried out after all
            with stock(folder, fresh=False) as store:
                carry_out(store, store.connection)
            assert _check(folder, told, operation, before, after) == "after"
        assert steps or stands == "before" or operation in UNSEEN


def _check(
    folder: Path, told: list[str], operation: str, before: dict[int, Correction], after: dict[int, Correction]
) -> str:  # fmt: skip
    """Hold the store against what was told; whether it stands `before`, `after` or (expiry) `between`."""
    assert [line for line in told if not line.startswith(("stored", "steps"))] == []
    stored = max((int(line.split()[1]) for line in told if line.startswith("stored")), default=0)
    with stock(folder, fresh=False) as store:
        store.archive.sweep(store.connection)
        named = {segment.file for segment in store.archive.segments(store.connection)}
        lying = {path.relative_to(folder / "archive").as_posix() for path in folder.rglob("*.parquet")}
        assert named == lying
        written = [
            (t, 1, v) for t, v in store.rows(f"SELECT t_us, value FROM readings WHERE t_us > {TODAY + 6 * HOUR}")
        ]
        assert stored <= len({value for _, _, value in written}) == len(written) <= stored + 1
        everything: list[Reading] = CLOSED + LATE + LIVE + written
        kept = {row[0] for row in store.rows("SELECT correction_id FROM corrections WHERE undone_us IS NULL")}
        assert kept in (set(before), set(after))
        wanted = Reference(everything, after if kept == set(after) else before)
        raw = plain(store.rows("SELECT t_us, series_id, value FROM readings"))
        if operation == "expire":
            return _check_expired(store, wanted, raw)
        assert raw == plain(everything)
        wanted.assert_equal(store, LEVELS, *EVER)
        wanted.assert_bins(store, *EVER)
        if operation in MOVED:
            ((left,),) = store.rows(f"SELECT count(*) FROM {MOVED[operation]}")
            return "before" if left else "after"
        return "after" if kept == set(after) else "before"


def _check_expired(store: Stock, wanted: Reference, raw: list[Reading]) -> str:
    """Nothing newer is touched, nothing that is kept in rollups is lost, and questions know what has expired."""
    limit = TODAY - 2 * DAY
    newer = [reading for reading in plain(wanted.raw) if reading[0] >= limit]
    assert [reading for reading in raw if reading[0] >= limit] == newer
    assert set(raw) <= set(wanted.raw)
    wanted.assert_equal(store, LEVELS, limit, EVER[1])
    levels = [level for level in LEVELS if level is not RAW]
    wanted.assert_equal(store, levels[-2:], *EVER, relative=1e-9)
    closed_before = [reading for reading in raw if reading[0] < limit and reading not in set(LATE)]
    horizon = store.rows("SELECT count(*) FROM horizons")[0][0]
    if not horizon:
        assert raw == plain(wanted.raw)
        return "before"
    return "between" if closed_before else "after"
