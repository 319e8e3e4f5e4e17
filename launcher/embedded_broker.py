"""The broker that Lumos brings: NATS with its MQTT face and a file store (docs/architecture.md, D4).

It writes the configuration and says how to start it; the supervisor starts it. It never runs when the settings name an
external broker.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from enum import Enum
from pathlib import Path

from telemetry.broker_users import NAMELESS, BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.errors import BrokerError
from telemetry.sources import EMBEDDED_SUBSCRIPTIONS

#: NATS hands at most this many unacknowledged messages to a subscription; ingest acknowledges after each commit, so
#: this bounds what is under way, not what is queued. A session has 65,535 numbers for all its subscriptions together,
#: and one past them is refused (seen with nats-server 2.15): so many fit, twice `EMBEDDED_SUBSCRIPTIONS`.
_MAX_ACK_PENDING = 65_535 // (2 * EMBEDDED_SUBSCRIPTIONS + 1)
#: What an ingest that died had not acknowledged is handed to the next one only after this time, also on a reconnect
#: (seen with nats-server 2.15); a living one commits within a second.
_ACK_WAIT_SECONDS = 10
#: How often what it acknowledged is forced to the disk, where anything is new: after a power cut so much of it may be
#: missing, 2 minutes of it by NATS's own default. With `always` it takes 5,500 messages a second on a server's disk,
#: and on an SD card as many as that can sync; with an interval 100,000, as without. What is idle is not synced.
_SYNC_SECONDS = 1


class Access(Enum):
    """Who may connect besides the users that have a password."""

    USERS = "nobody"
    ORIGINAL = "whoever gives no name, as a board with the original program"
    EVERYBODY = "whoever gives no name, with every right; on loopback only"


def program() -> Path:
    """The nats-server that came with the Python packages. Raises BrokerError where the platform has none."""
    name = "nats-server.exe" if sys.platform == "win32" else "nats-server"
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise BrokerError(
            "the embedded broker has no package for this platform: install Mosquitto (sudo apt install mosquitto) "
            "and start with --mqtt-host 127.0.0.1"
        )
    return Path(found)


def environment() -> dict[str, str]:
    """What the broker's environment has beyond ours: after a flood, Go keeps twice what is in use otherwise.

    After two million readings sent as fast as it takes them the broker holds 43 MB with this, 76 without, at the same
    pace.
    """
    return {"GOGC": os.environ.get("GOGC", "25")}


def log_file(folder: DataFolder) -> Path:
    """Where the broker says what it does."""
    return folder.broker / "broker.log"


def command(
    folder: DataFolder, users: BrokerUsers, host: str, port: int, access: Access, tls: tuple[Path, Path] | None = None
) -> list[str]:
    """Write the broker's configuration and users for MQTT on (host, port); the command that runs it.

    `tls` is a certificate and its key: then clients without TLS are refused.
    """
    users.write_embedded(anonymous=access is Access.EVERYBODY, original=access is Access.ORIGINAL)
    configuration = folder.broker / "nats.conf"
    folder.write_private(configuration, _configuration(folder, host, port, access, tls))
    return [str(program()), "--config", str(configuration)]


def _configuration(folder: DataFolder, host: str, port: int, access: Access, tls: tuple[Path, Path] | None) -> str:
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    no_auth_user = f"no_auth_user: {NAMELESS}" if access is not Access.USERS else ""
    files = [json.dumps(str(path.absolute())) for path in tls or ()]
    tls_block = f"tls {{ cert_file: {files[0]}, key_file: {files[1]} }}" if files else ""
    # NATS speaks its own protocol on a port it cannot do without: any free one, on loopback.
    return f"""# Written by Lumos at each start; changes made here are lost.
server_name: lumos
listen: "127.0.0.1:-1"
log_file: {json.dumps(str(log_file(folder)))}
logfile_size_limit: 1MB
logfile_max_num: 3
pid_file: {json.dumps(str(folder.broker_pid))}
include {folder.broker_users_nats.name}
max_payload: 1MB
jetstream {{
  store_dir: {json.dumps(str(folder.broker / "store"))}
  max_memory_store: 16MB
  max_file_store: 2GB
  sync_interval: "{_SYNC_SECONDS}s"
}}
mqtt {{
  listen: {json.dumps(listen)}
  ack_wait: "{_ACK_WAIT_SECONDS}s"
  max_ack_pending: {_MAX_ACK_PENDING}
  {no_auth_user}
  {tls_block}
}}
"""
