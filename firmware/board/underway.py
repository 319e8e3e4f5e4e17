"""What is under way to the host: samples, and the reports of samples that had to go.

Those are counted, kept over a restart, and reported until the host has heard of them, one at a time. A drop whose
samples the host had stored all the same is taken back.
"""

QUEUED, FLYING, WAITING = 0, 1, 2


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


class Drops:
    """What was dropped and is not known to the host; `ring` keeps it over a restart, where there is one."""

    def __init__(self, ring) -> None:
        self.count = 0
        self.report: Drop | None = None  # the drop that is under way to the host
        self._ring = ring
        self._gaps = []  # drops that are not being reported yet
        if ring is not None:
            for boot, first, last in ring.load_drops():
                self._gaps.append(Drop(boot, first, last, 0, None))

    def note(self, drop: Drop) -> None:
        self.count += drop.count
        last = self._gaps[-1] if self._gaps else None
        if last is not None and last.boot == drop.boot and last.seq + 1 == drop.first:
            last.seq = drop.seq
            last.count += drop.count
            last.all_tried = last.all_tried and drop.all_tried
        else:
            self._gaps.append(drop)
        self._save()

    def _save(self):
        if self._ring is None:
            return
        drops = list(self._gaps)
        if self.report is not None:
            drops.insert(0, self.report)
        try:
            self._ring.save_drops([[drop.boot, drop.first, drop.seq] for drop in drops])
        except OSError:
            pass  # the flash is broken: what memory holds is told while it holds

    def next(self) -> "Drop | None":
        """The drop to report now, if there is one; the next is not reported before this one has been heard.

        Of a boot the lowest first, also one that is noted later: the host says that it knows a number only when it
        knows all before it.
        """
        first = self.report
        if first is None or first.state != FLYING:
            for drop in self._gaps:
                if first is None or (drop.boot == first.boot and drop.first < first.first):
                    first = drop
            if first is not self.report:
                self._gaps.remove(first)
                if self.report is not None:
                    self.report.state = QUEUED
                    self._gaps.append(self.report)
                self.report = first
        return first if first is not None and first.state == QUEUED else None

    def below(self, boot: str, last: int) -> int:
        """`last`, or the number right below the lowest drop of this boot that is to be reported, where that is less."""
        if self.report is not None and self.report.boot == boot:
            last = min(last, self.report.first - 1)
        for drop in self._gaps:
            if drop.boot == boot:
                last = min(last, drop.first - 1)
        return last

    def heard(self) -> None:
        """The broker has the report, and that is enough: there is no host that says what it knows."""
        if self.report is not None and self.report.state == WAITING:
            self.report = None
            self._save()

    def covered(self, numbers: "dict[str, int]") -> None:
        """The host spoke of what it knows."""
        settled = False
        if self.report is not None and self._is_settled(self.report, numbers):
            self.report = None
            settled = True
        for drop in list(self._gaps):
            if self._is_settled(drop, numbers):
                self._gaps.remove(drop)
                settled = True
        if settled:
            self._save()

    def _is_settled(self, drop, numbers):
        """Whether the host knows all of a drop: it heard the report, or stored the samples before they had to go."""
        if drop.seq > numbers.get(drop.boot, -1) or not (drop.tried or drop.all_tried):
            return False
        if not drop.tried:
            self.count -= drop.count
        return True
