"""People, their sessions, and tokens for scripts: one small SQLite file among the secrets.

Passwords are kept as argon2id hashes (RFC 9106, the library's own parameters), sessions and tokens as SHA-256 of
random 256-bit texts: what is in the file lets nobody in. The dashboard and the console write it; nobody else reads it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.access.roles import Identity, Role
from telemetry.errors import AccessError

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
_NAME = re.compile(r"[\w.@-]{1,64}")
#: A session in use is written down at most this often.
_NOTE_SECONDS = 60.0

_TABLES = """
    CREATE TABLE IF NOT EXISTS people (
        name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, created INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS sessions (
        hash TEXT PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS tokens (
        name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, by TEXT NOT NULL
    );
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A person or a token as it is listed."""

    name: str
    role: Role
    created: int


class People:
    """The file of people, sessions and tokens. Threads may share one."""

    def __init__(self, path: Path, idle_seconds: float, clock: Callable[[], float] = time.time) -> None:
        # Made with its mode before SQLite opens it: its content must not be readable for a moment.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
        self._database.executescript(_TABLES)
        self._hasher = PasswordHasher()
        self.idle_seconds = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()

    def close(self) -> None:
        self._database.close()

    def set_password(self, name: str, password: str, role: Role | None = None) -> None:
        """Add a person (a role is needed), or give one a new password, which ends their sessions.

        Raises AccessError for a name or a password that cannot be one.
        """
        if not _NAME.fullmatch(name):
            raise AccessError(f"'{name[:80]}' cannot be a name: use up to 64 letters, digits and . _ - @")
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise AccessError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        known = self._one("SELECT role FROM people WHERE name = ?", name)
        if known is None and role is None:
            raise AccessError(f"there is no '{name}': choose a role for a new person")
        word = role.word if role is not None else str(known and known[0])
        hashed = self._hasher.hash(password)
        self._do("INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?)", name, word, hashed, int(self._clock()))
        self._do("DELETE FROM sessions WHERE name = ?", name)

    def remove(self, name: str) -> None:
        """Remove a person and their sessions. Raises AccessError for an unknown one, or the last admin."""
        known = {entry.name: entry.role for entry in self.people()}
        if name not in known:
            raise AccessError(f"there is no '{name[:80]}'")
        if known[name] is Role.ADMIN and list(known.values()).count(Role.ADMIN) == 1:
            raise AccessError(f"'{name}' is the last admin: make another one first")
        self._do("DELETE FROM people WHERE name = ?", name)
        self._do("DELETE FROM sessions WHERE name = ?", name)

    def people(self) -> list[Entry]:
        """Everybody who may log in."""
        return [_entry(row) for row in self._all("SELECT name, role, created FROM people ORDER BY name")]

    @cached_property
    def _nobody(self) -> str:
        """What a wrong name is compared with, so that it takes as long as a wrong password."""
        return self._hasher.hash(secrets.token_urlsafe(16))

    def log_in(self, name: str, password: str) -> str | None:
        """A fresh session's text for its cookie, or None when name and password do not go together."""
        nobody = self._nobody  # for every name, since making it takes as long as a comparison
        row = self._one("SELECT hash FROM people WHERE name = ?", name)
        if not self._verify(str(row[0]) if row else nobody, password) or row is None:
            return None
        text, now = secrets.token_urlsafe(32), int(self._clock())
        self._do("DELETE FROM sessions WHERE seen < ?", now - self.idle_seconds)
        self._do("INSERT INTO sessions VALUES (?, ?, ?, ?)", _digest(text), name, now, now)
        return text

    def session(self, text: str) -> Identity | None:
        """Whose session it is; None for none, an ended one, or one left idle too long. Its idle time starts again."""
        row = self._one(
            "SELECT name, role, seen FROM sessions JOIN people USING (name) WHERE sessions.hash = ?", _digest(text)
        )
        if row is None:
            return None
        name, role, seen = str(row[0]), Role.of(str(row[1])), float(str(row[2]))
        now = self._clock()
        if role is None or now - seen > self.idle_seconds:
            self.log_out(text)
            return None
        if now - seen > min(_NOTE_SECONDS, self.idle_seconds / 10):
            self._do("UPDATE sessions SET seen = ? WHERE hash = ?", int(now), _digest(text))
        return Identity(name, role, text)

    def log_out(self, text: str) -> None:
        """End a session; whoever still has its cookie is nobody."""
        self._do("DELETE FROM sessions WHERE hash = ?", _digest(text))

    def add_token(self, name: str, role: Role, by: str) -> str:
        """A token for a script, shown now and never again. Raises AccessError for a name that is taken or is none."""
        if not _NAME.fullmatch(name):
            raise AccessError(f"'{name[:80]}' cannot be a token's name: use up to 64 letters, digits and . _ - @")
        if self._one("SELECT 1 FROM tokens WHERE name = ?", name):
            raise AccessError(f"there is a token '{name}' already: revoke it first, or choose another name")
        text = f"lumos_{secrets.token_urlsafe(32)}"
        now = int(self._clock())
        self._do("INSERT INTO tokens VALUES (?, ?, ?, ?, ?)", name, role.word, _digest(text), now, by)
        return text

    def tokens(self) -> list[Entry]:
        """The tokens that let scripts in, without their texts, which nobody has kept."""
        return [_entry(row) for row in self._all("SELECT name, role, created FROM tokens ORDER BY name")]

    def revoke_token(self, name: str) -> None:
        """Take a token's right away at once. Raises AccessError for an unknown one."""
        if not self._one("SELECT 1 FROM tokens WHERE name = ?", name):
            raise AccessError(f"there is no token '{name[:80]}'")
        self._do("DELETE FROM tokens WHERE name = ?", name)

    def token(self, text: str) -> Identity | None:
        """Who a script is that shows this token; None for an unknown or revoked one."""
        row = self._one("SELECT name, role FROM tokens WHERE hash = ?", _digest(text))
        role = Role.of(str(row[1])) if row else None
        return Identity(f"token {row[0]}", role) if row and role else None

    def _verify(self, hashed: str, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _do(self, statement: str, *values: object) -> None:
        with self._lock:
            self._database.execute(statement, values)

    def _one(self, statement: str, *values: object) -> tuple[object, ...] | None:
        found = self._all(statement, *values)
        return found[0] if found else None

    def _all(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


def _entry(row: tuple[object, ...]) -> Entry:
    return Entry(str(row[0]), Role.of(str(row[1])) or Role.NOBODY, int(str(row[2])))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
