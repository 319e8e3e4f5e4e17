"""What files say: tables of CSV and Parquet as they occur, and the reason for each row that is no reading."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from ingest.transfer import reading
from ingest.transfer.cells import Cells
from ingest.transfer.layout import Wishes
from ingest.transfer.reading import Chunk, Style, chunks
from telemetry.errors import TransferError

#: 2026-01-02 03:04:05 UTC.
T = 1_767_323_045_000_000
WIDE = Wishes(wide={})


def read(path: Path, wishes: Wishes = Wishes(), style: Style = Style()) -> Chunk:  # noqa: B008
    whole = Chunk()
    for chunk in chunks(path, wishes, style):
        for name in ("t_us", "devices", "metrics", "values", "bad"):
            getattr(whole, name).extend(getattr(chunk, name))
        whole.rows += chunk.rows
    return whole


def rows(chunk: Chunk) -> list[tuple[int, str, str, float]]:
    return list(zip(chunk.t_us, chunk.devices, chunk.metrics, chunk.values, strict=True))


def csv_file(folder: Path, content: str | bytes, name: str = "past.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "wishes", "wanted"),
    [
        ("time,device,metric,value\n2026-01-02T03:04:05Z,a,m,1.5\n", Wishes(), [(T, "a", "m", 1.5)]),
        ("Time,Device,Metric,Value\n2026-01-02 03:04:05,a,m,1e3\n", Wishes(), [(T, "a", "m", 1000.0)]),
        ("value,time,metric,device,note\n1,1767323045000,m,a,x\n", Wishes(), [(T, "a", "m", 1.0)]),
        ("time,device,metric,value\n2026-01-02T04:04:05.000123+01:00,a,m,ON\n", Wishes(), [(T + 123, "a", "m", 1.0)]),
        ("\ufefftime;device;metric;value\r\n2026-01-02T03:04:05Z;\"a;b\";m;1,5\r\n", Wishes(), [(T, "a;b", "m", 1.5)]),
        ("time\tdevice\tmetric\tvalue\n2026-01-02\ta\tm\t1\n", Wishes(), [(T - 11_045_000_000, "a", "m", 1.0)]),
        ("when,light\n2026-01-02T03:04:05Z,7\n", Wishes({"time": "When", "value": "light"}, "a", "m"),
         [(T, "a", "m", 7.0)]),
        ("time,device,temp,hum\n2026-01-02T03:04:05Z,a,20,\n2026-01-02T03:04:06Z,a,21,50\n", WIDE,
         [(T, "a", "temp", 20.0), (T + 1_000_000, "a", "temp", 21.0), (T + 1_000_000, "a", "hum", 50.0)]),
        ("time,temp,x\n2026-01-02T03:04:05Z,20,z\n", Wishes(device="a", wide={"temp": "temperature"}),
         [(T, "a", "temperature", 20.0)]),
        ("time,device,metric,value\n2026-01-02T03:04:05Z,\"a\nb\",m,1\n\n1767323045000,é,m,null\n", Wishes(),
         [(T, "a\nb", "m", 1.0)]),
        ("time,device,metric,value\n", Wishes(), []),
    ],
)  # fmt: skip
def test_a_csv_file(tmp_path: Path, content: str, wishes: Wishes, wanted: Any) -> None:
    found = read(csv_file(tmp_path, content), wishes)
    assert rows(found) == wanted
    assert found.bad == []


def test_times_without_a_zone_are_in_the_zone_one_names(tmp_path: Path) -> None:
    content = (
        "time,device,metric,value\n2026-07-01T12:00:00,a,m,1\n2026-01-01T12:00:00,a,m,2\n2026-01-01T12:00:00Z,a,m,3\n"
    )
    style = Style(cells=lambda _: Cells(ZoneInfo("Europe/Paris")))
    hours = [datetime.fromtimestamp(t / 1e6, UTC).hour for t in read(csv_file(tmp_path, content), style=style).t_us]
    assert hours == [10, 11, 12]


def test_each_bad_row_is_told_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = [
        "time,device,metric,value",
        "2026-01-02T03:04:05Z,a,m,1",
        "yesterday,a,m,1",
        "2026-01-02T03:04:05Z,a,m,warm",
        "2026-01-02T03:04:05Z,,m,1",
        "2026-01-02T03:04:05Z,a,m",
        "2026-01-02T03:04:05Z,a,m,inf",
        "2026-01-02T03:04:05Z,a,m,1e999",
        "2199-01-01,a,m,1",
        "1767323045,a,m,1",
        '2026-01-02T03:04:05Z,"two\nlines",m,2',
        "0001-01-01,a,m,1",
        "2026-01-02T03:04:05Z,b\udcff,m,1",
        "2026-01-02T03:04:05Z,a\x00,m,1",
        "2026-01-02T03:04:06Z,z,m,3",
    ]
    found = read(csv_file(tmp_path, "\n".join(lines).encode(errors="surrogateescape")))
    assert [(device, value) for _, device, _, value in rows(found)] == [
        ("a", 1.0),
        ("a", 1.0),
        ("two\nlines", 2.0),
        ("z", 3.0),
    ]
    assert [(line, reason.split(";")[0][:44]) for line, reason in found.bad] == [
        (3, "'yesterday' is no time: ISO 8601 or millisec"),
        (4, "'warm' is no number"),
        (5, "a name is empty"),
        (6, "3 columns are fewer than the 4 that are need"),
        (7, "'inf' is no number"),
        (8, "'1e999' is no finite number"),
        (9, "the time '2199-01-01' lies in the future (no"),
        (13, "the time '0001-01-01' lies before 1900"),
        (14, "the name 'b\\udcff' is no UTF-8"),
        (15, "a name holds the character NUL"),
    ]


def test_a_bad_cell_of_a_wide_row_leaves_its_neighbours(tmp_path: Path) -> None:
    found = read(csv_file(tmp_path, "time,device,a,b\n2026-01-02T03:04:05Z,d,x,2\n"), WIDE)
    assert rows(found) == [(T, "d", "b", 2.0)]
    assert found.bad == [(2, "a: 'x' is no number")]


@pytest.mark.parametrize(
    ("content", "wishes", "words"),
    [
        ("", Wishes(), "is empty"),
        ("a,b\n1,2\n", Wishes(), "has no column 'time' (there are a, b): say which with --map time=COLUMN"),
        ("time,metric,value\n", Wishes(), "--device NAME"),
        ("time,device,value\n", Wishes(), "--wide"),
        ("time,device,metric,mean\n", Wishes(), "--map value=COLUMN"),
        ("time,device,metric,mean\n", Wishes({"value": "maen"}), "has no column 'maen'; did you mean 'mean'?"),
        ("time,device\n", WIDE, "no column that could be a metric"),
        (b"\xff\xfet\x00", Wishes(), "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_as_asked_says_how(tmp_path: Path, content: Any, wishes: Wishes, words: str) -> None:
    with pytest.raises(TransferError) as refused:
        read(csv_file(tmp_path, content), wishes)
    assert words in str(refused.value)


def test_a_compressed_csv(tmp_path: Path) -> None:
    path = csv_file(tmp_path, gzip.compress(b"time,device,metric,value\n2026-01-02T03:04:05Z,a,m,1\n"), "a.csv.gz")
    assert rows(read(path)) == [(T, "a", "m", 1.0)]


def test_chunks_are_bounded_and_tell_how_far_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK_ROWS", 100)
    lines = "".join(f"{T // 1_000 + n},a,m,{n if n % 3 else 'x'}\n" for n in range(1_000))
    path = csv_file(tmp_path, "time,device,metric,value\n" + lines)
    found = list(chunks(path, Wishes(), Style()))
    assert max(len(chunk.t_us) for chunk in found) == 100
    assert sum(len(chunk.bad) for chunk in found) == 334
    assert found[-1].position == path.stat().st_size
    assert [chunk.position for chunk in found] == sorted(chunk.position for chunk in found)


@pytest.mark.parametrize(
    "times",
    [
        pa.array([T], pa.timestamp("us", "UTC")), pa.array([T], pa.timestamp("us")),
        pa.array([T * 1_000 + 7], pa.timestamp("ns", "UTC")), pa.array([T // 1_000], pa.timestamp("ms", "Asia/Tokyo")),
        pa.array([T // 1_000], pa.int64()), pa.array(["2026-01-02T03:04:05Z"]),
    ],
)  # fmt: skip
def test_a_parquet_file_with_times_of_any_type(tmp_path: Path, times: Any) -> None:
    path = tmp_path / "past.parquet"
    columns = {"time": times, "device": pa.array(["a"]).dictionary_encode(), "metric": ["m"], "value": pa.array([2])}
    parquet.write_table(pa.table(columns), path)
    assert rows(read(path)) == [(T, "a", "m", 2.0)]


def test_a_wide_parquet_file_with_holes(tmp_path: Path) -> None:
    path = tmp_path / "past.parquet"
    columns = {
        "day": [date(2026, 1, 2), None, date(2026, 1, 3)], "a": [1.5, 2.0, None], "b": [True, False, True],
        "c": [float("nan"), 1.0, float("inf")],
    }  # fmt: skip
    parquet.write_table(pa.table(columns), path)
    found = read(path, Wishes({"time": "day"}, "d", wide={}))
    day = T - 11_045_000_000
    assert rows(found) == [(day, "d", "a", 1.5), (day, "d", "b", 1.0), (day + 86_400_000_000, "d", "b", 1.0)]
    assert [line for line, _ in found.bad] == [1, 2, 3]


def test_what_is_no_parquet_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="is no Parquet file that can be read"):
        read(csv_file(tmp_path, "nonsense", "past.parquet"))


@given(content=st.binary(max_size=300), wide=st.booleans())
def test_no_bytes_make_the_reader_raise_anything_else(
    content: bytes, wide: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"time,device,metric,value\n" + content)
    found = read(path, Wishes(device="d", wide={}) if wide else Wishes())
    assert all(abs(value) < float("inf") for value in found.values)
