"""The samples that are not safe yet, numbered, oldest first: in memory, and past that in a ring on flash.

A sample stays until `stored` covers its number; on a board that has never seen a `stored`, until the broker has
acknowledged it. What is not covered is sent again after a reconnect or after a while, so a broker that forgets loses
nothing. Never unbounded: when full, the oldest goes, is counted, and is reported until the host has heard of it.

A restart empties the memory and leaves the ring: its samples keep the boot and number they were born with.
"""

from .ring import Block

QUEUED, FLYING, WAITING = 0, 1, 2
#: How long a sample that the broker acknowledged may stay uncovered before it is sent again.
PATIENCE_MS = 30_000
#: Each fruitless round doubles that up to here: with the host away for hours, the broker must not fill with copies.
PATIENCE_LIMIT_MS = 480_000
#: Samples in one block on flash: one batch.
_BLOCK_ROWS = 20
#: Blocks from flash that may be in memory at once: more than a board has memory for would only wait there.
_BLOCKS = 2


class Sample:
    """What was measured at one moment. `tried`: it has left the board at least once, so it may be stored somewhere."""

    __slots__ = ("at_ms", "boot", "readings", "seq", "state", "t", "tried", "uptime_ms")

    def __init__(self, boot, seq, uptime_ms, t, readings, tried=False):
        self.boot = boot
        self.seq = seq
        self.uptime_ms = uptime_ms
        self.t = t
        self.readings = readings
        self.state = QUEUED
        self.tried = tried
        self.at_ms = 0


class Drop:
    """Samples that had to go, from `first` to `seq`: under way to the host like a sample, as an event."""

    __slots__ = ("all_tried", "at_ms", "boot", "count", "first", "number", "seq", "state", "t", "tried", "uptime_ms")

    def __init__(self, boot, first, seq, uptime_ms, t, all_tried=False):
        self.boot = boot
        self.first = first
        self.seq = seq
        self.count = seq - first + 1
        self.all_tried = all_tried  # none of them was still unsent, so each may have been stored after all
        self.uptime_ms = uptime_ms
        self.t = t
        self.number = None
        self.state = QUEUED
        self.tried = False
        self.at_ms = 0


class _Loaded:
    """A block from flash, in memory for sending."""

    __slots__ = ("block", "samples")

    def __init__(self, block, samples):
        self.block = block
        self.samples = samples


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
        self.dropped = 0
        self._kept = []
        self._ring = ring
        self._before = before or ("", None)
        self._loaded = []
        self._gaps = []  # drops that are not being reported yet
        self._report: Drop | None = None  # the drop that is under way to the host, one at a time
        self._patience_ms = PATIENCE_MS
        # The last number of this boot that went on the broker's word alone, and since when a host does not know of it.
        self._let_go = self._floor = -1
        self._doubted_ms = None
        if ring is not None:
            for lost_boot, first, last in ring.load_drops():
                self._gaps.append(Drop(lost_boot, first, last, 0, None))

    def __len__(self) -> int:
        on_flash = self._ring.samples if self._ring is not None else 0
        return len(self._kept) + on_flash + sum(len(loaded.samples) for loaded in self._loaded)

    # What comes in

    def add(self, uptime_ms: int, t: "int | None", readings: str) -> Sample:
        """Number a sample and keep it; `readings` is what the codec made of it."""
        sample = Sample(self.boot, self.next_seq, uptime_ms, t, readings)
        self.next_seq += 1
        if len(self._kept) >= self.capacity and not self._move_to_flash(uptime_ms, t):
            self._drop_oldest(uptime_ms, t)
        self._kept.append(sample)
        return sample

    def keep_on_flash(self) -> None:
        """Before a restart: whatever memory holds goes to the ring, as far as there is one."""
        while self._kept and self._move_to_flash(self._kept[-1].uptime_ms, self._kept[-1].t, flying=True):
            pass

    def _move_to_flash(self, uptime_ms, t, flying=False):
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

        def lost(boot, first, last):
            for loaded in list(self._loaded):
                if loaded.block.boot == boot and loaded.block.seq == first:  # some of it may be safe already
                    self._loaded.remove(loaded)
                    first, last = loaded.samples[0].seq, loaded.samples[-1].seq
            self._note_drop(Drop(boot, first, last, uptime_ms, t))

        try:
            self._ring.append(Block(run[0].boot, run[0].seq, rows, tried), lost)
        except OSError:
            return False
        self._forget(run)
        return True

    def _forget(self, run):
        first = self._kept.index(run[0])
        del self._kept[first : first + len(run)]

    def _drop_oldest(self, uptime_ms, t):
        oldest = self._kept.pop(0)
        self._note_drop(Drop(oldest.boot, oldest.seq, oldest.seq, uptime_ms, t, oldest.tried))

    def _note_drop(self, drop):
        self.dropped += drop.count
        last = self._gaps[-1] if self._gaps else None
        if last is not None and last.boot == drop.boot and last.seq + 1 == drop.first:
            last.seq = drop.seq
            last.count += drop.count
            last.all_tried = last.all_tried and drop.all_tried
        else:
            self._gaps.append(drop)
        self._save_drops()

    def _save_drops(self):
        if self._ring is None:
            return
        drops = list(self._gaps)
        if self._report is not None:
            drops.insert(0, self._report)
        try:
            self._ring.save_drops([[drop.boot, drop.first, drop.seq] for drop in drops])
        except OSError:
            pass  # the flash is broken: what memory holds is told while it holds

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
            self._load()
            if self._loaded:
                return self._loaded[-1].samples[:rows]
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
        block = self._ring.take()
        if block is None:
            return
        ended = 0
        if block.boot != self.boot:
            # Placed before this start by as much as they lay before the end of their own.
            known = self._before[1] if self._before[0] == block.boot else None
            ended = known if known is not None else block.rows[-1][0]
        samples = []
        for index, (uptime_ms, t, readings) in enumerate(block.rows):
            samples.append(Sample(block.boot, block.seq + index, uptime_ms - ended, t, readings, block.tried))
        self._loaded.append(_Loaded(block, samples))

    def drop_report(self) -> "Drop | None":
        """The drop to report now, if there is one; the next is not reported before this one has been heard."""
        if self._report is None and self._gaps:
            self._report = self._gaps.pop(0)
        return self._report if self._report is not None and self._report.state == QUEUED else None

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
            if self._report is not None and self._report.state == WAITING:
                self._report = None
                self._save_drops()

    def covered(self, numbers: "dict[str, int]") -> None:
        """The host spoke: of each boot that it names, all up to the number is safe."""
        self.stored_seen = True
        self._patience_ms = PATIENCE_MS
        self._floor = numbers.get(self.boot, -1)

        # What has never left the board cannot be stored, whatever the message says.
        self._keep_where(lambda sample: sample.seq > numbers.get(sample.boot, -1) or not sample.tried)
        settled = False
        if self._report is not None and self._is_settled(self._report, numbers):
            self._report = None
            settled = True
        for drop in list(self._gaps):
            if self._is_settled(drop, numbers):
                self._gaps.remove(drop)
                settled = True
        if settled:
            self._save_drops()

    def _keep_where(self, keep):
        _filter(self._kept, keep)
        for loaded in list(self._loaded):
            _filter(loaded.samples, keep)
            if not loaded.samples:
                self._loaded.remove(loaded)
                self._ring.settle(loaded.block)

    def _is_settled(self, drop, numbers):
        """Whether the host knows all of a drop: it heard the report, or stored the samples before they had to go."""
        if drop.seq > numbers.get(drop.boot, -1) or not (drop.tried or drop.all_tried):
            return False
        if not drop.tried:
            self.dropped -= drop.count
        return True

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
        if not self.stored_seen or last <= self._floor:
            self._doubted_ms = None
        elif self._doubted_ms is None:
            self._doubted_ms = now_ms
        elif now_ms - self._doubted_ms >= PATIENCE_MS:
            self._note_drop(Drop(self.boot, self._floor + 1, last, now_ms, None))
            self._let_go = -1

    def _everything(self):
        for sample in self._kept:
            yield sample
        for loaded in self._loaded:
            for sample in loaded.samples:
                yield sample
        if self._report is not None:
            yield self._report


def _filter(samples, keep):
    """Keep these of a list, in place: a board whose memory is in pieces may have no room for a second list."""
    kept = 0
    for sample in samples:
        if keep(sample):
            samples[kept] = sample
            kept += 1
    del samples[kept:]
