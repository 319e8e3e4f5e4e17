"""Schedules in a writer on a real database: at their moments, over clock changes, restarts, jumps and silent boards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from telemetry.errors import ActionError
from telemetry.schedules import from_json
from tests.ingest.schedules.conftest import LAMP, HostClock, Room, us


def test_it_runs_at_its_moment_and_says_by_whom(room: Room) -> None:
    room.make()
    room.at("2026-11-17T06:29:59")
    assert room.told() == []
    room.at("2026-11-17T06:30:00")
    (told,) = room.told()
    assert (told["cmd"], told["value"], told["by"]) == ("led", True, "schedule Lamp")
    room.at("2026-11-17T06:30:01")
    room.at("2026-11-17T23:59:59")
    assert len(room.told()) == 1
    (run,) = room.ask("schedule_runs")
    assert (run["name"], run["due_us"], run["asked_by"], run["problem"]) == ("Lamp", us("2026-11-17T06:30"), None, None)
    assert json.loads(run["states"]) == {"held": 1}  # the broker of this room echoes nothing
    (command,) = room.ask("commands")
    assert (command["asked_by"], command["device"]) == ("schedule Lamp", "window")


def test_over_both_clock_changes_it_runs_once_a_day(room: Room) -> None:
    room.at("2026-10-24T12:00", set_only=True)
    room.make(time="02:30")
    for hour in range(24):  # the night in which 02:30 comes twice
        room.clock.now_us = us("2026-10-24T23:00") + hour * 1_800_000_000
        room.clock.seconds += 1_800
        room.tick()
    assert len(room.told()) == 1
    room.at("2027-03-27T12:00")
    before = len(room.told())
    for hour in range(24):  # and the one in which it does not exist
        room.clock.now_us = us("2027-03-27T23:00") + hour * 1_800_000_000
        room.clock.seconds += 1_800
        room.tick()
    assert len(room.told()) == before + 1
    (run, *_) = room.ask("schedule_runs")
    assert run["due_us"] == us("2027-03-28T03:00")


def test_what_was_due_while_ingest_was_down_is_missed_or_made_up_for_once(
    room: Room, restarted: Callable[[], Any], clock: HostClock
) -> None:
    never, late = room.make(name="never late"), room.make(name="late", time="06:40", late_minutes=60)
    room.at("2026-11-16T12:01")
    room.desk.close()
    clock.pass_to("2026-11-19T07:30")
    with restarted() as desk:
        room.sit_at(desk)
        room.board()
        room.tick()
        assert [command["by"] for command in room.told()] == ["schedule late"]
        rows = {(row["schedule_id"], row["ran_us"] is None): row for row in room.ask("schedule_runs")}
        assert rows[never, True]["count"] == 3
        assert rows[late, True]["count"] == 2
        assert {row["problem"] for row in rows.values()} == {"down", None}
        assert rows[never, True]["first_us"] == us("2026-11-17T06:30")
        assert rows[never, True]["due_us"] == us("2026-11-19T06:30")
    with restarted() as desk:  # nothing is reported, nor run, a second time
        room.sit_at(desk)
        room.tick()
        assert room.told() == []
        assert len(room.ask("schedule_runs")) == 3


def test_a_restart_across_the_moment_still_runs_and_only_once(room: Room, restarted: Callable[[], Any]) -> None:
    room.make()
    room.at("2026-11-17T06:29:50")
    room.desk.close()
    room.clock.pass_to("2026-11-17T06:30:20")
    with restarted() as desk:
        room.sit_at(desk)
        room.board()
        room.tick()
        assert len(room.told()) == 1
        assert room.missed() == []


def test_a_crash_between_the_command_and_its_record_repeats_nothing(
    room: Room, restarted: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    room.make()
    with monkeypatch.context() as patch:
        patch.setattr("ingest.schedules.runs.transact", _crash)
        room.clock.pass_to("2026-11-17T06:30:00")
        with pytest.raises(duckdb.Error):
            room.desk.do(room.desk.writer.schedules.tick)
    room.desk.close()
    with restarted() as desk:
        room.sit_at(desk)
        room.board()
        room.tick()
        assert len(room.ask("commands")) == 1
        assert [run["problem"] for run in room.ask("schedule_runs")] == [None]


def _crash(*_: Any) -> None:
    raise duckdb.IOException("the disk is full")


def test_a_schedule_that_cannot_be_run_takes_nothing_with_it(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.make(name="broken")
    room.make(name="sound")

    def targets(kept: Any, original: Any = room.desk.writer.schedules._runs._targets) -> Any:
        if kept.schedule.name == "broken":
            raise ValueError("whatever it is")
        return original(kept)

    monkeypatch.setattr(room.desk.writer.schedules._runs, "_targets", targets)
    room.at("2026-11-17T06:30")
    assert [command["by"] for command in room.told()] == ["schedule sound"]
    room.at("2026-11-18T06:30")
    assert len(room.told()) == 2


def test_a_clock_that_was_never_set_runs_nothing_and_its_setting_fires_no_storm(
    room: Room, restarted: Callable[[], Any], clock: HostClock
) -> None:
    room.make(kind="every", minutes=1, late_minutes=30)
    room.at("2026-11-16T12:00:30")
    room.desk.close()
    clock.set_to("1970-01-01T01:00")
    with restarted() as desk:
        room.sit_at(desk)
        room.board()
        for minute in range(5):
            room.at(f"1970-01-01T01:0{minute}")
        assert room.told() == []
        room.at("2026-11-20T08:00:10", set_only=True)
        assert len(room.told()) == 1
        assert room.missed() == [(1_000, "clock")]
        room.at("2026-11-20T08:01:00")
        assert len(room.told()) == 2


def test_a_jump_ahead_and_back_again_neither_storms_nor_silences(room: Room) -> None:
    room.make()
    room.at("2030-01-01T12:00", set_only=True)  # a time server that was wrong
    assert (room.told(), room.missed()) == ([], [(1_000, "clock")])
    room.at("2026-11-16T12:05", set_only=True)
    room.at("2026-11-17T06:30")
    assert len(room.told()) == 1
    room.at("2026-11-17T06:25", set_only=True)  # back by a little: not again
    room.at("2026-11-17T06:31")
    assert len(room.told()) == 1


def test_a_silent_board_is_told_the_newest_when_it_returns_and_nothing_twice(room: Room) -> None:
    room.board("asleep", online=False)
    room.make(kind="every", minutes=10, devices=["asleep"])
    for minute in (10, 20, 30):
        room.at(f"2026-11-16T12:{minute}")
    assert room.told("asleep") == []
    states = [json.loads(row["states"]) for row in room.ask("schedule_runs")]
    assert states == [{"held": 1}, {"withdrawn": 1}, {"withdrawn": 1}]
    room.board("asleep")
    room.tick()
    assert len(room.told("asleep")) == 1


def test_changes_take_effect_at_once(room: Room) -> None:
    schedule_id = room.make()
    room.act("change_schedule", id=schedule_id, **{**LAMP, "time": "07:00"})
    room.at("2026-11-17T06:45")
    assert room.told() == []
    room.at("2026-11-17T07:00")
    assert len(room.told()) == 1
    room.act("switch_schedule", id=schedule_id, enabled=False)
    (row,) = room.ask("schedules")
    assert (row["enabled"], row["next_us"], row["made_by"]) == (False, None, "ada")
    room.at("2026-11-19T12:00")
    room.act("switch_schedule", id=schedule_id, enabled=True)
    room.tick()
    assert (len(room.told()), room.missed()) == (1, [])  # what is switched off misses nothing
    room.act("run_schedule", id=schedule_id)
    room.tick()
    assert room.told()[-1]["by"] == "schedule Lamp (ada)"
    room.act("delete_schedule", id=schedule_id)
    room.at("2026-11-25T12:00")
    assert len(room.told()) == 2
    assert room.ask("schedules") == []
    assert room.ask("schedule_runs")[0]["name"] == "Lamp"
    with pytest.raises(ActionError, match="there is no schedule"):
        room.act("run_schedule", id=schedule_id)
    actions = [row[0] for row in room.desk.rows("SELECT action FROM changes ORDER BY changed_us")]
    assert [name for name in actions if "schedule" in name][:2] == ["make_schedule", "change_schedule"]


def test_a_tag_is_whoever_has_it_when_it_runs(room: Room) -> None:
    room.make(devices=[], tag="lamps")
    room.at("2026-11-17T06:30")
    assert [row["problem"] for row in room.ask("schedule_runs")] == ["nobody"]
    room.board("hall")
    for device in ("window", "hall"):
        room.act("describe_device", device=device, tags=["lamps"])
    room.at("2026-11-18T06:30")
    assert (len(room.told()), len(room.told("hall"))) == (1, 1)


def test_devices_of_others_are_left_out_whether_named_or_by_their_tag(room: Room) -> None:
    room.board("plug")
    room.desk.rows("INSERT INTO announced_devices SELECT device_id, 'tasmota', NULL, NULL FROM devices WHERE device = 'plug'")  # fmt: skip  # noqa: E501
    for device in ("window", "plug"):
        room.act("describe_device", device=device, tags=["lamps"])
    room.make(name="by tag", devices=[], tag="lamps")
    room.make(name="named", devices=["plug", "window"])
    room.make(name="alone", devices=["plug"])
    room.at("2026-11-17T06:30")
    assert [command["by"] for command in room.told()] == ["schedule by tag", "schedule named"]
    assert room.told("plug") == []
    assert {row["name"]: row["problem"] for row in room.ask("schedule_runs")} == {
        "by tag": None, "named": None, "alone": "nobody"
    }  # fmt: skip
    with pytest.raises(ActionError, match="'plug' is a device of tasmota"):
        room.act("hold_commands", devices=["window", "plug"], cmd="led", value=True)
    assert len(room.ask("commands")) == 2


def test_the_original_program_hears_its_own_words(room: Room) -> None:
    room.desk.hand("esp32/output", b"812")
    room.make(devices=["esp32", "window"])
    room.at("2026-11-17T06:30")
    assert ("esp32/input", b"LedOn") in room.desk.broker.published
    assert len(room.told()) == 1
    (run,) = room.ask("schedule_runs")
    assert run["unconfirmed"] == 1


def test_a_replaced_board_s_schedules_tell_the_one_in_its_place_and_a_deleted_one_s_nobody(room: Room) -> None:
    room.make()
    room.board("successor")
    room.act("merge_device", device="window", into="successor")
    room.at("2026-11-17T06:30")
    assert (len(room.told()), len(room.told("successor"))) == (0, 1)
    room.act("separate_device", device="window")
    room.act("delete_device", device="window", typed="window")
    room.at("2026-11-18T06:30")
    assert room.ask("schedule_runs")[0]["problem"] == "nobody"
    (row,) = room.ask("schedules")
    assert row["devices"] == []
    assert from_json(row["definition"]).name == "Lamp"


WRONG = [
    ({"devices": ["nobody-heard-of"]}, "no device 'nobody-heard-of' has been heard of"),
    ({"time": "6:30"}, "time='6:30' must be a time of the day"),
    ({"cmd": "dance"}, "'dance' is no command"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_what_is_wrong_is_told_and_not_kept(change: dict[str, Any], sentence: str, room: Room) -> None:
    with pytest.raises(ActionError, match=sentence):
        room.make(**change)
    assert room.ask("schedules") == []
