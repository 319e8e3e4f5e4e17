"""Rules on what is committed: when they trip and clear, and what neither lateness, restarts nor clocks make of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telemetry.errors import ActionError, QuestionError
from tests.ingest.alerts.conftest import SECOND, T, Watchroom

HEAT = {"device": "window", "metric": "heat"}


def test_it_trips_above_the_level_and_clears_only_at_the_lower_one(room: Watchroom) -> None:
    room.read(heat=20)
    room.rule("above", **HEAT, level=30, clear_level=28, severity="critical")
    for value in (30, 30.5, 29, 33, 28.5):
        room.pass_time(1)
        room.read(heat=value)
    assert room.episodes("value", "ended_us", "severity") == [(30.5, None, "critical")]
    assert room.alerts.open_count == 1
    room.pass_time(1)
    room.read(heat=28)
    assert room.episodes("began_us", "peak", "peak_us", "ended_us", "ended_by", "late") == [
        (T + 2 * SECOND, 33.0, T + 4 * SECOND, T + 6 * SECOND, "cleared", False)
    ]
    assert room.alerts.open_count == 0


def test_it_must_hold_for_its_duration_without_a_pause(room: Watchroom) -> None:
    room.read(heat=5)
    room.rule("below", **HEAT, level=0, hold_seconds=10)
    for value in (-1, -1, 1, -1, -2):
        room.pass_time(4)
        room.read(heat=value)
    assert room.episodes("id") == []
    room.pass_time(6)
    room.read(heat=-1)
    assert room.episodes("began_us", "value", "peak") == [(T + 16 * SECOND, -2.0, -2.0)]


def test_the_last_reading_stands_while_its_board_is_there_to_say_otherwise(room: Watchroom) -> None:
    """A door that reports a change only, and is open, is open; a board that went away may have closed it since."""
    for device in ("door", "gate"):
        room.read(device, open=0)
    room.rule("above", metric="open", level=0.5, hold_seconds=60)
    room.desk.hand("esp32/gate/status", {"online": True})
    for device in ("door", "gate"):
        room.read(device, ago=-1, open=1)
    room.desk.hand("esp32/gate/status", {"online": False})
    room.pass_time(59)
    assert room.episodes("device") == []
    room.pass_time(2)
    assert room.episodes("device") == ["door"]


def test_what_comes_late_or_out_of_order_trips_nothing_that_is_not_so_now(room: Watchroom) -> None:
    room.read(heat=20)
    room.rule("above", **HEAT, level=30)
    room.pass_time(60)
    room.read(heat=21)
    room.read(heat=40, ago=30)
    assert room.episodes("id") == []
    # In one batch too, and in whatever order.
    room.pass_time(60)
    room.read_many("window", [(0, {"heat": 22}), (20, {"heat": 50})])
    assert room.episodes("late") == [True]
    assert room.messages() == []


def test_the_past_of_a_board_that_was_out_of_reach_is_kept_but_is_no_news(room: Watchroom) -> None:
    room.read(heat=20)
    room.alerts._consequences.channels = lambda: ("c",)
    room.rule("above", **HEAT, level=30, hold_seconds=60)
    room.pass_time(7_200)
    room.read_many("window", [(7_000 - n * 10, {"heat": 35}) for n in range(20)])
    assert room.episodes("ended_us", "late") == [(None, False)]
    room.pass_time(2)
    room.read_many("window", [(6_700 - n * 10, {"heat": 25}) for n in range(20)])
    assert room.episodes("began_us", "late") == [(T + 200 * SECOND, True)]
    assert room.messages() == []
    # What still holds when all of it is there is news, as soon as nothing follows.
    room.pass_time(3_600)
    room.read_many("window", [(3_000 - n * 10, {"heat": 36}) for n in range(20)])
    assert room.messages() == []
    room.pass_time(11)
    assert room.messages() == [("c", "opened", 0)]


def test_a_clock_that_was_ahead_does_not_blind_the_rule(room: Watchroom) -> None:
    room.read(heat=20)
    room.rule("above", **HEAT, level=30)
    room.pass_time(1)
    room.read(heat=20, ago=-500)
    room.pass_time(1)
    room.read(heat=31)
    assert room.episodes("value") == [31.0]


def test_a_rate_of_change_is_measured_over_its_minute_and_has_a_direction(room: Watchroom) -> None:
    room.read(heat=20)
    room.rule("change", **HEAT, level=2, per="minute", direction="falling", name="falls")
    room.rule("change", **HEAT, level=2, per="minute", name="either")
    # Noise from one reading to the next is no change; 3 degrees up in a minute is.
    for n in range(60):
        room.pass_time(1)
        room.read(heat=20 + n % 2)
    assert room.episodes("id") == []
    nothing = room.table("alert_episodes").schema
    for n in range(60):
        room.pass_time(1)
        room.read(heat=20 + n / 15)
    (episode,) = room.ask("alert_episodes")
    assert room.table("alert_episodes").schema == nothing
    assert '"name": "either"' in episode["rule"]
    assert 2 < episode["value"] < 2.2


def test_silence_counts_from_the_last_word_or_from_the_making_of_the_rule(room: Watchroom) -> None:
    room.read(heat=20)
    room.rule("silent", hold_seconds=120)
    # One that was never heard of, and never speaks.
    room.rule("silent", device="attic", hold_seconds=180)
    room.pass_time(60)
    room.read(heat=20, ago=3_000)  # late, and a sign of life all the same
    room.pass_time(1)
    room.pass_time(100)
    assert room.episodes("id") == []
    room.pass_time(20)
    assert room.episodes("device", "began_us", "value") == [("attic", T, 181.0), ("window", T + 61 * SECOND, 120.0)]
    room.pass_time(30)
    room.read(heat=20)
    room.read("attic", heat=1)
    room.pass_time(1)
    ended = T + 212 * SECOND
    assert room.episodes("device", "ended_us", "peak") == [("attic", ended, 212.0), ("window", ended, 151.0)]


def test_silence_does_not_count_while_ingest_itself_is_away_or_its_clock_is_set(room: Watchroom) -> None:
    room.read(heat=20)
    room.rule("silent", hold_seconds=60)
    room.pass_time(1)
    room.pass_time(600, connected=False)
    room.pass_time(1)
    room.pass_time(29)
    room.now_us += 86_400 * SECOND  # a host without a clock of its own reached the network
    room.tick()
    assert room.episodes("id") == []
    room.read(heat=20)
    room.pass_time(1)
    room.pass_time(59)
    room.now_us -= 86_400 * SECOND
    room.tick()
    assert room.episodes("id") == []
    room.pass_time(2)
    assert len(room.episodes("id")) == 1


def test_any_battery_is_watched_with_one_rule_and_one_that_comes_later_too(room: Watchroom) -> None:
    room.read("window", battery=80, heat=3)
    room.rule("battery")
    room.read("attic", ago=-1, battery_low=1)
    room.read("cellar", ago=-1, **{"sensor.battery": 19})
    room.pass_time(2)
    room.read("window", battery=20, heat=3)
    assert sorted(room.episodes("device", "metric")) == [("attic", "battery_low"), ("cellar", "sensor.battery")]


def test_a_tag_names_whoever_bears_it_now(room: Watchroom) -> None:
    for device in ("window", "attic"):
        room.read(device, heat=20)
    room.act("describe_device", device="attic", tags=["garden"])
    room.rule("above", tag="garden", metric="heat", level=30)
    for device in ("window", "attic"):
        room.read(device, ago=-1, heat=31)
    assert room.episodes("device") == ["attic"]
    room.act("describe_device", device="attic", tags=[])
    assert room.episodes("device", "ended_by") == [("attic", "changed")]


def test_a_rule_sees_readings_as_they_are_shown(room: Watchroom) -> None:
    room.read(heat=20)
    room.rule("above", **HEAT, level=30)
    room.act("recalibrate", **HEAT, factor=2.0, offset=0.0, from_us=T - SECOND, note="half")
    room.pass_time(1)
    room.read(heat=16)
    assert room.episodes("value") == [32.0]


def test_outside_of_what_is_usual_by_a_margin_of_the_bands_width(room: Watchroom) -> None:
    room.read(heat=20)
    room.rule("outside", **HEAT, level=50, clear_level=0, hold_seconds=0)
    (key, zone) = room.alerts.wanting_bands()[0]
    assert zone == "UTC"
    room.read(heat=90, ago=-1)  # nothing is known yet of what is usual
    hour = 24 + 9
    room.desk.do(lambda: room.alerts.take_bands({key: {hour: (18.0, 22.0), hour + 1: (0.0, 1.0)}}))
    for value in (24, 24.1, 23, 21):
        room.pass_time(2)
        room.read(heat=value)
    assert room.episodes("value", "ended_us") == [(24.1, T + 8 * SECOND)]
    room.pass_time(3_600)
    room.read(heat=21)
    assert len(room.episodes("value")) == 2


def test_a_restart_in_mid_alert_neither_forgets_nor_tells_twice(
    room: Watchroom, again: Callable[[], Watchroom]
) -> None:
    room.read("attic", heat=20)
    room.read(heat=20)
    room.alerts._consequences.channels = lambda: ("c",)
    room.rule("above", metric="heat", level=30, hold_seconds=30)
    room.rule("silent", device="attic", hold_seconds=60)
    room.pass_time(1)
    room.read(heat=31)
    room.pass_time(20)
    room.read(heat=35)
    again()  # while it is pending
    room.alerts._consequences.channels = lambda: ("c",)
    room.pass_time(10)
    room.read(heat=34)
    assert room.episodes("began_us", "peak", "ended_us") == [(T + SECOND, 35.0, None)]
    room.pass_time(40)
    assert room.messages() == [("c", "opened", -40), ("c", "opened", 0)]
    again()  # while both are open
    room.alerts._consequences.channels = lambda: ("c",)
    assert room.alerts.open_count == 2
    room.pass_time(100)
    room.read(heat=36)
    assert [what for _, what, _ in room.messages()] == ["opened", "opened"]
    room.pass_time(1)
    room.read(heat=29)
    room.read("attic", heat=29)
    room.pass_time(1)
    assert room.episodes("device", "peak", "ended_by") == [("attic", 173.0, "cleared"), ("window", 36.0, "cleared")]
    assert [what for _, what, _ in room.messages()] == ["opened", "opened", "ended", "ended"]


def test_rules_are_changed_switched_and_deleted_by_name_and_their_episodes_end(room: Watchroom) -> None:
    room.read(heat=20)
    rule = room.rule("above", **HEAT, level=30)
    room.read(heat=35, ago=-1)
    room.act("change_alert_rule", by="bob", id=rule, kind="above", **HEAT, level=34)
    assert room.episodes("ended_us") == [None]  # 35 is beyond the new level too
    room.act("switch_alert_rule", id=rule, enabled=False)
    assert room.episodes("ended_by") == ["rule"]
    room.pass_time(5)
    room.read(heat=50)
    (row,) = room.ask("alert_rules")
    assert (row["made_by"], row["changed_by"], row["enabled"], row["episodes"]) == ("ada", "ada", False, 1)
    room.act("switch_alert_rule", id=rule, enabled=True)
    room.pass_time(5)
    room.read(heat=50)
    (episode, first) = room.ask("alert_episodes")
    room.act("acknowledge_alert", by="bob", id=episode["id"], note=" the oven ")
    assert room.episodes("acknowledged_by", "note") == [(None, None), ("bob", "the oven")]
    room.act("delete_alert_rule", id=rule)
    assert room.ask("alert_rules") == []
    assert room.episodes("id") == [first["id"], episode["id"]]
    for action in ("change_alert_rule", "delete_alert_rule", "switch_alert_rule"):
        with pytest.raises(ActionError, match="there is no alert rule"):
            room.act(action, id=rule, **({"kind": "silent"} if "change" in action else {"enabled": True} if "switch" in action else {}))  # fmt: skip  # noqa: E501


def test_a_merged_board_goes_on_under_the_rule_and_a_deleted_one_leaves_nothing(room: Watchroom) -> None:
    room.read("old", heat=20)
    room.read("new", heat=20)
    room.rule("above", device="old", metric="heat", level=30)
    room.act("merge_device", device="old", into="new")
    room.read("new", ago=-1, heat=31)
    assert room.episodes("device") == ["new"]
    room.act("describe_device", device="new", name="Oven")
    assert room.alerts.open_count == 1
    room.act("separate_device", device="old")
    assert room.episodes("ended_by") == ["changed"]
    # What tripped on its own before is under the device in its place, and found by either name.
    room.read("old", ago=-1, heat=41)
    room.act("describe_metric", device="new", metric="heat", unit="°C")
    room.act("merge_device", device="old", into="new")
    assert room.episodes("device", "value", "unit") == [("new", 31.0, "°C"), ("new", 41.0, "°C")]
    for name in ("old", "new"):
        assert room.episodes("value", devices=[name]) == [31.0, 41.0]
        assert room.episodes("value", series=[[name, "heat"]]) == [31.0, 41.0]
    room.act("separate_device", device="old")
    assert room.episodes("device", "value") == [("new", 31.0), ("old", 41.0)]
    assert room.episodes("value", devices=["new"]) == [31.0]
    room.read("old", ago=-2, heat=31)
    room.act("delete_device", device="old", typed="old")
    assert room.episodes("device") == ["new"]
    assert room.ask("alert_rules") == []
    assert room.alerts.open_count == 0
    assert room.desk.rows("SELECT count(*) FROM alert_messages WHERE episode_id NOT IN (SELECT episode_id FROM alert_episodes)") == [(0,)]  # fmt: skip  # noqa: E501


def test_the_alerts_of_some_series_are_those_and_the_silence_of_their_devices(room: Watchroom) -> None:
    for device in ("oven", "fridge"):
        room.read(device, heat=20, humidity=20)
        room.rule("above", device=device, metric="heat", level=30)
        room.rule("above", device=device, metric="humidity", level=30)
        room.rule("silent", device=device, hold_seconds=60)
        room.read(device, ago=-1, heat=31, humidity=32)
    for _ in range(3):
        room.pass_time(30)
    of = lambda *series: sorted(room.episodes("device", "metric", series=[list(pair) for pair in series]), key=str)  # noqa: E731
    assert len(room.episodes("id")) == 6
    assert of(("oven", "heat")) == [("oven", "heat"), ("oven", None)]
    assert of(("oven", "heat"), ("oven", "humidity")) == [("oven", "heat"), ("oven", "humidity"), ("oven", None)]
    assert of(("fridge", "heat"), ("oven", "humidity")) == [
        ("fridge", "heat"), ("fridge", None), ("oven", "humidity"), ("oven", None)
    ]  # fmt: skip
    assert of() == of(("nobody", "heat")) == []
    # The limit counts what was asked for, and both arguments hold together.
    assert room.episodes("device", series=[["oven", "heat"]], limit=2) == ["oven", "oven"]
    assert room.episodes("metric", series=[["oven", "heat"]], devices=["fridge"]) == []
    with pytest.raises(QuestionError, match=r"must be \[device, metric\]"):
        room.episodes("id", series=[["oven"]])


def test_a_rule_that_cannot_be_is_refused_and_not_kept(room: Watchroom) -> None:
    with pytest.raises(ActionError, match="needs a metric"):
        room.act("make_alert_rule", kind="above", level=3)
    with pytest.raises(ActionError, match="is of the wrong type"):
        room.act("make_alert_rule", kind="silent", level="3")
    assert room.ask("alert_rules") == []


def test_a_fault_in_the_watching_costs_no_reading(room: Watchroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.read(heat=20)
    room.rule("above", **HEAT, level=30)
    monkeypatch.setattr(room.alerts, "_look", lambda *_: 1 / 0)
    room.read(heat=40, ago=-1)
    assert room.desk.rows("SELECT count(*) FROM readings") == [(2,)]
    monkeypatch.undo()
    room.pass_time(61)
    room.read(heat=41)
    assert room.episodes("value") == [41.0]
