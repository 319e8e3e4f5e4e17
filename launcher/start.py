"""From settings to running parts: ports are chosen, commands composed, what runs where is said.

Everything a person must mend is found here, before the first process starts.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout

from launcher import embedded_broker
from launcher.embedded_broker import Access
from launcher.ports import choose
from launcher.supervisor import Part, Supervisor
from telemetry.broker_users import BrokerRole, BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.errors import AlreadyRunningError
from telemetry.settings import Settings
from telemetry.topics import Topics

_DEMO_BOARDS = 2
_READY_SECONDS = 30.0
_ROOT = Path(__file__).resolve().parent.parent


def start(settings: Settings, *, demo: bool) -> int:
    """Run all parts until stopped; the exit code. Raises LumosError for what a person must mend."""
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    lock = FileLock(folder.app_lock)
    try:
        lock.acquire(blocking=False)
    except Timeout as cause:
        raise AlreadyRunningError(
            f"Lumos already runs on the data in {folder.path}{_where(folder)}: "
            "stop it first, or choose another folder with --data-dir"
        ) from cause
    with lock:
        settings, notes = _choose_ports(settings)
        parts = _parts(settings, folder, demo=demo)
        for note in notes:
            _say(note)
        address = f"http://{_for_browsers(settings.host)}:{settings.port}"
        folder.write_private(folder.app_address, json.dumps({"address": address}))
        supervisor = Supervisor(parts, _say)
        supervisor.start()
        threading.Thread(target=_announce, args=(supervisor, settings, address, folder), daemon=True).start()
        code = supervisor.run()
        _say("stopped" if code == 0 else "stopped, since a part cannot run as it is set up (see above)")
        return code


def _choose_ports(settings: Settings) -> tuple[Settings, list[str]]:
    """The settings with ports that are free; a default that is taken is replaced, and the sentence says so."""
    notes = []
    port, note = choose(settings.host, settings.port, "dashboard", "--port", explicit="port" in settings.given)
    notes.append(note)
    mqtt_port = settings.mqtt_port
    if settings.embedded:
        explicit = "mqtt_port" in settings.given
        mqtt_port, note = choose(settings.mqtt_host, mqtt_port, "broker", "--mqtt-port", explicit=explicit)
        notes.append(note)
    return dataclasses.replace(settings, port=port, mqtt_port=mqtt_port), [note for note in notes if note]


def _parts(settings: Settings, folder: DataFolder, *, demo: bool) -> list[Part]:
    environment = {**settings.as_environment(), "PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"}
    parts = []
    if settings.embedded:
        users = BrokerUsers(folder, Topics(settings.topic_root))
        users.ensure_services()
        access = Access.EVERYBODY if not settings.lan else Access.ORIGINAL if settings.allow_original else Access.USERS
        host = "0.0.0.0" if settings.lan else "127.0.0.1"  # noqa: S104  (what --lan asks for)
        command = embedded_broker.command(folder, users, host, settings.mqtt_port, access)
        parts.append(Part("broker", command, last=True))
    for name in (BrokerRole.INGEST, BrokerRole.DASHBOARD):
        own = _own_user(folder, name) if settings.embedded else {}
        parts.append(Part(name, [sys.executable, "-m", name], {**environment, **own}))
    if demo:
        boards = [sys.executable, "-m", "firmware", "simulate", "--boards", str(_DEMO_BOARDS)]
        parts.append(Part("boards", boards, environment))
    return parts


def _own_user(folder: DataFolder, name: BrokerRole) -> dict[str, str]:
    """The variables that make a part connect as its own user at the embedded broker."""
    return {"LUMOS_MQTT_USERNAME": name, "LUMOS_MQTT_PASSWORD_FILE": str(folder.broker_password(name))}


def _announce(supervisor: Supervisor, settings: Settings, address: str, folder: DataFolder) -> None:
    """Say what runs where as soon as the dashboard answers."""
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(_for_browsers(settings.host), settings.port):
        if time.monotonic() > deadline:
            _say(f"the dashboard does not answer at {address} yet; its own messages say why")
            return
        time.sleep(0.1)
    where = {
        "broker": f"MQTT on {settings.mqtt_host}:{settings.mqtt_port}",
        "ingest": f"writes {folder.database}",
        "dashboard": address,
        "boards": f"{_DEMO_BOARDS} simulated boards, sim-1 and sim-2",
    }
    lines = [f"  {name:<10} {where[name]} (process {pid})" for name, pid in supervisor.pids().items()]
    if not settings.embedded:
        lines.insert(0, f"  broker     {settings.mqtt_host}:{settings.mqtt_port}, not ours")
    _say("\n".join([f"Lumos is ready: {address}", *lines, "  Ctrl-C stops all of it."]))


def _answers(host: str, port: int) -> bool:
    """Whether the dashboard gives any answer: also 503, while ingest is not there yet."""
    connection = http.client.HTTPConnection(host.strip("[]"), port, timeout=2)
    try:
        connection.request("GET", "/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _for_browsers(host: str) -> str:
    """The address a browser on this machine uses for a dashboard that listens on `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _where(folder: DataFolder) -> str:
    try:
        return f" ({json.loads(folder.app_address.read_text())['address']})"
    except (OSError, ValueError, KeyError):
        return ""


def _say(text: str) -> None:
    print(text, flush=True)
