"""`GET /metrics` against Prometheus' own checker, with ingest and without, and for many devices."""

from __future__ import annotations

import subprocess
from typing import Any

import pyarrow as pa
import pytest

from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from dashboard.metrics import DEVICES, METRICS
from telemetry.questions import with_metadata
from telemetry.settings import Settings
from tests.dashboard.conftest import NOON_US, FakeReader, health_table, status_row

VITALS = {
    "broker_connected": True, "connections": 3, "started_us": NOON_US, "stored_messages": 10, "stored_readings": 20,
    "quarantined": 1, "lag_ms": 250.0, "waiting_messages": 2, "waiting_bytes": 900, "limit_bytes": 64_000_000,
    "errors": 1, "warnings": 2, "memory_bytes": 90_000_000, "cpu_seconds": 1.5, "series": 2, "devices": 2,
    "backup_failed_us": NOON_US,
}  # fmt: skip
LEVEL = {"level": "raw", "files": 1, "file_rows": 5, "file_bytes": 50, "table_rows": 7}
LOST = {"received": 91, "dropped": 4, "missing": 5}
HOSTILE = 'say "hi"\\\n</b> é'


def check(text: str) -> None:
    """What promtool finds wrong: nothing. Without promtool the test fails: `make setup-tests` installs it."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def reader(devices: list[str], **answers: Any) -> FakeReader:
    return FakeReader(
        **{
            "health": health_table(quarantined_by_reason='{"not JSON: N": 3}'),
            "vitals": pa.Table.from_pylist([VITALS]),
            "levels": pa.Table.from_pylist([LEVEL]),
            "backups": pa.table({"made_us": [NOON_US]}),
            "devices": pa.Table.from_pylist([dict(status_row(device=name)) for name in devices]),
            "series": pa.Table.from_pylist([{"device": name, "last_us": NOON_US} for name in devices]),
            "forecast": with_metadata(pa.table({"bytes_per_day": [86_400.0]}), free_bytes=7, full_us=NOON_US),
            "losses": pa.Table.from_pylist([{"device": name, **LOST} for name in devices]),
            **answers,
        }
    )


def scrape(settings: Settings, commander: Commander, asks: FakeReader, **headers: str) -> str:
    answer = (
        create_app(settings, reader=asks, commander=commander).server.test_client().get("/metrics", headers=headers)
    )
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_promtool_finds_nothing_and_every_metric_is_there(settings: Settings, commander: Commander) -> None:
    text = scrape(settings, commander, reader(["window", HOSTILE]))
    check(text)
    shown = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    absent = {metric.name for metric in METRICS} - shown
    # Nothing was answered before the first scrape, and only Linux tells of memory.
    assert absent <= {"lumos_dashboard_http_requests_total", "lumos_dashboard_resident_memory_bytes"}
    assert 'lumos_device_samples_missing{device="window"} 5.0' in text
    assert "lumos_store_growth_bytes_per_second 1.0" in text
    assert "lumos_ingest_lag_seconds 0.25" in text


def test_without_ingest_it_says_so_and_leaves_out_what_it_cannot_know(settings: Settings, commander: Commander) -> None:
    text = scrape(settings, commander, FakeReader())
    check(text)
    assert "lumos_ingest_up 0.0" in text
    assert "lumos_ingest_lag_seconds" not in text
    assert "lumos_dashboard_start_time_seconds" in text


def test_a_fleet_has_figures_of_its_own_up_to_a_bound(settings: Settings, commander: Commander) -> None:
    names = [f"board-{number:04}" for number in range(DEVICES + 7)]
    text = scrape(settings, commander, reader(names))
    check(text)
    assert text.count("lumos_device_up{") == DEVICES
    assert "lumos_devices_left_out 7.0" in text


def test_what_takes_long_is_asked_once_a_minute(settings: Settings, commander: Commander) -> None:
    asks = reader(["window"])
    client = create_app(settings, reader=asks, commander=commander).server.test_client()
    for _ in range(3):
        client.get("/metrics")
    asked = [question for question, _ in asks.asked]
    assert (asked.count("losses"), asked.count("forecast"), asked.count("vitals")) == (1, 1, 3)


def test_openmetrics_is_given_to_whoever_asks_for_it(settings: Settings, commander: Commander) -> None:
    text = scrape(settings, commander, reader(["window"]), Accept="application/openmetrics-text;version=1.0.0")
    assert text.endswith("# EOF\n")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_follow_prometheus_conventions(metric: Any) -> None:
    assert metric.name.startswith("lumos_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.help.endswith(".")
