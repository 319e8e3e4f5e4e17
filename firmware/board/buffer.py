"""The samples that are not safe yet, numbered, oldest first.

A sample stays until `stored` covers its number; on a board that has never seen a `stored`, until the broker has
acknowledged it. What is not covered is sent again after a reconnect or after a while, so a broker that forgets loses
nothing. Never unbounded: when full, the oldest goes, is counted, and is reported until the host has heard of it.

In RAM only. `_drop_oldest` is the one place where a sample leaves without being safe: a ring on flash goes there.
"""

QUEUED, FLYING, WAITING = 0, 1, 2
#: How long a sample that the broker acknowledged may stay uncovered before it is sent again.
PATIENCE_MS = 30_000
#: Each fruitless round doubles that up to here: with the host away for hours, the broker must not fill with copies.
PATIENCE_LIMIT_MS = 480_000


class Sample:
    """What was measured at one moment. `tried`: it has left the board at least once, so it may be stored somewhere."""

    __slots__ = ("at_ms", "seq", "state", "t", "tried", "uptime_ms", "values")

    def __init__(self, seq, uptime_ms, t, values):
        self.seq = seq
        self.uptime_ms = uptime_ms
        self.t = t
        self.values = values
        self.state = QUEUED
        self.tried = False
        self.at_ms = 0


class Drop:
    """Samples that had to go, from `first` to `seq`: under way to the host like a sample, as an event."""

    __slots__ = ("all_tried", "at_ms", "count", "first", "number", "seq", "state", "t", "tried", "uptime_ms")

    def __init__(self, first, uptime_ms, t):
        self.first = self.seq = first
        self.count = 0
        self.all_tried = True  # none of them was still unsent, so each may have been stored after all
        self.uptime_ms = uptime_ms
        self.t = t
        self.number = None
        self.state = QUEUED
        self.tried = False
        self.at_ms = 0


class Buffer:
    """The samples of one boot. It knows nothing of the connection: the sender tells it what became of what it took."""

    def __init__(self, capacity: int, stored_seen: bool = False) -> None:
        self.capacity = capacity
        self.stored_seen = stored_seen
        self.next_seq = 0
        self.dropped = 0
        self._kept = []
        self._gap = None  # drops since the last report was made
        self._report = None  # the drop that is under way to the host, one at a time
        self._patience_ms = PATIENCE_MS

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, uptime_ms: int, t: "int | None", values: dict) -> Sample:
        """Number a sample and keep it."""
        sample = Sample(self.next_seq, uptime_ms, t, values)
        self.next_seq += 1
        if len(self._kept) >= self.capacity:
            self._drop_oldest(uptime_ms, t)
        self._kept.append(sample)
        return sample

    def _drop_oldest(self, uptime_ms, t):
        oldest = self._kept.pop(0)
        if self._gap is None:
            self._gap = Drop(oldest.seq, uptime_ms, t)
        self._gap.seq = oldest.seq
        self._gap.count += 1
        self._gap.all_tried = self._gap.all_tried and oldest.tried
        self.dropped += 1

    def live(self) -> "Sample | None":
        """The newest sample, if it has not been sent."""
        return self._kept[-1] if self._kept and self._kept[-1].state == QUEUED else None

    def backlog(self, rows: int) -> "list[Sample]":
        """The oldest samples that wait for sending, with consecutive numbers, at most `rows`."""
        run = []
        for sample in self._kept:
            if sample.state != QUEUED or (run and sample.seq != run[-1].seq + 1):
                if run:
                    break
                continue
            run.append(sample)
            if len(run) == rows:
                break
        return run

    def drop_report(self) -> "Drop | None":
        """The drop to report now, if there is one; the next is not reported before this one has been heard."""
        if self._report is None and self._gap is not None:
            self._report, self._gap = self._gap, None
        return self._report if self._report is not None and self._report.state == QUEUED else None

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
            self._kept = [sample for sample in self._kept if sample.state != WAITING]
            if self._report is not None and self._report.state == WAITING:
                self._report = None

    def covered(self, number: "int | None") -> None:
        """The host spoke: all up to `number` is safe (None: it said nothing of this boot)."""
        self.stored_seen = True
        self._patience_ms = PATIENCE_MS
        if number is None:
            return
        # What has never left the board cannot be stored, whatever the message says.
        self._kept = [sample for sample in self._kept if sample.seq > number or not sample.tried]
        if self._is_settled(self._report, number):
            self._report = None
        if self._is_settled(self._gap, number):
            self._gap = None

    def _is_settled(self, drop, number):
        """Whether the host knows all of a drop: it heard the report, or stored the samples before they had to go."""
        if drop is None or drop.seq > number or not (drop.tried or drop.all_tried):
            return False
        if not drop.tried:
            self.dropped -= drop.count
        return True

    def disconnected(self) -> None:
        """The connection is gone, and with it every acknowledgement that was under way: send again what is kept."""
        self._patience_ms = PATIENCE_MS
        self._requeue(self._everything())

    def send_overdue_again(self, now_ms: int) -> None:
        """Queue what the broker has long acknowledged and the host has not covered."""
        overdue = [x for x in self._everything() if x.state == WAITING and now_ms - x.at_ms >= self._patience_ms]
        if overdue:
            self._requeue(overdue)
            self._patience_ms = min(self._patience_ms * 2, PATIENCE_LIMIT_MS)

    def _everything(self):
        # Not `[*kept, report]`: MicroPython has no stars in lists.
        items = list(self._kept)
        if self._report is not None:
            items.append(self._report)
        return items

    @staticmethod
    def _requeue(items):
        for item in items:
            item.state = QUEUED
