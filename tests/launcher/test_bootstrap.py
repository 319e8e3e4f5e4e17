"""The set-up script's refusals; that it works is shown by every run of the tests, which it prepared."""

import subprocess
import sys
from pathlib import Path

import pytest

from launcher import bootstrap


def test_an_old_python_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (9, 0))
    with pytest.raises(bootstrap.SetupError, match=r"needs 3.11 or newer: .*`make run PYTHON="):
        bootstrap._check_machine()


def test_a_32_bit_system_is_told_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.struct, "calcsize", lambda _: 4)
    with pytest.raises(bootstrap.SetupError, match="32-bit system, for which DuckDB and Arrow have no packages"):
        bootstrap._check_machine()


def test_a_missing_program_is_named_with_its_apt_line_where_one_may_not_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda *_, **__: "/usr/bin/apt-get")
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1))
    with pytest.raises(bootstrap.SetupError, match="sudo apt install chromium"):
        bootstrap._apt(["chromium"], "what the tests need")


def test_a_system_that_is_no_debian_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda *_, **__: None)
    with pytest.raises(bootstrap.SetupError, match=r"missing \(mosquitto\) and this is no Debian"):
        bootstrap._apt(["mosquitto"], "what the tests need")


def test_the_script_runs_on_the_standard_library_alone() -> None:
    source = Path(bootstrap.__file__).read_text()
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= set(sys.stdlib_module_names)
