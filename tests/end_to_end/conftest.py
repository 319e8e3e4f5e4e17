"""A running Lumos over each of the two brokers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.http import get
from tests.harness.processes import Running, free_port, listens, lumos, mosquitto
from tests.harness.waiting import until


@dataclass(frozen=True)
class Stack:
    """Where a running Lumos is reached."""

    http_port: int
    mqtt_port: int
    app: Running
    data_dir: Path


@pytest.fixture(params=["embedded", "mosquitto"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """`python app.py` over the embedded broker, then over a Mosquitto that ran before."""
    http_port, mqtt_port = free_port(), free_port()
    data_dir = tmp_path / "data"
    flags = ["--data-dir", data_dir, "--port", http_port, "--mqtt-port", mqtt_port]
    with contextlib.ExitStack() as running:
        if request.param == "mosquitto":
            running.enter_context(mosquitto(tmp_path / "mosquitto", mqtt_port))
            flags += ["--mqtt-host", "127.0.0.1"]
        app = running.enter_context(lumos(tmp_path / "lumos.log", *map(str, flags)))
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
        assert listens(mqtt_port)
        yield Stack(http_port, mqtt_port, app, data_dir)
