"""What this process takes of the machine, for the page System and `/metrics`. Asks the kernel, no library."""

from __future__ import annotations

import os
import time
from pathlib import Path

_STATM = Path("/proc/self/statm")


def memory_bytes() -> int | None:
    """The memory that is resident now; None where the system does not tell (anything but Linux)."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds() -> float:
    """The processor time that it has used since its start."""
    return time.process_time()
