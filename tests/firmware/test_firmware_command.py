"""`python -m firmware simulate` as a program: its flags, its stop, its errors."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.simulator import options
from firmware.simulator.fleet import FleetOptions
from tests.firmware.conftest import Broker, Listener


def read(*arguments: str, **environment: str) -> FleetOptions:
    parser = argparse.ArgumentParser(exit_on_error=False)
    options.add_arguments(parser)
    return options.read(parser.parse_args(arguments), environment)


def test_without_flags_two_boards_send_to_this_machine_once_a_second() -> None:
    given = read()
    assert (given.boards, given.host, given.port, given.period_ms, given.topic_root) == (
        2, "127.0.0.1", 1883, 1_000, "esp32",
    )  # fmt: skip


def test_a_flag_is_stronger_than_its_variable(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("geheim\n")
    environment = {
        "LUMOS_MQTT_HOST": "broker.local",
        "LUMOS_MQTT_PORT": "1999",
        "LUMOS_TOPIC_ROOT": "lab/esp32",
        "LUMOS_MQTT_USERNAME": "board",
        "LUMOS_MQTT_PASSWORD_FILE": str(tmp_path / "password"),
    }
    given = read("--port", "2000", **environment)
    assert (given.host, given.port, given.topic_root) == ("broker.local", 2_000, "lab/esp32")
    assert (given.username, given.password) == ("board", "geheim")


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["--port", "0"], {}, "--port takes a port"),
        ([], {"LUMOS_MQTT_PORT": "many"}, "LUMOS_MQTT_PORT takes a port"),
        (["--topic-root", "a/#"], {}, "--topic-root takes a topic"),
        (["--password-file", "/no/such/file"], {}, "--password-file: /no/such/file cannot be read"),
    ],
)
def test_a_value_that_will_not_do_is_named(arguments: list[str], environment: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read(*arguments, **environment)


@pytest.mark.parametrize(
    "arguments",
    [["--boards", "0"], ["--period", "99"], ["--fault", "fire"], ["--name-prefix", "a b"], ["--port", "x"]],
)
def test_a_flag_that_will_not_do_ends_with_exit_code_2_and_one_line(arguments: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "firmware", "simulate", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order(broker: Broker, listener: Listener, number: signal.Signals) -> None:
    process = start("--boards", "3", "--port", str(broker.port))
    try:
        for board in (1, 2, 3):
            listener.wait_for(f"esp32/sim-{board}/output")
        process.send_signal(number)
        assert process.wait(3) == 0
    finally:
        process.kill()
    for board in (1, 2, 3):
        listener.wait_for(f"esp32/sim-{board}/status", lambda body: body == {"online": False})


def test_it_waits_for_a_broker_that_is_not_there_yet_and_can_be_stopped_meanwhile(broker: Broker) -> None:
    broker.kill()
    process = start("--boards", "1", "--port", str(broker.port))
    assert process.stderr is not None
    lines = [process.stderr.readline() for _ in range(2)]
    assert "simulated: sim-1" in lines[0]
    assert "no broker at" in lines[1]
    process.terminate()
    assert process.wait(3) == 0
    assert process.stderr.read() == ""


def test_screens_are_shown_as_text(broker: Broker, listener: Listener) -> None:
    process = start("--boards", "1", "--port", str(broker.port), "--show")
    listener.wait_for("esp32/sim-1/output")
    listener.say("esp32/sim-1/input", {"id": "01A", "cmd": "message", "value": "Bonjour"})
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "| Bonjour" in line:
                break
    finally:
        process.terminate()
        process.communicate(timeout=5)
    assert process.returncode == 0


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUMOS_")}
    return subprocess.Popen(
        [sys.executable, "-m", "firmware", "simulate", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
