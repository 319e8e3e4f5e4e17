"""The audit of the dependencies: what it refuses, and that it does not claim what it could not ask."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests import audit


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("MIT License", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("Artistic License; GNU General Public License (GPL)", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later OR Commercial", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_a_licence_is_allowed_as_a_whole_or_by_an_alternative(licence: str, allowed: bool) -> None:
    sentences = audit.refused([{"Name": "thing", "Version": "1.2", "License": licence}])
    assert sentences == ([] if allowed else [f"thing 1.2 has the licence '{licence}', which nobody has allowed"])


def test_every_installed_package_has_an_allowed_licence() -> None:
    found = audit.licences()
    assert {"duckdb", "dash", "paho-mqtt"} <= {package["Name"].lower() for package in found}
    assert audit.refused(found) == []


@pytest.mark.parametrize(
    ("code", "out", "complaint", "told", "result"),
    [
        (0, "", "No known vulnerabilities found", "", 0),
        (1, "waitress 3.0.2 PYSEC-1 3.0.3", "Found 1 known vulnerability", "waitress 3.0.2 PYSEC-1", 1),
        (1, "", "requests.exceptions.ConnectionError: Max retries exceeded", "was not compared with it", 0),
        (1, "", "pip_audit: error: the lock file is no lock file", "is no lock file", 1),
    ],
)
def test_a_known_vulnerability_fails_and_an_unreachable_database_is_said(
    code: int, out: str, complaint: str, told: str, result: int, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """pip-audit itself asks a host on the internet, which no test does: a stand-in gives its answers."""

    def run(command: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
        if "pip_audit" in command:
            return subprocess.CompletedProcess(command, code, out, complaint)
        return real(command, **how)

    real = subprocess.run
    monkeypatch.setattr(audit.subprocess, "run", run)
    assert audit.main() == result
    said = capsys.readouterr()
    assert told in said.out + said.err
    assert sys.executable not in said.err
