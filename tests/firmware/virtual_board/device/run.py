"""Power on: mount the flash, run its main.py; what comes after is the prompt.

Run by MicroPython's unix port with the folder that holds the state of the board's electronics in BOARD_STATE.
"""

import os
import sys

import vfs

_BLOCK = 4096


class Flash:
    """A file as a flash chip (the extended interface of MicroPython's `vfs`)."""

    def __init__(self, path):
        self._file = open(path, "r+b")
        self._blocks = os.stat(path)[6] // _BLOCK

    def is_new(self):
        start = bytearray(_BLOCK)
        self.readblocks(0, start)
        return start == b"\xff" * _BLOCK

    def readblocks(self, block, data, offset=0):
        self._file.seek(block * _BLOCK + offset)
        self._file.readinto(data)

    def writeblocks(self, block, data, offset=0):
        self._file.seek(block * _BLOCK + offset)
        self._file.write(data)
        self._file.flush()

    def ioctl(self, operation, _argument):
        return {4: self._blocks, 5: _BLOCK, 6: 0}.get(operation)


flash = Flash(os.getenv("BOARD_STATE") + "/flash.img")
if flash.is_new():
    vfs.VfsLfs2.mkfs(flash)
vfs.mount(vfs.VfsLfs2(flash), "/flash")
os.chdir("/flash")
sys.path[:] = ["", ".frozen", sys.argv[0].rsplit("/", 1)[0]]
program = ""
if not os.getenv("BOARD_STAYS_AT_PROMPT"):
    try:
        with open("main.py") as file:
            program = file.read()
    except OSError:
        pass
try:
    exec(program)
except KeyboardInterrupt:
    pass
