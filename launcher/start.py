"""From settings to running parts: ports are chosen, commands composed, what runs where is said.

Everything a person must mend is found here, before the first process starts.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
import time
from functools import partial
from pathlib import Path

from launcher import embedded_broker
from launcher.broker_watch import BrokerWatch
from launcher.host import (
    address_of,
    alone,
    broker_command,
    broker_host,
    broker_users,
    own_user,
    tell_address,
)
from launcher.opening import first_admin, on_the_network, with_own_certificate
from launcher.ports import choose
from launcher.supervisor import Part, Supervisor
from telemetry import restarts
from telemetry.broker_users import BrokerRole, BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.loopback import answers, healthy
from telemetry.settings import Settings

_DEMO_BOARDS = 2
_READY_SECONDS = 30.0
_ROOT = Path(__file__).resolve().parent.parent


def start(settings: Settings, *, demo: bool) -> int:
    """Run all parts until stopped; the exit code. Raises LumosError for what a person must mend."""
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    with alone(folder):
        settings = dataclasses.replace(with_own_certificate(settings, folder), host=settings.listens_on)
        settings, notes = _choose_ports(settings)
        modules = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**settings.as_environment(), "PYTHONPATH": modules, "PYTHONUNBUFFERED": "1"}
        if settings.login_required and (code := first_admin({**os.environ, **environment})):
            return code
        parts = _parts(settings, folder, environment, demo=demo)
        for note in notes:
            _say(note)
        address = address_of(settings)
        tell_address(settings, folder)
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
        mqtt_port, note = choose(broker_host(settings), mqtt_port, "broker", "--mqtt-port", explicit=explicit)
        notes.append(note)
    return dataclasses.replace(settings, port=port, mqtt_port=mqtt_port), [note for note in notes if note]


def _parts(settings: Settings, folder: DataFolder, environment: dict[str, str], *, demo: bool) -> list[Part]:
    parts = []
    if settings.embedded:
        users = broker_users(settings, folder)
        if demo and settings.lan:
            _add_demo_users(users, folder)
        command = broker_command(settings, folder, users)
        parts.append(Part("broker", command, embedded_broker.environment(), last=True))
    for name in (BrokerRole.INGEST, BrokerRole.DASHBOARD):
        own = own_user(folder, name) if settings.embedded else {}
        parts.append(Part(name, [sys.executable, "-m", name], {**environment, **own}))
    if demo:
        boards = [sys.executable, "-m", "firmware", "simulate", "--boards", str(_DEMO_BOARDS)]
        named = ["--board-users", str(folder.demo_passwords)] if settings.embedded and settings.lan else []
        # The host's certificate comes with its authority's; the boards verify it like any other.
        trusted = {"LUMOS_MQTT_TLS_CA": str(settings.tls_certificate)} if settings.tls_certificate else {}
        # Before ingest has been at the broker for the first time, what boards send is kept by nobody.
        ready = partial(healthy, settings)
        parts.append(Part("boards", [*boards, *named], {**environment, **trusted}, when=ready))
    return parts


def _add_demo_users(users: BrokerUsers, folder: DataFolder) -> None:
    """Passwords for the simulated boards, drawn afresh: on an open broker nobody gets in without one."""
    names = [f"sim-{number}" for number in range(1, _DEMO_BOARDS + 1)]
    known = users.boards()
    passwords = {name: users.renew_board(name) if name in known else users.add_board(name) for name in names}
    folder.write_private(folder.demo_passwords, json.dumps(passwords))


def _announce(supervisor: Supervisor, settings: Settings, address: str, folder: DataFolder, lines: list[str]) -> None:
    """Say what runs where as soon as the dashboard answers."""
    deadline = time.monotonic() + _READY_SECONDS
    wanted = supervisor.names
    while not answers(settings) or wanted - supervisor.pids().keys():
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


def _say(text: str) -> None:
    print(text, flush=True)
