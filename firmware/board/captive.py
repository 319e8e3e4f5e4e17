"""While the board is its own network: every name leads to the page, so that a phone which joins shows it by itself.

A name server that answers each question for an address with the board's own (RFC 1035), and nothing else.
"""

import asyncio
import socket

_LONGEST = 512
_ADDRESS, _INTERNET = b"\x00\x01", b"\x00\x01"
#: Short: the answer is wrong as soon as the phone is back in its own network.
_SECONDS_TO_LIVE = b"\x00\x00\x00\x05"


def answer(question: bytes, address: str) -> "bytes | None":
    """The reply to one question: `address` for a name's address, no record for anything else; None for no question."""
    if len(question) < 17 or question[2] & 0x80 or question[4:6] != b"\x00\x01":
        return None
    end = 12
    while end < len(question) and question[end]:
        end += question[end] + 1
    asked = question[12 : end + 5]
    if len(asked) < end + 5 - 12:
        return None
    known = asked[-4:] == _ADDRESS + _INTERNET
    head = question[:2] + b"\x84\x00\x00\x01" + (b"\x00\x01" if known else b"\x00\x00") + b"\x00\x00\x00\x00"
    if not known:
        return head + asked
    packed = bytes([int(part) for part in address.split(".")])
    return head + asked + b"\xc0\x0c" + _ADDRESS + _INTERNET + _SECONDS_TO_LIVE + b"\x00\x04" + packed


async def answer_every_name(address: str, host: str = "0.0.0.0", port: int = 53) -> None:  # noqa: S104
    """Until cancelled. Raises OSError where the port cannot be had."""
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        asked.setblocking(False)
        asked.bind(socket.getaddrinfo(host, port)[0][-1])
        while True:
            try:
                question, who = asked.recvfrom(_LONGEST)
            except OSError:  # nobody asked
                await asyncio.sleep(0.05)
                continue
            reply = answer(question, address)
            if reply is not None:
                asked.sendto(reply, who)
    finally:
        asked.close()
