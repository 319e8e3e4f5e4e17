"""`python app.py install | uninstall | status | logs`: Lumos as services of systemd, for this user or for the machine.

The units are written by launcher.units; here they are put in place, started, looked at and taken away. The data folder
is never touched.
"""

from __future__ import annotations

import argparse
import getpass
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from launcher import units
from launcher.host import address_of
from launcher.opening import first_admin, with_own_certificate
from launcher.units import TARGET, Place
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.errors import ServiceError
from telemetry.settings import Settings, load

WORDS = ("install", "uninstall", "status", "logs")


def main(words: Sequence[str]) -> int:
    """The exit code. Raises ServiceError, or another LumosError, for what a person must mend."""
    does = _DOES[words[0]]
    command_line = parser(f"app.py {words[0]}", str(does.__doc__).splitlines()[0])
    command_line.add_argument("--system", action="store_true", help="by the machine's manager, at boot; needs root")
    if words[0] in ("install", "uninstall"):
        command_line.add_argument("--root", type=Path, help="write below this folder, and start or stop nothing")
    if words[0] == "install":
        command_line.add_argument(
            "--user", help="with --system: the user that Lumos runs as [whose the data folder is]"
        )
    if words[0] == "logs":
        command_line.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
        command_line.add_argument("--lines", type=int, default=200, help="how many of the newest [200]")
    arguments = read_arguments(command_line, words[1:])
    if sys.platform != "linux":
        raise ServiceError(f"{words[0]} needs systemd, which this system has not: run `python app.py` instead")
    return does(arguments, load(arguments))


def install(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the units, and start Lumos now and whenever the machine starts (--system) or this user's manager does."""
    folder = DataFolder(settings.data_dir)
    user = _runs_as(arguments, folder) if arguments.system else None
    folder.ensure()
    settings = with_own_certificate(settings, folder)
    place = Place(user, Path.cwd())
    where = _unit_folder(arguments.system, arguments.root)
    if arguments.root is None:
        _check_manager(arguments.system)
        if settings.login_required and (code := first_admin({**os.environ, **settings.as_environment()})):
            return code
        if user is not None:
            _give(folder, user)
    made = units.units(settings, folder)
    texts = {TARGET: units.target(place)}
    texts |= {f"{unit.name}.service": units.text(unit, settings, folder, place) for unit in made}
    where.mkdir(parents=True, exist_ok=True)
    for old in _written(where):
        if old.name not in texts:
            _stop([old.name], arguments)
            old.unlink()
    for name, text in texts.items():
        (where / name).write_text(text, encoding="utf-8")
    print(f"wrote {', '.join(texts)} to {where}")
    if arguments.root is not None:
        return 0
    _systemctl(arguments.system, "daemon-reload")
    _systemctl(arguments.system, "enable", TARGET, *(name for name in texts if name != TARGET))
    _systemctl(arguments.system, "restart", TARGET, *(name for name in texts if name != TARGET))
    if not arguments.system:
        _linger()
    print(f"Lumos runs: {address_of(settings)}. `python app.py status` and `python app.py logs` tell how it does.")
    return 0


def uninstall(arguments: argparse.Namespace, settings: Settings) -> int:
    """Stop Lumos and take its units away; the data stays."""
    where = _unit_folder(arguments.system, arguments.root)
    found = _written(where)
    if not found:
        raise ServiceError(f"Lumos is not installed in {where}{'' if arguments.system else '; with --system?'}")
    if arguments.root is None:
        _check_manager(arguments.system)
    _stop([path.name for path in found], arguments)
    for path in found:
        path.unlink()
    if arguments.root is None:
        _systemctl(arguments.system, "daemon-reload")
    print(f"Lumos is no service any longer; its data stays in {DataFolder(settings.data_dir).path}")
    return 0


def status(arguments: argparse.Namespace, settings: Settings) -> int:
    """How each part does: since when it runs, how often it was started again, its memory. 3 when one is down."""
    _check_manager(arguments.system)
    names = _services(arguments.system)
    width = max(map(len, names))
    down = False
    for name in names:
        facts = _shown(arguments.system, name)
        runs = facts["ActiveState"] == "active"
        down |= not runs
        memory = int(facts["MemoryCurrent"]) / 1e6 if facts["MemoryCurrent"].isdigit() else 0.0
        since = facts["ActiveEnterTimestamp"] if runs else facts["InactiveEnterTimestamp"]
        restarts = facts["NRestarts"]
        print(
            f"{name:<{width}}  {facts['ActiveState']} ({facts['SubState']}) since {since or 'never'}, process "
            f"{facts['MainPID']}, {memory:.0f} MB, started again {restarts} times"
        )
    print(f"the page: {address_of(with_own_certificate(settings, DataFolder(settings.data_dir)))}")
    return 3 if down else 0


def logs(arguments: argparse.Namespace, _settings: Settings) -> int:
    """What the parts have logged, from systemd's journal."""
    _check_manager(arguments.system)
    kind = "--unit" if arguments.system else "--user-unit"
    named = [f"{kind}={name}" for name in _services(arguments.system)]
    command = ["journalctl", *named, "--output", "short-iso", "--lines", str(arguments.lines)]
    return subprocess.run([*command, "--follow" if arguments.follow else "--no-pager"], check=False).returncode


_DOES: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
    "install": install,
    "uninstall": uninstall,
    "status": status,
    "logs": logs,
}


def _unit_folder(system: bool, root: Path | None) -> Path:
    """Where the manager looks for units that people have put there."""
    if system:
        folder = Path("/etc/systemd/system")
    else:
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd/user"
    return folder if root is None else root / folder.relative_to("/")


def _written(where: Path) -> list[Path]:
    """The units that an earlier `install` wrote there."""
    return sorted(path for path in where.glob("lumos*") if path.read_text(encoding="utf-8").startswith(units.HEAD))


def _services(system: bool) -> list[str]:
    where = _unit_folder(system, None)
    names = [path.name for path in _written(where) if path.suffix == ".service"]
    if not names:
        raise ServiceError(f"Lumos is not installed in {where}: `python app.py install` does that")
    return names


def _runs_as(arguments: argparse.Namespace, folder: DataFolder) -> str:
    """Who was named, or whose the data folder is, or who typed sudo. Never root."""
    name: str = arguments.user or ""
    if not name and folder.path.exists():
        name = pwd.getpwuid(folder.path.stat().st_uid).pw_name
    if not name or name == "root":
        name = os.environ.get("SUDO_USER", name)
    try:
        found = pwd.getpwnam(name)
    except KeyError as cause:
        made = f"`sudo adduser --system --group {name or 'lumos'}` makes one"
        raise ServiceError(f"--user: '{name}' is no user of this machine; {made}") from cause
    if found.pw_uid == 0:
        raise ServiceError("Lumos is not run as root: name another user with --user; the data folder becomes theirs")
    return name


def _give(folder: DataFolder, user: str) -> None:
    """What root has written in the data folder is the user's that Lumos runs as."""
    found = pwd.getpwnam(user)
    for path in (folder.path, *folder.path.rglob("*")):
        if path.lstat().st_uid == 0:
            os.chown(path, found.pw_uid, found.pw_gid, follow_symlinks=False)


def _check_manager(system: bool) -> None:
    if shutil.which("systemctl") is None:
        raise ServiceError("this system has no systemctl: run `python app.py` by what starts programs here")
    if system and os.geteuid() != 0:
        raise ServiceError(f"--system needs root: sudo {sys.executable} {' '.join(sys.argv)}")
    state = subprocess.run(
        ["systemctl", *_whose(system), "is-system-running"], capture_output=True, text=True, check=False
    )
    if state.stdout.strip() in ("", "offline", "unknown"):
        whose = "the machine's" if system else f"{getpass.getuser()}'s"
        raise ServiceError(
            f"{whose} systemd does not run ({(state.stderr or state.stdout).strip()}): "
            "log in as that user, or run `python app.py` instead"
        )


def _whose(system: bool) -> list[str]:
    return [] if system else ["--user"]


def _systemctl(system: bool, *words: str) -> None:
    done = subprocess.run(["systemctl", *_whose(system), *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ServiceError(f"systemctl {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")


def _stop(names: Sequence[str], arguments: argparse.Namespace) -> None:
    """Stop and disable; nothing below a root of one's own."""
    if arguments.root is None and names:
        _systemctl(arguments.system, "disable", "--now", *names)


def _shown(system: bool, name: str) -> dict[str, str]:
    keys = "ActiveState,SubState,ActiveEnterTimestamp,InactiveEnterTimestamp,MainPID,MemoryCurrent,NRestarts"
    done = subprocess.run(
        ["systemctl", *_whose(system), "show", name, f"--property={keys}"], capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def _linger() -> None:
    """Have this user's manager run from boot on, and not only while they are logged in."""
    done = subprocess.run(["loginctl", "enable-linger"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"Lumos stops when you log out ({done.stderr.strip()}): sudo loginctl enable-linger {getpass.getuser()}")
