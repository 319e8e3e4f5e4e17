"""Set-up of a fresh checkout: virtual environment, pinned packages, and for the tests the system packages.

It runs before anything is installed, on the system's own Python, so it uses the standard library alone and imports
nothing of Lumos. It does nothing when everything is there. What it cannot do itself it names, with the command.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
OLDEST = (3, 11)
#: Program (or its usual place) → Debian package, what the tests need beyond Python packages.
TEST_PROGRAMS = {
    "mosquitto": "mosquitto",
    "mosquitto_pub": "mosquitto-clients",
    "chromium": "chromium",
    "promtool": "prometheus",
}

#: A fresh machine often updates itself in its first minutes, and holds apt's lock meanwhile.
_APT_SECONDS = 300


class SetupError(Exception):
    """Something this script cannot do; the sentence says what a person can."""


def main() -> int:
    command_line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command_line.add_argument("--tests", action="store_true", help="also what the tests need")
    arguments = command_line.parse_args()
    try:
        _check_machine()
        _make_environment()
        _install("requirements-dev.lock" if arguments.tests else "requirements.lock")
        if arguments.tests:
            _install_programs()
    except SetupError as error:
        print(f"lumos set-up: {error}", file=sys.stderr)
        return 2
    return 0


def _check_machine() -> None:
    if sys.version_info < OLDEST:
        raise SetupError(
            f"this is Python {sys.version.split()[0]}, Lumos needs 3.11 or newer: "
            "install it, and name it as in `make run PYTHON=python3.12`"
        )
    if struct.calcsize("P") * 8 == 32:
        raise SetupError(
            "this is a 32-bit system, for which DuckDB and Arrow have no packages: "
            "install a 64-bit one (on a Raspberry Pi 3 or newer: Raspberry Pi OS 64-bit)"
        )


def _make_environment() -> None:
    if PYTHON.exists():
        return
    print("making the virtual environment .venv", flush=True)
    if _venv():
        return
    # Debian's python3 lacks ensurepip until python3-venv is there; a half-made environment must not stay.
    shutil.rmtree(VENV, ignore_errors=True)
    _apt(["python3-venv"], "Python's venv module")
    if not _venv():
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(f"`{sys.executable} -m venv {VENV}` fails even now: run it to see why")


def _venv() -> bool:
    return subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False).returncode == 0


def _install(lock_name: str) -> None:
    lock = ROOT / lock_name
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = VENV / f".{lock_name}.installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"installing the pinned packages of {lock_name} (a few minutes on a Raspberry Pi)", flush=True)
    # --no-deps: the lock names everything, and leaves out on purpose what a package asks for and we do not use.
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*command, "--no-compile", "--require-hashes", "-r", str(lock)], check=False)
    if done.returncode != 0:
        raise SetupError(f"pip could not install {lock_name} (its own message is above): is there a network?")
    # On all cores, where pip takes one. What cannot be compiled is a template or for another Python.
    subprocess.run([str(PYTHON), "-m", "compileall", "-qq", "-j", "0", str(VENV / "lib")], check=False)
    stamp.write_text(wanted)


def _install_programs() -> None:
    missing = [package for program, package in TEST_PROGRAMS.items() if not _program(program)]
    if missing:
        _apt(missing, "what the tests need")
    still = [program for program in TEST_PROGRAMS if not _program(program)]
    if still:
        raise SetupError(f"{', '.join(still)} still cannot be found after the installation of {', '.join(missing)}")


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _apt(packages: list[str], what: str) -> None:
    """Install Debian packages; SetupError with the line to type when that cannot be done here."""
    line = f"sudo apt install {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"{what} is missing ({', '.join(packages)}) and this is no Debian: install it with this system's own tool"
        )
    root = getattr(os, "geteuid", lambda: 1)() == 0
    if not root and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode != 0:
        raise SetupError(f"{what} is missing and this user may not install it: {line}")
    print(f"installing {' '.join(packages)}", flush=True)
    prefix = [] if root else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        command = [*prefix, "apt-get", "-o", f"DPkg::Lock::Timeout={_APT_SECONDS}", *arguments]
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise SetupError(f"{what} could not be installed (apt's own message is above): {line}")


if __name__ == "__main__":
    sys.exit(main())
