"""The command lines of the programs: each takes every setting as a flag, and complains in one sentence."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from telemetry.errors import SettingError, nearest
from telemetry.settings import rows, values
from telemetry.settings.file import FILE_NAME


class _Parser(argparse.ArgumentParser):
    """argparse whose complaints are ours: one sentence, the nearest valid flag, exit code 2 by the caller."""

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: (--[^\s=]+)", message)
        if unknown:
            flags = [flag for action in self._actions for flag in action.option_strings]
            close = nearest(unknown[1], flags)
            raise SettingError(f"{unknown[1]} is no flag of {self.prog}{close if 'mean' in close else '; see --help'}")
        raise SettingError(f"{self.prog}: {message}; see --help")


def parser(prog: str, description: str) -> argparse.ArgumentParser:
    """A command line with every setting as a flag; the caller may add modes of its own."""
    made = _Parser(prog=prog, description=description, allow_abbrev=False)
    _add_flags(made)
    return made


def sub_parser(words: Any, name: str, help: str) -> argparse.ArgumentParser:
    """A sub-command that takes every setting too, so that flags may stand behind its words."""
    made: argparse.ArgumentParser = words.add_parser(name, help=help, description=help, allow_abbrev=False)
    _add_flags(made)
    return made


def _add_flags(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group(
        "settings", f"each also as a LUMOS_* variable or a key of {FILE_NAME}; flags are strongest, the file weakest"
    )
    for row in rows():
        unit = f" ({row.unit})" if row.unit else ""
        default = f" [{row.default}]" if row.default else ""
        # A yes-or-no setting may be given as the flag alone.
        alone: dict[str, Any] = {"nargs": "?", "const": "yes"} if row.read is values.yes_or_no else {}
        text = f"{row.help}{unit}{default}".replace("%", "%%")
        # Suppressed, so that a sub-command's silence does not undo what stood before it.
        group.add_argument(row.flag, metavar="VALUE", dest=row.name, default=argparse.SUPPRESS, help=text, **alone)


def read_arguments(made: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parsed flags; raises SettingError in place of argparse's exit."""
    return made.parse_args(argv)
