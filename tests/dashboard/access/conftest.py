"""A dashboard open to the network, with somebody of each role, a token of each, and ways to ask as each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from dashboard.access import people as people_file
from dashboard.access.guard import SESSION_COOKIE
from dashboard.access.people import People
from dashboard.access.roles import Role
from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings, load
from tests.dashboard.conftest import FakeReader

PASSWORD = "correct horse battery"
HOST = "http://lumos.local"

#: Who can ask: nobody, somebody of each role with a session, a script with a token of each role.
ASKERS = ("nobody", *(f"{kind} {role.word}" for role in Role if role for kind in ("session", "token")))


@pytest.fixture
def open_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """How hard passwords are to guess is one test's matter: the others need not take a tenth of a second for each."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(people_file, "PasswordHasher", lambda: quick)
    return settings_with(tmp_path, "--lan")


def settings_with(folder: Path, *flags: str) -> Settings:
    """Settings on a data folder of its own."""
    words = ["--data-dir", str(folder / "data"), *flags]
    return load(read_arguments(parser("test", ""), words), environment={}, folder=folder)


@pytest.fixture
def people(open_settings: Settings) -> Iterator[People]:
    """The file of people that the dashboard reads too."""
    folder = DataFolder(open_settings.data_dir)
    folder.ensure()
    found = People(folder.people, 3_600)
    yield found
    found.close()


@pytest.fixture
def dash_app(open_settings: Settings, people: People, commander: Commander) -> Any:
    return create_app(open_settings, reader=FakeReader(), commander=commander)


@pytest.fixture
def ask_as(dash_app: Any, people: People) -> Callable[[str], Callable[..., Any]]:
    """`ask_as("session viewer")("GET", "/data")` → the response."""

    def ask_as(asker: str) -> Callable[..., Any]:
        client = dash_app.server.test_client()
        kind, _, word = asker.partition(" ")
        role = Role.of(word)
        headers = {"Origin": HOST}
        if kind == "session":
            people.set_password(word, PASSWORD, role)
            client.set_cookie(SESSION_COOKIE, people.log_in(word, PASSWORD) or "", domain="lumos.local")
        elif kind == "token":
            assert role is not None
            headers["Authorization"] = f"Bearer {people.add_token(word, role, 'test')}"

        def ask(method: str, path: str, **more: Any) -> Any:
            return client.open(path, method=method, base_url=HOST, **{"headers": headers, **more})

        return ask

    return ask_as


@pytest.fixture
def client(dash_app: Any) -> Any:
    """Somebody without cookie or token."""
    return dash_app.server.test_client()
