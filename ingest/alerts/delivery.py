"""One message through apprise, and in a sentence what went wrong, without anything of the address in it.

The one place that imports apprise, and only once something is to be sent: it takes about 35 MB. Its log is heard here
and goes nowhere else, since it may quote addresses.
"""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ingest.alerts.channels import checked_url
from telemetry.errors import ActionError

if TYPE_CHECKING:
    import apprise

_REASON_LENGTH = 300
_LOG = logging.getLogger("apprise")
_LOG.propagate = False
_LOG.setLevel(logging.WARNING)
#: What apprise speaks through writes paths, and so tokens, to its logs.
for _name in ("urllib3", "requests", "requests_oauthlib", "oauthlib"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
#: Parts of an address that say nothing: they would only make holes in the reason.
_PLAIN = frozenset(("yes", "no", "true", "false", "text", "post", "get", "none", "json", "mail", "auto", "high", "low"))
_HIDDEN = "…"


class _Ear(logging.Handler):
    """Hears what this thread's delivery complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


def service_of(url: str) -> str:
    """What apprise calls the service of an address. Raises ActionError for one that it cannot use."""
    return str(_made(url).service_name)


def send(url: str, title: str, body: str, kind: str) -> str:
    """Deliver it; empty, or why it could not be. `kind` is info, success, warning or failure."""
    ear = _Ear()
    _LOG.addHandler(ear)
    try:
        done = _made(url).notify(title=title, body=body, notify_type=_kinds()[kind], body_format="text")
    except ActionError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  (one of 140 services; its fault must not end the sender)
        ear.lines.append(f"{type(error).__name__}: {error}")
        done = False
    finally:
        _LOG.removeHandler(ear)
    if done:
        return ""
    return without_secrets(" ".join(ear.lines[-2:]), url)[:_REASON_LENGTH] or "the service did not take it"


def without_secrets(text: str, url: str) -> str:
    """A text with nothing of an address in it but its scheme."""
    text = re.sub(r"\b[\w+.-]+://\S+", _HIDDEN, text)
    rest = url.partition("://")[2]
    words = {word for piece in re.split(r"[/?&#;,]", rest) for word in _words(piece)}
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2 and word.casefold() not in _PLAIN:
            text = text.replace(word, _HIDDEN)
    return text


def _words(piece: str) -> set[str]:
    """The parts of a piece of an address that may be secret: whole, its value, and what stands between its marks."""
    value = piece.partition("=")[2] or piece
    parts = {value, *re.split(r"[:@]", value)}
    return parts | {unquote(part) for part in parts}


def _made(url: str) -> Any:
    import apprise

    made = apprise.Apprise.instantiate(checked_url(url), asset=_asset())
    if made is None:
        raise ActionError("this address is none that apprise can use: see docs/alerts.md for one of each kind")
    return made


def _asset() -> apprise.AppriseAsset:
    """Nothing on disk, no pictures from elsewhere, one after the other, in the thread that asks."""
    import apprise

    return apprise.AppriseAsset(
        app_id="Lumos", app_desc="Lumos", app_url="", image_url_mask="", image_url_logo="", async_mode=False,
        secure_logging=True, storage_mode="memory", image_path_mask=False,
    )  # fmt: skip


def _kinds() -> dict[str, Any]:
    from apprise import NotifyType

    return {kind.value: kind for kind in NotifyType}
