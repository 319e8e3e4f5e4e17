"""What one may tell the board: a table of commands, each with what its value may be and what it touches.

Every command that has an id is answered, done or refused with a sentence; one whose id was seen before is answered
again and not done again. Nothing a payload holds may raise. Adding a command means adding a row.
"""

from . import codec

_LONGEST_MESSAGE = 512
_LONGEST_ID = 64
#: How many ids are remembered: more than can be under way to one board, and a bounded amount of memory.
_REMEMBERED = 16


#: name: (what kind of value it takes, from, to: of a text its length; what is said to any other value, or None for a
#: command that looks at no value; which part of the state it touches). A function for each would take more memory.
COMMANDS: dict[str, tuple] = {
    "led": (bool, 0, 1, "led must be true or false", "led"),
    "message": (str, 0, _LONGEST_MESSAGE, f"message must be a text of up to {_LONGEST_MESSAGE} characters", "screen"),
    "sending": (bool, 0, 1, "sending must be true or false", "sending"),
    "period": (int, 100, 3_600_000, "period must be 100 to 3600000 ms", "period_ms"),
    "identify": (None, 0, 0, None, None),
    "config": (None, 0, 0, None, None),
    "reboot": (None, 0, 0, None, None),
}


class Commands:
    """Carries out commands on a board: by `change(part, value)` of its `state`, or by `do_<name>(value, id)`.

    The id is for those that end in a restart, after which their repetition must be recognised.
    """

    def __init__(self, board, remembered: "str | None" = None) -> None:
        self._board = board
        # Id and outcome (name, error) of the last commands, oldest first. A board that was told to restart hands in the
        # id of that command, so that its repetition does not restart it again.
        self._seen = [(remembered, "reboot", None)] if remembered else []

    def handle(self, payload: bytes) -> "bytes | None":
        """Do what the payload says; the answer to publish, or None where nobody can be answered."""
        command = codec.read_command(payload)
        if command is None:
            self._do_plain_words(payload)
            return None
        identity = command.get("id")
        if not isinstance(identity, str) or not 0 < len(identity) <= _LONGEST_ID:
            identity = None
        for seen, name, error in self._seen:
            if seen == identity:
                return self._answer(identity, name, error)
        name, error = self._do(command, identity)
        if identity is None:
            return None
        self._seen.append((identity, name, error))
        del self._seen[:-_REMEMBERED]
        return self._answer(identity, name, error)

    def _do(self, command, identity):
        name = command.get("cmd")
        row = COMMANDS.get(name) if isinstance(name, str) else None
        if row is None:
            known = ", ".join(sorted(COMMANDS))
            return None, f"unknown command {_shown(name)}: try one of {known}"
        value = command.get("value")
        kind, low, high, error, _ = row
        if name == "config":
            from . import config  # here only: it is seldom wanted, and takes memory

            error = config.problem(value)
        elif type(value) is kind and low <= (len(value) if kind is str else value) <= high:
            error = None
        if error is not None:
            return name, error
        if row[-1] is not None:
            self._board.change(row[-1], value)
        else:
            getattr(self._board, "do_" + name)(value, identity)
        return name, None

    def _answer(self, identity, name, error):
        touched = COMMANDS[name][-1] if error is None else None
        return codec.answer(identity, error, {touched: self._board.state[touched]} if touched else {})

    def _do_plain_words(self, payload):
        text = codec.read_text(payload)
        if text in ("LedOn", "LedOff"):
            self._board.change("led", text == "LedOn")
        elif text is not None:
            self._board.change("screen", text[:_LONGEST_MESSAGE])


def _shown(name):
    return f"'{name[:32]}'" if isinstance(name, str) else "without a name"
