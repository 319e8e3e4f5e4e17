"""The HTTP interface for scripts, against a real database file."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from dashboard.context import Context
from dashboard.http.data import health
from telemetry.timestamps import iso_utc
from tests.dashboard.conftest import NOON_US, SECOND, health_table

NOON = iso_utc(NOON_US)
SERIES = "device=window&metric=light"

WRONG = [
    ("strat=1", "there is no parameter 'strat'; did you mean 'start'?"),
    (f"{SERIES}&bucket=5", "there is no parameter 'bucket'"),
    ("device=window", "metric missing"),
    ("metric=light", "device missing"),
    ("device=&metric=light", "device missing"),
    ("points=10", "device and metric missing"),
    (f"{SERIES}&start=yesterday", "start='yesterday' is not a time"),
    (f"{SERIES}&end=2026-13-01", "end='2026-13-01' is not a time"),
    (f"{SERIES}&start=2026-11-18&end=2026-11-17", "start lies after end"),
    (f"{SERIES}&points=0", "points='0' must be a whole number from 1 to 100000"),
    (f"{SERIES}&points=100001", "points='100001' must be"),
    (f"{SERIES}&points=1e3", "points='1e3' must be"),
    (f"{SERIES}&points=%C2%B2", "must be a whole number"),
    (f"{SERIES}&points=", "points='' must be"),
    (f"{SERIES}&start=1&start=2", "start is given 2 times"),
    ("device=windwo&metric=light", "there is no device 'windwo'; did you mean 'window'?"),
    ("device=window&metric=lihgt", "window has no metric 'lihgt'; did you mean 'light'?"),
    ("device=%27%3B+DROP+TABLE+series&metric=light", "there is no device"),
    (f"{SERIES}&start=99999999999999999999", "is not a time"),
]


@pytest.mark.parametrize(("query", "sentence"), WRONG)
@pytest.mark.parametrize("path", ["/data", "/data.csv"])
def test_a_wrong_parameter_is_a_400_with_a_sentence(client: Any, path: str, query: str, sentence: str) -> None:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert set(answer.json) == {"error"}
    if "is not a time" in sentence and "9999" in query:
        return
    assert sentence in answer.json["error"]


def test_data_alone_lists_the_series(client: Any) -> None:
    answer = client.get("/data")
    assert answer.status_code == 200
    assert answer.json == {
        "series": [
            {
                "device": "window",
                "metric": "light",
                "unit": "lx",
                "label": "Light",
                "first_ms": NOON_US // 1_000,
                "last_ms": (NOON_US + 3_599 * SECOND) // 1_000,
                "count": 3_600,
            }
        ]
    }


def test_few_readings_come_as_they_are(client: Any) -> None:
    answer = client.get(f"/data?{SERIES}&start={NOON}&end={iso_utc(NOON_US + 3 * SECOND)}").json
    assert answer == {
        "device": "window",
        "metric": "light",
        "unit": "lx",
        "bucket_ms": 0,
        "rows": [[NOON_US // 1_000 + i * 1_000, 100.25 + i, 100.25 + i, 100.25 + i, 1] for i in range(3)],
    }


def test_many_readings_come_in_buckets_that_hold_all_of_them(client: Any) -> None:
    end = NOON_US + 3_600 * SECOND
    answer = client.get(f"/data?{SERIES}&start={NOON_US // 1_000}&end={end // 1_000}&points=60").json
    assert answer["bucket_ms"] == 60_000
    assert len(answer["rows"]) == 60
    assert sum(row[4] for row in answer["rows"]) == 3_600
    assert answer["rows"][0][:1] + answer["rows"][0][2:] == [NOON_US // 1_000, 100.25, 149.25, 60]


def test_without_start_the_hour_before_the_end_is_meant(client: Any) -> None:
    end = iso_utc(NOON_US + 7_000 * SECOND)
    rows = client.get(f"/data?{SERIES}&end={end}&points=100000").json["rows"]
    assert len(rows) == 200
    assert rows[0][0] == NOON_US // 1_000 + 3_400_000


def test_a_start_without_an_end_reaches_to_now(client: Any) -> None:
    assert len(client.get(f"/data?{SERIES}&start={NOON}&points=100000").json["rows"]) == 3_600


def test_a_plus_in_an_offset_is_understood(client: Any) -> None:
    answer = client.get(f"/data?{SERIES}&start=2026-11-17T15:00:00+01:00&end=2026-11-17T15:00:05+01:00")
    assert [row[0] for row in answer.json["rows"]] == [NOON_US // 1_000 + i * 1_000 for i in range(5)]


def test_an_empty_range_gives_no_rows(client: Any) -> None:
    assert client.get(f"/data?{SERIES}&start=2020-01-01&end=2020-01-02").json["rows"] == []


def test_csv_has_the_same_rows(client: Any) -> None:
    query = f"{SERIES}&start={NOON}&end={iso_utc(NOON_US + 2 * SECOND)}"
    answer = client.get(f"/data.csv?{query}")
    assert answer.mimetype == "text/csv"
    assert "lumos-window-light.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["time", "device", "metric", "mean", "min", "max", "count"]
    assert rows[1] == ["2026-11-17T14:00:00.000Z", "window", "light", "100.25", "100.25", "100.25", "1"]
    assert len(rows) == 3


def test_csv_needs_a_series(client: Any) -> None:
    answer = client.get("/data.csv")
    assert answer.status_code == 400
    assert "/data.csv needs device and metric" in answer.json["error"]


def test_health_without_ingest_is_down(client: Any) -> None:
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json["status"] == "down"
    assert answer.json["ingest"]["running"] is False


@pytest.mark.parametrize(
    ("facts", "status", "newest"),
    [
        ({}, "ok", NOON_US // 1_000),
        ({"newest_us": None, "readings": 0}, "ok", None),
        ({"broker_connected": False}, "degraded", NOON_US // 1_000),
        ({"alert_channels_failing": 1}, "degraded", NOON_US // 1_000),
    ],
)
def test_health_says_how_ingest_and_broker_stand(
    context_on: Any, facts: dict[str, Any], status: str, newest: int | None
) -> None:
    context: Context = context_on(health=health_table(**facts))
    found = health(context)
    assert found["status"] == status
    assert found["newest_ms"] == newest
    assert found["ingest"]["running"] is True


def test_health_takes_no_parameters(client: Any) -> None:
    assert client.get("/health?x=1").status_code == 400


def test_the_page_is_protected_and_needs_nobody_else(client: Any) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self' 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert re.findall(r'(?:src|href)="(?:https?:)?//', answer.text) == []


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "language"),
    [
        ("", "", "", "en"),
        ("", "", "fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("", "", "de, en;q=0.8, fr;q=0.9", "fr"),
        ("", "", "de;q=x", "en"),
        ("fr", "", "en", "fr"),
        ("xx", "", "en", "en"),
        ("", "fr", "en", "fr"),
        ("en", "fr", "", "en"),
    ],
)
def test_the_language_is_that_of_whoever_asks(
    client: Any, asked: str, remembered: str, accepted: str, language: str
) -> None:
    if remembered:
        client.set_cookie("lumos-language", remembered)
    page = client.get(f"/?lang={asked}" if asked else "/", headers={"Accept-Language": accepted}).text
    assert f'<html lang="{language}">' in page


def test_a_language_that_was_asked_for_is_remembered(client: Any) -> None:
    client.get("/?lang=fr")
    assert '<html lang="fr">' in client.get("/").text
