"""Boards' passwords at the broker: `python -m ingest device add|renew|remove|list`, and the actions that do the same.

The command asks the running ingest; where none runs it changes the list itself, under ingest's lock, so that the list
has one writer at a time. A password is shown once and kept nowhere.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence

from filelock import FileLock, Timeout

from telemetry.broker_users import BrokerUsers
from telemetry.command_line import parser, sub_parser
from telemetry.datafolder import DataFolder
from telemetry.errors import AlreadyRunningError, StoreUnavailableError
from telemetry.reader import Actions
from telemetry.settings import Settings, load
from telemetry.sources import other_topics
from telemetry.topics import Topics

_WORDS = {
    "add": "add_board_user",
    "renew": "renew_board_user",
    "remove": "remove_board_user",
}


class BoardUsers:
    """The boards of one broker. Each call takes effect at once, and says what is left for a person to do."""

    def __init__(self, settings: Settings, folder: DataFolder, *, running: bool = True) -> None:
        self._settings = settings
        self._users = BrokerUsers(folder, Topics(settings.topic_root), other_topics(settings))
        # Without a running Lumos nobody here knows how open its broker is to be: its next start writes the list out.
        self._applies = running or not settings.embedded

    def add(self, device: str, source: str = "") -> dict[str, str]:
        """`{"device", "password", "note"}`. Raises BrokerError for a name that is taken or is none."""
        password = self._users.add_board(device, source)
        return {"device": device, "password": password, "note": self._apply()}

    def renew(self, device: str) -> dict[str, str]:
        """`{"device", "password", "note"}`. Raises BrokerError for an unknown board."""
        password = self._users.renew_board(device)
        return {"device": device, "password": password, "note": self._apply()}

    def remove(self, device: str) -> dict[str, str]:
        """`{"device", "note"}`. Raises BrokerError for an unknown board."""
        self._users.remove_board(device)
        return {"device": device, "note": self._apply()}

    def _apply(self) -> str:
        if not self._applies:
            return "it takes effect when Lumos starts"
        return self._users.apply(self._settings)

    def refresh(self) -> str:
        """Bring ingest's own rights to what its sources are now; what is left for a person to do, or nothing."""
        return self._users.refresh(self._settings)

    def names(self) -> list[str]:
        """The boards that have a password."""
        return self._users.boards()


def main(argv: Sequence[str]) -> None:
    """Carry `device …` out. Raises LumosError with a sentence."""
    command_line = parser("python -m ingest", "Boards' passwords at the broker.")
    kinds = command_line.add_subparsers(dest="kind", required=True)
    does = sub_parser(kinds, "device", "boards at the broker").add_subparsers(dest="do", required=True)
    for word, what in (
        ("add", "a password for a new board, shown once"),
        ("renew", "a new password for a board; the old one is refused from then on"),
        ("remove", "take a board's right to connect away"),
    ):
        made = sub_parser(does, word, what)
        made.add_argument("name")
        if word == "add":
            made.add_argument("--source", help="of a device or bridge that others wrote (docs/sources.md)")
    sub_parser(does, "list", "the boards that have a password")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    if arguments.do == "list":
        for name in BoardUsers(settings, folder).names():
            _say(name)
        return
    given = {"device": arguments.name, **({"source": arguments.source} if getattr(arguments, "source", None) else {})}
    result = _carry_out(settings, folder, arguments.do, given)
    if "password" in result:
        _say(
            f"user {result['device']}\npassword {result['password']}\nThe password is shown once: give it to the board."
        )
    else:
        _say(f"{result['device']} may no longer connect")
    if result["note"]:
        _say(result["note"])


def _carry_out(settings: Settings, folder: DataFolder, word: str, given: dict[str, str]) -> dict[str, str]:
    try:
        return dict(Actions(folder).call(_WORDS[word], given, by=f"{getpass.getuser()} (console)"))
    except StoreUnavailableError:
        return _carry_out_alone(settings, folder, word, given)


def _carry_out_alone(settings: Settings, folder: DataFolder, word: str, given: dict[str, str]) -> dict[str, str]:
    try:
        with FileLock(folder.ingest_lock, blocking=False):
            boards = BoardUsers(settings, folder, running=False)
            return {"add": boards.add, "renew": boards.renew, "remove": boards.remove}[word](**given)
    except Timeout as cause:
        raise AlreadyRunningError("ingest is starting or stopping: try again in a moment") from cause


def _say(text: str) -> None:
    print(text, file=sys.stdout)  # noqa: T201 - a command line speaks to its user
