"""A board at the end of a cable, by way of mpremote: the only module that knows mpremote, whose Python face changes.

Files are written beside the old ones, verified, and renamed, so that a cable pulled out leaves a board that starts.
"""

from __future__ import annotations

import ast
import contextlib
import errno
import hashlib
import io
import json
import struct
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import serial
import serial.tools.list_ports
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from firmware.deploy.errors import BoardError

OLDEST_MICROPYTHON = (1, 22)
#: USB chips that stand on ESP32 boards: Silicon Labs, WCH, FTDI, and Espressif's own.
_MAKERS = {0x10C4, 0x1A86, 0x0403, 0x303A}
_FLASHING = "flash MicroPython first: firmware/README.md, First flash"
#: Written at once: a board answers each piece, and small pieces cost a round trip each.
_CHUNK = 1_024
#: A board that starts just now does not listen yet, so it is asked several times within the patience.
_PATIENCE_SECONDS = 12.0
_ATTEMPT_SECONDS = 3.0
#: What a board says is waited for so long, byte by byte.
_SILENCE_SECONDS = 2.0
#: What mpremote raises when a line goes dead or says something else than it should.
_LINE_ERRORS = (TransportError, OSError, struct.error)
_HASHES = """
import hashlib, os
def h(p):
    d = hashlib.sha256()
    try:
        with open(p, 'rb') as f:
            while True:
                b = f.read(512)
                if not b:
                    break
                d.update(b)
    except OSError:
        return None
    return ''.join('%02x' % x for x in d.digest())
def m(p):
    parts = p.split('/')[:-1]
    for i in range(len(parts)):
        try:
            os.mkdir('/'.join(parts[:i + 1]))
        except OSError:
            pass
"""


def ports() -> list[str]:
    """The serial ports that look like a board's, by the maker of their USB chip."""
    return sorted(port.device for port in serial.tools.list_ports.comports() if port.vid in _MAKERS)


def choose_port(asked: str | None) -> str:
    """The port that was asked for, or the only one that looks like a board's. Raises BoardError."""
    if asked:
        return asked
    found = ports()
    if not found:
        raise BoardError("no board is connected: plug one in with a cable that carries data, or name its --port")
    if len(found) > 1:
        raise BoardError(f"several boards are connected: choose one with --port ({', '.join(found)})")
    return found[0]


class BoardConnection:
    """A board whose program stands still while this is open. Every method raises BoardError."""

    def __init__(self, port: str) -> None:
        self.port = port
        try:
            self._transport = SerialTransport(port, timeout=_SILENCE_SECONDS)
        except (TransportError, OSError, ValueError) as cause:
            raise BoardError(why_closed(port)) from cause
        try:
            self._interrupt()
            self._run(_HASHES)
        except BoardError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _interrupt(self) -> None:
        """Stop the running program, empty the memory of it, and have the prompt that mpremote speaks to."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it did not understand
                    self._transport.enter_raw_repl(soft_reset=True, timeout_overall=_ATTEMPT_SECONDS)
            except _LINE_ERRORS as cause:
                if time.monotonic() > deadline or isinstance(cause, OSError):
                    raise BoardError(
                        f"what is at {self.port} does not answer as MicroPython does: {_FLASHING}"
                    ) from cause
            else:
                return

    def close(self) -> None:
        """Let the port go."""
        try:
            if self._transport.in_raw_repl:
                self._transport.exit_raw_repl()
            self._transport.close()
        except OSError:
            pass  # the cable is out already

    def identify(self) -> tuple[str, str]:
        """`(version, machine)`; refuses what is no MicroPython, or one too old."""
        name, version, machine = self._ask(
            "import sys; print([sys.implementation.name, list(sys.implementation.version[:3]),"
            " getattr(sys.implementation, '_machine', '')])"
        )
        if name != "micropython":
            raise BoardError(f"{self.port} runs {name}, not MicroPython: {_FLASHING}")
        have, need = (".".join(map(str, numbers)) for numbers in (version, OLDEST_MICROPYTHON))
        if tuple(version[:2]) < OLDEST_MICROPYTHON:
            raise BoardError(f"{self.port} runs MicroPython {have}; Lumos needs {need} or newer: {_FLASHING}")
        return have, str(machine)

    def keep_watchdog_quiet(self) -> None:
        """Give this connection ten minutes from the watchdog that the running program may have started."""
        self._run("try:\n import machine; machine.WDT(timeout=600000)\nexcept Exception: pass")

    def config(self) -> dict[str, Any]:
        """What `board.json` on the board says; nothing where there is none."""
        text = self._ask("try: print(repr(open('board.json').read()))\nexcept OSError: print(repr(''))")
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def differing(self, files: dict[str, bytes]) -> list[str]:
        """Those of the files that the board lacks or has otherwise, by their hashes."""
        there = self._ask(f"print([h(p) for p in {list(files)!r}])")
        return [
            path
            for (path, content), known in zip(files.items(), there, strict=True)
            if known != hashlib.sha256(content).hexdigest()
        ]

    def remove_strangers(self, files: dict[str, bytes], folder: str) -> list[str]:
        """Delete what lies in a folder of the board and is none of the files: modules of an earlier program."""
        found = self._ask(
            "import os\n"
            "def w(f):\n"
            " for row in os.ilistdir(f):\n"
            "  p = f + '/' + row[0]\n"
            "  if row[1] == 0x4000: yield from w(p)\n"
            "  else: yield p\n"
            f"try: print(list(w({folder!r})))\nexcept OSError: print([])"
        )
        strangers = sorted(path for path in found if path not in files)
        for path in strangers:
            self._run(f"import os; os.remove({path!r})")
        return strangers

    def write(self, path: str, content: bytes, progress: Callable[[int], None] = lambda _: None) -> None:
        """Write one file and verify it. `progress` is told the bytes written."""
        new = path + ".new"
        self._run(f"m({path!r}); f = open({new!r}, 'wb')")
        for start in range(0, len(content), _CHUNK):
            piece = content[start : start + _CHUNK]
            self._run(f"f.write({piece!r})")
            progress(len(piece))
        if self._ask(f"f.close(); print([h({new!r})])") != [hashlib.sha256(content).hexdigest()]:
            raise BoardError(f"{path} did not arrive whole on {self.port}: try again, with another cable")
        self._run(f"os.rename({new!r}, {path!r})")

    def restart(self) -> None:
        """Start the board's program anew; the connection goes with it."""
        try:
            self._transport.exec_raw_no_follow("import machine; machine.reset()")
        except _LINE_ERRORS as cause:
            raise BoardError(f"the board at {self.port} does not restart: press its reset button") from cause
        self._transport.in_raw_repl = False

    def _run(self, code: str) -> str:
        try:
            return bytes(self._transport.exec(code)).decode()
        except TransportExecError as cause:
            raise BoardError(
                f"the board at {self.port} refuses: {cause.error_output.strip().splitlines()[-1]}"
            ) from cause
        except _LINE_ERRORS as cause:
            raise BoardError(f"the board at {self.port} does not answer any more: check its cable") from cause

    def _ask(self, code: str) -> Any:
        return ast.literal_eval(self._run(code).strip())


def why_closed(port: str) -> str:
    """Why a port cannot be opened: asked again, since mpremote keeps the cause to itself."""
    try:
        serial.serial_for_url(port, exclusive=True).close()
    except serial.SerialException as error:
        number = error.errno
        if number == errno.ENOENT or "FileNotFound" in str(error):
            there = ports()
            return f"there is no port {port}: " + (f"try {', '.join(there)}" if there else "plug the board in")
        if number in (errno.EACCES, errno.EPERM) or "Permission" in str(error):
            return f"no permission for {port}: sudo usermod -aG dialout $USER, then log in again"
        if number in (errno.EBUSY, errno.EAGAIN) or "lock" in str(error):
            return f"{port} is in use: close the other program (a console, an IDE) and try again"
        return f"{port} cannot be opened: {error}"
    except (OSError, ValueError) as error:
        return f"{port} cannot be opened: {error}"
    return f"{port} was in use for a moment: try again"
