"""A real ingest at a real broker, killed in the middle of an alert: nothing is forgotten, and nothing told twice."""

from __future__ import annotations

import json
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

from telemetry.datafolder import DataFolder
from telemetry.errors import LumosError
from telemetry.reader import Actions, Reader
from telemetry.timestamps import now_us
from tests.harness.forked_ingest import forked_ingest
from tests.harness.observer import observer
from tests.harness.processes import embedded, free_port
from tests.harness.receivers import HttpReceiver
from tests.harness.waiting import until


def test_ingest_killed_in_mid_alert_goes_on_with_it(tmp_path: Path) -> None:
    port, folder = free_port(), DataFolder(tmp_path / "data")
    flags = ["--mqtt-host", "127.0.0.1", "--mqtt-port", str(port), "--data-dir", str(folder.path)]
    actions, reader, seq = Actions(folder, 20), Reader(folder, 20), iter(range(100))

    with (
        embedded(tmp_path / "broker", port),
        forked_ingest(tmp_path / "ingest.log", *flags) as ingest,
        closing(HttpReceiver()) as receiver,
        observer(port, "nothing") as mouth,
    ):

        def say(heat: float) -> None:
            body = {"boot": "oven", "seq": next(seq), "t": now_us() // 1_000, "heat": heat}
            mouth.publish("esp32/oven/output", json.dumps(body))

        def episodes() -> list[dict[str, Any]]:
            try:
                found = reader.ask("alert_episodes").to_pylist()
            except LumosError:
                return []
            return list(found) if reader.live else []

        def titles() -> list[str]:
            return [str(body["title"]) for body in receiver.json()]

        def start() -> None:
            ingest.start()
            until(lambda: ingest.is_connected, "ingest at the broker", 30)

        start()
        channel = {"name": "hook", "url": f"json://127.0.0.1:{receiver.port}/"}
        until(folder.ingest_address, "its address")
        actions.call("make_alert_channel", channel, "test")
        actions.call("make_alert_rule", {"kind": "above", "device": "oven", "metric": "heat", "level": 30.0}, "test")
        say(40)
        until(lambda: titles() == ["Warning: oven"], "the message")
        until(lambda: _sent(reader) == 1, "its record")
        ingest.end(signal.SIGKILL)
        say(45)  # waits at the broker
        start()
        # The broker may have handed it to the dead one: then it comes again some seconds later, after what is sent now.
        until(lambda: _is_stored(reader, 45), "what waited at the broker", 60)
        until(episodes, "the same alert")
        say(20)
        until(lambda: episodes() and episodes()[0]["ended_by"] == "cleared", "its end")
        until(lambda: len(titles()) == 2, "the message about it")
        (episode,) = episodes()
        assert episode["peak"] == 45.0
        assert titles() == ["Warning: oven", "Over: oven"]
        # Killed before the message could go out: the next run sends it, once.
        receiver.status = 500
        say(50)
        until(lambda: len(episodes()) == 2 and receiver.tries > 2, "an alert that cannot be told")
        ingest.end(signal.SIGKILL)
        receiver.status = 200
        start()
        until(lambda: len(titles()) == 3, "the message of the run before", 30)
        say(20)
        until(lambda: len(titles()) == 4, "and its end", 30)
        assert titles()[2:] == ["Warning: oven", "Over: oven"]
        ingest.end(signal.SIGTERM)


def _is_stored(reader: Reader, value: float) -> bool:
    return bool(reader.sql("SELECT count(*) AS n FROM readings WHERE value = $1", [value]).to_pylist()[0]["n"])


def _sent(reader: Reader) -> int:
    return int(reader.sql("SELECT count(sent_us) AS sent FROM alert_messages").to_pylist()[0]["sent"])
