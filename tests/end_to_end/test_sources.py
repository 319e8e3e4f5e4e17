"""Others' devices over the embedded broker: discovery, and a change of the sources by a restart of ingest alone."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

from telemetry.datafolder import DataFolder
from tests.harness.http import get, get_json
from tests.harness.observer import observer
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until
from tests.ingest.sources.test_homeassistant import BEDROOM_T, IRRIGATION


def test_a_change_of_the_sources_takes_effect_when_ingest_starts_again(tmp_path: Path) -> None:
    http_port, mqtt_port = free_port(), free_port()
    folder = DataFolder(tmp_path / "data")
    folder.ensure()
    toml = folder.path / "lumos.toml"
    toml.write_text('sources = "native, homeassistant"\n')

    def means(device: str, metric: str) -> list[float]:
        found = get_json(http_port, "/data", device=device, metric=metric, points=1_000) or {"rows": []}
        return [row[1] for row in found["rows"]]

    def say(house: Any, topic: str, payload: Any, *, retain: bool = False) -> None:
        house.publish(topic, payload if isinstance(payload, str) else json.dumps(payload), retain=retain)

    flags = ["--data-dir", folder.path, "--port", http_port, "--mqtt-port", mqtt_port]
    with lumos(tmp_path / "lumos.log", *map(str, flags)) as app, observer_when(mqtt_port, http_port) as house:
        say(house, "homeassistant/sensor/sensorBedroomT/config", BEDROOM_T, retain=True)
        say(house, "homeassistant/switch/irrigation/config", {**IRRIGATION, "state_topic": "garden/state"}, retain=True)

        def heard() -> bool:
            # A topic is subscribed to once its configuration is stored: until then nobody hears it.
            say(house, "garden/state", "ON")
            return bool(means("garden01ad", "irrigation"))

        # Far more topics than the embedded broker can keep subscriptions for.
        for number in range(40):
            config = {"state_topic": f"room-{number}/state", "device": {"ids": [f"room-{number}"]}}
            say(house, f"homeassistant/sensor/room-{number}/config", config, retain=True)
        until(heard, "the state of a discovered topic")
        for number in range(40):
            say(house, f"room-{number}/state", str(number))
        until(lambda: means("room-39", "room-39") == [39.0], "the last of many topics")
        assert [means(f"room-{number}", f"room-{number}") for number in range(40)] == [[float(n)] for n in range(40)]
        once = len(means("garden01ad", "irrigation"))
        say(house, "garden/state", "OFF")
        until(lambda: 0.0 in means("garden01ad", "irrigation"), "the other state")
        # A topic that no two subscriptions share is heard once, also on a broker that would deliver twice.
        assert means("garden01ad", "irrigation").count(0.0) == 1
        assert len(means("garden01ad", "irrigation")) >= once + 1

        toml.write_text('sources = "native, tasmota"\n')
        address = folder.ingest_address()
        assert address is not None
        os.kill(address["pid"], signal.SIGKILL)
        until(lambda: (folder.ingest_address() or address)["pid"] != address["pid"], "another ingest", 30)
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
        say(house, "garden/state", "ON")
        say(house, "tele/plug/STATE", {"POWER": "ON"})
        until(lambda: means("plug", "POWER") == [1.0], "a source that is new")
        assert means("garden01ad", "irrigation").count(0.0) == 1
        assert "Traceback" not in app.output()


def observer_when(mqtt_port: int, http_port: int) -> Any:
    """An observer once Lumos is healthy."""
    until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
    return observer(mqtt_port, "none")
