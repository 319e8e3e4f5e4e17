"""The MQTT topics of docs/contract.md, built and read in one place.

Nothing else in Lumos concatenates or splits a topic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

#: The device behind the original project's two-level topics; no board may call itself so.
ORIGINAL_DEVICE = "esp32"
#: The metric of the original project's bare numbers.
ORIGINAL_METRIC = "light"

_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROOT = re.compile(r"[^+#$\s/\x00][^+#\s/\x00]*(/[^+#\s/\x00]+)*")


class TopicKind(StrEnum):
    """The last level of a topic under the root."""

    OUTPUT = "output"
    STATUS = "status"
    INPUT = "input"
    ACK = "ack"
    STORED = "stored"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class TopicAddress:
    """Whose topic it is and what it carries; `original` for the two-level topics of the original program."""

    device: str
    kind: TopicKind
    original: bool = False


def is_device_id(text: str) -> bool:
    """Whether `text` may be a board's id: 1 to 64 of `A-Z a-z 0-9 _ -`, and not the original project's name."""
    return _DEVICE_ID.fullmatch(text) is not None and text != ORIGINAL_DEVICE


def is_topic_root(text: str) -> bool:
    """Whether `text` may stand before `/<device>/output`: no wildcard, no space, no `$` in front, no empty level."""
    return len(text) <= 128 and _ROOT.fullmatch(text) is not None


class Topics:
    """The topics below one root, `esp32` by default."""

    def __init__(self, root: str) -> None:
        self.root = root
        #: The one filter ingest subscribes to. One, because overlapping filters deliver twice on NATS; everything,
        #: because a mistyped topic must end in the quarantine where its author can find it.
        self.everything = f"{root}/#"
        self.original_output = f"{root}/{TopicKind.OUTPUT}"
        self.original_input = f"{root}/{TopicKind.INPUT}"
        self._prefix = f"{root}/"

    def of(self, device: str, kind: TopicKind) -> str:
        """The topic of a device, `esp32/<device>/<kind>`; the original board's two levels where they exist."""
        if device == ORIGINAL_DEVICE and kind in (TopicKind.OUTPUT, TopicKind.INPUT):
            return f"{self.root}/{kind}"
        return f"{self.root}/{device}/{kind}"

    def parse(self, topic: str) -> TopicAddress | None:
        """Whose topic this is, or None when it is none of the contract's."""
        if topic == self.original_output:
            return TopicAddress(ORIGINAL_DEVICE, TopicKind.OUTPUT, original=True)
        if topic == self.original_input:
            return TopicAddress(ORIGINAL_DEVICE, TopicKind.INPUT, original=True)
        if not topic.startswith(self._prefix):
            return None
        device, _, kind = topic[len(self._prefix) :].partition("/")
        if not is_device_id(device) or kind not in _KINDS:
            return None
        return TopicAddress(device, TopicKind(kind))


_KINDS = frozenset(TopicKind)
