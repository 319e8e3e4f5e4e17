"""Keeps the C library from holding on to memory: glibc gives every thread a heap of its own, and each keeps its peak.

Ingest has two dozen threads, most of which wait. With two heaps for all of them its memory stays where it is, a tenth
lower (make bench, ingest-memory). Nothing happens where the C library is another one.
"""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
_HEAPS = 2


def share_heaps() -> bool:
    """Whether the C library took the limit; to be called before there are threads."""
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _HEAPS))
    except (AttributeError, OSError, TypeError):
        return False
