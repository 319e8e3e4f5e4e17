"""Deleting a device: out of sight at once, erased to the last byte after that, and nobody else's reading touched."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.alerts.outbox import record_trial, standing
from ingest.storage.erasing import Eraser
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from telemetry.settings import Settings
from tests.ingest.conftest import Desk
from tests.ingest.devices.test_device_actions import DAY, WHOLE, Place, T

_GONE, _KEPT = "goes-away", "stays-here"
#: A value that no other reading has: where its eight bytes lie, a reading of the deleted device lies.
_TRACE = 1234.567890123


@pytest.fixture
def place(desk: Desk, settings: Settings, folder: DataFolder) -> Place:
    made = Place(desk, settings, folder)
    desk.writer.keeper.archive.patience_seconds = 0
    fill(made)
    return made


def fill(place: Place) -> None:
    """Both devices everywhere: closed days, live tables, the tail, and every other table that knows devices."""
    for name in (_GONE, _KEPT):
        value = _TRACE if name == _GONE else 5.0
        for number, day in enumerate((-1, 0, 1)):
            rows = [[T + day * DAY + n * 1_000, {"light": value + n, "humidity": 50}] for n in range(20)]
            place.desk.hand(f"esp32/{name}/output", {"boot": name, "seq": 20 * number, "rows": rows})
        place.desk.hand(f"esp32/{name}/status", {"online": True, "screen": f"secret of {name}"})
        place.desk.hand(f"esp32/{name}/input", {"id": f"c-{name}", "cmd": "message", "value": f"to {name}", "by": "a"})
        place.desk.hand(f"esp32/{name}/ack", {"id": f"c-{name}", "ok": True})
        place.desk.hand(f"esp32/{name}/event", {"boot": name, "n": 1, "event": "button", "value": f"by {name}"})
        place.desk.hand(f"esp32/{name}/output", b"unreadable")
    place.close_days()
    for name in (_GONE, _KEPT):
        place.desk.hand(f"esp32/{name}/output", {"boot": name, "seq": 90, "t": T + 2 * DAY, "light": 7})
        place.desk.do(lambda: place.desk.writer._fold(0.0))
        place.act("make_alert_rule", kind="above", device=name, metric="light", level=1, name=f"alert of {name}")
        place.desk.hand(f"esp32/{name}/output", {"boot": name, "seq": 91, "t": T + 2 * DAY + 1_000, "light": 8})
        place.act("describe_device", device=name, name=f"Name of {name}", notes=f"notes on {name}", tags=["lab"])
        place.act("describe_metric", device=name, metric="light", label=f"label of {name}")
        note = {"text": f"note on {name}", "from_us": T * 1_000, "to_us": T * 1_000}
        place.act("write_note", device=name, metric="light", **note)
        place.act("hold_commands", devices=[name], cmd="message", value=f"held for {name}")


def erase(place: Place) -> None:
    place.desk.writer.keeper.eraser.erase_all()


def known(place: Place, name: str) -> dict[str, Any]:
    """Everything that can be asked about one device."""
    found = {
        question: [row for row in place.ask(question) if row["device"] == name]
        for question in ("devices", "series", "last_values", "commands", "alert_episodes")
    }
    for metric in ("light", "humidity"):
        about = {"device": name, "metric": metric, **WHOLE}
        found[metric] = place.ask("readings", **about) + place.ask("statistics", **about)
        found[f"{metric} buckets"] = place.ask("buckets", **about, points=30) + place.ask("histogram", **about)
    found["notes"] = place.ask("notes", series=[[name, "light"]], **WHOLE)
    return found


def traces(folder: DataFolder, *needles: bytes) -> list[str]:
    """The files below the data folder that hold any of these bytes."""
    files = [path for path in folder.path.rglob("*") if path.is_file() and "secrets" not in path.parts]
    return sorted({path.name for path in files for needle in needles if needle in path.read_bytes()})


_WORDS = [
    b"secret of goes",
    b"to goes-away",
    b"by goes-away",
    b"notes on goes",
    b"label of goes",
    b"note on goes",
    b"alert of goes",
]
_TRACES = [struct.pack("<d", _TRACE), *_WORDS, b"held for goes", b"Name of goes"]


def test_exactly_that_device_is_gone_and_no_byte_of_it_is_left(
    place: Place, desk: Desk, restarted: Callable[[], Any], settings: Settings, folder: DataFolder
) -> None:
    place.desk.do(lambda: place.desk.writer.connection.execute("CHECKPOINT"))
    assert traces(folder, *_TRACES)
    before, readings = known(place, _KEPT), place.desk.writer.tally.readings
    assert len(before["alert_episodes"]) == len(known(place, _GONE)["alert_episodes"]) == 1
    result = place.act("delete_device", device=_GONE, typed=f" Name of {_GONE} ")
    assert result == {"device": _GONE, "readings": 122, "user_removed": False, "note": ""}
    for _ in ("out of sight at once", "and after its files were written anew"):
        gone = known(place, _GONE)
        assert all(not any(row.get("count") for row in rows) for rows in gone.values())
        assert gone["alert_episodes"] == []
        assert known(place, _KEPT) == before
        assert place.desk.writer.tally.readings == readings - 122
        erase(place)
    (deletion,) = place.ask("deletions")
    assert (deletion["device"], deletion["asked_by"]) == (_GONE, "ada")
    assert deletion["done_us"] > deletion["asked_us"]
    assert place.desk.rows("SELECT count(*) FROM readings WHERE series_id IN (SELECT unnest(series_ids) FROM deletions)") == [(0,)]  # fmt: skip  # noqa: E501
    tables = place.desk.rows("SELECT DISTINCT table_name FROM duckdb_columns() WHERE column_name = 'device_id'")
    for (table,) in tables:
        if table not in ("deletions", "merges"):
            ids = "SELECT device_id FROM deletions"
            assert place.desk.rows(f"SELECT count(*) FROM {table} WHERE device_id IN ({ids})") == [(0,)], table
    topics = place.desk.rows("SELECT DISTINCT topic FROM quarantine")
    assert topics == [(f"esp32/{_KEPT}/output",)]
    # What people did to it is kept, without its words.
    did = place.desk.rows("SELECT action, arguments FROM changes WHERE contains(arguments, $1)", _GONE)
    assert {action for action, _ in did} >= {"describe_device", "hold_commands", "write_note", "delete_device"}
    assert all(json.loads(said).keys() in ({"device"}, {"devices"}) for _, said in did)
    # The statistics of the database file, which quote the lowest and the highest values, follow with the next start.
    assert traces(folder, *_WORDS[:4]) == []
    desk.close()
    with restarted() as later:
        later.writer.keeper.eraser.finish_earlier()
        assert later.rows("SELECT count(*) FROM deletions WHERE scrubbed_us IS NULL") == [(0,)]
        assert known(Place(later, settings, folder), _KEPT) == before
    assert traces(folder, *_TRACES) == []


def test_what_is_known_of_the_channels_of_alerts_stays(place: Place) -> None:
    writer = place.desk.writer
    place.desk.do(lambda: record_trial(writer.connection, "mail", "", T * 1_000))
    place.desk.do(lambda: record_trial(writer.connection, "ntfy", "it does not answer", T * 1_000))
    place.desk.rows("INSERT INTO alert_messages SELECT 'm-' || device, 'mail', episode_id, 'opened', 0, 0, 0, NULL, NULL, NULL FROM alert_episodes")  # fmt: skip  # noqa: E501
    before = place.desk.do(lambda: standing(writer.connection))
    place.act("delete_device", device=_GONE, typed=_GONE)
    for _ in ("out of sight at once", "and after its files were written anew"):
        rows = place.desk.rows("SELECT message_id, what FROM alert_messages WHERE starts_with(message_id, 'm-')")
        assert rows == [(f"m-{_KEPT}", "opened")]
        after = place.desk.do(lambda: standing(writer.connection))
        assert after["mail"]["last_sent_us"] == before["mail"]["last_sent_us"] == T * 1_000
        assert (after["ntfy"]["last_error"], after["ntfy"]["failing"]) == ("it does not answer", True)
        erase(place)


def test_a_crash_at_any_step_leaves_nothing_to_mend(
    place: Place, desk: Desk, restarted: Callable[[], Any], settings: Settings, folder: DataFolder
) -> None:
    before = known(place, _KEPT)
    place.act("delete_device", device=_GONE, typed=_GONE)
    place.desk.rows("SELECT 1")
    desk.close()
    crashes = 0
    for step in range(1, 40):
        with restarted() as later:
            again = Place(later, settings, folder)
            later.writer.keeper.archive.patience_seconds = 0
            finished = _erase_until(later.writer.keeper.eraser, step)
            again.ask("devices")
            assert [row["count"] for row in again.ask("statistics", device=_KEPT, metric="light", **WHOLE)] == [62]
            if finished:
                assert known(again, _KEPT) == before
                break
            crashes += 1
    assert finished
    assert crashes >= 5
    assert traces(folder, *_TRACES) == []


def _erase_until(eraser: Eraser, step: int) -> bool:
    """Erase, and break off in the middle of a step, as a crash would: its transaction is lost, its files lie there."""
    work, left = eraser._work, [step]

    def crashing(task: Callable[[Any], Any]) -> Any:
        left[0] -= 1
        if left[0]:
            return work(task)

        def crash(cursor: Any) -> None:
            cursor.execute("BEGIN")
            try:
                task(_Unfinished(cursor))
            finally:
                cursor.execute("ROLLBACK")

        work(crash)
        raise _CrashError

    eraser._work = crashing
    try:
        eraser.erase_all()
    except _CrashError:
        return False
    return True


class _CrashError(Exception):
    pass


class _Unfinished:
    """A cursor whose transactions never end well."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, statement: str, *values: Any) -> Any:
        if statement in ("BEGIN", "COMMIT", "ROLLBACK", "CHECKPOINT"):
            return self._cursor
        return self._cursor.execute(statement, *values)


def test_the_name_must_be_typed(place: Place) -> None:
    for typed in ("", "stays-here", "GOES-AWAY"):
        with pytest.raises(ActionError, match="type the device's name, Name of goes-away"):
            place.act("delete_device", device=_GONE, typed=typed)
    assert len(place.ask("devices")) == 2


def test_what_the_broker_repeats_does_not_bring_it_back_but_a_live_board_is_a_new_device(
    place: Place, desk: Desk
) -> None:
    place.actions.boards.add(_GONE)
    assert place.act("delete_device", device=_GONE, typed=_GONE)["user_removed"]
    assert place.actions.boards.names() == []
    cleared = [topic for topic, payload in desk.broker.published if payload == b""]
    assert cleared == [f"esp32/{_GONE}/status", f"esp32/{_GONE}/stored"]
    desk.hand(f"esp32/{_GONE}/status", {"online": True}, retained=True)
    desk.hand(f"esp32/{_GONE}/output", {"boot": "x", "seq": 1, "light": 1}, retained=True)
    assert [row["device"] for row in place.ask("devices")] == [_KEPT]
    desk.hand(f"esp32/{_GONE}/output", {"boot": _GONE, "seq": 0, "t": T, "light": 3})
    (series,) = [row for row in place.ask("series") if row["device"] == _GONE]
    assert (series["metric"], series["count"], series["label"]) == ("light", 1, None)
    erase(place)
    assert [row["count"] for row in place.ask("series") if row["device"] == _GONE] == [1]


def test_ids_are_never_given_twice(
    place: Place, desk: Desk, restarted: Callable[[], Any], settings: Settings, folder: DataFolder
) -> None:
    for name in (_GONE, _KEPT):
        place.act("delete_device", device=name, typed=name)
    desk.close()
    with restarted() as later:
        again = Place(later, settings, folder)
        again.measure("fresh", light=1)
        (row,) = later.rows("SELECT device_id, series_id FROM devices JOIN series USING (device_id)")
        assert row == (3, 5)
        assert [found["count"] for found in again.ask("series")] == [1]


def test_deleting_a_successor_gives_the_others_back(place: Place) -> None:
    place.act("merge_device", device=_KEPT, into=_GONE)
    before = place.ask("readings", device=_GONE, metric="light", **WHOLE)
    assert len(before) == 124
    place.act("delete_device", device=_GONE, typed=_GONE)
    erase(place)
    assert [row["device"] for row in place.ask("devices")] == [_KEPT]
    assert len(place.ask("readings", device=_KEPT, metric="light", **WHOLE)) == 62


def test_backups_are_left_alone(place: Place, folder: DataFolder) -> None:
    backup = folder.backups / "before.duckdb"
    backup.write_bytes(struct.pack("<d", _TRACE))
    place.act("delete_device", device=_GONE, typed=_GONE)
    erase(place)
    assert backup.read_bytes() == struct.pack("<d", _TRACE)


def test_readings_that_arrive_meanwhile_are_all_kept(place: Place, desk: Desk) -> None:
    place.act("delete_device", device=_GONE, typed=_GONE)
    eraser = desk.writer.keeper.eraser
    work = eraser._work
    seqs = iter(range(1_000, 2_000))

    def busy(task: Callable[[Any], Any]) -> Any:
        for _ in range(5):
            seq = next(seqs)
            desk.hand(f"esp32/{_KEPT}/output", {"boot": _KEPT, "seq": seq, "t": T + 3 * DAY + seq, "light": seq})
        return work(task)

    eraser._work = busy
    erase(place)
    count = next(seqs) - 1_000
    found = place.ask("readings", device=_KEPT, metric="light", **WHOLE)
    assert len(found) == 62 + count
    assert count >= 30


def test_the_archive_holds_no_file_that_is_not_needed(place: Place, folder: DataFolder) -> None:
    place.act("delete_device", device=_GONE, typed=_GONE)
    erase(place)
    named = {Path(file).name for (file,) in place.desk.rows("SELECT file FROM segments")}
    assert {path.name for path in folder.archive.rglob("*.parquet")} == named
