"""People and tokens from the console: who may log in at the dashboard, and a forgotten password's remedy.

`python -m dashboard user …` and `token …`, also as `python app.py user …`. Whoever can read the data folder may do
this; passwords are asked for, or read from a file, and never stand on a command line.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard.access.people import People
from dashboard.access.roles import Role
from telemetry.command_line import parser, sub_parser
from telemetry.datafolder import DataFolder
from telemetry.errors import AccessError
from telemetry.settings import Settings, load

WORDS = ("user", "token")
_ROLES = [role.word for role in Role if role is not Role.NOBODY]
_FOREVER_SECONDS = 30 * 86_400


def main(argv: Sequence[str]) -> None:
    """Carry one command line out. Raises LumosError with a sentence."""
    command_line = parser("python -m dashboard", "People who may log in, and tokens for scripts.")
    kinds = command_line.add_subparsers(dest="kind", required=True)
    users = sub_parser(kinds, "user", "people who may log in").add_subparsers(dest="do", required=True)
    tokens = sub_parser(kinds, "token", "tokens for scripts").add_subparsers(dest="do", required=True)
    for name, what in (("add", "a new person"), ("password", "a new password for a person")):
        made = sub_parser(users, name, what)
        made.add_argument("name")
        made.add_argument("--password-file", type=Path, help="file whose first line is the password")
        if name == "add":
            made.add_argument("--role", choices=_ROLES, default="viewer")
    sub_parser(users, "remove", "remove a person").add_argument("name")
    sub_parser(users, "list", "who may log in")
    sub_parser(users, "first", "make the first admin, unless there is one")
    token = sub_parser(tokens, "add", "a new token, shown once")
    token.add_argument("name")
    token.add_argument("--role", choices=_ROLES, default="viewer")
    sub_parser(tokens, "revoke", "take a token's right away").add_argument("name")
    sub_parser(tokens, "list", "the tokens there are")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    people = open_people(settings)
    try:
        _carry_out(people, arguments, settings)
    finally:
        people.close()


def open_people(settings: Settings) -> People:
    """The people of a data folder."""
    return People(DataFolder(settings.data_dir).people, settings.session_idle or _FOREVER_SECONDS)


def first_admin(people: People, settings: Settings) -> None:
    """Make the first admin from the password file, or by asking. Raises AccessError where neither can be done."""
    if any(entry.role is Role.ADMIN for entry in people.people()):
        return
    if settings.admin_password_file is not None:
        people.set_password("admin", _first_line(settings.admin_password_file), Role.ADMIN)
        _say("the first admin is 'admin', with the password of --admin-password-file")
        return
    if not sys.stdin.isatty():
        raise AccessError(
            "nobody may log in yet, and there is no console to ask for the first admin's password: "
            "give --admin-password-file, or run `python app.py user add NAME --role admin`"
        )
    _say("Everybody on the network will have to log in. Who is the first admin?")
    name = input("name [admin]: ").strip() or "admin"
    people.set_password(name, _ask(), Role.ADMIN)


def _carry_out(people: People, arguments: argparse.Namespace, settings: Settings) -> None:
    match arguments.kind, arguments.do:
        case "user", "first":
            first_admin(people, settings)
        case "user", "add":
            if any(entry.name == arguments.name for entry in people.people()):
                raise AccessError(f"there is a '{arguments.name}' already: `user password {arguments.name}`")
            people.set_password(arguments.name, _password(arguments), Role.of(arguments.role))
            _say(f"{arguments.name} may log in as {arguments.role}")
        case "user", "password":
            if all(entry.name != arguments.name for entry in people.people()):
                raise AccessError(f"there is no '{arguments.name[:80]}': `user list` shows who there is")
            people.set_password(arguments.name, _password(arguments))
            _say(f"{arguments.name} has a new password; all their sessions have ended")
        case "user", "remove":
            people.remove(arguments.name)
            _say(f"{arguments.name} may no longer log in")
        case "token", "add":
            text = people.add_token(arguments.name, Role.of(arguments.role) or Role.VIEWER, getpass.getuser())
            _say(f"{text}\nThis is shown once. Send it as: Authorization: Bearer <token>")
        case "token", "revoke":
            people.revoke_token(arguments.name)
            _say(f"token {arguments.name} lets nobody in any more")
        case _:
            for entry in people.people() if arguments.kind == "user" else people.tokens():
                _say(f"{entry.name:<24} {entry.role.word}")


def _password(arguments: argparse.Namespace) -> str:
    return _first_line(arguments.password_file) if arguments.password_file else _ask()


def _ask() -> str:
    if not sys.stdin.isatty():
        raise AccessError("there is no console to ask for the password: give --password-file")
    password = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != password:
        raise AccessError("the two are not the same: try again")
    return password


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as cause:
        raise AccessError(f"{path} cannot be read ({cause}): give a file whose first line is the password") from cause


def _say(text: str) -> None:
    print(text)  # noqa: T201 - a command line speaks to its user
