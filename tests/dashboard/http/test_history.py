"""The history of commands as a file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
import pytest

from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from telemetry.questions import with_metadata
from telemetry.settings import Settings
from tests.dashboard.commands.test_commanding import command
from tests.dashboard.conftest import FakeReader


def _asked(settings: Settings, commander: Commander, rows: list[dict[str, Any]]) -> tuple[Any, FakeReader]:
    def answer(limit: int, offset: int = 0, **_: Any) -> pa.Table:
        found = rows[offset : offset + limit]
        return with_metadata(pa.Table.from_pylist(found or [command()]).slice(0, len(found)), total=len(rows))

    reader = FakeReader(commands=answer)
    return create_app(settings, reader=reader, commander=commander).server.test_client(), reader


def test_every_command_is_a_line_and_no_text_is_a_formula(settings: Settings, commander: Commander) -> None:
    hostile = command(cmd="message", value='"=1+1"', asked_by="@evil", detail="+x", delay_ms=None)
    client, _ = _asked(settings, commander, [command(), hostile])
    response = client.get("/commands.csv?device=window&state=acknowledged")
    rows = list(csv.reader(io.StringIO(response.get_data(as_text=True))))
    assert rows[0] == ["time", "device", "command", "value", "by", "state", "delay_ms", "detail", "id"]
    assert rows[1][1:7] == ["window", "led", "true", "127.0.0.1", "acknowledged", "84.0"]
    assert rows[2][3:8] == ['"=1+1"', "'@evil", "acknowledged", "", "'+x"]
    assert response.headers["Content-Disposition"].endswith("lumos-commands.csv")


def test_a_long_history_is_asked_for_in_pieces(
    settings: Settings, commander: Commander, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.http.history._PER_QUESTION", 10)
    client, reader = _asked(settings, commander, [command(command_id=f"{n}") for n in range(25)])
    lines = client.get("/commands.csv").get_data(as_text=True).splitlines()
    assert [line.rsplit(",", 1)[1] for line in lines[1:]] == [str(n) for n in range(25)]
    assert [asked["offset"] for _, asked in reader.asked if "offset" in asked] == [10, 20]


@pytest.mark.parametrize("query", ["staet=held", "start=yesterday"])
def test_a_wrong_filter_is_a_400_and_a_sentence(settings: Settings, commander: Commander, query: str) -> None:
    client, _ = _asked(settings, commander, [])
    response = client.get(f"/commands.csv?{query}")
    assert response.status_code == 400
    assert response.get_json()["error"]
