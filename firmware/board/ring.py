"""Samples on flash, past what memory holds: a ring of small files, oldest dropped first.

Samples come and go in blocks: a header with length, number of samples and checksum, then a line of JSON for the block
and one for each sample, so that no piece asks for much memory at once. A block goes to the end of the newest file; a
file from an earlier start is never appended to. So a power cut at any byte loses the block that was being written and
nothing else. A file is deleted when each of its blocks is settled, or when the ring is full.

`drops.json` beside the files holds what was lost and is not yet known to the host.
"""

import binascii
import json
import os
import struct

_FORMAT = "<2sHHI"
_MAGIC = b"LB"
_HEADER_BYTES = 10
#: Read at once where only the checksum matters.
_CHUNK = 256
#: Small files, so that little comes twice after a restart and little goes when the ring is full.
_FILE_BYTES = 8_192
_DROPS = "drops.json"


class Block:
    """Samples with consecutive numbers: `boot`, `seq` of the first, `rows` of [uptime_ms, t or None, readings]."""

    __slots__ = ("boot", "file", "rows", "seq", "tried")

    def __init__(self, boot, seq, rows, tried, file=None):
        self.boot = boot
        self.seq = seq
        self.rows = rows
        self.tried = tried
        self.file = file


class _File:
    __slots__ = ("bytes", "number", "open_blocks", "read_to", "samples")

    def __init__(self, number, size, samples):
        self.number = number
        self.bytes = size
        self.samples = samples  # in the file and not yet handed out
        self.read_to = 0
        self.open_blocks = []  # handed out and not settled


class Ring:
    """The ring in a folder of its own. Raises OSError where the flash cannot be written."""

    def __init__(self, folder: str, limit_bytes: int, file_bytes: int = _FILE_BYTES) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._file_bytes = file_bytes
        self._files = []
        self._writing: _File | None = None
        self.samples = 0  # in files and not yet handed out
        _make_folder(folder)
        numbers = sorted(int(name) for name in os.listdir(folder) if name.isdigit())
        for number in numbers:
            self._open_old(number)

    def _open_old(self, number):
        size = os.stat(self._path(number))[6]
        samples = 0
        with open(self._path(number), "rb") as stream:
            while True:
                rows = _skip(stream)
                if not rows:
                    break
                samples += rows
        if samples:
            self._files.append(_File(number, size, samples))
            self.samples += samples
        else:
            os.remove(self._path(number))

    def _path(self, name):
        return f"{self._folder}/{name}"

    def append(self, block: Block, lost) -> None:
        """Write a block. What has to go for it is told before it goes, as `lost(boot, first, last)`."""
        length, checksum = 0, 0
        for line in _lines(block):
            length += len(line)
            checksum = binascii.crc32(line, checksum)
        size = _HEADER_BYTES + length
        file = self._writing
        if file is None or file.bytes + size > self._file_bytes:
            number = self._files[-1].number + 1 if self._files else 0
            file = self._writing = _File(number, 0, 0)
            self._files.append(file)
        while len(self._files) > 1 and sum(other.bytes for other in self._files) + size > self._limit:
            self._drop_oldest(lost)
        try:
            with open(self._path(file.number), "ab") as stream:
                stream.write(struct.pack(_FORMAT, _MAGIC, length, len(block.rows), checksum))
                for line in _lines(block):
                    stream.write(line)
        except OSError:
            # Whatever part of it was written ends this file: nothing may stand behind a torn block.
            self._writing = None
            self._forget_if_empty(file)
            raise
        file.bytes += size
        file.samples += len(block.rows)
        self.samples += len(block.rows)

    def _drop_oldest(self, lost):
        file = self._files.pop(0)
        for block in file.open_blocks:
            lost(block.boot, block.seq, block.seq + len(block.rows) - 1)
        with open(self._path(file.number), "rb") as stream:
            stream.seek(file.read_to)
            while True:
                block = _read(stream)
                if block is None:
                    break
                lost(block.boot, block.seq, block.seq + len(block.rows) - 1)
        self.samples -= file.samples
        os.remove(self._path(file.number))

    def take(self) -> "Block | None":
        """The oldest block that has not been handed out since the start."""
        for file in list(self._files):
            if not file.samples:
                continue
            with open(self._path(file.number), "rb") as stream:
                stream.seek(file.read_to)
                block = _read(stream)
                if block is not None:
                    file.read_to = stream.tell()
            if block is None:  # damaged since the start: what it held is missed by its numbers
                self.samples -= file.samples
                file.samples = 0
                self._forget_if_empty(file)
                continue
            file.samples -= len(block.rows)
            file.open_blocks.append(block)
            self.samples -= len(block.rows)
            block.file = file
            return block
        return None

    def settle(self, block: Block) -> None:
        """The samples of a block that was taken are safe."""
        if block in block.file.open_blocks:
            block.file.open_blocks.remove(block)
        self._forget_if_empty(block.file)

    def _forget_if_empty(self, file):
        if file.samples or file.open_blocks or file not in self._files:
            return
        if file is self._writing:
            self._writing = None
        self._files.remove(file)
        try:
            os.remove(self._path(file.number))
        except OSError:
            pass  # never written

    # What was lost and is not told yet

    def save_drops(self, drops: list) -> None:
        path = self._path(_DROPS)
        with open(path + ".new", "w") as stream:
            json.dump(drops, stream)
        os.rename(path + ".new", path)

    def load_drops(self) -> list:
        try:
            with open(self._path(_DROPS)) as stream:
                return json.load(stream)
        except (OSError, ValueError):
            return []


def _lines(block):
    yield json.dumps([block.boot, block.seq, block.tried]).encode() + b"\n"
    for row in block.rows:
        yield json.dumps(row).encode() + b"\n"


def _header(stream):
    """(length, rows, checksum) of the block that begins here, None where none does."""
    header = stream.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return None
    magic, length, rows, checksum = struct.unpack(_FORMAT, header)
    return (length, rows, checksum) if magic == _MAGIC else None


def _skip(stream):
    """How many samples the next block of an open file has; 0 at its end or where it is torn."""
    header = _header(stream)
    if header is None:
        return 0
    left, found = header[0], 0
    while left:
        chunk = stream.read(min(left, _CHUNK))
        if not chunk:
            return 0
        left -= len(chunk)
        found = binascii.crc32(chunk, found)
    return header[1] if found == header[2] else 0


def _read(stream):
    """The next block of an open file, None at its end or where it is torn."""
    start = stream.tell()
    if not _skip(stream):
        return None
    stream.seek(start)
    _, count, _ = _header(stream)
    boot, seq, tried = json.loads(stream.readline())
    return Block(boot, seq, [json.loads(stream.readline()) for _ in range(count)], tried)


def _make_folder(folder):
    try:
        os.mkdir(folder)
    except OSError:
        os.stat(folder)  # exists, or there is nothing to write to
