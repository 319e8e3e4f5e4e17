"""What runs on the board: plain MicroPython that also runs under CPython, where the simulator and the tests run it.

The folder is a package on both sides. On the board it is copied as `/board`, with a `main.py` beside it; on the
host it is `firmware.board`. So its modules import each other relatively (`from .clock import Clock`), which works
under both names, and nothing else is imported but what MicroPython brings.

Only `hal.py` may touch the machine: everything here gets its hardware handed in, and so cannot tell a board from a
simulated one. Nothing here may import from the host's packages, use what MicroPython lacks (typing, dataclasses, enum,
asyncio.Queue, wait, timeout and TaskGroup, zfill, ...), or hold a time in a float: the board's have 32 bits.
"""

VERSION = "0.1.0"
