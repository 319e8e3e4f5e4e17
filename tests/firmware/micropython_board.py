"""A board for MicroPython's unix port: the firmware as it is, over hardware that reads the same for ever.

Run by MicroPython with the firmware's folder and a configuration file as arguments (the unix port ends on an argument
of more than 255 characters); not a test by itself.
"""

import asyncio
import gc
import json
import sys

sys.path.insert(0, sys.argv[1])

from board.board import Board
from board.hal import Hal


class Adc:
    def read_u16(self):
        return 500 << 4

    def read_uv(self):
        return 715_000


class BenchHal(Hal):
    def __init__(self):
        super().__init__()
        self._memory = {}

    async def sync_clock(self):
        pass

    def link_up(self):
        return True

    async def link_connect(self):
        pass

    def address(self):
        return "127.0.0.1"

    def rssi(self):
        return -60

    def adc(self, _pin):
        return Adc()

    def led(self, on):
        pass

    def show(self, lines):
        pass

    async def button_pressed(self):
        await asyncio.Event().wait()

    def free_bytes(self):
        return gc.mem_free()

    def cause(self):
        return "power"

    def reset(self, _cause):
        sys.exit(0)

    def remember(self, key, value):
        self._memory[key] = value

    def recall(self, key):
        return self._memory.get(key)

    def log(self, text):
        sys.stdout.write(text + "\n")


with open(sys.argv[2]) as file:  # noqa: PTH123 - MicroPython has no pathlib
    config = json.load(file)
asyncio.run(Board(BenchHal(), config).run())
