"""The units that systemd runs Lumos by: one a part, and a target that holds them together. A unit is a row of `units`.

What a unit may do is as little as its part needs; `systemd-analyze security` says what is left (tests hold a bound).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launcher.host import own_user
from launcher.supervisor import EXIT_BAD_SETTINGS
from telemetry.broker_users import BrokerRole
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings, rows

TARGET = "lumos.target"
_HOST = "lumos-host"
#: A part that makes no headway for so long is ended and started again.
_WATCHDOG_SECONDS = 120
_ROOT = Path(__file__).resolve().parent.parent

#: What every unit is denied, whoever's manager runs it.
_DENIED = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077
"""
#: What only the system's manager can deny: it takes rights that a user's own has not got.
_DENIED_BY_SYSTEM = """\
CapabilityBoundingSet=
AmbientCapabilities=
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
"""


@dataclass(frozen=True)
class Unit:
    """One service: its name, what it is, its command, what its environment has beyond the common one."""

    name: str
    what: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Units that are started before it. It works without them too.
    after: tuple[str, ...] = ()
    #: Whether it tells systemd that it is ready and goes on (telemetry.service_manager).
    tells: bool = True


@dataclass(frozen=True)
class Place:
    """Whose manager runs the units: the system's, as `user`, or a user's own (None)."""

    user: str | None
    folder: Path

    @property
    def of_system(self) -> bool:
        return self.user is not None


def units(settings: Settings, folder: DataFolder) -> tuple[Unit, ...]:
    """The parts that these settings run on this machine."""
    app = (sys.executable, str(_ROOT / "app.py"))
    made = [Unit(_HOST, "holds the data folder and tells where Lumos is", (*app, "host"))]
    after = [f"{_HOST}.service"]
    if settings.embedded:
        made.append(Unit("lumos-broker", "the embedded MQTT broker", (*app, "broker"), after=tuple(after), tells=False))
        after.append("lumos-broker.service")
    for name, what in ((BrokerRole.INGEST, "writes readings to the store"), (BrokerRole.DASHBOARD, "the page")):
        own = own_user(folder, name) if settings.embedded else {}
        made.append(Unit(f"lumos-{name}", what, (sys.executable, "-m", str(name)), own, tuple(after)))
    return tuple(made)


def target(place: Place) -> str:
    """The text of the target: started at boot, or when its user's manager is."""
    wanted_by = "multi-user.target" if place.of_system else "default.target"
    return f"""{HEAD}[Unit]
Description=Lumos: readings of ESP32 boards, kept and shown
Documentation=file://{_quoted(_ROOT / "docs" / "operating.md")}

[Install]
WantedBy={wanted_by}
"""


def text(unit: Unit, settings: Settings, folder: DataFolder, place: Place) -> str:
    """The text of a service's unit file."""
    environment = {**_given(settings), "LUMOS_DATA_DIR": str(folder.path), **unit.environment}
    lines = [f"Environment={_quoted(f'{name}={value}')}" for name, value in sorted(environment.items())]
    network = "network-online.target " if place.of_system else ""
    order = f"After={network}{' '.join(unit.after)}".rstrip()
    # Where another Lumos has the data already, none of the parts starts.
    requires = f"Requires={_HOST}.service\n" if unit.name != _HOST else ""
    kind = f"Type=notify\nNotifyAccess=main\nWatchdogSec={_WATCHDOG_SECONDS}" if unit.tells else "Type=exec"
    denied = _DENIED
    if place.of_system:
        denied = f"User={place.user}\n{_DENIED_BY_SYSTEM}ReadWritePaths={_quoted(folder.path)}\n{_DENIED}"
    return f"""{HEAD}[Unit]
Description=Lumos: {unit.what}
Documentation=file://{_quoted(_ROOT / "docs" / "operating.md")}
{f"Wants={network}".rstrip() + chr(10) if network else ""}{requires}{order}
PartOf={TARGET}
StartLimitIntervalSec=0

[Service]
{kind}
ExecStart={" ".join(_quoted(word).replace("$", "$$") for word in unit.command)}
WorkingDirectory={_escaped(place.folder)}
Environment={_quoted(f"PYTHONPATH={_ROOT}")}
Environment=PYTHONUNBUFFERED=1
{chr(10).join(lines)}
Restart=always
RestartSec=2
RestartPreventExitStatus={EXIT_BAD_SETTINGS}
TimeoutStartSec=300
TimeoutStopSec=15
OOMPolicy=continue

{denied}
[Install]
WantedBy={TARGET}
"""


HEAD = "# Written by `python app.py install`; changes made here are lost with the next one.\n"


def _given(settings: Settings) -> dict[str, str]:
    """What a flag or a variable said, and what was found for it; lumos.toml is read by each part at its start."""
    written = settings.as_environment()
    file_says = {row.name for row in rows() if settings.origins.get(row.name, "").endswith(f": {row.key}")}
    names = {row.name for row in rows() if row.name in settings.given} - file_says
    found = {"tls_certificate", "tls_key"} if settings.tls_certificate else set()
    if settings.tls_certificate and "mqtt_port" not in file_says:
        found.add("mqtt_port")
    return {
        row.variable: written[row.variable] for row in rows() if row.name in names | found and row.variable in written
    }


def _escaped(word: object) -> str:
    """A word of a unit file: systemd replaces % in it."""
    return str(word).replace("%", "%%")


def _quoted(word: object) -> str:
    """A word as one argument, whatever is in it."""
    plain = _escaped(word)
    if plain and all(letter.isalnum() or letter in "/._-=:+@%," for letter in plain):
        return plain
    inner = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'
