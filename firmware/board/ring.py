"""Samples on flash, past what memory holds: a ring of small files, oldest dropped first.

Samples come and go in blocks: a header, then a line of JSON for each sample, so that no piece asks for much memory at
once. A block goes to the end of the newest file; a file from an earlier start is never appended to, so it holds one
boot. A power cut at any byte loses the block that was being written and nothing else. A file is deleted when each of
its blocks is settled, or when the ring is full.

The header names its samples and has a checksum of its own: what flash does not give back any more, one block or all the
rest of a file, is told by its numbers (`lost`), never passed over. `drops.json` beside the files holds what was lost
and is not yet known to the host.
"""

import binascii
import json
import os
import struct

#: Magic, bytes of the rows, how many, whether tried, boot, number of the first; checksums of the rows and of all this.
_FORMAT = "<2sHBB8sII"
_MAGIC = b"LR"
_FORMAT_BYTES = 22
_HEADER_BYTES = _FORMAT_BYTES + 4
#: Read at once where only the checksum matters.
_CHUNK = 256
#: Small files, so that little comes twice after a restart and little goes when the ring is full.
_FILE_BYTES = 8_192
_DROPS = "drops.json"


class Block:
    """Samples with consecutive numbers: `boot`, at most 8 characters, `seq` of the first, `rows` of [uptime_ms, t or
    None, readings], at most 255 of them."""

    __slots__ = ("boot", "file", "rows", "samples", "seq", "tried")

    def __init__(self, boot, seq, rows, tried, file=None):
        self.boot = boot
        self.seq = seq
        self.rows = rows
        self.tried = tried
        self.file = file
        self.samples = []  # for whoever took it: what is not safe yet


class _File:
    """`next` to `last`: the numbers it holds of its `boot` that were not handed out yet."""

    __slots__ = ("boot", "bytes", "last", "next", "number", "open_blocks", "read_to", "samples")

    def __init__(self, number, size):
        self.number = number
        self.bytes = size
        self.samples = 0  # in the file and not yet handed out
        self.read_to = 0
        self.open_blocks = []  # handed out and not settled
        self.boot = ""
        self.next = self.last = -1

    def holds(self, boot, seq, rows):
        if not self.boot:
            self.boot, self.next = boot, seq
        self.last = seq + rows - 1
        self.samples += rows


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
        for number in sorted(int(name) for name in os.listdir(folder) if name.isdigit()):
            self._open_old(number)

    def _open_old(self, number):
        """By the headers alone: whether what they name is whole shows when it is read."""
        file = _File(number, 0)
        try:
            file.bytes = os.stat(self._path(number))[6]
            with open(self._path(number), "rb") as stream:
                end = 0
                while True:
                    head = _header(stream)
                    if head is None:
                        break
                    file.holds(head[2], head[3], head[1])
                    end += _HEADER_BYTES + head[0]
                    stream.seek(end)
        except OSError:
            pass  # as far as it could be read
        if file.samples:
            self._files.append(file)
            self.samples += file.samples
        else:
            self._remove(number)

    def _path(self, name):
        return f"{self._folder}/{name}"

    def _remove(self, number):
        try:
            os.remove(self._path(number))
        except OSError:
            pass  # never written, or not to be reached any more

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
            file = self._writing = _File(number, 0)
            self._files.append(file)
        while len(self._files) > 1 and sum(other.bytes for other in self._files) + size > self._limit:
            self._drop_oldest(lost)
        head = struct.pack(
            _FORMAT, _MAGIC, length, len(block.rows), block.tried, block.boot.encode(), block.seq, checksum
        )
        try:
            with open(self._path(file.number), "ab") as stream:
                stream.write(head + struct.pack("<I", binascii.crc32(head)))
                for line in _lines(block):
                    stream.write(line)
        except OSError:
            # Whatever part of it was written ends this file: nothing may stand behind a torn block.
            self._writing = None
            self._forget_if_empty(file)
            raise
        file.bytes += size
        file.holds(block.boot, block.seq, len(block.rows))
        self.samples += len(block.rows)

    def _drop_oldest(self, lost):
        file = self._files.pop(0)
        for block in file.open_blocks:
            lost(block.boot, block.seq, block.seq + len(block.rows) - 1)
        while file.samples:
            first = self._hand_out(file, False)
            if first is None:
                self._give_up(file, lost)
            else:
                lost(file.boot, first[0], file.next - 1)
        self._remove(file.number)

    def take(self, lost) -> "Block | None":
        """The oldest block that has not been handed out since the start; what cannot be read is `lost`, and gone."""
        for file in list(self._files):
            while file.samples:
                found = self._hand_out(file, True)
                if found is None:
                    self._give_up(file, lost)
                elif found[2] is None:
                    lost(file.boot, found[0], file.next - 1)
                else:
                    block = Block(file.boot, found[0], found[2], found[1], file)
                    file.open_blocks.append(block)
                    return block
            self._forget_if_empty(file)
        return None

    def _hand_out(self, file, with_rows):
        """(number, tried, rows or None) of a file's next block, which counts as handed out; None for no header."""
        rows = None
        try:
            with open(self._path(file.number), "rb") as stream:
                stream.seek(file.read_to)
                head = _header(stream)
                if head is None:
                    return None
                if with_rows:
                    rows = _rows(stream, head)
        except OSError:
            return None
        file.read_to += _HEADER_BYTES + head[0]
        file.next = head[3] + head[1]
        file.samples -= head[1]
        self.samples -= head[1]
        return head[3], bool(head[4]), rows

    def _give_up(self, file, lost):
        """No header where one must be: all the rest of the file is lost."""
        self.samples -= file.samples
        file.samples = 0
        if file.next <= file.last:
            lost(file.boot, file.next, file.last)
            file.next = file.last + 1

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
        self._remove(file.number)

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
    for row in block.rows:
        yield json.dumps(row).encode() + b"\n"


def _header(stream):
    """(bytes, rows, boot, seq, tried, checksum) of the block that begins here, None where none does."""
    head = stream.read(_HEADER_BYTES)
    if len(head) < _HEADER_BYTES or struct.unpack("<I", head[_FORMAT_BYTES:])[0] != binascii.crc32(head[:-4]):
        return None
    magic, length, rows, tried, boot, seq, checksum = struct.unpack(_FORMAT, head[:-4])
    return (length, rows, boot.rstrip(b"\0").decode(), seq, tried, checksum) if magic == _MAGIC else None


def _rows(stream, head):
    """The rows behind a header that was read, None where they are not what was written."""
    start, left, found = stream.tell(), head[0], 0
    while left:
        chunk = stream.read(min(left, _CHUNK))
        if not chunk:
            return None
        left -= len(chunk)
        found = binascii.crc32(chunk, found)
    if found != head[5]:
        return None
    stream.seek(start)
    return [json.loads(stream.readline()) for _ in range(head[1])]


def _make_folder(folder):
    try:
        os.mkdir(folder)
    except OSError:
        os.stat(folder)  # exists, or there is nothing to write to
