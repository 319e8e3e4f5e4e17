"""What is asked at the same moment is asked once, and nobody gets an answer from before what they know of."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from dashboard.sharing import ForgettingActions, SharedAnswers
from telemetry.errors import StoreUnavailableError
from telemetry.questions import with_metadata
from tests.harness.waiting import until


class Store:
    """Counts what it is asked; `gate` holds answers back, `revision` is what it tells beside some."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.revision = 1
        self.cursor = "here:1"
        self.gate = threading.Event()
        self.gate.set()
        self.fails = False

    def ask(self, question: str, **_arguments: Any) -> pa.Table:
        self.asked.append(question)
        count = self.asked.count(question)
        assert self.gate.wait(10)
        if self.fails:
            raise StoreUnavailableError("it does not answer")
        if question == "changes":
            return with_metadata(pa.table({"t_us": []}), revision=self.revision, cursor=self.cursor)
        if question == "latest":
            return with_metadata(pa.table({"t_us": []}), standing=self.revision, cursor=self.cursor)
        return pa.table({"revision": [self.revision], "count": [count]})


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Store:
    return Store()


def count(answer: pa.Table) -> int:
    return int(answer.column("count")[0].as_py())


def test_what_is_asked_at_the_same_moment_is_asked_once(store: Store) -> None:
    shared = SharedAnswers(store)
    store.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(shared.ask, "devices") for _ in range(8)]
        store.gate.set()
        assert {count(answer.result()) for answer in answers} == {1}
    assert store.asked == ["devices"]


def test_an_answer_is_shared_for_a_moment_only(store: Store) -> None:
    clock = Clock()
    shared = SharedAnswers(store, clock)
    assert [count(shared.ask("series")) for _ in range(2)] == [1, 1]
    clock.now += 0.25
    assert count(shared.ask("series")) == 2


def test_questions_about_something_are_everybodys_own(store: Store) -> None:
    shared = SharedAnswers(store)
    assert [count(shared.ask("commands", device=device)) for device in ("a", "a")] == [1, 2]


@pytest.mark.parametrize("question", ["changes", "latest", "health"])
def test_whoever_heard_that_something_is_new_gets_the_new(question: str, store: Store) -> None:
    shared = SharedAnswers(store)
    shared.ask(question)
    assert count(shared.ask("devices")) == 1
    shared.ask(question)
    assert count(shared.ask("devices")) == 1
    store.revision = 2
    shared.ask(question)
    assert count(shared.ask("devices")) == 2


@pytest.mark.parametrize("question", ["changes", "latest"])
def test_whoever_heard_of_a_reading_gets_the_new(question: str, store: Store) -> None:
    shared = SharedAnswers(store)
    shared.ask(question)
    assert count(shared.ask("series")) == 1
    store.cursor = "after-a-restart:1"
    shared.ask(question)
    assert count(shared.ask("series")) == 2


def test_whoever_acted_sees_it_though_the_same_was_under_way(store: Store) -> None:
    class Renaming:
        def call(self, _action: str, _arguments: dict[str, Any], _by: str) -> str:
            return "done"

    shared = SharedAnswers(store)
    store.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(shared.ask, "devices")
        until(lambda: store.asked, "the question")
        assert ForgettingActions(Renaming(), shared).call("rename", {}, "eve") == "done"
        after = pool.submit(shared.ask, "devices")
        store.gate.set()
        before.result()
        after.result()
    assert store.asked == ["devices", "devices"]


def test_an_error_is_told_to_all_who_asked_and_not_kept(store: Store) -> None:
    clock = Clock()
    shared = SharedAnswers(store, clock)
    store.fails = True
    with pytest.raises(StoreUnavailableError):
        shared.ask("devices")
    store.fails = False
    clock.now += 0.25
    assert count(shared.ask("devices")) == 2
