"""What a board prints, from its serial port: for a person to read, and for `deploy` to see why it does not report."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import serial

from firmware.deploy.connection import why_closed
from firmware.deploy.errors import BoardError

_BAUD = 115_200
_PAUSE_SECONDS = 0.1
#: What a board that cannot reach its broker is given, in case a broker is only just starting.
_BROKER_SECONDS = 20.0


class Console:
    """The lines that a board prints; a port that is away for a moment, as at a restart, is waited for."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._line: serial.SerialBase | None = None
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def open(self) -> None:
        """Raises BoardError."""
        try:
            self._line = serial.serial_for_url(self._port, baudrate=_BAUD, timeout=_PAUSE_SECONDS, exclusive=True)
        except (OSError, ValueError) as cause:
            raise BoardError(why_closed(self._port)) from cause

    def lines(self) -> list[str]:
        """Whole lines that have come since the last call, after a tenth of a second at most; none while it is away."""
        if self._line is None:
            with contextlib.suppress(BoardError):
                self.open()
            if self._line is None:
                time.sleep(_PAUSE_SECONDS)
                return []
        try:
            self._rest += self._line.read(max(1, self._line.in_waiting))
        except OSError:
            self._let_go()
            return []
        *whole, self._rest = self._rest.split(b"\n")
        return [line.decode("utf-8", errors="replace").rstrip("\r") for line in whole]

    def follow(self) -> Iterator[str]:
        """Its lines for ever. Raises BoardError when the port cannot be opened to begin with."""
        self.open()
        while True:
            yield from self.lines()

    def _let_go(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.close()
            self._line = None


def wait_for_report(
    console: Console,
    config: dict[str, Any],
    reported: Callable[[], dict[str, Any] | None] | None,
    seconds: float,
) -> dict[str, Any]:
    """The board's status, as soon as `reported` returns it. Raises BoardError with the reason that the board prints.

    Without `reported`, nobody hears the board but its broker: then `{}`, when it prints that it is connected.
    """
    begun = time.monotonic()
    unreached: tuple[float, str] | None = None
    while time.monotonic() - begun < seconds:
        for line in console.lines():
            _complain_of_wifi(line, config)
            if found := re.search(r"no broker at \S+ \((.*)\)", line):
                unreached = (unreached[0] if unreached else time.monotonic(), found[1])
            elif "connected to the broker" in line:
                unreached = None
                if reported is None:
                    return {}
        if reported is not None and (status := reported()) is not None:
            return status
        if unreached is not None and time.monotonic() - unreached[0] > _BROKER_SECONDS:
            raise BoardError(
                f"the board is on the Wi-Fi and cannot use the broker at {config['host']}:{config['port']}"
                f" ({unreached[1]}): {_remedy(unreached[1])}"
            )
    raise BoardError(
        f"{config['device']} has not reported within {seconds:.0f} s: `python -m firmware console` shows what it does"
    )


def _remedy(reason: str) -> str:
    if "password" in reason or "this user" in reason:
        return "deploy again with --new-password"
    if "certificate" in reason:
        return "deploy again, which gives the board the authority to trust; its clock must be right too (time_server)"
    return "see that it runs and is open to the network (--lan), or deploy again with --broker"


def _complain_of_wifi(line: str, config: dict[str, Any]) -> None:
    name = config["wifi"]["ssid"]
    if "no network: the password is wrong" in line:
        raise BoardError(f"the Wi-Fi '{name}' refuses the password: deploy again with --wifi '{name}' and type it anew")
    if "no network: no network of this name" in line:
        raise BoardError(
            f"no Wi-Fi named '{name}' is in reach of the board, which hears 2.4 GHz only: deploy again with --wifi"
        )
