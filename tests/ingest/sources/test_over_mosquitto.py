"""Several sources at once over a real Mosquitto: retained configurations, a restart, a change of the sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from telemetry.datafolder import DataFolder
from telemetry.errors import StoreUnavailableError
from telemetry.reader import Reader
from tests.harness.observer import observer
from tests.harness.processes import free_port, module, mosquitto
from tests.harness.waiting import until
from tests.ingest.sources.test_homeassistant import BEDROOM_H, BEDROOM_T, IRRIGATION
from tests.ingest.sources.test_homie import CAR, DESCRIPTION
from tests.ingest.sources.test_zigbee2mqtt import DEVICES

GREENHOUSE = '[source.greenhouse]\ntopic = "garden/{device}/{metric}"\nunits = { moisture = "%" }\n'
ALL = 'sources = "native, original, greenhouse, tasmota, zigbee2mqtt, homie, homeassistant"\n' + GREENHOUSE
FEWER = 'sources = "native, original, greenhouse"\n' + GREENHOUSE
BEDROOM = "homeassistant/sensor/sensorBedroom/state"
READINGS = """
    SELECT device, metric, value FROM readings JOIN series USING (series_id) JOIN devices USING (device_id)
    ORDER BY ALL
"""


def test_several_sources_a_restart_and_a_change_of_the_sources(tmp_path: Path) -> None:  # noqa: PLR0915  (one story)
    port = free_port()
    folder = DataFolder(tmp_path / "data")
    folder.ensure()
    toml = folder.path / "lumos.toml"
    flags = ["--data-dir", str(folder.path), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]

    def ask(question: str, **arguments: Any) -> list[dict[str, Any]]:
        try:
            return list(Reader(folder, 5).ask(question, **arguments).to_pylist())
        except StoreUnavailableError:
            return []

    def connected() -> bool:
        found = ask("health")
        return bool(found and found[0]["broker_connected"])

    def values() -> dict[tuple[str, str], list[float]]:
        found: dict[tuple[str, str], list[float]] = {}
        for row in Reader(folder, 5).sql(READINGS).to_pylist():
            found.setdefault((row["device"], row["metric"]), []).append(row["value"])
        return found

    with mosquitto(tmp_path / "mosquitto", port), observer(port, "none") as house:

        def say(topic: str, payload: Any, *, retain: bool = False) -> None:
            house.publish(topic, payload if isinstance(payload, str) else json.dumps(payload), retain=retain)

        # What the house said before Lumos was there.
        say("homeassistant/sensor/sensorBedroomT/config", BEDROOM_T, retain=True)
        say("homeassistant/sensor/sensorBedroomH/config", BEDROOM_H, retain=True)
        say("homeassistant/switch/irrigation/config", IRRIGATION, retain=True)
        say(BEDROOM, {"temperature": 20, "humidity": 40}, retain=True)
        many = [{"friendly_name": f"room {n}", "type": "Router", "pad": "x" * 1_000} for n in range(200)]
        say("zigbee2mqtt/bridge/devices", [*DEVICES, *many], retain=True)
        say("homie/5/super-car/$description", DESCRIPTION, retain=True)
        say("homie/5/super-car/engine/temperature", "21.5", retain=True)
        for topic, payload in CAR:
            say(topic.replace("super-car", "old-car"), payload, retain=True)
        say("tele/plug/LWT", "Online", retain=True)

        toml.write_text(ALL)
        with module(tmp_path / "first.log", "ingest", *flags) as ingest:
            bedroom = ("bedroom01ae", "sensorBedroomT")
            # The configuration came first, so its topic was subscribed to, so the broker repeated what it kept.
            until(lambda: connected() and values().get(bedroom) == [20], "the retained state of a discovered topic")
            say("esp32/window/output", {"boot": "b", "seq": 0, "light": 7})
            say("garden/bed 1/moisture", "44")
            say("tele/plug/STATE", {"POWER": "ON"})
            say("zigbee2mqtt/kitchen/floor_light", {"state": "OFF", "brightness": 3})
            say("homeassistant/switch/irrigation/state", "ON")
            say("elsewhere/unknown", "1")
            say(BEDROOM, {"temperature": 21, "humidity": 41})
            until(lambda: values().get(bedroom) == [20, 21], "the last state")
            assert values() == {
                ("window", "light"): [7],
                ("bed 1", "moisture"): [44],
                ("plug", "POWER"): [1],
                ("kitchen/floor_light", "state"): [0],
                ("kitchen/floor_light", "brightness"): [3],
                ("garden01ad", "irrigation"): [1],
                ("super-car", "engine.temperature"): [21.5],
                ("bedroom01ae", "sensorBedroomT"): [20, 21],
                ("bedroom01ae", "sensorBedroomH"): [40, 41],
            }
            assert ask("health")[0]["quarantined"] == 0
            units = {(row["device"], row["metric"]): row["unit"] for row in ask("series")}
            assert units["bed 1", "moisture"] == units["bedroom01ae", "sensorBedroomH"] == "%"
            standing = {row["device"]: (row["online"], row["name"]) for row in ask("devices")}
            assert standing["plug"] == (True, None)
            assert standing["old-car"] == (True, "Super car")
            topics = {row["topic"] for row in ask("controls")}
            assert {
                "cmnd/plug/POWER", "zigbee2mqtt/my_plug/set", "homie/5/super-car/lights/power/set",
                "homeassistant/switch/irrigation/set",
            } <= topics  # fmt: skip
            assert ingest.stop() == 0

        # While ingest is away the broker keeps what comes; it is understood before any configuration comes again.
        say(BEDROOM, {"temperature": 22, "humidity": 42})
        with module(tmp_path / "second.log", "ingest", *flags) as ingest:
            until(lambda: connected() and values().get(bedroom) == [20, 21, 22], "what came meanwhile")
            assert ask("health")[0]["quarantined"] == 0
            assert ingest.stop() == 0

        # Fewer sources, by a restart of ingest alone: the session at the broker forgets the others' topics.
        toml.write_text(FEWER)
        with module(tmp_path / "third.log", "ingest", *flags) as ingest:
            until(connected, "ingest at the broker")
            say("garden/bed 1/moisture", "45")
            until(lambda: values()["bed 1", "moisture"] == [44, 45], "a reading of a source that stayed")
            say(BEDROOM, {"temperature": 23, "humidity": 43})
            say("tele/plug/STATE", {"POWER": "OFF"})
            say("garden/bed 1/moisture", "46")
            until(lambda: values()["bed 1", "moisture"] == [44, 45, 46], "the reading after them")
            assert values()[bedroom] == [20, 21, 22]
            assert values()["plug", "POWER"] == [1]
            assert ingest.stop() == 0
        for log in ("first", "second", "third"):
            assert "Traceback" not in (tmp_path / f"{log}.log").read_text()
