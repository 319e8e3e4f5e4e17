"""Who may do what at the broker: one list of users, written out for the embedded broker and for Mosquitto.

Ingest keeps the list (`device add`, and the action of the same name); the launcher writes it out before the embedded
broker starts. Passwords are drawn here, 128 random bits each, returned once and kept as hashes; only ingest's and the
dashboard's own are also kept in a file, for themselves. Nothing here talks to a broker; the embedded one is signalled.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import secrets
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import bcrypt

from telemetry.datafolder import DataFolder
from telemetry.errors import BrokerError, nearest
from telemetry.settings import Settings
from telemetry.sources import OtherTopics
from telemetry.topics import ORIGINAL_DEVICE, TopicKind, Topics, is_device_id

#: Cheap hashing is right here: the passwords are random, so nobody can guess them from a hash, and a hundred boards
#: that reconnect at once must not wait for each other.
_BCRYPT_ROUNDS = 4
_PBKDF2_ROUNDS = 101
_BOARD_WRITES = (TopicKind.OUTPUT, TopicKind.STATUS, TopicKind.ACK, TopicKind.EVENT)
_BOARD_READS = (TopicKind.INPUT, TopicKind.STORED)
#: Subjects NATS' MQTT face needs for the subscriptions of a user that has a list of permissions.
_NATS_OWN = ("$MQTT.sub.>", "$MQTT.deliver.pubrel.>")

#: Whom the embedded broker takes a client without a name for, where such clients are let in.
NAMELESS = "nameless"


class BrokerRole(StrEnum):
    """What a user at the broker is."""

    INGEST = "ingest"
    DASHBOARD = "dashboard"
    BOARD = "board"
    #: A device or a bridge that others wrote.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user with its password's hashes: bcrypt for NATS, PBKDF2 for Mosquitto."""

    name: str
    role: BrokerRole
    bcrypt: str
    pbkdf2: str
    #: The source that an OTHER speaks for.
    source: str = ""


class BrokerUsers:
    """The users of one data folder's broker."""

    def __init__(self, folder: DataFolder, topics: Topics, others: OtherTopics | None = None) -> None:
        self._folder = folder
        self._topics = topics
        self._others = others or OtherTopics()

    def all(self) -> dict[str, BrokerUser]:
        """The users by name. Raises BrokerError when their file is not ours."""
        text = self._folder.read_private_text(self._folder.broker_users)
        if text is None:
            return {}
        try:
            return {
                entry["name"]: BrokerUser(
                    entry["name"], BrokerRole(entry["role"]), entry["bcrypt"], entry["pbkdf2"], entry.get("source", "")
                )
                for entry in json.loads(text)
            }
        except (ValueError, KeyError, TypeError) as cause:
            raise BrokerError(
                f"{self._folder.broker_users} is damaged: move it away, and add the boards again"
            ) from cause

    def add_board(self, name: str, source: str = "") -> str:
        """A new user for a board, or for what others wrote; the password, which is not kept.

        Raises BrokerError for a wrong or a taken name, or a source that is not in force.
        """
        if not is_device_id(name):
            raise BrokerError(
                f"'{name[:80]}' cannot be a board's name: use 1 to 64 of A-Z a-z 0-9 _ -, and not '{ORIGINAL_DEVICE}'"
            )
        if name in self.all() or name in set(BrokerRole):
            raise BrokerError(f"'{name}' has a password at the broker already: renew it, or choose another name")
        if source and source not in self._others.names:
            raise BrokerError(
                f"'{source[:64]}' is no source of others that is in force{nearest(source, self._others.names)}"
                if self._others.names
                else f"no source of others is in force: name '{source[:64]}' in --sources first"
            )
        return self._set(name, BrokerRole.OTHER if source else BrokerRole.BOARD, source)

    def renew_board(self, name: str) -> str:
        """A new password for a board; the old one is refused from then on."""
        self._require_board(name)
        known = self.all()[name]
        return self._set(name, known.role, known.source)

    def remove_board(self, name: str) -> None:
        """Take a board's right to connect away."""
        self._require_board(name)
        self._write(user for user in self.all().values() if user.name != name)

    def boards(self) -> list[str]:
        """The names of the boards that have a password."""
        return sorted(user.name for user in self.all().values() if user.role in (BrokerRole.BOARD, BrokerRole.OTHER))

    def ensure_services(self) -> None:
        """Passwords for ingest and the dashboard, drawn once, each in a file of its own."""
        known = self.all()
        for role in (BrokerRole.INGEST, BrokerRole.DASHBOARD):
            path = self._folder.broker_password(role)
            if role not in known or not path.exists():
                self._folder.write_private(path, self._set(role, role))

    def apply(self, settings: Settings) -> str:
        """Write the users out and have them take effect; what a person must still do, or nothing."""
        if settings.embedded:
            self.write_embedded(anonymous=not settings.lan, original=settings.lan and settings.allow_original)
            self._reload_embedded()
            return ""
        passwords, access = self.write_mosquitto(original=settings.allow_original)
        return (
            "with Mosquitto (docs/mosquitto.conf), hand them over and have it read them again: "
            f"sudo install -o mosquitto -m 600 {passwords} {access} /etc/mosquitto/ && sudo systemctl reload mosquitto"
        )

    def refresh(self, settings: Settings) -> str:
        """Let ingest read what its sources are now, where that has changed; what a person must still do, or nothing."""
        path = self._folder.broker_users_nats if settings.embedded else self._folder.broker_mosquitto_access
        before = self._folder.read_private_text(path)
        if before is None:
            return ""  # nobody uses this list
        if settings.embedded:
            now = self._embedded_text(anonymous=not settings.lan, original=settings.lan and settings.allow_original)
        else:
            now = self._access_text(original=settings.allow_original)
        return self.apply(settings) if now != before.removesuffix("\n") else ""

    def write_embedded(self, *, anonymous: bool, original: bool) -> Path:
        """The users as the embedded broker reads them; the file.

        `anonymous` lets whoever gives no name do everything (a broker on loopback), `original` lets it do what a board
        with the original program does. They are told apart by one user, whom the broker takes for the nameless.
        """
        text = self._embedded_text(anonymous=anonymous, original=original)
        self._folder.write_private(self._folder.broker_users_nats, text)
        return self._folder.broker_users_nats

    def _embedded_text(self, *, anonymous: bool, original: bool) -> str:
        users = [_nats_user(user.name, user.bcrypt, *self._subjects(user)) for user in self.all().values()]
        if anonymous:
            users.append(f'{{ user: "{NAMELESS}", password: "", allowed_connection_types: ["MQTT"] }}')
        elif original:
            writes, reads = [self._topics.original_output], [self._topics.original_input]
            users.append(_nats_user(NAMELESS, "", _subjects(writes), [*_subjects(reads), *_NATS_OWN]))
        lines = "\n      ".join(users)
        return f"accounts {{\n  LUMOS {{\n    jetstream: enabled\n    users: [\n      {lines}\n    ]\n  }}\n}}"

    def write_mosquitto(self, *, original: bool) -> tuple[Path, Path]:
        """The users as Mosquitto reads them: the password file and the access list."""
        users = list(self.all().values())
        passwords, access = self._folder.broker_mosquitto_passwords, self._folder.broker_mosquitto_access
        self._folder.write_private(passwords, "\n".join(f"{user.name}:{user.pbkdf2}" for user in users))
        self._folder.write_private(access, self._access_text(original=original))
        return passwords, access

    def _access_text(self, *, original: bool) -> str:
        blocks = []
        if original:
            blocks.append(f"topic write {self._topics.original_output}\ntopic read {self._topics.original_input}")
        for user in self.all().values():
            writes, reads = self._topics_of(user)
            rules = [f"topic write {topic}" for topic in writes] + [f"topic read {topic}" for topic in reads]
            blocks.append("\n".join([f"user {user.name}", *rules]))
        return "\n\n".join(blocks)

    def _reload_embedded(self) -> None:
        """Have the embedded broker read its users again, if it runs."""
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError, PermissionError):
            # Windows knows no SIGHUP: there the supervisor starts the broker again.
            os.kill(int(self._folder.broker_pid.read_text()), getattr(signal, "SIGHUP", signal.SIGTERM))

    def _require_board(self, name: str) -> None:
        if name not in self.boards():
            raise BrokerError(f"no board '{name[:80]}' has a password at the broker{nearest(name, self.boards())}")

    def _set(self, name: str, role: BrokerRole, source: str = "") -> str:
        password = secrets.token_urlsafe(16)
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_BCRYPT_ROUNDS, prefix=b"2a")).decode()
        user = BrokerUser(name, role, hashed, _pbkdf2(password), source)
        self._write([*(other for other in self.all().values() if other.name != name), user])
        return password

    def _write(self, users: Iterable[BrokerUser]) -> None:
        entries = [
            {"name": u.name, "role": u.role, "bcrypt": u.bcrypt, "pbkdf2": u.pbkdf2, "source": u.source} for u in users
        ]
        self._folder.write_private(self._folder.broker_users, json.dumps(entries, indent=1))

    def _topics_of(self, user: BrokerUser) -> tuple[list[str], list[str]]:
        """The topic filters a user may publish to, and those it may read."""
        topics = self._topics
        if user.role is BrokerRole.INGEST:
            return [topics.everything], list(dict.fromkeys([topics.everything, *self._others.read]))
        if user.role is BrokerRole.DASHBOARD:
            return [topics.of("+", TopicKind.INPUT), topics.original_input, *self._others.commanded], []
        if user.role is BrokerRole.OTHER:
            return self._others.of_device(user.source, user.name)
        return (
            [topics.of(user.name, kind) for kind in _BOARD_WRITES],
            [topics.of(user.name, kind) for kind in _BOARD_READS],
        )

    def _subjects(self, user: BrokerUser) -> tuple[list[str], list[str]]:
        writes, reads = self._topics_of(user)
        return _subjects(writes), [*_subjects(reads), *_NATS_OWN]


def _subjects(topic_filters: Iterable[str]) -> list[str]:
    """Topic filters as the subjects NATS makes of them: `/` is `.`, `.` is `//`, `+` is `*`, `#` is `>`.

    `a/#` also means `a` itself, which in NATS is a subject of its own.
    """
    subjects = []
    for topic_filter in topic_filters:
        levels = [level.replace(".", "//") for level in topic_filter.split("/")]
        if levels[-1] == "#" and len(levels) > 1:
            subjects.append(".".join(levels[:-1]))
        subjects.append(".".join({"+": "*", "#": ">"}.get(level, level) for level in levels))
    return subjects


def _nats_user(name: str, hashed: str, publish: list[str], subscribe: list[str]) -> str:
    permissions = f"publish: {json.dumps(publish)}, subscribe: {json.dumps(subscribe)}"
    return (
        f'{{ user: {json.dumps(name)}, password: {json.dumps(hashed)}, allowed_connection_types: ["MQTT"], '
        f"permissions: {{ {permissions} }} }}"
    )


def _pbkdf2(password: str) -> str:
    """The password as Mosquitto 2 keeps it: `$7$rounds$salt$PBKDF2-HMAC-SHA512`."""
    salt = secrets.token_bytes(12)
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _PBKDF2_ROUNDS)
    return f"$7${_PBKDF2_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"
