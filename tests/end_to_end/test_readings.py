"""From the board's sensor to `/data`: what was sent is what is there."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import Stack
from tests.harness.http import get, get_json
from tests.harness.observer import observer
from tests.harness.processes import module
from tests.harness.waiting import until


def _rows(stack: Stack, device: str, metric: str, **more: Any) -> list[list[float]]:
    answer = get_json(stack.http_port, "/data", device=device, metric=metric, points=100_000, **more)
    return answer["rows"] if answer else []


def test_what_a_simulated_board_sends_is_in_data_to_the_value(stack: Stack, tmp_path: Path) -> None:
    flags = ["--boards", "1", "--port", str(stack.mqtt_port), "--period", "100", "--seed", "7"]
    with (
        observer(stack.mqtt_port, "esp32/+/output") as witness,
        module(tmp_path / "board.log", "firmware", "simulate", *flags) as board,
    ):
        witness.wait("esp32/sim-1/output", 30)
        assert board.stop() == 0
        sent = sorted((sample["t"], sample["light"]) for sample in _samples(witness.json("esp32/sim-1/output")))
        stored = until(
            lambda: rows if len(rows := _rows(stack, "sim-1", "light")) >= len(sent) else None, "every sample in /data"
        )
    assert [(t, mean) for t, mean, *_ in stored] == sent
    assert all(low == mean == high and count == 1 for _, mean, low, high, count in stored)


def _samples(payloads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The samples of single and batch payloads."""
    return [
        sample
        for payload in payloads
        for sample in ([{"t": t, **values} for t, values in payload["rows"]] if "rows" in payload else [payload])
    ]


def test_a_board_with_the_original_program_is_device_esp32(stack: Stack) -> None:
    with observer(stack.mqtt_port) as witness:
        witness.publish("esp32/output", "1234.00")
        rows = until(lambda: _rows(stack, "esp32", "light"), "the original board's reading")
    assert [row[1:] for row in rows] == [[1234.0, 1234.0, 1234.0, 1]]


def test_buckets_hold_the_totals_of_the_readings(stack: Stack) -> None:
    with observer(stack.mqtt_port) as witness:
        start = 1_790_000_000_000
        rows = [[start + 1_000 * n, {"light": n % 97}] for n in range(1_000)]
        for first in range(0, 1_000, 100):
            payload = {"boot": "b", "seq": first, "rows": rows[first : first + 100]}
            witness.publish("esp32/bench/output", json.dumps(payload))
    window = {"start": start, "end": start + 1_000_000}
    until(lambda: len(_rows(stack, "bench", "light", **window)) == 1_000, "a thousand readings")
    answer = get_json(stack.http_port, "/data", device="bench", metric="light", points=40, **window)
    assert answer["bucket_ms"] == 30_000
    assert len(answer["rows"]) <= 40
    assert sum(row[4] for row in answer["rows"]) == 1_000
    total = math.fsum(mean * count for _, mean, _, _, count in answer["rows"])
    assert math.isclose(total, sum(n % 97 for n in range(1_000)), rel_tol=1e-12)
    status, body = get(stack.http_port, "/data.csv", device="bench", metric="light", points=40, **window)
    lines = body.decode().splitlines()
    assert status == 200
    assert lines[0] == "time,device,metric,mean,min,max,count"
    assert len(lines) == 1 + len(answer["rows"])


def test_garbage_on_every_topic_is_quarantined_and_harms_nobody(stack: Stack) -> None:
    garbage = [
        b"",
        b"\x00\xff",
        b"{",
        b"[]",
        b"null",
        b"1e400",
        b'{"light": NaN}',
        b'{"t": "x"}',
        b"[" * 5_000,
        b"x" * 70_000,
    ]
    topics = [
        "esp32/g/output",
        "esp32/g/status",
        "esp32/g/ack",
        "esp32/g/event",
        "esp32/g/nothing",
        "esp32/a/b/c/d",
        "esp32",
    ]
    with observer(stack.mqtt_port, "esp32/keeps/stored") as witness:
        for topic in topics:
            for payload in garbage:
                witness.publish(topic, payload)
        witness.publish("esp32/keeps/output", '{"boot": "k", "seq": 0, "light": 5}')
        until(lambda: _rows(stack, "keeps", "light"), "a good reading after the bad ones")
    health = until(lambda: get_json(stack.http_port, "/health"), "health")
    assert health["ingest"]["quarantined"] >= len(topics) * (len(garbage) - 2)
    assert stack.app.process.poll() is None
    assert "Traceback" not in stack.app.output()
