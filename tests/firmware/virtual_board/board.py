"""A board without hardware: real MicroPython with a board's memory and a LittleFS, at the end of a pseudo-terminal.

To mpremote it is a board at a serial port. The electronics are stand-ins, in `device/`: pins, converter, I2C, radio and
clock memory are files of the folder `state`. A reset ends the interpreter, which is then started anew; so does the soft
reset that mpremote asks for, after which the board stays at the prompt for programs.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty
from pathlib import Path
from typing import Self

from firmware import board as on_board
from firmware.deploy.bare import bare, bare_program
from firmware.deploy.files import compiled
from tests.harness.processes import free_port
from tests.harness.waiting import until

_FLASH_BYTES = 512 * 1024
_WDT_RESET = "3"

_DEVICE = Path(__file__).with_name("device")
_PROGRAM = Path(on_board.__file__).parent
INTERPRETER = Path(__file__).with_name("interpreter.py")
#: Whether there is a MicroPython here: its wheel exists for x86-64 only.
MICROPYTHON_IS_HERE = importlib.util.find_spec("micropython_run") is not None

#: How mpremote asks for the prompt for programs, and for the one for people.
_TO_RAW, _FROM_RAW = b"\r\x01", b"\r\x02"

_DRAW_FONT = """
import framebuf
cell = bytearray(8)
canvas = framebuf.FrameBuffer(cell, 8, 8, framebuf.MONO_VLSB)
for code in range(32, 127):
    canvas.fill(0)
    canvas.text(chr(code), 0, 0)
    print(chr(code), cell.hex(), sep="")
"""


def micropython(code: str, seconds: float = 20) -> str:
    """What a program prints on MicroPython."""
    command = [sys.executable, "-m", "micropython_unix", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True).stdout


@functools.cache
def font() -> dict[bytes, str]:
    """MicroPython's letters by their eight columns of pixels."""
    return {bytes.fromhex(line[1:]): line[0] for line in micropython(_DRAW_FONT).splitlines()}


@functools.cache
def _electronics() -> tempfile.TemporaryDirectory[str]:
    """The stand-ins, compiled: they take memory which an ESP32 has in ROM, so they take as little as they can."""
    folder = tempfile.TemporaryDirectory(prefix="lumos-device-")
    sources = {path.name: path.read_text(encoding="utf-8") for path in _DEVICE.glob("*.py")}
    run = sources.pop("run.py")
    callers = tuple(path.read_text(encoding="utf-8") for path in _PROGRAM.rglob("*.py"))
    made = compiled(bare_program(sources, callers)) | {"run.py": bare(run).encode()}
    for name, content in made.items():
        (Path(folder.name) / name).write_bytes(content)
    return folder


class VirtualBoard:
    """Switched on while the context lasts; `port` is its serial port, `said` all it ever printed.

    `flash` is an image to begin with. The state lies in memory where that can be: a flash chip does not wait for the
    disk of a busy machine.
    """

    def __init__(self, flash: Path | None = None, heap: str = "160k") -> None:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._folder = tempfile.TemporaryDirectory(prefix="lumos-board-", dir=memory)
        self.state = state = Path(self._folder.name)
        self.flash = state / "flash.img"
        if flash is not None:
            shutil.copy(flash, self.flash)
        #: The ports that the board itself serves on, and those of this machine that stand for them.
        self.ports = {80: free_port(), 53: free_port()}
        self._reset = state / "reset"
        self._prompt_is_raw = False
        self._lost_power = False
        self.starts = 0
        self.said = b""
        self._heap = heap
        self._near, far = pty.openpty()
        tty.setraw(self._near)
        tty.setraw(far)
        self.port = os.ttyname(far)
        self._far = far  # held open, so that a program that closes the port does not end it
        self._running: subprocess.Popen[bytes] | None = None
        self._terminal = -1
        self._stop = threading.Event()
        self._power = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> Self:
        if not self.flash.exists():
            self.flash.write_bytes(b"\xff" * _FLASH_BYTES)
        for own, ours in self.ports.items():
            (self.state / f"port{own}").write_text(str(ours))
        self._power.set()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._power.set()
        self._kill()
        self._thread.join(10)
        for descriptor in (self._near, self._far):
            os.close(descriptor)
        self._folder.cleanup()

    # What a person does with it

    def cut_power(self) -> None:
        """Off, at once. The clock's memory is lost with it."""
        self._lost_power = True
        self._power.clear()
        self._kill()
        if self._running is not None:
            self._running.wait(10)
        (self.state / "rtc").unlink(missing_ok=True)
        (self.state / "cause").unlink(missing_ok=True)

    def restore_power(self) -> None:
        self._power.set()

    def hold_button(self, pin: int = 0) -> None:
        self._move_button(pin, "0")

    def release_button(self, pin: int = 0) -> None:
        self._move_button(pin, "1")

    def _move_button(self, pin: int, level: str) -> None:
        """A finger is slow: it is done when the board has seen it."""
        (self.state / f"pin{pin}.seen").unlink(missing_ok=True)
        self._put(f"pin{pin}", level)
        if not self._power.is_set():
            return
        seen = self.state / f"pin{pin}.seen"
        until(lambda: seen.exists() and seen.read_text() == level, "a look at the button")

    def set_wifi(self, *, up: bool) -> None:
        down = self.state / "wifi_is_down"
        if up:
            down.unlink(missing_ok=True)
        else:
            down.touch()

    def set_screen(self, *, plugged: bool) -> None:
        self._put("screen_is_off", "" if plugged else "1")

    def says(self, text: bytes) -> None:
        """Wait until it has printed this."""
        until(lambda: text in self.said, f"{text!r} on the console")

    def level(self, pin: int) -> int:
        """What a pin is at."""
        path = self.state / f"pin{pin}"
        return int(path.read_text()) if path.exists() else 0

    def hurry_watchdog(self, times: int) -> None:
        """From its next feed on, which this waits for, it waits for a fraction of what it was told."""
        known = (self.state / "watchdog").read_text()
        self._put("watchdog_hurry", str(times))
        until(lambda: (self.state / "watchdog").read_text() != known, "a feed of the watchdog")

    def set_adc(self, pin: int, count: int | str) -> None:
        """What the converter measures: 12 bits, or `clock`, tenths of a second since 1970 modulo 4096, or `hang`."""
        self._put(f"adc{pin}", str(count))

    def screen(self) -> list[str]:
        """The screen's eight lines, read from its pixels; what is no letter of the font is a `\ufffd`."""
        path = self.state / "screen"
        pixels = path.read_bytes() if path.exists() else bytes(1_024)
        cells = [font().get(pixels[start : start + 8], "\ufffd") for start in range(0, 1_024, 8)]
        return ["".join(cells[row : row + 16]).rstrip() for row in range(0, 128, 16)]

    def _put(self, name: str, text: str) -> None:
        new = self.state / f"{name}.put"
        new.write_text(text)
        new.rename(self.state / name)

    # The cable, and the interpreter behind it

    def _kill(self) -> None:
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                self._running.kill()

    def _live(self) -> None:
        while not self._stop.is_set():
            self._power.wait()
            if self._stop.is_set():
                return
            soft = self.starts > 0 and self._prompt_is_raw and not self._reset.exists() and not self._lost_power
            self._lost_power = False
            self._start(soft)
            self._carry()

    def _watchdog_has_waited_in_vain(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return int((self.state / "watchdog").read_text()) < time.time_ns() // 1_000_000
        return False

    def _start(self, soft: bool) -> None:
        self._reset.unlink(missing_ok=True)
        (self.state / "watchdog").unlink(missing_ok=True)
        self._prompt_is_raw = soft
        self._terminal, slave = pty.openpty()
        tty.setraw(slave)
        # Raw but for one thing: Ctrl-C interrupts the running program, as it does on a board.
        modes = termios.tcgetattr(slave)
        modes[3] |= termios.ISIG
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        self.starts += 1
        self._running = subprocess.Popen(
            [sys.executable, str(INTERPRETER), "-X", f"heapsize={self._heap}", "-i", f"{_electronics().name}/run.py"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=self.state,
            env={"BOARD_STATE": str(self.state), **({"BOARD_STAYS_AT_PROMPT": "1"} if soft else {})},
        )
        os.close(slave)
        if soft:
            os.write(self._near, b"soft reboot\r\n")
            os.write(self._terminal, _TO_RAW)

    def _carry(self) -> None:
        """Bytes to and fro until the interpreter ends, or somebody or something ends it."""
        running, terminal = self._running, self._terminal
        assert running is not None
        try:
            while running.poll() is None and not self._stop.is_set():
                if self._watchdog_has_waited_in_vain():
                    self._put("cause", _WDT_RESET)
                    break
                ending = self._reset.exists()
                ready, _, _ = select.select([self._near, terminal], [], [], 0 if ending else 0.05)
                if terminal in ready:
                    said = os.read(terminal, 4_096)
                    self.said += said
                    os.write(self._near, said)
                elif ending:  # and nothing is left of what it said before
                    break
                if self._near in ready and not ending:
                    typed = os.read(self._near, 4_096)
                    if typed.endswith((_TO_RAW, _FROM_RAW)):
                        self._prompt_is_raw = typed.endswith(_TO_RAW)
                    os.write(terminal, typed)
        except OSError:
            pass  # the interpreter closed its end
        finally:
            running.kill()
            running.wait()
            os.close(terminal)
