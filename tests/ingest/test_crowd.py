"""Sixteen clients at once, beside the writer and the keeper: no error, and each answer belongs to one moment."""

from __future__ import annotations

import threading
import time

from ingest.serving.read_service import ReadService
from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from telemetry.timestamps import US_PER_DAY
from tests.ingest.conftest import Desk

CROWD = 1_790_100_000_000
_WHOLE = {"start_us": CROWD * 1_000, "end_us": CROWD * 1_000 + US_PER_DAY * 1_000}


def _count_raw(reader: Reader) -> None:
    statement = "SELECT count(*) AS n, count(DISTINCT t_us) AS t FROM readings WHERE t_us >= $1"
    (row,) = reader.sql(statement, [CROWD * 1_000]).to_pylist()
    assert row["n"] == 2 * row["t"], row
    assert row["t"] % 2 == 0, row


def _compare_buckets(reader: Reader) -> None:
    pairs = [["attic", "light"], ["attic", "heat"]]
    rows = reader.ask("buckets_of", series=pairs, points=20, **_WHOLE).to_pylist()
    sides = [{row["t_us"]: (row["count"], row["mean"]) for row in rows if row["metric"] == m} for _, m in pairs]
    assert sides[0] == sides[1]


def _count_rolled_up(reader: Reader) -> None:
    (row,) = reader.ask("statistics", device="attic", metric="light", **_WHOLE).to_pylist()
    assert not row["count"] or row["count"] == row["max"] + 1, row


def _compare_last(reader: Reader) -> None:
    rows = [row for row in reader.ask("last_values").to_pylist() if row["device"] == "attic"]
    assert len({(row["t_us"], row["value"]) for row in rows}) <= 1, rows


def test_sixteen_clients_beside_the_writer_and_the_keeper(service: ReadService, desk: Desk, folder: DataFolder) -> None:
    """Each sample holds two metrics and each batch two samples: no answer may ever show half of one."""
    stop = threading.Event()
    failures: list[str] = []
    answers = [0] * 16

    def ask(number: int) -> None:
        reader = Reader(folder, 20)
        check = (_count_raw, _compare_buckets, _count_rolled_up, _compare_last)[number % 4]
        try:
            while not stop.is_set():
                check(reader)
                answers[number] += 1
        except Exception as error:  # noqa: BLE001  (told by the test's own thread)
            failures.append(f"{check.__name__}: {error!r}")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    end, moved, seq, closed = time.monotonic() + 3, 0.0, 0, 0
    while time.monotonic() < end or min(answers) < 3 or not closed:
        rows = [[CROWD + n * 3_600_000, {"light": n, "heat": n}] for n in (seq, seq + 1)]
        desk.hand("esp32/attic/output", {"boot": "a", "seq": seq, "rows": rows})
        desk.rows("SELECT 1")
        seq += 2
        if time.monotonic() > moved + 0.4:  # hours pass as samples do: readings move to live tables and closed days
            desk.do(lambda: desk.writer._fold(0))
            desk.writer.keeper.round((CROWD + seq * 3_600_000) * 1_000)
            moved = time.monotonic()
            ((closed,),) = desk.rows("SELECT count(*) FROM segments")
        assert failures == []
    stop.set()
    for thread in threads:
        thread.join(30)
    assert failures == []
