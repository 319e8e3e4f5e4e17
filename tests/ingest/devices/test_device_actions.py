"""What people say of devices and metrics, and merges: over the writer's own thread, asked back by the questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions
from ingest.storage.closing import close_day, open_days
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from telemetry.questions import QUESTIONS, answer
from telemetry.settings import Settings
from tests.ingest.conftest import Desk

#: 2026-11-16 08:00:00 UTC, in milliseconds.
T = 1_794_816_000_000
DAY = 86_400_000
WHOLE = {"start_us": (T - DAY) * 1_000, "end_us": (T + 5 * DAY) * 1_000}

#: Names that are anything but text to something: markup, SQL, paths, formulas, right-to-left, a joined emoji.
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE devices; --",
    "../../x",
    "=1+1",
    "שלום \u202eabc",
    "👩‍🔬 lab",
    "%s {0} ${x}",
]


class Place:
    """A desk with actions and questions."""

    def __init__(self, desk: Desk, settings: Settings, folder: DataFolder) -> None:
        self.desk = desk
        self.actions = Actions(desk.writer, desk.recent, BoardUsers(settings, folder))

    def act(self, action: str, by: str = "ada", **arguments: Any) -> Any:
        return self.actions.carry_out(action, arguments, by)

    def ask(self, question: str, **arguments: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.desk.do(
            lambda: answer(self.desk.writer.connection, QUESTIONS, question, arguments).to_pylist()
        )
        return found

    def measure(self, device: str, **metrics: float) -> None:
        self.desk.hand(f"esp32/{device}/output", {"boot": device, "seq": 0, "t": T, **metrics})

    def device(self, name: str) -> dict[str, Any]:
        return next(row for row in self.ask("devices") if row["device"] == name)

    def close_days(self) -> None:
        """Have everything that is stored lie in closed days."""

        def close() -> None:
            self.desk.writer._fold(0.0)
            keeper = self.desk.writer.keeper
            keeper.work(
                lambda cursor: [close_day(cursor, keeper.archive, day) for day, _ in open_days(cursor, 1_000_000)]
            )

        self.desk.do(close)


@pytest.fixture
def place(desk: Desk, settings: Settings, folder: DataFolder) -> Place:
    made = Place(desk, settings, folder)
    made.measure("window", light=10)
    return made


def test_only_what_is_named_changes_and_none_takes_it_back(place: Place) -> None:
    place.act("describe_device", device="window", name=" Fenêtre \n sud ", tags=["Lab", "lab", " sun  side "])
    place.act("describe_device", device="window", place="B-204", colour="#D97706", notes="line\n\nline", hidden=True)
    row = place.device("window")
    assert (row["name"], row["place"], row["tags"]) == ("Fenêtre sud", "B-204", ["Lab", "sun side"])
    assert (row["colour"], row["notes"], row["hidden"]) == ("#d97706", "line\n\nline", True)
    place.act("describe_device", device="window", name=None, tags=None, colour=None, notes=None, hidden=False)
    row = place.device("window")
    assert (row["name"], row["place"], row["tags"], row["colour"]) == (None, "B-204", [], None)
    assert (row["notes"], row["hidden"]) == (None, False)
    assert place.desk.rows("SELECT count(*) FROM device_traits") == [(0,)]


def test_what_is_said_of_a_metric_covers_what_the_board_says(place: Place) -> None:
    sensor = {"unit": "raw", "label": "Light", "min": 0, "max": 4095}
    place.desk.hand("esp32/window/status", {"online": True, "sensors": {"light": sensor}})
    place.act("describe_metric", device="window", metric="light", label="Jour", low=5, high=50, decimals=0)
    (row,) = place.ask("series")
    assert (row["label"], row["unit"], row["low"], row["high"], row["decimals"]) == ("Jour", "raw", 5, 50, 0)
    place.desk.hand("esp32/window/status", {"online": True, "sensors": {"light": {**sensor, "label": "Other"}}})
    assert place.ask("series")[0]["label"] == "Jour"
    place.act("describe_metric", device="window", metric="light", label=None, low=None, high=None, decimals=None)
    (row,) = place.ask("series")
    assert (row["label"], row["low"], row["high"], row["decimals"]) == ("Other", 0, 4095, None)
    assert place.desk.rows("SELECT count(*) FROM series_traits") == [(0,)]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_name_is_kept_as_it_was_typed(place: Place, text: str) -> None:
    place.act("describe_device", device="window", name=text, place=text, notes=text, tags=[text])
    place.act("describe_metric", device="window", metric="light", label=text, unit=text)
    row, series = place.device("window"), place.ask("series")[0]
    assert [row["name"], row["place"], row["notes"], *row["tags"], series["label"], series["unit"]] == [text] * 6


@pytest.mark.parametrize(
    ("action", "arguments", "words"),
    [
        ("describe_device", {"name": "x" * 129}, "name has at most 128 characters"),
        ("describe_device", {"name": "a\x00b"}, "holds a character that is none"),
        ("describe_device", {"place": "\ud800"}, "holds a character that is none"),
        ("describe_device", {"notes": "x" * 4_001}, "notes has at most 4,000"),
        ("describe_device", {"tags": [7]}, "takes a list of texts, not 7"),
        ("describe_device", {"tags": ["a,b"]}, "a tag has no comma"),
        ("describe_device", {"tags": [str(n) for n in range(17)]}, "at most 16 tags"),
        ("describe_device", {"colour": "red"}, "colour='red' must be like #1f77b4"),
        ("describe_device", {"size": "1"}, "takes no 'size'"),
        ("describe_metric", {"metric": "lihgt"}, "did you mean 'light'"),
        ("describe_metric", {"metric": "light", "low": 5, "high": 5}, "the range from 5 to 5 is empty"),
        ("describe_metric", {"metric": "light", "decimals": 2.5}, "decimals=2.5 must be a whole number"),
        ("describe_metric", {"metric": "light", "low": float("inf")}, "must be a finite number"),
    ],
)
def test_words_that_will_not_do_are_refused_and_nothing_changes(
    place: Place, action: str, arguments: dict[str, Any], words: str
) -> None:
    before = place.device("window"), place.ask("series")
    with pytest.raises(ActionError, match=words):
        place.act(action, device="window", **arguments)
    assert (place.device("window"), place.ask("series")) == before


def test_a_board_that_took_anothers_place_continues_its_history(place: Place) -> None:
    place.measure("old", light=2, humidity=50)
    place.desk.hand("esp32/old/output", {"boot": "old", "seq": 1, "t": T - DAY, "light": 4})
    place.close_days()
    place.measure("new", light=30)
    place.desk.rows("SELECT 1")
    start = place.desk.recent.since([], "").cursor
    place.act("merge_device", device="old", into="new", by="bob")

    assert [row["device"] for row in place.ask("devices")] == ["new", "window"]
    assert place.device("new")["replaces"] == ["old"]
    series = {(row["device"], row["metric"]): row["count"] for row in place.ask("series")}
    assert series == {("new", "humidity"): 1, ("new", "light"): 3, ("window", "light"): 1}
    for name in ("new", "old"):  # a link to the old board leads to the same
        (found,) = place.ask("statistics", device=name, metric="light", **WHOLE)
        assert (found["count"], found["min"], found["max"], found["mean"]) == (3, 2, 30, 12)
        assert len(place.ask("readings", device=name, metric="light", **WHOLE)) == 3
    pairs = [["new", "light"], ["window", "light"]]
    buckets = place.ask("buckets_of", series=pairs, points=20, **WHOLE)
    assert [(row["device"], row["count"], row["mean"]) for row in buckets] == [
        ("new", 1, 4), ("new", 2, 16), ("window", 1, 10),
    ]  # fmt: skip
    newest = {(row["device"], row["metric"]): row["value"] for row in place.ask("last_values")}
    assert newest["new", "humidity"] == 50
    # What either of them still sends is the same device's, also for whoever watches live.
    place.desk.hand("esp32/old/output", {"boot": "old", "seq": 2, "t": T + 1_000, "light": 5})
    place.desk.hand("esp32/new/output", {"boot": "new", "seq": 1, "t": T + 2_000, "light": 6})
    place.desk.rows("SELECT 1")
    watched = place.desk.writer.catalog.all_series("new", "light")
    assert [value for *_, value in place.desk.recent.since(watched, start).rows] == [5.0, 6.0]

    place.act("separate_device", device="old", by="eve")
    counts = {(row["device"], row["metric"]): row["count"] for row in place.ask("series")}
    assert counts == {("new", "light"): 2, ("old", "humidity"): 1, ("old", "light"): 3, ("window", "light"): 1}
    assert place.desk.rows("SELECT asked_by, undone_by FROM merges") == [("bob", "eve")]


def test_merges_follow_each_other_and_outlive_a_restart(
    place: Place, desk: Desk, restarted: Callable[[], Any], settings: Settings, folder: DataFolder
) -> None:
    for number, name in enumerate(("first", "second", "third")):
        place.measure(name, light=number)
    place.act("merge_device", device="first", into="second")
    place.act("merge_device", device="second", into="third")
    assert place.device("third")["replaces"] == ["first", "second"]
    desk.close()
    with restarted() as later:
        again = Place(later, settings, folder)
        assert len(again.ask("readings", device="third", metric="light", **WHOLE)) == 3
        assert len(later.writer.catalog.all_series("third", "light")) == 3
        again.act("separate_device", device="second")
        assert again.device("second")["replaces"] == ["first"]
        assert again.device("third")["replaces"] == []


def test_a_merge_that_makes_no_sense_is_refused(place: Place) -> None:
    place.measure("old", light=1)
    place.measure("older", light=1)
    for device, into in (("old", "old"), ("nobody", "old"), ("old", "nobody")):
        with pytest.raises(ActionError):
            place.act("merge_device", device=device, into=into)
    with pytest.raises(ActionError, match="is not merged"):
        place.act("separate_device", device="old")
    place.act("merge_device", device="old", into="window")
    for device, into, words in (
        ("old", "older", "merged into another one already"),
        ("window", "old", "cannot continue its own history"),
        ("older", "old", "was itself merged"),
    ):
        with pytest.raises(ActionError, match=words):
            place.act("merge_device", device=device, into=into)
    assert place.desk.rows("SELECT count(*) FROM merges") == [(1,)]


def test_words_on_a_merged_metric_stay_with_both(place: Place) -> None:
    place.measure("new", light=30)
    place.act("describe_metric", device="window", metric="light", unit="lx", label="Old words")
    place.act("merge_device", device="window", into="new")
    (row,) = place.ask("series")
    assert (row["device"], row["label"], row["unit"]) == ("new", "Old words", "lx")
    place.act("describe_metric", device="new", metric="light", label="New words")
    place.act("separate_device", device="window")
    assert [row["label"] for row in place.ask("series")] == ["New words", "New words"]
