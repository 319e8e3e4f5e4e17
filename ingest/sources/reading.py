"""What each row of the table of sources does: find its own topics, and read what comes on them.

A reader belongs to one row in force. It may remember what its convention announces (`Announcement`); reading the same
message twice is harmless. UnreadableError is the only thing that `read` may raise.

A convention says which topics are its own and what their messages say; the rest is as most have it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from ingest.decoding.decoded import Decoded
from ingest.decoding.payload import LARGEST_PAYLOAD
from ingest.decoding.samples import Clock


class Reader(ABC):
    """One source at work."""

    #: Whether messages may be announcements: what others say is then read by them.
    announces = False

    @abstractmethod
    def reads(self, topic: str) -> bool:
        """Whether a topic is this source's."""

    @abstractmethod
    def read(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        """What a message says; nothing for what is not ours to keep."""

    def limit(self, topic: str) -> int:  # noqa: ARG002
        """The most bytes a message on this topic may have."""
        return LARGEST_PAYLOAD

    def topics(self) -> Iterable[str]:
        """Topics to read beyond those of the table: what announcements named."""
        return ()

    def forget(self) -> None:  # noqa: B027  (what is said each time needs nothing)
        """What was said lately may not have been stored: what is said once only is to be said again."""
