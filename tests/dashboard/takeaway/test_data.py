"""Data as files: the same numbers as the store's own answers, in pieces, and never a half file for a whole one."""

from __future__ import annotations

import csv
import io
import tracemalloc
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from dashboard.series import Series
from dashboard.takeaway import downloads as downloads_module
from dashboard.takeaway import rows as rows_module
from dashboard.takeaway.choice import Choice, address
from dashboard.takeaway.downloads import CutOffError, Downloads, State, followed
from dashboard.takeaway.rows import plan, raw
from dashboard.takeaway.writing import WRITERS, Piece
from telemetry.datafolder import DataFolder
from telemetry.errors import QuestionLimitError, StoreUnavailableError
from telemetry.reader import Reader
from telemetry.settings import Settings
from tests.dashboard.conftest import NOON_US, SECOND, FakeReader, bucket_table

HOUR = (NOON_US, NOON_US + 3_600 * SECOND)
LIGHT = Series("window", "light", "lx")


@pytest.fixture
def reader(settings: Settings, stored: Any) -> Reader:
    return Reader(DataFolder(settings.data_dir), 5)


def get(client: Any, name: str, job: str = "", **more: Any) -> Any:
    own = f"&job={job}" if job else ""
    return client.get(f"/take/{name}?{address([('window', 'light')], HOUR, **more)}{own}")


def columns(response: Any, name: str) -> dict[str, list[Any]]:
    """A file's content, by column."""
    if name.endswith("parquet"):
        found: dict[str, list[Any]] = pyarrow.parquet.read_table(io.BytesIO(response.data)).to_pydict()
        return found
    return dict(pyarrow.csv.read_csv(io.BytesIO(response.data)).to_pydict())


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_raw_range_has_every_reading_to_the_last_digit(
    form: str, client: Any, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "STRETCH_READINGS", 700)
    monkeypatch.setattr(rows_module, "_COUNT_POINTS", 100)
    found = columns(get(client, f"raw.{form}"), form)
    plain = reader.ask("readings", device="window", metric="light", start_us=HOUR[0], end_us=HOUR[1])
    assert found["value"] == plain.column("value").to_pylist()
    times = [round(moment.timestamp() * 1e6) for moment in found["time"]]
    assert times == plain.column("t_us").to_pylist()
    assert set(zip(found["device"], found["metric"], found["unit"], strict=True)) == {("window", "light", "lx")}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("points", [60, 100_000])
def test_what_is_shown_has_the_charts_own_points(form: str, points: int, client: Any, reader: Reader) -> None:
    found = columns(get(client, f"shown.{form}", points=points), form)
    asked = {"device": "window", "metric": "light", "start_us": HOUR[0], "end_us": HOUR[1], "points": points}
    plain = reader.ask("buckets", **asked)
    assert len(found["mean"]) == plain.num_rows > 0
    for name in ("mean", "min", "max", "count"):
        assert found[name] == plain.column(name).to_pylist()


def test_a_file_is_named_and_not_kept_by_anybody_between(client: Any) -> None:
    response = get(client, "raw.csv")
    assert response.headers["Content-Disposition"] == (
        "attachment; filename=lumos_window_light_20261117T1400Z-20261117T1500Z_raw.csv"
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "text/csv"


@pytest.mark.parametrize("name", ["raw.csv", "shown.csv"])
def test_a_range_without_readings_is_a_file_with_its_head_alone(name: str, client: Any) -> None:
    query = address([("window", "light")], (NOON_US - 9 * SECOND, NOON_US - SECOND))
    lines = client.get(f"/take/{name}?{query}").data.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(b"time,device,metric,unit,")


def test_wrong_wishes_are_told_in_a_sentence(client: Any) -> None:
    for path in ("/take/raw.xlsx?range=1h", "/take/raw.csv?range=1h"):
        response = client.get(path)
        assert response.status_code == 400
        assert response.get_json()["error"]
    assert client.get("/take/progress/nothing-here").get_json() == {"state": "unknown"}
    assert client.post("/take/stop/nothing-here").status_code == 400


def test_the_page_is_told_why_there_is_no_download(client: Any) -> None:
    assert client.get("/take/raw.csv?series=window/light&range=2h&job=job-00001").status_code == 400
    told = client.get("/take/progress/job-00001").get_json()
    assert told["state"] == "failed"
    assert "range='2h' is no range" in told["problem"]
    assert get(client, "raw.csv", job="job-00002").data
    assert client.get("/take/progress/job-00002").get_json()["state"] == "done"


def _crowd(**arguments: Any) -> pa.Table:
    """An answer to `readings`: one each millisecond of the stretch."""
    times = pa.array(range(arguments["start_us"], arguments["end_us"], 1_000), pa.int64())
    return pa.table({"t_us": times, "value": pa.array([0.5] * len(times), pa.float64())})


def _crowded_reader(seconds: int) -> FakeReader:
    rows = [(NOON_US + n * SECOND, 0.5, 0.5, 0.5, 1_000) for n in range(seconds)]
    return FakeReader(readings=_crowd, buckets=bucket_table(rows, SECOND))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_ten_times_the_readings_take_no_more_memory(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "STRETCH_READINGS", 5_000)

    def peak(seconds: int) -> tuple[int, int, int]:
        pool, most = pa.default_memory_pool(), 0
        choice = Choice((LIGHT,), NOON_US, NOON_US + seconds * SECOND)
        tracemalloc.start()
        before, count = pool.bytes_allocated(), 0
        for piece in WRITERS[form](raw(_crowded_reader(seconds), choice)):
            count += piece.rows
            most = max(most, pool.bytes_allocated() - before)
        python = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return count, most, python

    peak(5)  # what is loaded on first use
    few, few_arrow, few_python = peak(15)
    many, many_arrow, many_python = peak(150)
    assert (few, many) == (15_000, 150_000)
    assert many_arrow < 1.5 * few_arrow + 100_000
    assert many_python < 1.5 * few_python + 400_000


def test_the_plan_leaves_no_hole_and_no_stretch_is_crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "STRETCH_READINGS", 1_000)
    minute = 60 * SECOND
    start, end = NOON_US + 7, NOON_US + 600 * minute + 5
    counts = {3: 400, 4: 400, 5: 400, 90: 9_500, 91: 10, 500: 1_000}
    buckets = bucket_table([(NOON_US + n * minute, 1.0, 1.0, 1.0, count) for n, count in counts.items()], minute)
    found = plan(FakeReader(buckets=buckets), LIGHT, start, end)
    assert (found[0].start_us, found[-1].end_us) == (start, end)
    assert all(before.end_us == after.start_us for before, after in pairwise(found))
    assert sum(stretch.count for stretch in found) == sum(counts.values())
    assert max(stretch.count for stretch in found) <= 1_000


def test_a_name_that_a_spreadsheet_would_run_gets_an_apostrophe() -> None:
    evil = Series("=cmd|' /C calc'!A0", '@x,"y"', "+1")
    choice = Choice((evil,), NOON_US, NOON_US + SECOND)
    body = b"".join(piece.content for piece in WRITERS["csv"](raw(_crowded_reader(1), choice)))
    row = next(csv.DictReader(io.StringIO(body.decode())))
    assert (row["device"], row["metric"], row["unit"]) == ("'=cmd|' /C calc'!A0", '\'@x,"y"', "'+1")


def test_how_far_a_download_is_can_be_asked_by_its_owner_alone() -> None:
    downloads = Downloads()
    download = downloads.begin("ada", "job-00001", 30)
    stream = followed(download, iter([Piece(b"head", 0), Piece(b"", 0), Piece(b"rows", 10), Piece(b"end", 20)]))
    assert next(stream) == b"head"
    next(stream)
    assert download.as_json() == {"state": "under way", "rows": 10, "total": 30, "bytes": 8, "problem": ""}
    assert downloads.find("ada", "job-00001") is download
    assert downloads.find("bob", "job-00001") is None
    assert list(stream) == [b"end"]
    downloads.end(download)
    assert download.state is State.DONE


def test_a_download_that_is_stopped_or_breaks_is_cut_off_and_not_ended_well() -> None:
    downloads = Downloads()
    stopped = downloads.begin("ada", None, 0)
    stream = followed(stopped, iter([Piece(b"a", 1), Piece(b"b", 1)]))
    next(stream)
    stopped.wanted = False
    with pytest.raises(CutOffError):
        next(stream)
    assert stopped.state is State.STOPPED

    def breaks() -> Any:
        yield Piece(b"a", 1)
        raise StoreUnavailableError("ingest is not running")

    broken = downloads.begin("ada", None, 0)
    with pytest.raises(CutOffError):
        list(followed(broken, breaks()))
    assert (broken.state, broken.problem) == (State.FAILED, "ingest is not running")


def test_somebody_who_leaves_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads_module, "MOST_AT_ONCE", 1)
    downloads = Downloads()
    first = downloads.begin("ada", None, 0)
    with pytest.raises(QuestionLimitError, match="wait until"):
        downloads.begin("bob", None, 0)
    downloads.end(first)
    assert first.state is State.STOPPED
    downloads.begin("bob", None, 0)


def test_the_store_away_is_a_503_before_anything_is_written(settings: Settings, commander: Commander) -> None:
    known = pa.Table.from_pylist([{"device": "window", "metric": "light", "unit": "lx", "label": None, "first_us": 1}])
    app = create_app(settings, reader=FakeReader(series=known), commander=commander)
    response = get(app.server.test_client(), "raw.csv")
    assert response.status_code == 503
    assert "ingest" in response.get_json()["error"]
