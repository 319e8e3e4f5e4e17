"""The way from the broker's thread to the writer's: bounded, prompt, and over when it is closed."""

from __future__ import annotations

import threading

import pytest

from ingest.broker import inbox as inbox_module
from ingest.broker.inbox import Inbox, Message
from telemetry.errors import StoreUnavailableError


def message(size: int = 10, mid: int = 1) -> Message:
    return Message("esp32/a/output", b"x" * size, mid, 1, False, False, 1, 0)


def test_a_full_inbox_makes_the_broker_wait_until_the_writer_comes_back() -> None:
    inbox = Inbox(limit_bytes=1_000, window=20, wait_seconds=0)
    inbox.put([message(900)])
    handed = threading.Event()
    thread = threading.Thread(target=lambda: (inbox.put([message(mid=2)]), handed.set()))
    thread.start()
    assert [m.mid for m in inbox.take(0)[0]] == [1]
    assert not handed.wait(0.1)  # what the writer has in hand still counts
    assert inbox.lag_seconds > 0
    inbox.take(0)
    assert handed.wait(5)
    thread.join()


def test_a_message_after_a_pause_is_given_at_once_and_a_full_window_too() -> None:
    inbox = Inbox(1_000_000, window=3, wait_seconds=60)
    inbox.put([message()])
    assert len(inbox.take(5)[0]) == 1
    for mid in range(3):
        inbox.put([message(mid=mid)])
    assert len(inbox.take(5)[0]) == 3  # the test's own time limit would end a wait of a minute
    inbox.put([message()])
    task = inbox.ask(lambda: 1)
    messages, tasks = inbox.take(5)
    assert (len(messages), len(tasks)) == (1, 1)
    assert not task.done()


def test_a_burst_that_has_ended_is_given_though_no_window_is_full() -> None:
    """A broker whose window is smaller than ours hands over no more before it hears acknowledgements."""
    inbox = Inbox(1_000_000, window=1_000, wait_seconds=60)
    inbox.put([message()])
    inbox.take(5)
    for mid in range(10):
        inbox.put([message(mid=mid)])
    assert len(inbox.take(5)[0]) == 10


def test_a_boards_answer_to_a_command_waits_for_no_others() -> None:
    inbox = Inbox(1_000_000, window=20, wait_seconds=60)
    inbox.put([message()])
    inbox.take(5)
    inbox.put([message(mid=2)])
    inbox.put([message(mid=3)._replace(topic="esp32/a/ack")])
    assert [m.mid for m in inbox.take(5)[0]] == [2, 3]
    inbox.put([message(mid=4)])
    waiting = threading.Thread(target=inbox.take, args=(5,))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()  # only that batch was urgent
    inbox.close()
    waiting.join()


def test_one_batch_takes_so_many_and_the_rest_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "_BATCH", 3)
    inbox = Inbox(2_000, window=2, wait_seconds=0)
    inbox.put([message(mid=mid) for mid in range(5)])
    task = inbox.ask(lambda: 1)
    messages, tasks = inbox.take(5)
    assert ([m.mid for m in messages], tasks) == ([0, 1, 2], [(tasks[0][0], task)])
    waiting = threading.Thread(target=inbox.put, args=([message(mid=5)],))
    waiting.start()
    assert [m.mid for m in inbox.take(5)[0]] == [3, 4]
    waiting.join(5)
    assert [m.mid for m in inbox.take(5)[0]] == [5]


def test_a_closed_inbox_takes_nothing_and_nobody_waits_for_it() -> None:
    inbox = Inbox(500, 20, 0)
    inbox.put([message(400)])
    waiting = threading.Thread(target=inbox.put, args=([message()],))
    waiting.start()
    inbox.close()
    waiting.join(5)
    assert not waiting.is_alive()
    assert len(inbox.take(0)[0]) == 1
    assert inbox.take(0) == ([], [])
    assert inbox.wait_closed(0)
    with pytest.raises(StoreUnavailableError, match="stopping"):
        inbox.ask(lambda: 1).result(0)


def test_whoever_waits_for_a_task_is_told_when_nobody_will_do_it() -> None:
    inbox = Inbox(500, 20, 0)
    task = inbox.ask(lambda: 1)
    inbox.abandon()
    with pytest.raises(StoreUnavailableError):
        task.result(0)
