"""From settings to running parts: ports are chosen, commands composed, what runs where is said.

Everything a person must mend is found here, before the first process starts.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout

from launcher import embedded_broker
from launcher.broker_watch import BrokerWatch
from launcher.embedded_broker import Access
from launcher.opening import first_admin, on_the_network, with_own_certificate
from launcher.ports import choose
from launcher.supervisor import Part, Supervisor
from telemetry import restarts
from telemetry.broker_users import BrokerRole, BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.errors import AlreadyRunningError
from telemetry.settings import Settings
from telemetry.sources import other_topics
from telemetry.tls import pinned, speaks_tls
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
        settings = dataclasses.replace(with_own_certificate(settings, folder), host=settings.listens_on)
        scheme = "https" if speaks_tls(settings) else "http"
        settings, notes = _choose_ports(settings)
        modules = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**settings.as_environment(), "PYTHONPATH": modules, "PYTHONUNBUFFERED": "1"}
        if settings.login_required and (code := first_admin({**os.environ, **environment})):
            return code
        parts = _parts(settings, folder, environment, demo=demo)
        for note in notes:
            _say(note)
        address = f"{scheme}://{_for_browsers(settings.host)}:{settings.port}"
        folder.write_private(folder.app_address, json.dumps({"address": address, "broker": _for_boards(settings)}))
        with on_the_network(settings) as lines:
            supervisor = Supervisor(parts, _say, lambda *event: _note(folder, *event))
            supervisor.start()
            watch = BrokerWatch(embedded_broker.log_file(folder), lambda: supervisor.restart("broker"))
            if settings.embedded:
                watch.start()
            told = (supervisor, settings, address, folder, lines)
            threading.Thread(target=_announce, args=told, daemon=True).start()
            code = supervisor.run()
            watch.stop()
        _say("stopped" if code == 0 else "stopped, since a part cannot run as it is set up (see above)")
        return code


def _note(folder: DataFolder, part: str, what: str, code: int | None) -> None:
    """Keep what happened to a part for the page System; a full disk must not stop who starts it again."""
    try:
        restarts.note(folder, part, what, code)
    except OSError as error:
        _say(f"what happened to {part} cannot be noted: {error}")


def _choose_ports(settings: Settings) -> tuple[Settings, list[str]]:
    """The settings with ports that are free; a default that is taken is replaced, and the sentence says so."""
    notes = []
    port, note = choose(settings.host, settings.port, "dashboard", "--port", explicit="port" in settings.given)
    notes.append(note)
    mqtt_port = settings.mqtt_port
    if settings.embedded:
        explicit = "mqtt_port" in settings.given
        mqtt_port, note = choose(_broker_host(settings), mqtt_port, "broker", "--mqtt-port", explicit=explicit)
        notes.append(note)
    return dataclasses.replace(settings, port=port, mqtt_port=mqtt_port), [note for note in notes if note]


def _for_boards(settings: Settings) -> dict[str, object]:
    """How boards reach the broker, for who sets one up here.

    `host` is the first choice, null where only this machine reaches it; `names` all that mean it; `authority` whom to
    trust at its other end, null where it does not speak TLS.
    """
    from launcher.certificate import addresses, names_of_this_host

    here = not settings.embedded and settings.mqtt_host in ("127.0.0.1", "localhost", "::1")
    if settings.embedded or here:
        host = next(iter(addresses()), None) if here or settings.lan else None
        names = names_of_this_host()
    else:
        host, names = settings.mqtt_host, [settings.mqtt_host]
    authority = settings.tls_certificate if settings.embedded else settings.mqtt_tls_ca
    return {
        "host": host,
        "names": names,
        "port": settings.mqtt_port,
        "authority": str(authority.absolute()) if authority is not None else None,
    }


def _broker_host(settings: Settings) -> str:
    """Where the embedded broker listens; our own parts reach it on loopback either way."""
    return "0.0.0.0" if settings.lan else settings.mqtt_host  # noqa: S104  (what --lan asks for)


def _parts(settings: Settings, folder: DataFolder, environment: dict[str, str], *, demo: bool) -> list[Part]:
    parts = []
    if settings.embedded:
        users = BrokerUsers(folder, Topics(settings.topic_root), other_topics(settings))
        users.ensure_services()
        if demo and settings.lan:
            _add_demo_users(users, folder)
        access = Access.EVERYBODY if not settings.lan else Access.ORIGINAL if settings.allow_original else Access.USERS
        tls = (settings.tls_certificate, settings.tls_key) if settings.tls_certificate and settings.tls_key else None
        command = embedded_broker.command(folder, users, _broker_host(settings), settings.mqtt_port, access, tls)
        parts.append(Part("broker", command, last=True))
    for name in (BrokerRole.INGEST, BrokerRole.DASHBOARD):
        own = _own_user(folder, name) if settings.embedded else {}
        parts.append(Part(name, [sys.executable, "-m", name], {**environment, **own}))
    if demo:
        boards = [sys.executable, "-m", "firmware", "simulate", "--boards", str(_DEMO_BOARDS)]
        named = ["--board-users", str(folder.demo_passwords)] if settings.embedded and settings.lan else []
        # The host's certificate comes with its authority's; the boards verify it like any other.
        trusted = {"LUMOS_MQTT_TLS_CA": str(settings.tls_certificate)} if settings.tls_certificate else {}
        parts.append(Part("boards", [*boards, *named], {**environment, **trusted}))
    return parts


def _add_demo_users(users: BrokerUsers, folder: DataFolder) -> None:
    """Passwords for the simulated boards, drawn afresh: on an open broker nobody gets in without one."""
    names = [f"sim-{number}" for number in range(1, _DEMO_BOARDS + 1)]
    known = users.boards()
    passwords = {name: users.renew_board(name) if name in known else users.add_board(name) for name in names}
    folder.write_private(folder.demo_passwords, json.dumps(passwords))


def _own_user(folder: DataFolder, name: BrokerRole) -> dict[str, str]:
    """The variables that make a part connect as its own user at the embedded broker."""
    return {"LUMOS_MQTT_USERNAME": name, "LUMOS_MQTT_PASSWORD_FILE": str(folder.broker_password(name))}


def _announce(supervisor: Supervisor, settings: Settings, address: str, folder: DataFolder, lines: list[str]) -> None:
    """Say what runs where as soon as the dashboard answers."""
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(settings):
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
    running = [f"  {name:<10} {where[name]} (process {pid})" for name, pid in supervisor.pids().items()]
    if not settings.embedded:
        running.insert(0, f"  broker     {settings.mqtt_host}:{settings.mqtt_port}, not ours")
    _say("\n".join([f"Lumos is ready: {address}", *running, *lines, "  Ctrl-C stops all of it."]))


def _answers(settings: Settings) -> bool:
    """Whether the dashboard gives any answer: also 503, while ingest is not there yet."""
    host, port = _for_browsers(settings.host).strip("[]"), settings.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=2, context=pinned(settings))
        if settings.tls_certificate
        else http.client.HTTPConnection(host, port, timeout=2)
    )
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
