"""A sample on its way, and the states in which it, or the report of a drop, can be."""

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
