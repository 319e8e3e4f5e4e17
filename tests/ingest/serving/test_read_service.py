"""What the read service answers, and everything that it refuses, each with a sentence."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import flight

from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions as CarriesOut
from ingest.serving.read_service import ReadService
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.errors import (
    AccessError,
    ActionError,
    LumosError,
    QuestionError,
    QuestionLimitError,
    QuestionRefusedError,
    StoreUnavailableError,
)
from telemetry.notebook import Store
from telemetry.questions import metadata_of
from telemetry.reader import Actions, Reader
from telemetry.settings import Settings, load
from tests.harness.waiting import until
from tests.ingest.conftest import Desk

T_US = 1_790_000_000_000_000


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    words = ["--data-dir", str(tmp_path / "data"), "--question-seconds", "2", "--question-rows", "1000"]
    return load(read_arguments(parser("test", ""), words), environment={}, folder=tmp_path)


@pytest.fixture
def actions(desk: Desk, settings: Settings, folder: DataFolder) -> CarriesOut:
    for seq in range(5):
        desk.hand("esp32/window/output", {"boot": "b", "seq": seq, "t": 1_790_000_000_000 + seq, "light": seq})
    desk.rows("SELECT 1")
    return CarriesOut(desk.writer, desk.recent, BoardUsers(settings, folder))


@pytest.fixture
def reader(service: ReadService, folder: DataFolder) -> Reader:
    return Reader(folder, 10)


def test_a_select_with_parameters_is_answered(reader: Reader) -> None:
    table = reader.sql("SELECT count(*) AS n, max(value) AS top FROM tail WHERE value >= $1", [2])
    assert table.to_pylist() == [{"n": 3, "top": 4.0}]
    assert reader.sql("WITH a AS (SELECT 1 AS x) SELECT x + $y AS z FROM a", {"y": 2}).to_pylist() == [{"z": 3}]
    assert reader.live


def test_questions_by_name_are_answered(reader: Reader) -> None:
    assert reader.ask("series").to_pylist()[0]["count"] == 5
    assert reader.ask("health").to_pylist()[0]["readings"] == 5
    assert reader.ask("changes", device="window", metric="light", cursor="").num_rows == 0


_REFUSED = [
    "INSERT INTO tail VALUES (1, 1, 1, 0)",
    "UPDATE tail SET value = 0",
    "DELETE FROM tail",
    "WITH gone AS (DELETE FROM tail RETURNING value) SELECT * FROM gone",
    "WITH more AS (INSERT INTO tail VALUES (1, 1, 1, 0) RETURNING value) SELECT * FROM more",
    "SELECT 1; SELECT 2",
    "COMMIT; DELETE FROM tail",
    "SELECT 1; COMMIT; DELETE FROM tail",
    "CREATE TABLE mine (x INTEGER)",
    "CREATE TEMP TABLE mine (x INTEGER)",
    "CREATE OR REPLACE VIEW v AS SELECT 1",
    "DROP TABLE tail",
    "ALTER TABLE tail ADD COLUMN x INTEGER",
    "TRUNCATE tail",
    "COPY tail TO '/tmp/lumos-out.csv'",
    "COPY tail FROM '/etc/passwd'",
    "ATTACH '/tmp/lumos-other.duckdb' AS other",
    "DETACH lumos",
    "USE other",
    "PRAGMA database_list",
    "PRAGMA memory_limit='1GB'",
    "SET memory_limit = '10GB'",
    "RESET memory_limit",
    "SET VARIABLE x = 1",
    "CALL pragma_version()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "EXPORT DATABASE '/tmp/lumos-export'",
    "IMPORT DATABASE '/tmp/lumos-export'",
    "BEGIN",
    "ROLLBACK",
    "PREPARE p AS DELETE FROM tail",
    "EXECUTE p",
    "EXPLAIN ANALYZE DELETE FROM tail",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_blob('{secrets}/action.token')",
    "SELECT * FROM read_parquet('https://example.org/x.parquet')",
    "SELECT nextval('s')",
    "SELECT getenv('HOME')",
    "SELEC 1",
    "",
    ";",
    "-- nothing",
    "SELECT missing FROM tail",
    "SELECT $1",
]


@pytest.mark.parametrize("statement", _REFUSED)
def test_anything_but_one_select_over_the_database_is_refused(
    statement: str, reader: Reader, desk: Desk, folder: DataFolder
) -> None:
    with pytest.raises((QuestionRefusedError, QuestionError)) as refused:
        reader.sql(statement.replace("{secrets}", str(folder.secrets)))
    sentence = str(refused.value)
    assert sentence
    assert "Traceback" not in sentence
    assert "\n" not in sentence
    assert desk.rows("SELECT count(*), sum(value) FROM tail") == [(5, 10.0)]
    assert desk.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name IN ('mine', 'v')") == [(0,)]
    assert reader.sql("SELECT count(*) AS n FROM tail").to_pylist() == [{"n": 5}]  # and it still answers


def test_more_rows_than_may_be_asked_are_refused(reader: Reader) -> None:
    assert reader.sql("SELECT * FROM range(1000)").num_rows == 1_000
    with pytest.raises(QuestionLimitError, match="--question-rows"):
        reader.sql("SELECT * FROM range(1001)")


def test_named_questions_have_the_same_limit(reader: Reader, desk: Desk) -> None:
    """No question reads more than it may give: one row more tells that there are too many."""
    many = f"INSERT INTO tail SELECT {T_US} + range * 1000000, series_id, range, 0 FROM range(1, 1101), series"
    desk.do(lambda: desk.writer.connection.execute(many))
    (row,) = desk.rows("SELECT device, metric FROM series JOIN devices USING (device_id) LIMIT 1")
    series = {"device": row[0], "metric": row[1]}
    span = {"start_us": T_US + 1, "end_us": T_US + 1_000_000_000_000}
    found = reader.ask("readings", **series, **span, limit=1_000)
    assert (found.num_rows, metadata_of(found)["complete"]) == (1_000, False)
    sentence = "more than 1000 rows: ask for less, or raise --question-rows"
    with pytest.raises(QuestionLimitError, match=sentence):
        reader.ask("readings", **series, **span, limit=10_000_000)
    with pytest.raises(QuestionLimitError, match=sentence):
        reader.ask("buckets_of", series=[list(row)], start_us=T_US, end_us=T_US + 1_200_000_000, points=1_200)
    assert reader.ask("buckets_of", series=[list(row)], **span, points=1_000).num_rows <= 1_000


_ENDLESS = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3"


def test_a_question_that_takes_too_long_is_given_up(reader: Reader) -> None:
    with pytest.raises(QuestionLimitError, match="longer than 2 s"):
        reader.sql(_ENDLESS)
    assert reader.sql("SELECT 1 AS x").num_rows == 1


def test_a_question_whose_asker_left_is_given_up(folder: DataFolder, service: ReadService) -> None:
    hurried = Reader(folder, 0.3)
    with pytest.raises(StoreUnavailableError, match=r"within 0.3 s"):
        hurried.sql(_ENDLESS)
    until(lambda: not service._by_id, "the end of the question", 1.9)


def _call(port: int, token: str | None, use: Any) -> Any:
    client = flight.FlightClient(f"grpc://127.0.0.1:{port}")
    headers = [(b"authorization", f"Bearer {token}".encode())] if token is not None else []
    return use(client, flight.FlightCallOptions(timeout=10, headers=headers))


_BODY = json.dumps({"by": "x", "arguments": {"device": "window", "name": "x", "place": None}}).encode()
_TICKET = json.dumps({"question": "series", "arguments": {}}).encode()
_VERBS = {
    "get": (lambda c, o: c.do_get(flight.Ticket(_TICKET), o).read_all(), "read"),
    "action": (lambda c, o: list(c.do_action(flight.Action("describe_device", _BODY), o)), "action"),
    "list": (lambda c, o: list(c.list_flights(options=o)), None),
    "list actions": (lambda c, o: list(c.list_actions(o)), None),
    "info": (lambda c, o: c.get_flight_info(flight.FlightDescriptor.for_path("x"), o), None),
    "schema": (lambda c, o: c.get_schema(flight.FlightDescriptor.for_path("x"), o), None),
    "put": (lambda c, o: c.do_put(flight.FlightDescriptor.for_path("x"), pa.schema([]), o)[0].close(), None),
    "exchange": (lambda c, o: c.do_exchange(flight.FlightDescriptor.for_path("x"), o)[1].read_chunk(), None),
}


@pytest.mark.parametrize("token", ["none", "empty", "wrong", "read", "action"])
@pytest.mark.parametrize("verb", _VERBS)
def test_every_verb_with_every_token(verb: str, token: str, service: ReadService, folder: DataFolder) -> None:
    tokens = {
        "none": None,
        "empty": "",
        "wrong": "x" * 43,
        "read": folder.read_private(folder.read_token),
        "action": folder.read_private(folder.action_token),
    }
    use, needed = _VERBS[verb]
    if token == needed:
        _call(service.port, tokens[token], use)
        return
    # pyarrow tells the refusal of some verbs as an OSError.
    with pytest.raises((pa.ArrowException, NotImplementedError, OSError)):
        _call(service.port, tokens[token], use)


def test_another_folders_token_is_told(service: ReadService, folder: DataFolder) -> None:
    folder.write_private(folder.read_token, "another folder's")
    with pytest.raises(AccessError, match=r"refuses the token in .*read.token"):
        Reader(folder, 10).ask("series")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"question": 3}', b'{"sql": null}', b"[" * 100_000, b"\xff"])
def test_a_malformed_ticket_is_refused_with_a_sentence(body: bytes, service: ReadService, folder: DataFolder) -> None:
    token = folder.read_private(folder.read_token)
    with pytest.raises(flight.FlightServerError) as refused:
        _call(service.port, token, lambda c, o: c.do_get(flight.Ticket(body), o).read_all())
    assert "Traceback" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"by": "", "arguments": {}}', b'{"by": "x", "arguments": []}'])
def test_an_action_without_who_asks_is_refused(body: bytes, service: ReadService, folder: DataFolder) -> None:
    token = folder.read_private(folder.action_token)
    with pytest.raises(flight.FlightServerError):
        _call(service.port, token, lambda c, o: list(c.do_action(flight.Action("describe_device", body), o)))


def test_errors_of_actions_arrive_as_they_are(service: ReadService, folder: DataFolder) -> None:
    with pytest.raises(ActionError, match="is no action"):
        Actions(folder, 10).call("nothing", {}, by="ada")


@pytest.mark.parametrize(
    ("question", "arguments", "words"),
    [
        ("serie", {}, "did you mean 'series'"),
        ("buckets", {"device": "window"}, "needs metric, start_us, end_us, points"),
        ("series", {"x": 1}, "takes no 'x'"),
        ("commands", {"limit": "5"}, "must be int"),
        ("commands", {"limit": True}, "must be int"),
        ("commands", {"limit": 0}, "must be 1 to 10000"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(
    question: str, arguments: dict[str, Any], words: str, reader: Reader
) -> None:
    with pytest.raises(QuestionError, match=words):
        reader.ask(question, **arguments)


def test_without_ingest_history_comes_from_the_file(reader: Reader, service: ReadService, desk: Desk) -> None:
    service.close()
    desk.close()
    assert reader.ask("series").to_pylist()[0]["count"] == 5
    assert not reader.live
    for ask in (lambda: reader.ask("health"), lambda: reader.sql("SELECT 1")):
        with pytest.raises(StoreUnavailableError, match="ingest is not running"):
            ask()


def test_every_error_that_travels_is_one_of_ours() -> None:
    from telemetry.flight_protocol import pack_error, unpack_error

    for kind in (QuestionError, QuestionRefusedError, QuestionLimitError, AccessError, ActionError):
        found = unpack_error(pack_error(kind("a sentence")))
        assert type(found) is kind
    assert unpack_error(b"?") is None
    assert issubclass(QuestionError, LumosError)


def test_a_notebook_reads_live_in_three_lines(service: ReadService, desk: Desk, folder: DataFolder) -> None:
    store = Store(folder.path)
    frame = store.sql("SELECT time, value FROM history WHERE device = $1 ORDER BY time", ["window"]).to_pandas()
    assert frame["value"].tolist() == [0, 1, 2, 3, 4]
    assert frame["time"].dt.year.unique().tolist() == [2026]
    desk.hand("esp32/window/output", {"boot": "b", "seq": 5, "t": 1_790_000_000_005, "light": 5})
    desk.rows("SELECT 1")
    span = {"start_us": 1_790_000_000_000_000, "end_us": 1_790_000_000_010_000, "points": 10}
    answered = store.ask("buckets", device="window", metric="light", **span)
    assert (len(answered), answered.live, answered.facts["bucket_us"]) == (6, True, 0)
    assert answered.arrow.column("mean").to_pylist() == [0, 1, 2, 3, 4, 5]
    assert "<table" in answered._repr_html_()
    assert repr(answered) == "6 rows of t_us, mean, min, max, count"
    with pytest.raises(QuestionRefusedError, match="only SELECT may be asked"):
        store.sql("DELETE FROM tail")


def test_polars_is_used_where_it_is_installed(service: ReadService, folder: DataFolder) -> None:
    answered = Store(folder.path).sql("SELECT 1 AS x")
    if importlib.util.find_spec("polars") is None:
        with pytest.raises(LumosError, match="pip install polars"):
            answered.to_polars()
    else:
        assert answered.to_polars()["x"].to_list() == [1]


def test_a_question_that_is_given_up_between_two_statements_ends_with_the_next(
    service: ReadService, reader: Reader, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB forgets an interruption that finds nothing running."""

    def slow(connection: Any) -> pa.Table:
        Reader(folder, 10).cancel("mine")
        return connection.execute(_ENDLESS).to_arrow_table()

    monkeypatch.setattr(service, "_questions", {"slow": slow})
    monkeypatch.setattr(service, "_seconds", 300)
    reader.number = "mine"
    with pytest.raises(QuestionLimitError, match="gave it up"):
        reader.ask("slow")


def test_an_interrupted_cell_ends_and_so_does_its_question(
    service: ReadService, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_seconds", 300)
    lines = (
        "import signal",
        # A shell that runs tests in the background has them ignore it, and whatever they start.
        "signal.signal(signal.SIGINT, signal.default_int_handler)",
        "from telemetry.notebook import Store",
        f"store = Store({str(folder.path)!r})",
        "try:",
        f"    store.sql({_ENDLESS!r})",
        "except KeyboardInterrupt:",
        "    print(store.sql('SELECT 7 AS x').arrow.column('x'), flush=True)",
        "    input()",
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stdin=pipe, stdout=pipe, stderr=pipe) as cell:
        until(lambda: service._by_id, "the question under way", 20)
        cell.send_signal(signal.SIGINT)
        until(lambda: not service._by_id, "the end of the question", 30)  # well before its time is over
        told, complaints = cell.communicate(b"\n", timeout=20)
        assert b"7" in told, complaints
