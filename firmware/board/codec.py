"""The payloads of the MQTT contract, written and read in one place.

Nothing else on the board builds or parses JSON. Reading never raises: what is not as it must be comes back as None.
"""

import json

OFFLINE = b'{"online":false}'


def encode(body: dict) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _placed(body: dict, t: "int | None", age: "int | None") -> dict:
    if t is None:
        body["age"] = age
    else:
        body["t"] = t
    return body


def readings(values: dict) -> str:
    """What was measured at one moment, as it will stand in a payload: text takes a third of the memory of a dict."""
    return json.dumps(values, separators=(",", ":"))[1:-1]


def sample(boot: str, seq: int, t: "int | None", age: "int | None", measured: str) -> bytes:
    """One sample: its `readings`, with their age where the board has no clock."""
    head = encode(_placed({"boot": boot, "seq": seq}, t, age))
    return head[:-1] + ("," + measured + "}" if measured else "}").encode()


def batch(boot: str, first_seq: int, rows: "list[tuple[int | None, int | None, str]]") -> "list[bytes]":
    """Samples with consecutive numbers, each row (t, age, readings); an age is written as a negative time.

    In pieces to be sent one after the other: a board's memory may have no place for the whole.
    """
    pieces = [encode({"boot": boot, "seq": first_seq})[:-1] + b',"rows":[']
    for t, age, measured in rows:
        comma = "," if len(pieces) > 1 else ""
        pieces.append((comma + "[" + str(-max(age, 1) if t is None else t) + ",{" + measured + "}]").encode())
    pieces.append(b"]}")
    return pieces


def event(boot: str, number: int, t: "int | None", age: "int | None", name: str, value) -> bytes:
    """Something that happened, numbered within the boot so that a repeated one is recognised."""
    body = _placed({"boot": boot, "n": number}, t, age)
    body["event"] = name
    body["value"] = value
    return encode(body)


def answer(identity: str, error: "str | None", state: dict) -> bytes:
    """A command was done, and `state` is what it touched, as it now is; or it was refused with a sentence."""
    body: dict = {"id": identity, "ok": error is None}
    body.update({"error": error} if error is not None else state)
    return encode(body)


def _json(payload: bytes):
    # A deeply nested payload ends the parser's recursion with a RuntimeError, not with a ValueError.
    try:
        return json.loads(payload.decode())
    except (ValueError, RuntimeError):
        return None


def read_stored(payload: bytes) -> "dict[str, int] | None":
    """The numbers up to which samples are safe, by boot; None for anything else, an empty payload included."""
    body = _json(payload)
    if not isinstance(body, dict):
        return None
    for number in body.values():
        if not isinstance(number, int) or isinstance(number, bool):
            return None
    return body


def read_command(payload: bytes) -> "dict | None":
    """The JSON object of a command, or None when it is plain text: the words of the original program."""
    body = _json(payload)
    return body if isinstance(body, dict) and ("cmd" in body or "id" in body) else None


def read_text(payload: bytes) -> "str | None":
    try:
        return payload.decode()
    except UnicodeError:
        return None
