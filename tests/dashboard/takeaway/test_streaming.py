"""Downloads over a real HTTP server: begun before they are read to the end, followed, stopped, never cut unnoticed."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from dashboard.app import create_app
from dashboard.server import serve_http
from dashboard.takeaway import rows as rows_module
from dashboard.takeaway.choice import address
from telemetry.errors import StoreUnavailableError
from tests.dashboard.conftest import NOON_US, SECOND, FakeReader, bucket_table
from tests.harness.processes import listens
from tests.harness.waiting import until

SECONDS = 400
PATH = f"/take/raw.csv?{address([('window', 'light')], (NOON_US, NOON_US + SECONDS * SECOND))}&job=job-00001"


class Gated(FakeReader):
    """A store with a thousand readings a second, whose stretches are given out one by one as the test allows."""

    def __init__(self) -> None:
        known = {"device": "window", "metric": "light", "unit": "lx", "label": None, "first_us": 1, "count": 1}
        rows = [(NOON_US + n * SECOND, 0.5, 0.5, 0.5, 1_000) for n in range(SECONDS)]
        super().__init__(series=pa.Table.from_pylist([known]), buckets=bucket_table(rows, SECOND))
        self.gate = threading.Semaphore(0)
        self.broken = False

    def ask(self, question: str, **arguments: Any) -> pa.Table:
        if question != "readings":
            return super().ask(question, **arguments)
        self.gate.acquire(timeout=20)
        if self.broken:
            raise StoreUnavailableError("ingest is not running")
        times = pa.array(range(arguments["start_us"], arguments["end_us"], 1_000), pa.int64())
        return pa.table({"t_us": times, "value": pa.array([0.5] * len(times), pa.float64())})


class Served:
    """A dashboard behind waitress, and a browser that reads a download as slowly as it likes."""

    def __init__(self, port: int, reader: Gated) -> None:
        self.port, self.reader = port, reader

    def ask(self, path: str, method: str = "GET") -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path)
        found = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def progress(self) -> Any:
        return self.ask("/take/progress/job-00001")

    def begin(self) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", PATH)
        return connection.getresponse()


@pytest.fixture
def served(settings: Any, commander: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(rows_module, "STRETCH_READINGS", 100_000)
    reader = Gated()
    app = create_app(settings, reader=reader, commander=commander).server
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    threading.Thread(target=serve_http, args=(app, listener), daemon=True).start()
    until(lambda: listens(port), "the server")
    yield Served(port, reader)
    reader.gate.release(100)


def test_a_download_begins_before_it_is_read_and_tells_how_far_it_is(served: Served) -> None:
    response = served.begin()  # the head is here, though nothing has been read from the store yet
    assert response.status == 200
    assert response.readline() == b"time,device,metric,unit,value\n"
    assert served.progress() == {"state": "under way", "rows": 0, "total": 400_000, "bytes": 30, "problem": ""}
    served.reader.gate.release()
    assert response.readline().startswith(b'"2026-11-17T14:00:00.000000Z",')
    until(lambda: served.progress()["rows"] == 100_000, "the first stretch")
    served.reader.gate.release(3)
    assert response.read().count(b"\n") == 399_999
    assert served.progress()["state"] == "done"


def test_one_that_is_stopped_reaches_nobody_as_a_whole_file(served: Served) -> None:
    response = served.begin()
    served.reader.gate.release()
    until(lambda: served.progress()["rows"] == 100_000, "the first stretch")
    served.ask("/take/stop/job-00001", "POST")
    served.reader.gate.release()
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    assert served.progress()["state"] == "stopped"


def test_one_whose_store_goes_away_is_cut_off_too_and_says_why(served: Served) -> None:
    response = served.begin()
    served.reader.gate.release()
    until(lambda: served.progress()["rows"] == 100_000, "the first stretch")
    served.reader.broken = True
    served.reader.gate.release()
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    assert served.progress()["problem"] == "ingest is not running"


def test_a_browser_that_leaves_ends_its_download(served: Served) -> None:
    response = served.begin()
    response.close()
    served.reader.gate.release(4)
    until(lambda: served.progress()["state"] == "stopped", "the end of the download")
    assert served.progress()["rows"] < SECONDS * 1_000  # it did not go on for nobody
