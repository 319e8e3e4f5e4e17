"""What a machine that runs Lumos has to have in place, whoever starts the parts: app.py, or systemd.

One Lumos a data folder, the broker's users and its command, and where browsers and boards reach it. As a service,
`python app.py host` holds all that while the parts run, and `python app.py broker` becomes the broker.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from filelock import FileLock, Timeout

from launcher import embedded_broker
from launcher.broker_watch import BrokerWatch
from launcher.embedded_broker import Access
from launcher.opening import first_admin, on_the_network, with_own_certificate
from telemetry.broker_users import BrokerRole, BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.errors import AlreadyRunningError
from telemetry.loopback import for_browsers
from telemetry.service_manager import ready
from telemetry.settings import Settings
from telemetry.sources import other_topics
from telemetry.tls import speaks_tls
from telemetry.topics import Topics


def hold(settings: Settings) -> int:
    """Hold the data folder and tell where Lumos is, until a signal; the exit code. The parts are run by others.

    Raises AlreadyRunningError when Lumos runs on this data already.
    """
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    with alone(folder):
        settings = dataclasses.replace(with_own_certificate(settings, folder), host=settings.listens_on)
        if settings.login_required and (code := first_admin({**os.environ, **settings.as_environment()})):
            return code
        if settings.embedded:
            broker_users(settings, folder)
            BrokerWatch(embedded_broker.log_file(folder), lambda: _end_broker(folder)).start()
        tell_address(settings, folder)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        with on_the_network(settings) as lines:
            print("\n".join([f"Lumos is at {address_of(settings)}", *lines]), flush=True)
            with ready(lambda: True):
                # In steps: a signal that comes just before we begin to wait is noted, and wakes nobody.
                while not stop.wait(1.0):
                    pass
    return 0


def _end_broker(folder: DataFolder) -> None:
    """Have the service manager start the broker anew, if it runs where its number means the same."""
    with contextlib.suppress(OSError, ValueError):
        number = int(folder.broker_pid.read_text())
        if b"nats-server" in Path(f"/proc/{number}/cmdline").read_bytes():
            os.kill(number, signal.SIGTERM)


def become_broker(settings: Settings) -> NoReturn:
    """Turn this process into the embedded broker. Raises BrokerError where the platform has none."""
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    settings = with_own_certificate(settings, folder)
    command = broker_command(settings, folder, broker_users(settings, folder))
    environment = {**os.environ, **embedded_broker.environment()}
    os.execve(command[0], command, environment)  # noqa: S606  (the broker that came with the packages)


@contextlib.contextmanager
def alone(folder: DataFolder) -> Iterator[None]:
    """While the context lasts, no other Lumos runs on this folder. Raises AlreadyRunningError where one does."""
    lock = FileLock(folder.app_lock)
    try:
        lock.acquire(blocking=False)
    except Timeout as cause:
        raise AlreadyRunningError(
            f"Lumos already runs on the data in {folder.path}{_where(folder)}: "
            "stop it first, or choose another folder with --data-dir"
        ) from cause
    with lock:
        yield


def broker_users(settings: Settings, folder: DataFolder) -> BrokerUsers:
    """The users of the embedded broker, our own programs' among them."""
    users = BrokerUsers(folder, Topics(settings.topic_root), other_topics(settings))
    users.ensure_services()
    return users


def own_user(folder: DataFolder, name: BrokerRole) -> dict[str, str]:
    """The variables that make a part connect as its own user at the embedded broker."""
    return {"LUMOS_MQTT_USERNAME": name, "LUMOS_MQTT_PASSWORD_FILE": str(folder.broker_password(name))}


def broker_command(settings: Settings, folder: DataFolder, users: BrokerUsers) -> list[str]:
    """The command that runs the embedded broker, its configuration written."""
    access = Access.EVERYBODY if not settings.lan else Access.ORIGINAL if settings.allow_original else Access.USERS
    tls = (settings.tls_certificate, settings.tls_key) if settings.tls_certificate and settings.tls_key else None
    return embedded_broker.command(folder, users, broker_host(settings), settings.mqtt_port, access, tls)


def broker_host(settings: Settings) -> str:
    """Where the embedded broker listens; our own parts reach it on loopback either way."""
    return "0.0.0.0" if settings.lan else settings.mqtt_host  # noqa: S104  (what --lan asks for)


def address_of(settings: Settings) -> str:
    """The page's address, for a browser on this machine."""
    return f"{'https' if speaks_tls(settings) else 'http'}://{for_browsers(settings.host)}:{settings.port}"


def tell_address(settings: Settings, folder: DataFolder) -> None:
    """Write where the page and the broker are, for who sets up a board here."""
    told = {"address": address_of(settings), "broker": _for_boards(settings)}
    folder.write_private(folder.app_address, json.dumps(told))


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


def _where(folder: DataFolder) -> str:
    try:
        return f" ({json.loads(folder.app_address.read_text())['address']})"
    except (OSError, ValueError, KeyError):
        return ""
