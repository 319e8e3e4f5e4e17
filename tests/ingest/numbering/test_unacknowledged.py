"""Messages without numbers: each counts once over redelivery, restart of ingest, and a broker that counts anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.broker.inbox import Message
from ingest.numbering import unacknowledged
from ingest.numbering.unacknowledged import Unacknowledged
from ingest.storage.schema import migrate
from telemetry.timestamps import US_PER_SECOND
from tests.ingest.conftest import Desk

OUT = "esp32/window/output"


def values(desk: Desk) -> list[float]:
    return [value for (value,) in desk.rows("SELECT value FROM readings ORDER BY value")]


def test_a_duplicate_of_a_stored_message_is_acknowledged_and_not_written(desk: Desk) -> None:
    first = desk.hand(OUT, {"light": 1})
    again = desk.hand(OUT, {"light": 1}, mid=first, duplicate=True)
    third = desk.hand(OUT, {"light": 1}, mid=first, duplicate=True)
    assert values(desk) == [1]
    assert desk.broker.acknowledged == [first] * 3
    assert again != third


def test_the_same_said_again_is_another_message(desk: Desk) -> None:
    desk.hand(OUT, {"light": 1})
    desk.hand(OUT, {"light": 1})
    # Handed over before, when nobody stored it: its id comes after those of the stored ones.
    desk.hand(OUT, {"light": 1}, mid=3, duplicate=True)
    assert values(desk) == [1, 1, 1]


def test_a_duplicate_is_recognised_over_a_restart_of_ingest_and_a_fold(
    desk: Desk, restarted: Callable[[], Any]
) -> None:
    mids = [desk.hand(OUT, {"light": n}) for n in range(4)]
    ack = desk.hand("esp32/window/ack", {"id": "01J", "ok": True})
    assert len(values(desk)) == 4
    desk.close()
    with restarted() as later:
        for n in (2, 3):
            later.hand(OUT, {"light": n}, mid=mids[n], duplicate=True)
        later.hand("esp32/window/ack", {"id": "01J", "ok": True}, mid=ack, duplicate=True)
        later.hand(OUT, {"light": 4}, mid=ack + 1, duplicate=True)  # on its way when ingest died
        assert values(later) == [0, 1, 2, 3, 4]
        assert later.rows("SELECT count(*) FROM command_states") == [(1,)]


def test_each_matches_once_when_a_broker_that_was_started_anew_gives_other_ids(
    desk: Desk, restarted: Callable[[], Any]
) -> None:
    for _ in range(3):
        desk.hand(OUT, {"light": 7})
    assert len(values(desk)) == 3
    desk.close()
    with restarted() as later:
        later.hand(OUT, {"light": 0}, mid=1)
        for mid in (2, 3, 4):
            later.hand(OUT, {"light": 7}, mid=mid, duplicate=True)
            later.hand(OUT, {"light": 7}, mid=mid, duplicate=True)
        assert values(later) == [0, 7, 7, 7]


def test_garbage_that_comes_again_is_in_the_quarantine_once(desk: Desk) -> None:
    mid = desk.hand(OUT, b"{broken")
    desk.hand(OUT, b"{broken", mid=mid, duplicate=True)
    assert desk.rows("SELECT count(*) FROM quarantine") == [(1,)]


def test_what_no_broker_has_under_way_any_more_is_let_go(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, restarted: Callable[[], Any]
) -> None:
    monkeypatch.setattr(unacknowledged, "_KEPT_DELIVERIES", 10)
    first = desk.hand(OUT, {"light": 0})
    for n in range(1, 40):
        desk.hand(OUT, {"light": n})
    known = desk.writer.memory.unacknowledged
    assert len(values(desk)) == 40
    desk.do(known.shorten)
    assert desk.rows("SELECT count(*) FROM unacknowledged") == [(10,)]
    assert len(known._kept) == 10
    desk.hand(OUT, {"light": 0}, mid=first, duplicate=True)
    assert len(values(desk)) == 41


_DELIVERY = st.tuples(st.sampled_from("abc"), st.sampled_from(["fresh", "again", "lost", "numbered"]))


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        migrate(made)
        yield made


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_DELIVERY, max_size=30), reloads=st.sets(st.integers(0, 29)), turn=st.integers(0, 1))
def test_whatever_is_said_each_message_counts_once(
    steps: list[tuple[str, str]], reloads: set[int], turn: int, connection: duckdb.DuckDBPyConnection
) -> None:
    """`again`: a stored message comes once more. `lost`: one that was handed over and never stored comes now."""
    connection.execute("DELETE FROM unacknowledged")
    known, mid = Unacknowledged(connection), 65_530 * turn
    stored: list[Message] = []
    for step, (word, what) in enumerate(steps):
        if step in reloads:
            known.reload()
        mid = mid % 65_535 + 1
        message = Message(OUT, word.encode(), mid, 1, what != "fresh", False, 1, step * US_PER_SECOND)
        if what == "numbered":
            known.delivered(message._replace(duplicate=False))
            continue
        if what == "again" and stored:
            message = stored[step % len(stored)]._replace(duplicate=True)
        known.delivered(message)
        is_new, row = known.take(message)
        assert is_new == (not any(message.mid == other.mid for other in stored))
        connection.execute("INSERT INTO unacknowledged VALUES ($1, $2, $3, $4, $5)", list(row))
        if is_new:
            stored.append(message)
        known.trim()
