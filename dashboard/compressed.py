"""What never changes while this process runs is compressed once, not for each browser: Plotly took 40 ms a time."""

from __future__ import annotations

import threading
from collections import OrderedDict

import flask

#: The page's files take 2.5 MB for each of the few ways in which browsers want them compressed.
LARGEST_BYTES = 8 * 1024 * 1024
_FILES = ("/_dash-component-suites/", "/assets/")
_NO_FILE = ";-"


class Compressed:
    """Flask-Compress's cache: the newest compressed files, up to so many bytes. Threads may share it."""

    def __init__(self, largest_bytes: int = LARGEST_BYTES) -> None:
        self._largest = largest_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """What was kept; None for nothing."""
        with self._lock:
            return self._kept.get(key)

    def set(self, key: str, content: bytes) -> None:
        """Keep a file; whatever else is asked for is not."""
        if key.endswith(_NO_FILE):
            return
        with self._lock:
            self._bytes += len(content) - len(self._kept.pop(key, b""))
            self._kept[key] = content
            while self._bytes > self._largest:
                self._bytes -= len(self._kept.popitem(last=False)[1])


def remember_compressed(server: flask.Flask) -> None:
    """Have a server's files compressed once each; to be called before there is a Dash app on it."""
    server.config["COMPRESS_CACHE_KEY"] = _key
    server.config["COMPRESS_CACHE_BACKEND"] = Compressed


def _key(request: flask.Request) -> str:
    """The file's own address: an edited one of ours has another (`?m=`), and so has another version of Dash's."""
    is_file = request.method == "GET" and request.path.startswith(_FILES)
    return request.full_path if is_file else "-"
