"""What alerts cost ingest, as a share of its throughput, and how long a message takes to whom it is for.

The cost: the writer's own parts on real database files, twice, with 1,000 rules over 1,000 series and without any, fed
the same readings by turns. The delay: the whole Lumos with its broker, and a real server that takes the messages.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest.alerts.engine import Clock
from ingest.broker.inbox import Inbox, Message
from ingest.serving.recent import Recent
from ingest.storage.store import opened
from ingest.writer import Writer
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.reader import Actions, Reader
from telemetry.settings import load
from telemetry.timestamps import US_PER_SECOND, now_us
from tests.harness.observer import observer
from tests.harness.processes import free_port, lumos
from tests.harness.receivers import HttpReceiver
from tests.harness.waiting import until

DEVICES, METRICS = 100, 10
SECONDS = 300
#: Seconds that each writer is fed in a row, and messages in one transaction: Mosquitto's window.
TURN, TOGETHER = 5, 20
MOST_SHARE, MOST_SECONDS = 0.10, 2.0
TRIPS = 60


def report(folder: Path, _minutes: float) -> list[str]:
    """Both measurements."""
    return [*_cost(folder), *_delay(folder)]


class _Nobody:
    """Stands for the broker, which has no part in this."""

    connected = hears = True

    def acknowledge(self, _messages: list[Message]) -> None:
        pass

    def publish(self, *_: Any, **__: Any) -> bool:
        return True

    def read(self, _filters: Any) -> None:
        pass


class _Side:
    """One writer on a store of its own: of each turn, how long it took and how long its thread had the processor.

    The clock tells the throughput on a machine with nothing else to do, the processor's time on one that is shared.
    """

    def __init__(self, folder: Path, stack: list[Any]) -> None:
        settings = load(read_arguments(parser("bench", ""), ["--data-dir", str(folder)]), {}, folder.parent)
        opening = opened(settings, DataFolder(settings.data_dir))
        stack.append(opening)
        self.writer = Writer(settings, opening.__enter__(), Inbox(1, 1, 1), Recent())
        self.writer._subscriber = _Nobody()  # type: ignore[assignment]
        self.now_us = 0
        self.seconds: list[float] = []
        self.busy: list[float] = []
        self.writer.alerts.clock = Clock(lambda: self.now_us, lambda: self.now_us / US_PER_SECOND)

    def feed(self, messages: list[Message], *, timed: bool) -> None:
        began, busy = time.perf_counter(), time.thread_time()
        for first in range(0, len(messages), TOGETHER):
            self.now_us = messages[first].arrived_us
            self.writer._store(messages[first : first + TOGETHER])
            self.writer.alerts.tick(connected=True)
        if timed:
            self.seconds.append(time.perf_counter() - began)
            self.busy.append(time.thread_time() - busy)


def _cost(folder: Path) -> list[str]:
    stack: list[Any] = []
    bare, watched = _Side(folder / "bare", stack), _Side(folder / "watched", stack)
    start_us, luck = now_us(), random.Random(1)
    values = [[20.0] * METRICS for _ in range(DEVICES)]
    # Every series is known, then the rules are made.
    for side in (bare, watched):
        side.feed(_seconds(values, range(1), start_us, random.Random(0)), timed=False)
    for rule in _rules():
        watched.writer.alerts.rules.make(rule, "bench")
    watched.writer.alerts.refresh()
    for second in range(1, SECONDS, TURN):
        messages = _seconds(values, range(second, second + TURN), start_us, luck)
        for side in (bare, watched) if second // TURN % 2 else (watched, bare):
            side.feed(messages, timed=True)
        _band(watched)
    readings = DEVICES * METRICS * SECONDS
    ((stored,),) = watched.writer.connection.execute("SELECT count(*) FROM readings").fetchall()
    ((found, open_),) = watched.writer.connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE ended_us IS NULL) FROM alert_episodes"
    ).fetchall()
    assert stored == readings + DEVICES * METRICS
    for opening in stack:
        opening.__exit__(None, None, None)
    # Of each pair of turns, so that a moment in which the machine did something else spoils one pair.
    share = statistics.median(1 - b / w for b, w in zip(bare.seconds, watched.seconds, strict=True))
    of_busy = statistics.median(1 - b / w for b, w in zip(bare.busy, watched.busy, strict=True))
    paces = (
        f"without rules {readings / sum(bare.seconds):,.0f}/s,"
        f" with 1,000 rules {readings / sum(watched.seconds):,.0f}/s"
    )
    return [
        f"{readings:,} readings of 1,000 series in batches of {TOGETHER} messages: {paces}",
        f"alerts meanwhile: {found:,} in {SECONDS} s of readings, of which {open_:,} open at the end",
        (
            f"what 1,000 rules cost of the throughput, the median of {len(bare.seconds)} pairs of turns:"
            f" {share:.1%} by the clock (at most {MOST_SHARE:.0%}), {of_busy:.1%} of the writer's processor time"
        ),
    ]


def _rules() -> list[dict[str, Any]]:
    """1,000 rules, each on a series of its own: 600 levels (a third with a duration), the rest of every other kind."""
    rules: list[dict[str, Any]] = []
    for number in range(DEVICES * METRICS):
        about = {"device": f"d{number // METRICS}", "metric": f"m{number % METRICS}"}
        kind = number % METRICS
        if kind < 6:
            hold = 5.0 if kind % 3 == 0 else 0.0
            level = {"level": 26.0, "clear_level": 24.0} if kind % 2 else {"level": 14.0, "clear_level": 16.0}
            rules.append({"kind": "above" if kind % 2 else "below", **about, **level, "hold_seconds": hold})
        elif kind == 6:
            rules.append({"kind": "silent", "device": about["device"], "hold_seconds": 30.0})
        elif kind == 7:
            rules.append({"kind": "change", **about, "level": 8.0})
        elif kind == 8:
            rules.append({"kind": "outside", **about, "hold_seconds": 10.0})
        else:
            rules.append({"kind": "above", **about, "level": 30.0})
    return rules


def _band(side: _Side) -> None:
    """What is usual, as the sender's thread would have looked it up."""
    band = dict.fromkeys(range(168), (15.0, 25.0))
    side.writer.alerts.take_bands({key: band for key, _ in side.writer.alerts.wanting_bands(only_new=True)})


def _seconds(values: list[list[float]], seconds: range, start_us: int, luck: random.Random) -> list[Message]:
    """One sample a second of each device; values wander, and now and then one is far off for a while."""
    found = []
    for second in seconds:
        at_us = start_us + second * US_PER_SECOND
        for device, row in enumerate(values):
            for metric in range(METRICS):
                row[metric] += luck.gauss(0, 0.3) + (20 - row[metric]) * 0.02
            if luck.random() < 0.001:
                row[luck.randrange(METRICS)] += luck.choice((-12, 12))
            sample = {f"m{metric}": round(value, 2) for metric, value in enumerate(row)}
            body = json.dumps({"boot": "b", "seq": second, "t": at_us // 1_000, **sample}).encode()
            found.append(Message(f"esp32/d{device}/output", body, len(found) + 1, 1, False, False, 1, at_us))
    return found


def _delay(folder: Path) -> list[str]:
    http_port, mqtt_port, data = free_port(), free_port(), folder / "lumos"
    flags = ["--demo", "--data-dir", data, "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    taken: list[float] = []
    with (
        lumos(folder / "lumos.log", *flags),
        closing(HttpReceiver()) as receiver,
    ):
        actions, reader = Actions(DataFolder(data), 20), Reader(DataFolder(data), 20)
        until(lambda: _answers(reader), "ingest", 40)
        with observer(mqtt_port, "nothing") as mouth:
            channel = {"name": "bench", "url": f"json://127.0.0.1:{receiver.port}/"}
            actions.call("make_alert_channel", channel, "bench")
            rule = {"kind": "above", "device": "oven", "metric": "heat", "level": 30.0}
            actions.call("make_alert_rule", rule, "bench")
            for number in range(2 * TRIPS):
                # Not in step with anything that happens at regular times.
                time.sleep(random.Random(number).uniform(0.05, 0.4))
                said = {"boot": "b", "seq": number, "t": now_us() // 1_000, "heat": 10 if number % 2 else 40}
                began = time.monotonic()
                mouth.publish("esp32/oven/output", json.dumps(said))
                until(lambda wanted=number: len(receiver.taken) > wanted, "the message", 20)
                taken.append(receiver.taken[number][0] - began)
    p95 = statistics.quantiles(taken, n=20)[-1]
    words = f"median {statistics.median(taken):.2f} s, p95 {p95:.2f} s (at most {MOST_SECONDS:g} s)"
    words += f", longest {max(taken):.2f} s"
    return [f"from the reading to the message at the receiver, {len(taken)} of them beside two boards: {words}"]


def _answers(reader: Reader) -> bool:
    try:
        reader.ask("health")
    except Exception:  # noqa: BLE001  (it is not there yet)
        return False
    return reader.live
