"""The file of people, sessions and tokens, and the console that manages it."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.__main__ import main
from dashboard.access.console import first_admin, open_people
from dashboard.access.people import People
from dashboard.access.roles import Role
from telemetry.errors import AccessError
from tests.dashboard.access.conftest import PASSWORD, settings_with


def test_nothing_in_the_file_lets_anybody_in(people: People, open_settings: Any) -> None:
    people.set_password("ada", PASSWORD, Role.ADMIN)
    session = people.log_in("ada", PASSWORD) or ""
    token = people.add_token("script", Role.VIEWER, "ada")
    path = open_settings.data_dir / "secrets" / "people.sqlite"
    content = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for secret in (PASSWORD, session, token):
        assert secret.encode() not in content
    assert b"$argon2id$" in content


def test_a_password_is_kept_as_hard_to_guess_as_rfc_9106_says(tmp_path: Path) -> None:
    people = People(tmp_path / "people", 600)
    people.set_password("ada", PASSWORD, Role.VIEWER)
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in (tmp_path / "people").read_bytes()
    assert people.log_in("ada", PASSWORD)
    assert not people.log_in("nobody", PASSWORD)


def test_an_idle_session_ends_and_one_in_use_goes_on(tmp_path: Path) -> None:
    now = [1_000_000.0]
    people = People(tmp_path / "people", 600, lambda: now[0])
    people.set_password("ada", PASSWORD, Role.VIEWER)
    session = people.log_in("ada", PASSWORD) or ""
    for _ in range(5):
        now[0] += 500
        assert people.session(session)
    now[0] += 601
    assert people.session(session) is None
    now[0] -= 601
    assert people.session(session) is None  # ended is ended


@pytest.mark.parametrize(
    ("change", "still"),
    [
        (lambda p: p.set_password("ada", "another password"), False),
        (lambda p: p.remove("ada"), False),
        (lambda p: p.set_password("bob", "another password", Role.VIEWER), True),
    ],
)
def test_a_new_password_or_a_removal_ends_that_persons_sessions(
    change: Callable[[People], None], still: bool, people: People
) -> None:
    people.set_password("ada", PASSWORD, Role.VIEWER)
    session = people.log_in("ada", PASSWORD) or ""
    change(people)
    assert bool(people.session(session)) is still


def test_the_last_admin_stays(people: People) -> None:
    people.set_password("ada", PASSWORD, Role.ADMIN)
    with pytest.raises(AccessError, match="last admin"):
        people.remove("ada")
    people.set_password("bob", PASSWORD, Role.ADMIN)
    people.remove("ada")
    assert [entry.name for entry in people.people()] == ["bob"]


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("", PASSWORD, "cannot be a name"),
        ("a b", PASSWORD, "cannot be a name"),
        ("ada", "short", "10 to 256"),
        ("ada", "x" * 300, "10 to 256"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(name: str, password: str, words: str, people: People) -> None:
    with pytest.raises(AccessError, match=words):
        people.set_password(name, password, Role.VIEWER)


def test_the_first_admin_comes_from_the_password_file(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    settings = settings_with(tmp_path, "--lan", "--admin-password-file", str(tmp_path / "password"))
    (tmp_path / "data" / "secrets").mkdir(parents=True)
    people = open_people(settings)
    first_admin(people, settings)
    assert people.log_in("admin", PASSWORD)
    (tmp_path / "password").write_text("changed afterwards\n")
    first_admin(people, settings)  # there is one: it stays as it is
    assert people.log_in("admin", PASSWORD)
    assert PASSWORD not in capsys.readouterr().out


def test_without_a_console_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(tmp_path, "--lan")
    (tmp_path / "data" / "secrets").mkdir(parents=True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(AccessError, match="--admin-password-file"):
        first_admin(open_people(settings), settings)


def test_people_and_tokens_from_the_console(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")

    def run(*words: str) -> tuple[int, str]:
        code = main([*words, "--data-dir", str(tmp_path / "data")])
        return code, "".join(capsys.readouterr())

    file = ("--password-file", "password")
    assert run("user", "add", "ada", "--role", "operator", *file) == (0, "ada may log in as operator\n")
    assert run("user", "add", "ada", *file)[0] == 2
    assert run("user", "password", "ada", *file)[0] == 0
    assert "there is no 'eve'" in run("user", "password", "eve", *file)[1]
    assert run("user", "list")[1].split() == ["ada", "operator"]
    shown = run("token", "add", "grafana", "--role", "viewer")[1]
    assert shown.startswith("lumos_")
    assert shown.split()[0] not in run("token", "list")[1]
    assert run("token", "revoke", "grafana")[0] == 0
    assert run("token", "revoke", "grafana")[0] == 2
    assert run("user", "remove", "ada") == (0, "ada may no longer log in\n")
