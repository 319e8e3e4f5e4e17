"""From a delivery to the store: once each, over redelivery, restart and failure; acknowledged after the commit."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest import writer as writer_module
from ingest.storage.fold import fold
from ingest.writer import Writer
from telemetry.timestamps import now_us
from tests.harness.waiting import until
from tests.ingest.conftest import READINGS, Desk

OUT = "esp32/window/output"
T = 1_790_000_000_000


def sample(seq: int, value: float = 1.0, boot: str = "b", **more: Any) -> dict[str, Any]:
    return {"boot": boot, "seq": seq, "t": T + seq * 1_000, "light": value, **more}


def seqs(desk: Desk) -> list[int]:
    return [(t_us // 1_000 - T) // 1_000 for _, _, t_us, _ in desk.rows(READINGS)]


def test_a_reading_is_stored_acknowledged_and_new(desk: Desk) -> None:
    start = desk.recent.since([1], "").cursor
    mid = desk.hand(OUT, sample(0, 812))
    assert desk.rows(READINGS) == [("window", "light", T * 1_000, 812.0)]
    assert desk.broker.acknowledged == [mid]
    assert desk.recent.since([1], start).rows == [(1, T * 1_000, 812.0)]
    assert (desk.writer.tally.readings, desk.writer.tally.newest_us) == (1, T * 1_000)


def test_a_redelivered_sample_is_written_once_and_acknowledged_each_time(desk: Desk) -> None:
    first = desk.hand(OUT, sample(0))
    again = desk.hand(OUT, sample(0), duplicate=True)
    other_boot = desk.hand(OUT, sample(0, boot="c"))
    assert len(desk.rows(READINGS)) == 2
    assert desk.broker.acknowledged == [first, again, other_boot]


def test_a_sample_is_recognised_over_a_restart_and_a_fold(desk: Desk, restarted: Callable[[], Any]) -> None:
    for seq in (0, 1, 2, 5):
        desk.hand(OUT, sample(seq))
    desk.rows("SELECT 1")
    desk.close()
    with restarted() as later:
        for seq in range(7):
            later.hand(OUT, sample(seq), duplicate=True)
        assert seqs(later) == list(range(7))
        later.do(lambda: fold(later.writer.connection))
        for seq in range(7):
            later.hand(OUT, sample(seq))
        assert seqs(later) == list(range(7))
        assert later.rows("SELECT sum(count) FROM live_minutes") == [(7,)]


def test_late_and_disordered_samples_stand_in_their_place(desk: Desk) -> None:
    for seq in (5, 3, 4, 0):
        desk.hand(OUT, sample(seq))
    desk.do(lambda: fold(desk.writer.connection))
    desk.hand(OUT, sample(1))
    assert seqs(desk) == [0, 1, 3, 4, 5]


def test_a_batch_whose_part_is_stored_already_gives_the_rest(desk: Desk) -> None:
    desk.hand(OUT, sample(1))
    desk.hand(OUT, {"boot": "b", "seq": 0, "rows": [[T + n * 1_000, {"light": n}] for n in range(3)]})
    assert seqs(desk) == [0, 1, 2]


def test_boards_are_told_what_is_safe_and_never_more(desk: Desk) -> None:
    for seq in (0, 1, 3):
        desk.hand(OUT, sample(seq))
    desk.rows("SELECT 1")
    told = until(lambda: [p for t, p in desk.broker.published if t == "esp32/window/stored"], "the word 'stored'")
    assert json.loads(told[-1]) == {"b": 1}
    desk.hand(OUT, sample(2))
    until(lambda: json.loads(desk.broker.published[-1][1]) == {"b": 3}, "what came since, a second later")


def test_what_a_board_dropped_is_covered_and_known(desk: Desk) -> None:
    desk.hand(OUT, sample(0))
    desk.hand("esp32/window/event", {"boot": "b", "n": 0, "event": "dropped", "value": {"from": 1, "to": 3}})
    desk.hand(OUT, sample(4))
    desk.rows("SELECT 1")
    until(lambda: [p for _, p in desk.broker.published if json.loads(p) == {"b": 4}], "the number that is safe")
    assert desk.rows("SELECT seq_from, seq_to FROM arrivals_tail WHERE dropped") == [(1, 3)]


def test_what_cannot_be_read_is_kept_and_acknowledged(desk: Desk) -> None:
    mid = desk.hand(OUT, b"{broken")
    assert [row[0] for row in desk.rows("SELECT payload FROM quarantine")] == [b"{broken"]
    assert desk.broker.acknowledged == [mid]
    assert desk.writer.quarantine.count == 1


def test_a_retained_status_that_the_broker_repeats_is_no_news(desk: Desk) -> None:
    status = {"online": True, "sensors": {"light": {"unit": "lx", "label": "Light", "min": 0, "max": 10}}}
    desk.hand("esp32/window/status", status)
    desk.hand("esp32/window/status", status, retained=True)
    desk.hand("esp32/window/status", {"online": False}, retained=True)
    assert desk.rows("SELECT online FROM statuses ORDER BY status_us") == [(True,), (False,)]
    assert desk.rows("SELECT unit, label, low, high FROM series") == [("lx", "Light", 0.0, 10.0)]


def test_a_command_and_its_answers_are_kept_in_their_order(desk: Desk) -> None:
    body = {"id": "01J", "cmd": "led", "value": True, "by": "ada"}
    desk.hand("esp32/window/input", body)
    desk.hand("esp32/window/input", body, duplicate=True)
    desk.hand("esp32/window/input", {**body, "id": "02"}, retained=True)
    desk.hand("esp32/window/ack", {"id": "01J", "ok": True, "led": True})
    assert desk.rows("SELECT command_id, cmd, value, asked_by FROM commands") == [("01J", "led", "true", "ada")]
    assert desk.rows("SELECT state FROM command_states ORDER BY state_us") == [("sent",), ("acknowledged",)]


def test_the_original_words_are_kept_as_unconfirmable(desk: Desk) -> None:
    mid = desk.hand("esp32/input", b"LedOn")
    desk.hand("esp32/input", b"LedOn", duplicate=True, mid=mid)
    assert desk.rows("SELECT device, cmd, value FROM commands JOIN devices USING (device_id)") == [
        ("esp32", "led", "true")
    ]
    assert desk.rows("SELECT state FROM command_states") == [("sent, cannot be confirmed",)]


def test_a_clock_that_jumps_to_and_fro_loses_and_doubles_nothing(desk: Desk) -> None:
    now, day = now_us(), 86_400_000_000
    mids = []
    for n, arrived_us in enumerate((now, now + day, now + day + 1, now - day, now)):
        mids.append(desk.hand(OUT, {"light": n}, arrived_us=arrived_us))
        mids.append(desk.hand(OUT, sample(n, boot="jumping"), arrived_us=arrived_us))
        desk.hand(OUT, sample(n, boot="jumping"), arrived_us=arrived_us, duplicate=True)
    found = desk.rows("SELECT t_us, value FROM readings ORDER BY value, t_us")
    assert len(found) == 10
    assert {t_us for t_us, _ in found} >= {now, now + day, now + day + 1, now - day}
    assert set(mids) <= set(desk.broker.acknowledged)
    assert desk.writer.tally.clock_behind  # and says so, since readings of tomorrow are stored


class Failing:
    """The database's own appender, that fails when it is told to: no disk here can be filled at a chosen moment."""

    def __init__(self, appender: Any, fail: Callable[[list[Any]], Exception | None]) -> None:
        self._appender, self._fail = appender, fail

    def append_rows(self, rows: list[Any]) -> None:
        error = self._fail(rows)
        if error is not None:
            raise error
        self._appender.append_rows(rows)

    def flush(self) -> None:
        self._appender.flush()

    def clear(self) -> None:
        self._appender.clear()


def break_appender(writer: Writer, table: str, fail: Callable[[list[Any]], Exception | None]) -> None:
    appenders: dict[str, Any] = writer._appenders
    appenders[table] = Failing(appenders[table], fail)


def test_what_the_database_does_not_take_now_waits_unacknowledged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer_module, "_RETRY_SECONDS", 0.02)
    caplog.set_level(logging.INFO)
    full = [duckdb.IOException("No space left on device")] * 3
    desk.do(lambda: break_appender(desk.writer, "tail", lambda _: full.pop() if full else None))
    mid = desk.hand(OUT, sample(0), arrived_us=now_us())
    assert seqs(desk) == [0]
    assert not full
    assert desk.broker.acknowledged == [mid]
    assert [r.levelname for r in caplog.records if "database" in r.message] == ["ERROR", "INFO"]
    desk.hand(OUT, sample(0))  # the numbers that were taken back with the failed transactions are known again
    assert seqs(desk) == [0]


def test_a_stop_while_the_database_refuses_leaves_everything_with_the_broker(
    desk: Desk, restarted: Callable[[], Any]
) -> None:
    desk.do(lambda: break_appender(desk.writer, "tail", lambda _: duckdb.IOException("No space left on device")))
    desk.hand(OUT, sample(0))
    until(lambda: desk.inbox.lag_seconds > 0.01, "a message in hand")
    desk.close()
    assert desk.broker.acknowledged == []
    with restarted() as later:
        later.hand(OUT, sample(0), duplicate=True)
        assert seqs(later) == [0]


def test_a_message_that_the_database_never_takes_is_quarantined_alone(desk: Desk) -> None:
    def refuse(rows: list[Any]) -> Exception | None:
        return duckdb.ConversionException("no such number") if any(row[2] == 666 for row in rows) else None

    desk.do(lambda: break_appender(desk.writer, "tail", refuse))
    desk.do(lambda: [desk.hand(OUT, sample(seq, 666 if seq == 2 else 1)) for seq in range(5)])
    assert seqs(desk) == [0, 1, 3, 4]
    ((reason,),) = desk.rows("SELECT reason FROM quarantine")
    assert "no such number" in reason
    assert sorted(desk.broker.acknowledged) == [1, 2, 3, 4, 5]


def test_a_closed_writer_has_folded_what_it_wrote(desk: Desk, restarted: Callable[[], Any]) -> None:
    desk.hand(OUT, sample(0))
    desk.close()
    with restarted() as later:
        assert later.rows("SELECT count(*) FROM tail") == [(0,)]
        assert later.writer.tally.readings == 1


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sample"), st.integers(0, 12), st.booleans()),
        st.tuples(st.just("batch"), st.integers(0, 10), st.integers(1, 4)),
        st.tuples(st.just("fold"), st.just(0), st.just(0)),
        st.tuples(st.just("forget"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_whatever_the_order_and_the_repeats_each_number_is_there_once(
    steps: list[tuple[str, int, Any]], desk: Desk
) -> None:
    boot = f"b{len(desk.rows('SELECT DISTINCT boot FROM (FROM arrivals UNION ALL FROM arrivals_tail)'))}"
    device, sent = f"d{boot}", set[int]()
    for what, first, more in steps:
        if what == "sample":
            desk.hand(f"esp32/{device}/output", sample(first, first, boot), duplicate=more)
            sent.add(first)
        elif what == "batch":
            rows = [[T + n * 1_000, {"light": n}] for n in range(first, first + more)]
            desk.hand(f"esp32/{device}/output", {"boot": boot, "seq": first, "rows": rows})
            sent |= set(range(first, first + more))
        elif what == "fold":
            desk.do(lambda: fold(desk.writer.connection))
        else:
            desk.do(desk.writer.memory.forget)
    found = [(t_us // 1_000 - T) // 1_000 for name, _, t_us, _ in desk.rows(READINGS) if name == device]
    assert found == sorted(sent)
