"""The samples that are not safe yet, numbered, oldest first: in memory, and past that in a ring on flash.

A sample stays until `stored` covers its number; on a board that has never seen a `stored`, until the broker has
acknowledged it. What is not covered is sent again after a reconnect or after a while, so a broker that forgets loses
nothing. Never unbounded: when full, the oldest goes, is counted, and is reported until the host has heard of it.

A restart empties the memory and leaves the ring: its samples keep the boot and number they were born with.
"""

from .ring import Block
from .underway import FLYING, QUEUED, WAITING, Drop, Drops, Sample

#: How long a sample that the broker acknowledged may stay uncovered before it is sent again.
PATIENCE_MS = 30_000
#: Each fruitless round doubles that up to here: with the host away for hours, the broker must not fill with copies.
PATIENCE_LIMIT_MS = 480_000
#: Samples in one block on flash: one batch.
_BLOCK_ROWS = 20
#: Blocks from flash that may be in memory at once: more than a board has memory for would only wait there.
_BLOCKS = 2


class Buffer:
    """It knows nothing of the connection: the sender tells it what became of what it took.

    `ring` is a Ring or None. `before` is the boot before this one and its last known uptime in ms, or None: what places
    its samples in time where they were born without a clock.
    """

    def __init__(self, capacity: int, stored_seen: bool = False, boot: str = "", ring=None, before=None) -> None:
        self.capacity = capacity
        self.stored_seen = stored_seen
        self.boot = boot
        self.next_seq = 0
        self._kept = []
        self._ring = ring
        self._before = before or ("", None)
        self._loaded = []  # blocks from flash, in memory for sending
        self._drops = Drops(ring)
        self._newest: tuple[int, int | None] = (0, None)  # when the newest sample was measured
        self._patience_ms = PATIENCE_MS
        # The last number of this boot that went on the broker's word alone, and since when a host does not know of it.
        self._let_go = self._floor = -1
        self._doubted_ms = None

    @property
    def dropped(self) -> int:
        """How many samples had to go since the start."""
        return self._drops.count

    def __len__(self) -> int:
        on_flash = self._ring.samples if self._ring is not None else 0
        return len(self._kept) + on_flash + sum(len(loaded.samples) for loaded in self._loaded)

    # What comes in

    def add(self, uptime_ms: int, t: "int | None", readings: str) -> Sample:
        """Number a sample and keep it; `readings` is what the codec made of it."""
        sample = Sample(self.boot, self.next_seq, uptime_ms, t, readings)
        self.next_seq += 1
        self._newest = (uptime_ms, t)
        if len(self._kept) >= self.capacity and not self._move_to_flash():
            oldest = self._kept.pop(0)
            self._drop(oldest.boot, oldest.seq, oldest.seq, oldest.tried)
        self._kept.append(sample)
        return sample

    def keep_on_flash(self) -> None:
        """Before a restart: whatever memory holds goes to the ring, as far as there is one."""
        while self._kept and self._move_to_flash(flying=True):
            pass

    def _move_to_flash(self, flying=False):
        """Whether there is room again: the oldest samples went to the ring, always in order."""
        if self._ring is None:
            return False
        if not flying and self._kept[0].state == FLYING and len(self._kept) < 2 * self.capacity:
            return True  # it is under way: its answer will make room
        run = self._run(_BLOCK_ROWS, lambda _: True)
        rows = [[sample.uptime_ms, sample.t, sample.readings] for sample in run]
        tried = True
        for sample in run:
            tried = tried and sample.tried
        try:
            self._ring.append(Block(run[0].boot, run[0].seq, rows, tried), self._lost)
        except OSError:
            return False
        self._forget(run)
        return True

    def _forget(self, run):
        first = self._kept.index(run[0])
        del self._kept[first : first + len(run)]

    def _lost(self, boot, first, last):
        """The ring gives these up, or cannot read them any more."""
        for loaded in list(self._loaded):
            if loaded.boot == boot and loaded.seq == first:  # some of it may be safe already
                self._loaded.remove(loaded)
                first, last = loaded.samples[0].seq, loaded.samples[-1].seq
        self._drop(boot, first, last)

    def _drop(self, boot, first, last, all_tried=False):
        """They had to go now, and the newest sample is the only clock here."""
        self._drops.note(Drop(boot, first, last, self._newest[0], self._newest[1], all_tried))

    # What goes out

    def live(self) -> "Sample | None":
        """The newest sample, if it has not been sent."""
        return self._kept[-1] if self._kept and self._kept[-1].state == QUEUED else None

    def backlog(self, rows: int) -> "list[Sample]":
        """The oldest samples that wait for sending, of one boot and with consecutive numbers, at most `rows`."""
        for loaded in self._loaded:
            waiting = [sample for sample in loaded.samples if sample.state == QUEUED]
            if waiting:
                return waiting[:rows]
        while self._ring is not None and self._ring.samples and len(self._loaded) < _BLOCKS:
            block = self._load()
            if block is not None:
                return block.samples[:rows]
        # All of the flash that memory has room for is under way: the host may be waiting for what lies here.
        return self._run(rows, lambda sample: sample.state == QUEUED)

    def _run(self, rows, fits):
        run = []
        for sample in self._kept:
            if not fits(sample) or (run and sample.seq != run[-1].seq + 1):
                if run:
                    break
                continue
            run.append(sample)
            if len(run) == rows:
                break
        return run

    def _load(self):
        block = self._ring.take(self._lost)
        if block is None:
            return None
        ended = 0
        if block.boot != self.boot:
            # Placed before this start by as much as they lay before the end of their own.
            known = self._before[1] if self._before[0] == block.boot else None
            ended = known if known is not None else block.rows[-1][0]
        block.samples = []
        for index, (uptime_ms, t, readings) in enumerate(block.rows):
            block.samples.append(Sample(block.boot, block.seq + index, uptime_ms - ended, t, readings, block.tried))
        self._loaded.append(block)
        return block

    def drop_report(self) -> "Drop | None":
        """The drop to report now, if there is one."""
        return self._drops.next()

    # What became of it

    def departed(self, items) -> None:
        """These are on their way to the broker."""
        for item in items:
            item.state = FLYING
            item.tried = True

    def landed(self, items, now_ms: int) -> None:
        """The broker acknowledged these: safe, unless this host is one that says what it has stored."""
        for item in items:
            item.state = WAITING
            item.at_ms = now_ms
        if not self.stored_seen:
            for item in items:
                if item.boot == self.boot and item.seq > self._let_go:
                    self._let_go = item.seq
            self._keep_where(lambda sample: sample.state != WAITING)
            self._drops.heard()

    def covered(self, numbers: "dict[str, int]") -> None:
        """The host spoke: of each boot that it names, all up to the number is safe."""
        self.stored_seen = True
        self._patience_ms = PATIENCE_MS
        self._floor = numbers.get(self.boot, -1)

        # What has never left the board cannot be stored, whatever the message says.
        self._keep_where(lambda sample: sample.seq > numbers.get(sample.boot, -1) or not sample.tried)
        self._drops.covered(numbers)

    def _keep_where(self, keep):
        _filter(self._kept, keep)
        for loaded in list(self._loaded):
            _filter(loaded.samples, keep)
            if not loaded.samples:
                self._loaded.remove(loaded)
                self._ring.settle(loaded)

    def disconnected(self) -> None:
        """The connection is gone, and with it every acknowledgement that was under way: send again what is kept."""
        self._patience_ms = PATIENCE_MS
        for item in self._everything():
            item.state = QUEUED

    def send_overdue_again(self, now_ms: int) -> None:
        """Queue what the broker has long acknowledged and the host has not covered."""
        self._tell_what_was_let_go(now_ms)
        overdue = False
        for item in self._everything():
            if item.state == WAITING and now_ms - item.at_ms >= self._patience_ms:
                item.state = QUEUED
                overdue = True
        if overdue:
            self._patience_ms = min(self._patience_ms * 2, PATIENCE_LIMIT_MS)

    def _tell_what_was_let_go(self, now_ms):
        """Report what a host that came later than the first samples can never get: it waits for these numbers.

        Only after a while: what is still on its way to the host is not lost.
        """
        last = self._let_go
        if self._kept and self._kept[0].boot == self.boot:
            last = min(last, self._kept[0].seq - 1)
        # Of a drop that the host has yet to hear it will know soon, and of what lies above it perhaps already.
        last = self._drops.below(self.boot, last)
        if not self.stored_seen or last <= self._floor:
            self._doubted_ms = None
        elif self._doubted_ms is None:
            self._doubted_ms = now_ms
        elif now_ms - self._doubted_ms >= PATIENCE_MS:
            self._drops.note(Drop(self.boot, self._floor + 1, last, now_ms, None))
            if last == self._let_go:
                self._let_go = -1

    def _everything(self):
        for sample in self._kept:
            yield sample
        for loaded in self._loaded:
            for sample in loaded.samples:
                yield sample
        if self._drops.report is not None:
            yield self._drops.report


def _filter(samples, keep):
    """Keep these of a list, in place: a board whose memory is in pieces may have no room for a second list."""
    kept = 0
    for sample in samples:
        if keep(sample):
            samples[kept] = sample
            kept += 1
    del samples[kept:]
