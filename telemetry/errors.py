"""Every error that Lumos raises on purpose. Each message names the value, the place and the remedy.

They live in one file so that a sentence a user may read is easy to find and to compare with its neighbours. Code raises
them `from` their cause. Nothing here may log or print.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LumosError(Exception):
    """Something a person can mend; `str(error)` is one sentence or two for them, without a stack trace."""


class SettingError(LumosError):
    """A setting is unknown, of the wrong type, or out of its range."""


class DataFolderError(LumosError):
    """The data folder cannot be used: not writable, not a folder, or its content is not ours."""


class AlreadyRunningError(LumosError):
    """Another Lumos (or another ingest) works on the same data."""


class PortTakenError(LumosError):
    """A port that was asked for by name is in use."""


class BrokerError(LumosError):
    """The broker cannot be started, or cannot be reached with what the settings say."""


class StoreUnavailableError(LumosError):
    """Neither ingest nor the database file answers."""


class DamagedStoreError(StoreUnavailableError):
    """The database file is there, and is no sound database."""


class NoRoomError(StoreUnavailableError):
    """The database cannot be opened, since the disk is full."""


class SchemaError(LumosError):
    """The database was written by a newer Lumos, or is not a Lumos database."""


class QuestionError(LumosError):
    """A question's arguments are not as they must be (a script's 400)."""


class QuestionRefusedError(LumosError):
    """The read service does not run this statement: not one SELECT, or it touches what it may not."""


class QuestionLimitError(LumosError):
    """A question took longer, or gave more rows, than it may."""


class AccessError(LumosError):
    """The token is missing, wrong, or not for this service."""


class ActionError(LumosError):
    """An action's name or arguments are not as they must be, or it could not be carried out."""


class BackupError(LumosError):
    """A backup cannot be made, is damaged, or cannot be restored."""


class TransferError(LumosError):
    """A file cannot be imported, or written by an export, as it was asked."""


class CommandError(LumosError):
    """A command's name or value is not as the contract says."""


class ServiceError(LumosError):
    """Lumos cannot be installed, or looked at, as a service."""


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the closest of `known`, or the whole list when it is short, or nothing."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    if len(choices) <= 12:
        return f". Try one of: {', '.join(choices)}."
    return "."
