"""What each row of the table of sources does: find its own topics, and read what comes on them.

A reader belongs to one row in force. It may remember what its convention announces (`Announcement`); reading the same
message twice is harmless. UnreadableError is the only thing that `read` may raise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ingest.decoded import Decoded
from ingest.samples import Clock


class Reader(Protocol):
    """One source at work."""

    #: Whether messages may be announcements: what others say is then read by them.
    announces: bool

    def reads(self, topic: str) -> bool:
        """Whether a topic is this source's."""

    def read(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        """What a message says; nothing for what is not ours to keep."""

    def limit(self, topic: str) -> int:
        """The most bytes a message on this topic may have."""

    def topics(self) -> Iterable[str]:
        """Topics to read beyond those of the table: what announcements named."""

    def forget(self) -> None:
        """What was said lately may not have been stored: say it again when it comes up."""
