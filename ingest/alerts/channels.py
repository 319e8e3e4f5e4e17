"""The channels through which alerts are sent: each an apprise address, which holds passwords and tokens.

So they lie in `data/secrets`, mode 0600, and not in the database, which questions can read and backups copy. What is
told of a channel is its name, its service and its scheme; the address itself leaves this file for apprise alone.
Changed in the writer's thread; read by others, as a whole that is never changed but replaced.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ulid import ULID

from ingest.alerts.words import LANGUAGES
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from telemetry.timestamps import now_us

_log = logging.getLogger(__name__)

NAME_LENGTH = 60
_URL_LENGTH = 2_000
_MOST = 50


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel. Its address is in nobody's `repr`."""

    id: str
    name: str
    url: str = dataclasses.field(repr=False)
    #: What apprise calls the service: Telegram, ntfy, E-Mail.
    service: str
    language: str
    made_by: str
    made_us: int

    @property
    def scheme(self) -> str:
        """As much of the address as may be shown."""
        return self.url.partition("://")[0] + "://…"


class Channels:
    """The channels of one data folder."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._channels: Mapping[str, Channel] = self._load()
        #: Channels that do not work now, with the reason; the sender knows.
        self.failing: dict[str, str] = {}

    def ids(self) -> list[str]:
        return list(self._channels)

    def all(self) -> list[Channel]:
        """In the order in which they were made."""
        return list(self._channels.values())

    def of(self, channel_id: str) -> Channel | None:
        return self._channels.get(channel_id)

    def known(self, channel_id: str) -> Channel:
        """Raises ActionError for one that is not there."""
        found = self._channels.get(channel_id)
        if found is None:
            raise ActionError(f"there is no channel '{channel_id[:64]}' (any more)")
        return found

    def make(self, name: str, url: str, service: str, language: str, by: str) -> str:
        """Keep a new channel; its id. Raises ActionError."""
        if len(self._channels) >= _MOST:
            raise ActionError(f"there are {_MOST} channels already: delete one that is not needed")
        made = Channel(str(ULID()), self._name(name, ""), url, service, _language(language), by[:200], now_us())
        self._keep({**self._channels, made.id: made})
        return made.id

    def change(self, channel_id: str, **said: Any) -> None:
        """Have it another name, address (with its service) or language; what is None stays."""
        before = self.known(channel_id)
        given = {key: value for key, value in said.items() if value is not None}
        if "name" in given:
            given["name"] = self._name(given["name"], channel_id)
        if "language" in given:
            _language(given["language"])
        self._keep({**self._channels, channel_id: dataclasses.replace(before, **given)})
        self.failing.pop(channel_id, None)

    def delete(self, channel_id: str) -> None:
        self.known(channel_id)
        self._keep({key: kept for key, kept in self._channels.items() if key != channel_id})
        self.failing.pop(channel_id, None)

    def _name(self, name: str, channel_id: str) -> str:
        name = name.strip()
        if not 1 <= len(name) <= NAME_LENGTH:
            raise ActionError(f"a channel needs a name of 1 to {NAME_LENGTH} characters, this one has {len(name)}")
        if any(kept.name == name and kept.id != channel_id for kept in self._channels.values()):
            raise ActionError(f"there is a channel '{name}' already: choose another name")
        return name

    def _keep(self, channels: Mapping[str, Channel]) -> None:
        rows = [dataclasses.asdict(channel) for channel in channels.values()]
        self._folder.write_private(self._folder.alert_channels, json.dumps(rows, ensure_ascii=False))
        self._channels = channels

    def _load(self) -> Mapping[str, Channel]:
        """What is kept; a file that cannot be read is set aside and told of, since readings matter more."""
        path = self._folder.alert_channels
        try:
            text = self._folder.read_private_text(path)
            found = [] if text is None else [Channel(**row) for row in json.loads(text)]
        except (OSError, ValueError, TypeError) as error:
            aside = path.with_suffix(".unreadable")
            _log.error("%s is no list of channels (%s): no alert is sent; it is kept as %s, make them anew", path,
                       type(error).__name__, aside.name)  # fmt: skip
            with contextlib.suppress(OSError):
                path.replace(aside)
            return {}
        return {channel.id: channel for channel in found}


def _language(language: str) -> str:
    if language not in LANGUAGES:
        raise ActionError(f"language='{language[:32]}' is none. Try one of: {', '.join(LANGUAGES)}.")
    return language


def checked_url(url: str) -> str:
    """An address as it is kept. Raises ActionError, without the address in the sentence."""
    url = url.strip()
    if not 0 < len(url) <= _URL_LENGTH or "://" not in url or any(letter.isspace() for letter in url):
        raise ActionError("a channel needs one address such as ntfy://ntfy.sh/topic: see docs/alerts.md")
    return url
