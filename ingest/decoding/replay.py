"""Trying the quarantine again, after the settings were mended or a newer version understands more.

In steps, each a transaction of the writer's: an entry that now reads leaves in the transaction that writes what it
says, one that does not stays, with the reason of now. `python -m ingest replay` asks the running ingest for the steps,
or takes them itself where none runs.
"""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.batch import Batch
from ingest.broker.inbox import Message
from ingest.decoding.decoded import Decoded, Quarantined, Sample
from ingest.decoding.samples import Clock
from ingest.storage.finding import stored
from ingest.writer import Writer
from telemetry.command_line import parser, sub_parser
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError, StoreUnavailableError
from telemetry.reader import Actions
from telemetry.settings import load
from telemetry.timestamps import now_us

_log = logging.getLogger(__name__)

#: A step takes so many entries, and goes on to no further one after so many samples: a quarter of a second or so.
_AT_ONCE = 200
_MOST_SAMPLES = 10_000

#: Device, metric, t_us.
_Reading = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of the quarantine that can be tried again."""

    rowid: int
    arrived_us: int
    topic: str
    reason: str
    payload: bytes

    @property
    def message(self) -> Message:
        """As the broker would deliver it, at the moment when it came; it has long been acknowledged."""
        return Message(self.topic, self.payload, 0, 0, duplicate=False, retained=False, connection=0,
                       arrived_us=self.arrived_us)  # fmt: skip


def step(writer: Writer, after_us: int, until_us: int) -> dict[str, Any]:
    """Try the next entries that arrived after a moment; `{read, kept, next_us}`, `next_us` null at the end."""
    if after_us > until_us:
        raise ActionError("after_us lies after until_us: exchange them")
    batch = Batch(writer.memory, replaying=True)
    told: dict[str, Any] = {"read": 0, "kept": 0, "next_us": None}

    def fill() -> None:
        tried = _decoded(writer, _next(writer, after_us, until_us))
        samples = [part for _, said in tried for part in said if isinstance(part, Sample) and part.boot is not None]
        writer.memory.stored = _stored(writer, samples)
        gone: list[int] = []
        for entry, said in tried:
            if _reads(said):
                gone.append(entry.rowid)
                batch.take(entry.message, said)
                writer.memory.stored |= _readings(part for part in said if isinstance(part, Sample))
            else:
                told["kept"] += 1
                _keep(writer, entry, said)
        told["read"] = len(gone)
        told["next_us"] = tried[-1][0].arrived_us if tried else None
        writer.connection.execute("DELETE FROM quarantine WHERE list_contains($1::BIGINT[], rowid)", [gone])

    try:
        writer.commit(batch, fill)
    finally:
        writer.memory.stored = set()
    writer.quarantine.count_again()
    return told


def _decoded(writer: Writer, entries: Sequence[_Entry]) -> list[tuple[_Entry, Sequence[Decoded]]]:
    """What entries say; only as many of them as one step takes, since the writer stores nothing else meanwhile.

    Those of one moment stay together.
    """
    found: list[tuple[_Entry, Sequence[Decoded]]] = []
    samples = 0
    for entry in entries:
        if samples >= _MOST_SAMPLES and entry.arrived_us != found[-1][0].arrived_us:
            break
        said = writer.sources.decode(entry.topic, entry.payload, Clock(entry.arrived_us))
        samples += sum(isinstance(part, Sample) for part in said)
        found.append((entry, said))
    return found


def _stored(writer: Writer, samples: Sequence[Sample]) -> set[_Reading]:
    """Which readings of these samples are stored: one look for all of them."""
    find = writer.catalog.find_series
    by_moment = {
        (series_id, t_us): (device, metric, t_us)
        for device, metric, t_us in _readings(samples)
        if (series_id := find(device, metric)) is not None
    }
    return {by_moment[moment] for moment in stored(writer.connection, writer.keeper.archive, by_moment)}


def _readings(samples: Iterable[Sample]) -> set[_Reading]:
    return {(sample.device, metric, sample.t_us) for sample in samples for metric in sample.values}


def _reads(said: Sequence[Decoded]) -> bool:
    """Whether a message is understood; one that no source reads any more says nothing, and stays too."""
    return bool(said) and not any(isinstance(part, Quarantined) for part in said)


def _keep(writer: Writer, entry: _Entry, said: Sequence[Decoded]) -> None:
    reason = next((part.reason for part in said if isinstance(part, Quarantined)), entry.reason)
    if reason != entry.reason:
        writer.connection.execute("UPDATE quarantine SET reason = $1 WHERE rowid = $2", [reason, entry.rowid])


def _next(writer: Writer, after_us: int, until_us: int) -> list[_Entry]:
    """The entries of a step: those of one moment together, so that a moment says how far the steps have come."""
    rows = writer.connection.execute(
        """
        SELECT rowid, arrived_us, topic, reason, payload FROM quarantine
        WHERE replayable AND arrived_us > $after AND arrived_us <= least($until, (
            SELECT max(arrived_us) FROM (
                SELECT arrived_us FROM quarantine WHERE replayable AND arrived_us > $after AND arrived_us <= $until
                ORDER BY arrived_us LIMIT $many
            )
        )) ORDER BY arrived_us, rowid
        """,
        {"after": after_us, "until": until_us, "many": _AT_ONCE},
    ).fetchall()
    return [_Entry(*row) for row in rows]


def main(argv: Sequence[str]) -> None:
    """Carry `replay` out. Raises LumosError with a sentence."""
    command_line = parser("python -m ingest", "Try the messages in the quarantine again.")
    sub_parser(command_line.add_subparsers(dest="do", required=True), "replay", "try the quarantine again")
    settings = load(command_line.parse_args(argv))
    folder = DataFolder(settings.data_dir)
    by = f"{getpass.getuser()} (console)"
    try:
        actions = Actions(folder)
        read, kept = _all(lambda arguments: actions.call("replay_quarantine", arguments, by))
    except StoreUnavailableError:
        from ingest.console.alone import writing_alone

        with writing_alone(settings, folder) as writer:
            read, kept = _all(lambda arguments: step(writer, **arguments))
    rest = f"; {kept} cannot be read: the question quarantine_reasons counts why" if kept else ""
    print(f"{read} messages of the quarantine were read{rest}")  # noqa: T201  (a command line speaks to its user)


def _all(ask: Callable[[dict[str, int]], dict[str, Any]]) -> tuple[int, int]:
    """Step by step to the end: how many were read, and how many stay."""
    read = kept = 0
    arguments = {"after_us": 0, "until_us": now_us()}
    while True:
        told = ask(arguments)
        read, kept = read + told["read"], kept + told["kept"]
        if told["next_us"] is None:
            return read, kept
        arguments["after_us"] = told["next_us"]
