"""Acknowledgements and events on their way out, oldest first: each is kept until the broker has it.

Bounded, like everything that grows while there is no link: when full, the oldest goes. Samples have their own buffer.
"""

_CAPACITY = 32


class Letter:
    """A message to publish. `compose` makes the payload when it is sent, since an age is only known then."""

    __slots__ = ("compose", "flying", "topic", "tried")

    def __init__(self, topic, compose):
        self.topic = topic
        self.compose = compose
        self.flying = False
        self.tried = False


class Outbox:
    """The letters that the broker does not have yet."""

    def __init__(self):
        self._letters = []

    def __len__(self) -> int:
        return len(self._letters)

    def put(self, topic: str, compose) -> None:
        self._letters.append(Letter(topic, compose))
        del self._letters[:-_CAPACITY]

    def next(self) -> "Letter | None":
        """The oldest letter that is not under way."""
        for letter in self._letters:
            if not letter.flying:
                return letter
        return None

    def landed(self, letter: Letter) -> None:
        if letter in self._letters:
            self._letters.remove(letter)

    def disconnected(self) -> None:
        """Whatever was under way goes again, flagged as a possible duplicate."""
        for letter in self._letters:
            letter.flying = False
