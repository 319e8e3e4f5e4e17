"""Simulated boards on a real broker: what they send, what they answer, and what an outage does to them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from firmware.simulator import faults
from firmware.simulator.fleet import Fleet, FleetOptions, SimulatedBoard
from firmware.simulator.journal import Journal
from tests.firmware.conftest import PATIENCE, Broker, Listener
from tests.harness.processes import free_port
from tests.harness.waiting import until


class Running:
    """A fleet in a thread of its own, so that a test can wait as a user does."""

    def __init__(self, options: FleetOptions) -> None:
        self.said: list[str] = []
        self.fleet = Fleet(options, Journal(options.boards, self.said.append))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._ready.set()
        await self.fleet.run(self._stop)

    def do(self, action: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(action)

    def start_fault(self, fault: Any) -> None:
        asyncio.run_coroutine_threadsafe(fault, self._loop)

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # stopped already
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture
def simulate(broker: Broker) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(**options: Any) -> Running:
        given = {"boards": 1, "port": broker.port, "period_ms": 100, "seed": 1, **options}
        started.append(Running(FleetOptions(**given)))
        return started[-1]

    yield start
    for running in started:
        running.stop()


OUTPUT, INPUT, ACK, STATUS, EVENT, STORED = (
    f"esp32/sim-1/{kind}" for kind in ("output", "input", "ack", "status", "event", "stored")
)


def _begins(listener: Listener, device: str, count: int) -> bool:
    """Whether its first numbers are there, each once; a busy board's newest sample goes before the one before it."""
    return sorted(listener.seqs(device))[:count] == list(range(count))


def test_samples_arrive_numbered_from_zero_each_with_all_metrics(listener: Listener, simulate: Any) -> None:
    simulate(boards=2)
    for device in ("sim-1", "sim-2"):
        listener.wait_until(lambda device=device: _begins(listener, device, 8))
    first = listener.on(OUTPUT)[0]
    assert set(first) == {"boot", "seq", "t", "light", "temperature"}
    assert isinstance(first["light"], int)
    assert round(first["temperature"], 1) == first["temperature"]


def test_samples_keep_to_multiples_of_the_period(listener: Listener, simulate: Any) -> None:
    simulate()
    listener.wait_until(lambda: len(listener.seqs("sim-1")) >= 20)
    times = [body["t"] for body in listener.on(OUTPUT)]
    assert abs((times[-1] - times[0]) / (len(times) - 1) - 100) < 5


def test_the_status_says_who_the_board_is_and_how_it_stands(listener: Listener, simulate: Any) -> None:
    simulate()
    status = listener.wait_for(STATUS, lambda body: body["online"])
    assert status.keys() >= {
        "fw", "boot", "uptime", "ip", "rssi", "led", "screen", "sending", "period_ms", "buffered", "dropped", "free",
    }  # fmt: skip
    assert status["sensors"]["light"] == {"unit": "lx", "label": "Light", "min": 0, "max": 4095}
    assert status["sensors"]["temperature"]["unit"] == "°C"
    assert listener.wait_for(EVENT)["event"] == "boot"


def test_commands_come_back_acknowledged_and_change_the_board(listener: Listener, simulate: Any) -> None:
    board = simulate().fleet.boards[0]
    before = listener.wait_for(OUTPUT)["light"]
    listener.say(INPUT, {"id": "01A", "cmd": "led", "value": True, "by": "test"})
    assert listener.wait_for(ACK) == {"id": "01A", "ok": True, "led": True}
    assert listener.wait_for(STATUS, lambda body: body.get("led"))
    assert board.hal.led_on
    listener.wait_for(
        OUTPUT, lambda body: body["light"] > before + 80
    )  # whoever clicks the switch sees it on the chart
    listener.say(INPUT, {"id": "01B", "cmd": "message", "value": "Été à Besançon"})
    assert listener.wait_for(ACK, lambda body: body["id"] == "01B")["screen"] == "Été à Besançon"
    assert board.hal.lines == ["Ete a Besancon"]
    listener.say(INPUT, {"id": "01C", "cmd": "period", "value": 5})
    refused = listener.wait_for(ACK, lambda body: body["id"] == "01C")
    assert refused == {"id": "01C", "ok": False, "error": "period must be 100 to 3600000 ms"}
    listener.say(INPUT, "LedOff")
    assert listener.wait_for(STATUS, lambda body: body.get("screen") and not body["led"])


def test_the_button_pauses_and_resumes_sending_without_a_gap_in_the_numbers(listener: Listener, simulate: Any) -> None:
    running = simulate()
    hal = running.fleet.boards[0].hal
    listener.wait_for(OUTPUT)
    running.do(hal.press_button)
    assert listener.wait_for(EVENT, lambda body: body["event"] == "button")["value"] is True
    listener.wait_for(STATUS, lambda body: body.get("sending") is False)
    until(lambda: "PAUSED" in hal.lines, "the pause on the screen")
    at_rest = len(listener.seqs("sim-1"))
    running.do(hal.press_button)
    listener.wait_until(lambda: _begins(listener, "sim-1", at_rest + 3))


@pytest.mark.parametrize("with_stored", [False, True])
def test_a_network_that_comes_and_goes_loses_nothing(listener: Listener, simulate: Any, with_stored: bool) -> None:
    running = simulate(boards=1)
    hal = running.fleet.boards[0].hal
    listener.wait_for(OUTPUT)
    running.start_fault(faults.wifi(hal, every=(0.3, 0.6), lasts=(0.3, 0.8)))
    boot = listener.on(OUTPUT)[0]["boot"]

    def ended_three_times() -> bool:
        safe = highest_complete(listener.seqs("sim-1"))
        if with_stored and safe >= 0:
            listener._client.publish(STORED, f'{{"{boot}": {safe}}}', qos=1, retain=True)
        return len([body for body in listener.on(STATUS) if not body["online"]]) >= 3

    listener.wait_until(ended_three_times)
    last = max(listener.seqs("sim-1"))
    listener.wait_until(lambda: highest_complete(listener.seqs("sim-1")) > last)
    times = {body["seq"]: body["t"] for body in listener.on(OUTPUT) if "rows" not in body}
    for body in listener.on(OUTPUT):
        times |= {body["seq"] + place: row[0] for place, row in enumerate(body.get("rows", []))}
    ordered = [times[seq] for seq in range(last)]
    assert ordered == sorted(ordered)


def highest_complete(numbers: list[int]) -> int:
    """The number up to which none is missing."""
    known = set(numbers)
    number = 0
    while number in known:
        number += 1
    return number - 1


def test_a_broker_that_is_killed_and_forgets_everything_loses_nothing_the_host_has_not_stored(
    broker: Broker, listener: Listener, simulate: Any
) -> None:
    running = simulate()
    boot = listener.wait_for(OUTPUT)["boot"]
    listener.say(STORED, {boot: 0}, retain=True)
    # The answer to a command after that word says that the board has heard it.
    listener.say(INPUT, {"id": "01S", "cmd": "led", "value": True})
    listener.wait_for(ACK)
    kept_from = max(listener.seqs("sim-1")) + 1
    listener.wait_until(lambda: max(listener.seqs("sim-1")) >= kept_from + 3)
    listener.ready.clear()
    broker.kill()
    with listener._news:
        listener.messages.clear()  # the host had stored none of it but sample 0
    broker.start()
    assert listener.ready.wait(PATIENCE)
    listener.wait_until(lambda: set(range(kept_from, kept_from + 12)) <= set(listener.seqs("sim-1")))
    assert 0 not in listener.seqs("sim-1")
    outages = [line for line in running.said if "no broker" in line]
    assert len(outages) == 1


def test_a_full_buffer_drops_the_oldest_and_reports_it(listener: Listener, simulate: Any) -> None:
    running = simulate(buffer_samples=5)
    board = running.fleet.boards[0]
    listener.wait_for(STATUS)
    running.do(board.hal.radio.cut)
    wait_until(lambda: board.board.buffer.dropped >= 3)
    running.do(board.hal.radio.restore)
    dropped = listener.wait_for(EVENT, lambda body: body["event"] == "dropped")["value"]
    assert dropped["count"] == dropped["to"] - dropped["from"] + 1 >= 3
    listener.wait_until(lambda: set(range(dropped["to"] + 1, dropped["to"] + 8)) <= set(listener.seqs("sim-1")))
    assert listener.wait_for(STATUS, lambda body: body.get("dropped"))


def wait_until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if true():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to that")


def test_a_power_cut_starts_a_new_boot_that_names_the_last_number_of_the_one_before(
    listener: Listener, simulate: Any
) -> None:
    running = simulate()
    listener.wait_until(lambda: len(listener.seqs("sim-1")) >= 3)
    first = listener.on(OUTPUT)[0]["boot"]
    running.do(lambda: running.fleet.boards[0].hal.reset("power"))
    status = listener.wait_for(STATUS, lambda body: body["online"] and body["boot"] != first)
    last = max(body["seq"] for body in listener.on(OUTPUT) if body["boot"] == first)
    assert status["previous"]["boot"] == first
    assert status["previous"]["seq"] >= last
    assert status["previous"]["cause"] == "power"
    assert listener.wait_for(OUTPUT, lambda body: body["boot"] != first)["seq"] == 0


def test_boots_whose_end_nobody_heard_of_are_told_by_the_first_that_gets_through(
    listener: Listener, simulate: Any
) -> None:
    running = simulate()
    simulated = running.fleet.boards[0]
    listener.wait_until(lambda: len(listener.seqs("sim-1")) >= 3)

    def lose_power() -> tuple[str, int]:
        """While it samples; the boot that ended, and its last number."""
        board = simulated.board
        until(lambda: board.buffer.next_seq >= 2, "two samples")
        running.do(lambda: simulated.hal.reset("power"))
        until(lambda: simulated.board is not board, "the next start")
        return board.boot, board.buffer.next_seq - 1

    running.do(simulated.hal.radio.cut)
    ended = [lose_power(), lose_power(), lose_power()]
    running.do(simulated.hal.radio.restore)
    status = listener.wait_for(STATUS, lambda body: body.get("boot") == simulated.board.boot)
    assert (status["previous"]["boot"], status["previous"]["seq"]) == ended[2]
    assert status["earlier"] == [list(boot) for boot in ended[:2]]

    listener.say("esp32/sim-1/stored", {status["boot"]: 0})  # the host heard it
    until(lambda: simulated.hal.recall("untold") == [], "the host's word at the board")
    lose_power()
    status = listener.wait_for(STATUS, lambda body: body.get("boot") == simulated.board.boot)
    assert "earlier" not in status


def test_a_reboot_is_acknowledged_first_and_its_repetition_does_not_repeat_it(
    listener: Listener, simulate: Any
) -> None:
    simulate()
    first = listener.wait_for(OUTPUT)["boot"]
    listener.say(INPUT, {"id": "01R", "cmd": "reboot"})
    assert listener.wait_for(ACK) == {"id": "01R", "ok": True}
    status = listener.wait_for(STATUS, lambda body: body["online"] and body["boot"] != first)
    assert status["previous"]["cause"] == "command"
    numbers = [body["seq"] for body in listener.on(OUTPUT) if body["boot"] == first]
    assert numbers == list(range(status["previous"]["seq"] + 1))  # nothing was lost by it
    listener.say(INPUT, {"id": "01R", "cmd": "reboot"})
    listener.wait_until(lambda: len(listener.on(ACK)) == 2)
    listener.wait_until(lambda: len([body for body in listener.on(OUTPUT) if body["boot"] == status["boot"]]) >= 8)
    assert {body["boot"] for body in listener.on(OUTPUT)} == {first, status["boot"]}


def test_a_configuration_that_does_not_get_through_is_left_and_one_that_does_is_kept(
    broker: Broker, listener: Listener, simulate: Any
) -> None:
    running = simulate()
    board = running.fleet.boards[0]
    board.config["trial_s"] = 0.5
    first = listener.wait_for(OUTPUT)["boot"]
    listener.say(INPUT, {"id": "01A", "cmd": "config", "value": {"port": free_port()}})
    assert listener.wait_for(ACK) == {"id": "01A", "ok": True}
    status = listener.wait_for(STATUS, lambda body: body["online"] and body["boot"] != first)
    assert status["previous"]["cause"] == "config failed"
    assert board.config["port"] == broker.port
    listener.say(INPUT, {"id": "01B", "cmd": "config", "value": {"host": "localhost"}})
    listener.wait_for(EVENT, lambda body: (body["event"], body["value"]) == ("config", True))
    running.do(lambda: board.hal.reset("power"))
    listener.wait_for(EVENT, lambda body: (body["event"], body["value"]) == ("boot", "power") and body["n"] == 0)
    wait_until(lambda: board.config["host"] == "localhost")


def test_a_board_without_a_clock_sends_ages_until_it_has_one(listener: Listener, simulate: Any) -> None:
    running = simulate(faults=["clock"])
    hal = running.fleet.boards[0].hal
    sample = listener.wait_for(OUTPUT)
    assert "t" not in sample
    assert 0 <= sample["age"] < 2_000

    def set_clock() -> None:
        hal.clock_is_set = True

    running.do(set_clock)
    assert listener.wait_for(OUTPUT, lambda body: "t" in body)["t"] > 1_700_000_000_000


def test_a_slow_link_answers_late_but_answers(listener: Listener, simulate: Any) -> None:
    running = simulate()
    hal = running.fleet.boards[0].hal
    listener.wait_for(OUTPUT)
    running.start_fault(faults.slow(hal, delay=(0.5, 0.6)))
    running.do(hal.radio.abort)  # the delay begins with the next connection
    listener.wait_for(STATUS, lambda body: not body["online"])
    listener.wait_until(lambda: listener.on(STATUS)[-1]["online"])
    listener.say(INPUT, {"id": "01S", "cmd": "led", "value": True})
    assert listener.on(ACK) == []
    assert listener.wait_for(ACK)["ok"]


def test_a_stuck_sensor_repeats_its_value(listener: Listener, simulate: Any) -> None:
    running = simulate(seed=3)
    hal = running.fleet.boards[0].hal
    for adc in hal.adcs.values():
        adc.stuck = True
    at = len(listener.wait_until(lambda: listener.on(OUTPUT)))
    listener.wait_until(lambda: len(listener.on(OUTPUT)) >= at + 6)
    assert len({body["light"] for body in listener.on(OUTPUT)[at:]}) == 1


def test_a_stop_says_good_bye_and_not_hello_again(listener: Listener, simulate: Any) -> None:
    running = simulate(boards=2)
    for device in ("sim-1", "sim-2"):
        listener.wait_for(f"esp32/{device}/output")
    running.stop()
    for device in ("sim-1", "sim-2"):
        listener.wait_for(f"esp32/{device}/status", lambda body: body == {"online": False})
        assert listener.on(f"esp32/{device}/status")[-1] == {"online": False}
    assert not [line for line in running.said if "no broker" in line]


def test_a_board_that_ends_leaves_nothing_behind_that_blinks_or_resets_the_next(monkeypatch: Any) -> None:
    options = FleetOptions(boards=1, port=free_port())
    simulated = SimulatedBoard("sim-1", options, random.Random(1), Journal(1, lambda _: None))

    async def left_behind() -> set[asyncio.Task[Any]]:
        is_there = asyncio.Event()
        monkeypatch.setattr(simulated.hal, "show", lambda _lines: is_there.set())
        life = asyncio.create_task(simulated.run())
        await asyncio.wait_for(is_there.wait(), PATIENCE)
        simulated.board.do_identify(None, None)
        simulated.board.do_reboot(None, "01R")
        await asyncio.sleep(0)
        assert simulated.hal.led_on
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    assert asyncio.run(left_behind()) == set()
