"""What the programs log: for people, for a collector, and in files that stay small."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from telemetry import logs
from telemetry.errors import DataFolderError
from telemetry.settings import Settings, load


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """The log of the tests themselves, as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], root.level = handlers, level


def settings(folder: Path, **said: str) -> Settings:
    environment = {f"LUMOS_{name.upper()}": value for name, value in said.items()}
    return load(environment={"LUMOS_DATA_DIR": str(folder / "data"), **environment}, folder=folder)


def test_a_line_for_people_has_time_program_level_and_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("ingest", settings(tmp_path, log_level="warning"))
    logging.getLogger("ingest").info("nobody wants to know")
    logging.getLogger("ingest").warning("the disk is %s", "full")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ingest WARNING the disk is full\n", capsys.readouterr().err)


def test_a_line_for_a_collector_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("dashboard", settings(tmp_path, log_format="json"))
    try:
        int('of "odd"\nlines')
    except ValueError:
        logging.getLogger("dashboard.chart").exception("a question failed: %s", "é")
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    told = json.loads(line)
    assert (told["program"], told["level"], told["logger"]) == ("dashboard", "ERROR", "dashboard.chart")
    assert told["message"] == "a question failed: é"
    assert told["exception"].endswith("""invalid literal for int() with base 10: 'of "odd"\\nlines'""")
    assert abs(datetime.fromisoformat(told["time"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_files_are_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_FILE_BYTES", 1_000)
    logs.configure("ingest", settings(tmp_path, log_files="yes"))
    for number in range(200):
        logging.getLogger("ingest").info("line %d of many", number)
    files = sorted((tmp_path / "data/logs").iterdir())
    assert [path.name for path in files] == ["ingest.log", *(f"ingest.log.{number}" for number in range(1, 5))]
    assert max(path.stat().st_size for path in files) <= 1_000
    assert "line 199 of many" in files[0].read_text()


def test_files_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(DataFolderError, match=r"--log-files: .*data/logs cannot be written"):
        logs.configure("ingest", settings(tmp_path, log_files="yes"))


def test_a_program_logs_as_the_settings_say(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dashboard", "--data-dir", str(tmp_path), "--log-format", "xml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--log-format: 'xml'" in done.stderr
