"""Backups: one moment of the store, whole or not there; and the store that is made of one again."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ingest.__main__ import main
from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions
from ingest.serving.read_service import ReadService
from ingest.storage import manifest
from ingest.storage.backing_up import BY_HAND, NIGHTLY, BackingUp
from ingest.storage.correcting import keep
from ingest.storage.restoring import restore
from ingest.storage.schema import MIGRATIONS, migrate, version
from ingest.storage.store import opened
from telemetry.corrections import SCALE, Correction
from telemetry.datafolder import DataFolder
from telemetry.errors import AlreadyRunningError, BackupError, StoreUnavailableError
from telemetry.questions import QUESTIONS
from telemetry.reader import Reader
from telemetry.settings import Settings
from tests.harness.killing import NEVER, Steps, run_and_kill
from tests.harness.stock import Stock, stock
from tests.harness.waiting import until
from tests.ingest.conftest import Desk

DAY = 86_400_000_000
FIRST = 20_000 * DAY


def backing_up(store: Stock) -> BackingUp:
    backups = store.archive.folder.parent / "backups"
    backups.mkdir(exist_ok=True)
    return BackingUp(store.connection, threading.Lock(), store.archive, backups, lambda: False)


def fill(store: Stock) -> None:
    """Something in every place where a reading may lie, and a correction."""
    store.close([(FIRST + n * DAY // 9, 1 + n % 2, n / 3) for n in range(40)])
    store.fold([(FIRST + 5 * DAY + n, 1, float(n)) for n in range(7)])
    store.put([(FIRST + 5 * DAY + 50 + n, 2, float(n)) for n in range(3)])
    scaled = Correction(1, SCALE, FIRST, FIRST + DAY, None, None, 2.0, 1.0)
    keep(store.connection, store.archive, [scaled], "", "ada")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    (tmp_path / "data").mkdir()
    with stock(tmp_path / "data") as made:
        fill(made)
        yield made


def content(database: Path) -> dict[str, Any]:
    """Every row of every table, and what is answered."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return {name: connection.execute(f'FROM "{name}" ORDER BY ALL').fetchall() for (name,) in names}


def answers(store: Stock) -> list[Any]:
    whole = {"device": "window", "metric": "light", "start_us": FIRST, "end_us": FIRST + 6 * DAY}
    asked: dict[str, dict[str, Any]] = {
        "series": {}, "last_values": {}, "corrections": {}, "statistics": whole, "histogram": whole,
        "buckets": {**whole, "points": 40}, "readings": whole, "hour_weekday": {**whole, "zone": "Europe/Paris"},
    }  # fmt: skip
    assert set(asked) <= set(QUESTIONS)
    rows = [store.ask(question, **arguments).to_pylist() for question, arguments in asked.items()]
    return [[{key: _short(value) for key, value in row.items()} for row in found] for found in rows]


def _short(value: Any) -> Any:
    """Without the last digits of a sum: the rows lie in another order once they are restored."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def test_a_restored_store_equals_the_one_that_was_backed_up(store: Stock, tmp_path: Path) -> None:
    path, found = backing_up(store).make(BY_HAND)
    assert found.readings == 50
    before = answers(store)
    store.connection.close()
    elsewhere = DataFolder(tmp_path / "elsewhere")
    assert restore(elsewhere, path) == (found, None)
    assert content(elsewhere.database) == content(tmp_path / "data" / "lumos.duckdb")
    with stock(elsewhere.path, fresh=False) as restored:
        assert answers(restored) == before
        assert restored.rows("SELECT count(*) FROM readings") == [(50,)]
        restored.archive.sweep(restored.connection)
        assert answers(restored) == before


def test_a_backup_is_one_moment_while_readings_go_on_arriving(store: Stock) -> None:
    stop, written = threading.Event(), [0]

    def write() -> None:
        cursor = store.connection.cursor()
        while not stop.wait(0.001):
            moment = FIRST + 6 * DAY + written[0]
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO tail VALUES ($1, 1, 1, 0)", [moment])
            cursor.execute("INSERT INTO tail VALUES ($1, 2, 2, 0)", [moment])
            cursor.execute("COMMIT")
            written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            path, found = backing_up(store).make(BY_HAND)
            manifest.check(path, found)
            tail = pq.read_table(path / "tables" / "tail.parquet").filter(pc.field("t_us") >= FIRST + 6 * DAY)
            sides = [tail.filter(pc.field("series_id") == side).column("t_us").to_pylist() for side in (1, 2)]
            assert sides[0] == sides[1] == list(range(FIRST + 6 * DAY, FIRST + 6 * DAY + len(sides[0])))
    finally:
        stop.set()
        writer.join()
    assert written[0] > 0


def test_what_did_not_change_is_linked_and_not_written_again(store: Stock) -> None:
    first, before = backing_up(store).make(NIGHTLY)
    store.fold([(FIRST + 7 * DAY, 1, 1.0)])
    second, after = backing_up(store).make(NIGHTLY)
    same = {file.file for file in before.files} & {file.file for file in after.files if file.table != "live_readings"}
    changed = {"tables/tail.parquet", "tables/live_minutes.parquet"}
    assert any(file.startswith("archive/") for file in same)
    for file in same - changed:
        assert (first / file).stat().st_ino == (second / file).stat().st_ino, file
    raw = next(segment for segment in store.archive.segments(store.connection) if segment.level == "raw")
    linked = second / "archive" / raw.file
    assert linked.stat().st_ino == (store.archive.folder / raw.file).stat().st_ino


def test_nightly_backups_go_when_there_are_enough_and_others_stay(store: Stock) -> None:
    making = backing_up(store)
    by_hand, _ = making.make(BY_HAND)
    nightly = [making.make(NIGHTLY)[0] for _ in range(3)]
    assert making.prune(2) == nightly[:1]
    left = [path for path, _ in manifest.backups(making.backups)]
    assert left == [by_hand, *nightly[1:]]
    for path, found in manifest.backups(making.backups):
        manifest.check(path, found)


def test_anything_that_reads_parquet_reads_a_backup(store: Stock) -> None:
    path, found = backing_up(store).make(BY_HAND)
    told = json.loads((path / "manifest.json").read_text())
    days = [file for file in told["files"] if "-raw-" in file["file"]]
    assert [pq.read_table(path / file["file"]).num_rows for file in days] == [file["rows"] for file in days]
    table = pq.read_table(path / days[0]["file"])
    assert table.column_names == ["t_us", "series_id", "value", "flags"]
    assert {file.relative_to(path).as_posix() for file in path.rglob("*.parquet")} == {
        file.file for file in found.files
    }


_DAMAGE: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "a byte": (lambda _, file: file.write_bytes(file.read_bytes()[:-1] + b"?"), "has other bytes than were written"),
    "a missing file": (lambda _, file: file.unlink(), "is missing"),
    "an end": (lambda _, file: file.write_bytes(file.read_bytes()[:50]), "has other bytes than were written"),
    "no manifest": (lambda path, _: (path / "manifest.json").unlink(), "is no backup"),
    "half a manifest": (lambda path, _: (path / "manifest.json").write_text("{"), "cannot be read"),
    "a file outside": (
        lambda path, _: _edit(path, lambda body: body["files"][0].update(file="../../lumos.duckdb")),
        "lies outside the backup",
    ),
    "a newer schema": (lambda path, _: _edit(path, lambda body: body.update(schema=1_000)), "made by a newer Lumos"),
    "other counts": (
        lambda path, _: _edit(path, lambda body: body["tables"].update(tail=9)), "gave 3 rows of tail, not 9",
    ),
}  # fmt: skip


def _edit(path: Path, change: Callable[[Any], object]) -> None:
    body = json.loads((path / "manifest.json").read_text())
    change(body)
    (path / "manifest.json").write_text(json.dumps(body))


@pytest.mark.parametrize("damage", _DAMAGE)
def test_a_damaged_backup_is_refused_and_the_store_stays(damage: str, store: Stock, tmp_path: Path) -> None:
    path, found = backing_up(store).make(BY_HAND)
    store.connection.close()
    folder = DataFolder(tmp_path / "data")
    before = content(folder.database)
    hurt, words = _DAMAGE[damage]
    kept = tmp_path / "kept"
    shutil.copytree(path, kept)  # copies, so that the archive's own files are not hurt
    hurt(kept, kept / found.files[0].file)
    with pytest.raises(BackupError, match=words):
        restore(folder, kept)
    assert content(folder.database) == before
    assert not folder.set_aside.exists()


def raw_file(store: Stock) -> tuple[str, Path]:
    """A file of a closed day: its name in a backup, and where it lies."""
    file = next(each.file for each in store.archive.segments(store.connection) if each.level == "raw")
    return f"archive/{file}", store.archive.folder / file


def damage(path: Path) -> None:
    """Another byte in the middle, in place: every link to the file is hurt, and its size is the same."""
    with path.open("r+b") as file:
        file.seek(20)
        before = file.read(1)
        file.seek(20)
        file.write(bytes([before[0] ^ 0xFF]))


def test_a_damaged_file_is_named_and_the_backup_goes_on_with_it_as_it_lies(
    store: Stock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backing_up(store).make(BY_HAND)
    name, lying = raw_file(store)
    right = manifest.sha256(lying)
    damage(lying)
    for night in range(3):  # and it is not forgotten when no backup is left that was made before
        caplog.clear()
        path, found = backing_up(store).make(NIGHTLY)
        assert found.damaged == {name: right}
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert f"{lying} is damaged" in caplog.text
        manifest.check(path, manifest.read(path))
        if not night:
            shutil.rmtree(next(backing_up(store).backups.glob(f"{BY_HAND}-*")))
    elsewhere = DataFolder(tmp_path / "elsewhere")
    caplog.clear()
    restore(elsewhere, path)
    assert "was damaged when this backup was made" in caplog.text
    assert (elsewhere.archive / name.removeprefix("archive/")).read_bytes() == lying.read_bytes()


@pytest.mark.parametrize("hurt", [damage, Path.unlink, lambda path: path.write_bytes(b"PAR1")])
def test_a_damaged_file_is_put_back_from_a_backup_that_has_it_under_a_file_of_its_own(
    hurt: Callable[[Path], object], store: Stock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = answers(store)
    first, _ = backing_up(store).make(BY_HAND)
    kept = tmp_path / "kept"
    shutil.copytree(first, kept)  # as on another disk
    name, lying = raw_file(store)
    right = manifest.sha256(lying)
    hurt(lying)
    backing_up(store).make(BY_HAND)
    in_place = hurt is not Path.unlink  # then all links are one file
    if in_place:
        assert manifest.sha256(lying) != right
        shutil.copytree(kept, first.parent / "from-elsewhere")
        caplog.clear()
    _, found = backing_up(store).make(BY_HAND)
    assert (found.damaged, manifest.sha256(lying)) == ({}, right)
    if in_place:
        assert f"{lying} was damaged: it is back from {first.parent / 'from-elsewhere' / name}" in caplog.text
        assert lying.stat().st_ino != (first.parent / "from-elsewhere" / name).stat().st_ino
    assert answers(store) == before


def test_a_restore_takes_what_was_damaged_from_another_backup_that_has_it_whole(
    store: Stock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = answers(store)
    first, _ = backing_up(store).make(BY_HAND)
    shutil.copytree(first, tmp_path / "kept")
    name, lying = raw_file(store)
    damage(lying)
    second, found = backing_up(store).make(BY_HAND)
    assert list(found.damaged) == [name]
    shutil.copytree(tmp_path / "kept", second.parent / "from-elsewhere")
    caplog.clear()
    elsewhere = DataFolder(tmp_path / "elsewhere")
    restore(elsewhere, second)
    assert caplog.records == []
    with stock(elsewhere.path, fresh=False) as restored:
        assert answers(restored) == before


@pytest.mark.parametrize("hurt", [Path.unlink, lambda path: path.write_bytes(b"PAR1")], ids=["lost", "cut short"])
def test_a_lost_file_comes_back_from_a_backup_at_the_next_start(
    hurt: Callable[[Path], object], settings: Settings, store: Stock, folder: DataFolder
) -> None:
    path, _ = backing_up(store).make(BY_HAND)
    before = answers(store)
    lost = store.archive.folder / store.archive.segments(store.connection)[0].file
    store.connection.close()
    lost.unlink()  # a name of its own: the backup's link stays as it is
    if hurt is not Path.unlink:
        hurt(lost)
    with opened(settings, folder):
        pass
    with stock(folder.path, fresh=False) as again:
        assert answers(again) == before
    shutil.rmtree(path)
    lost.unlink()
    with pytest.raises(StoreUnavailableError, match=r"no backup in .* has it"), opened(settings, folder):
        pass


def test_the_store_that_was_there_is_set_aside_whole(store: Stock, tmp_path: Path) -> None:
    path, _ = backing_up(store).make(BY_HAND)
    store.close([(FIRST + 8 * DAY, 1, 77.0)])
    store.put([(FIRST + 9 * DAY, 1, 78.0)])
    after = answers(store)
    store.connection.close()
    folder = DataFolder(tmp_path / "data")
    _, aside = restore(folder, path / "manifest.json")
    assert aside is not None
    with stock(folder.path, fresh=False) as restored:
        assert restored.rows("SELECT count(*) FROM readings WHERE value >= 77") == [(0,)]
        restored.archive.sweep(restored.connection)
    with stock(aside, fresh=False) as earlier:
        assert answers(earlier) == after


def test_a_backup_of_an_earlier_schema_is_brought_up_to_date(
    settings: Settings, folder: DataFolder, tmp_path: Path
) -> None:
    early = DataFolder(tmp_path / "early")
    early.ensure()
    with stock(early.path, fresh=False) as made:
        migrate(made.connection, len(MIGRATIONS) - 1)
        made.put([(FIRST, 1, 1.0)])
        path, _ = backing_up(made).make(BY_HAND)
    restore(folder, path)
    with opened(settings, folder) as connection:
        assert version(connection) == len(MIGRATIONS)
        assert connection.execute("SELECT value FROM tail").fetchall() == [(1.0,)]


def test_a_backup_is_made_while_the_writer_is_in_the_middle_of_something(store: Stock) -> None:
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            # Busy for a moment with our own question below, or interrupted by it: again.
            with contextlib.suppress(duckdb.Error):
                store.connection.execute("SELECT sum(range % 7) FROM range(100_000_000_000)").fetchall()

    writing = threading.Thread(target=write)
    writing.start()
    until(lambda: _is_busy(store.connection), "the writer at work")
    try:
        _, made = backing_up(store).make(BY_HAND)
        assert _is_busy(store.connection)
    finally:
        done.set()
        while writing.is_alive():
            store.connection.interrupt()
            writing.join(0.1)
    assert made.readings > 0


def _is_busy(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute("SELECT 1")
    except duckdb.Error as error:
        return "busy" in str(error)
    return False


def test_an_upgrade_keeps_the_data_and_can_be_undone(settings: Settings, folder: DataFolder) -> None:
    """As docs/operating.md has it: a backup, the newer Lumos, and back by that backup to what the older one knew."""
    folder.ensure()
    with stock(folder.path, fresh=False) as older:
        migrate(older.connection, len(MIGRATIONS) - 1)
        older.put([(FIRST, 1, 1.0), (FIRST + 1, 1, 2.0)])
        path, _ = backing_up(older).make(BY_HAND)
    with opened(settings, folder) as newer:
        assert version(newer) == len(MIGRATIONS)
        assert newer.execute("SELECT value FROM readings ORDER BY t_us").fetchall() == [(1.0,), (2.0,)]
        newer.execute("INSERT INTO tail SELECT * REPLACE (t_us + 9 AS t_us, 3.0 AS value) FROM tail LIMIT 1")
    _, aside = restore(folder, path)
    with duckdb.connect(str(folder.database)) as back:
        assert version(back) == len(MIGRATIONS) - 1
        assert back.execute("SELECT value FROM tail ORDER BY t_us").fetchall() == [(1.0,), (2.0,)]
    assert aside is not None
    with duckdb.connect(str(aside / folder.database.name)) as since:
        assert since.execute("SELECT max(value) FROM readings").fetchall() == [(3.0,)]


def test_a_night_makes_one_backup_and_runs_that_are_killed_leave_none(desk: Desk, folder: DataFolder) -> None:
    keeper = desk.writer.keeper
    desk.hand("esp32/window/output", {"boot": "b", "seq": 0, "t": 1_790_000_000_000, "light": 5})
    desk.rows("SELECT 1")
    (folder.backups / ".nightly-x.making").mkdir()
    night = 20_760 * DAY + 3 * DAY // 24
    for at_us in (night, night + DAY // 24):
        keeper.round(at_us)
    ((path, found),) = manifest.backups(folder.backups)
    assert path.name.startswith("nightly-")
    assert found.readings == 1
    assert [path.name for path in folder.backups.iterdir()] == [path.name]
    held = b"".join(file.read_bytes() for file in path.rglob("*") if file.is_file())
    secrets = [file.read_bytes().strip() for file in folder.secrets.iterdir()]
    assert not any(secret in held for secret in secrets if secret)


def _back_up_and_die(folder: Path, steps: int) -> None:
    with stock(folder, fresh=False) as made:
        Steps(steps).count_files()
        backing_up(made).make(BY_HAND)


def _restore_and_die(folder: Path, backup: Path, steps: int) -> None:
    Steps(steps).count_files()
    restore(DataFolder(folder), backup)


def test_a_backup_that_is_killed_is_none(store: Stock, tmp_path: Path) -> None:
    store.connection.close()
    backups = tmp_path / "data" / "backups"
    for steps in (*sorted(random.sample(range(30), 5)), NEVER):
        whole = run_and_kill(_back_up_and_die, tmp_path / "data", steps) == 0
        found = manifest.backups(backups)
        for path, each in found:
            manifest.check(path, each)
        assert found or not whole
        for path, _ in found:
            shutil.rmtree(path)
    assert len(found) == 1
    assert list(backups.iterdir()) == []


def test_a_restore_that_is_killed_leaves_the_store_before_or_after_it(store: Stock, tmp_path: Path) -> None:
    path, _ = backing_up(store).make(BY_HAND)
    before = answers(store)
    store.close([(FIRST + 8 * DAY, 1, 77.0)])
    after = answers(store)
    store.connection.close()
    folder, ends = tmp_path / "data", []
    for steps in (0, *sorted(random.sample(range(1, 40), 5)), NEVER):
        run_and_kill(_restore_and_die, folder, path, steps)
        with stock(folder, fresh=False) as found:
            found.archive.sweep(found.connection)
            ends.append([before, after].index(answers(found)))
    assert ends == sorted(ends, reverse=True)
    assert (ends[0], ends[-1]) == (1, 0)


def _console(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main([*words, "--data-dir", str(tmp_path / "data")])
    heard = capsys.readouterr()
    return code, heard.out + heard.err


@pytest.fixture
def service(desk: Desk, settings: Settings, folder: DataFolder) -> Iterator[ReadService]:
    actions = Actions(desk.writer, desk.recent, BoardUsers(settings, folder))
    made = ReadService(settings, folder, desk.writer.connection, QUESTIONS, actions)
    folder.announce_ingest({"port": made.port})
    for seq in range(5):
        desk.hand("esp32/window/output", {"boot": "b", "seq": seq, "t": 1_790_000_000_000 + seq, "light": seq})
    desk.rows("SELECT 1")
    yield made
    made.close()


def test_the_console_backs_up_beside_ingest_and_restores_without_it(
    service: ReadService, desk: Desk, folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = _console(tmp_path, capsys, "backup")
    assert (code, "5 readings" in told) == (0, True)
    outside = tmp_path / "disk"
    code, told = _console(tmp_path, capsys, "backup", str(outside))
    path = Path(told.splitlines()[0])
    assert (code, path.parent, len(list(folder.backups.iterdir()))) == (0, outside, 1)
    assert f"{path} is whole: 5 readings" in _console(tmp_path, capsys, "restore", str(path), "--check")[1]
    assert str(path) in _console(tmp_path, capsys, "backup", str(outside), "--list")[1]
    code, told = _console(tmp_path, capsys, "restore", str(path))
    assert (code, "ingest runs on this data: stop it first" in told) == (2, True)
    desk.hand("esp32/window/output", {"boot": "b", "seq": 5, "t": 1_790_000_000_005, "light": 5})
    desk.close()
    service.close()
    code, told = _console(tmp_path, capsys, "backup", str(outside))
    assert (code, "6 readings" in told) == (0, True)
    code, told = _console(tmp_path, capsys, "restore", str(path / "manifest.json"))
    assert (code, "restored 5 readings" in told, "set-aside" in told) == (0, True, True)
    assert Reader(folder, 5).ask("series").to_pylist()[0]["count"] == 5
    code, told = _console(tmp_path, capsys, "restore", str(tmp_path / "nowhere"))
    assert (code, "is no backup" in told) == (2, True)


def test_restoring_waits_for_no_one(settings: Settings, folder: DataFolder, store: Stock) -> None:
    path, _ = backing_up(store).make(BY_HAND)
    store.connection.close()
    with opened(settings, folder), pytest.raises(AlreadyRunningError, match="stop it first"):
        restore(folder, path)
