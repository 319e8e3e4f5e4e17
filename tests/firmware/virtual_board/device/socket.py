"""Stands in for an ESP32's `socket`: the machine's own, but for what a name or a port of the board means.

A port of the board is one of this machine's loopback: the file `port<n>` says which, any where there is none. Names
are those of the file `hosts`, as "name address" in lines; looking one up holds up whoever does it for as many seconds
as `lookup_seconds` says.
"""

import os
import time

from usocket import *  # noqa: F403
from usocket import getaddrinfo as _getaddrinfo

_STATE = os.getenv("BOARD_STATE") + "/"


def _read(name, default):
    try:
        with open(_STATE + name) as file:
            return file.read()
    except OSError:
        return default


def getaddrinfo(host, port, *more):
    if host == "0.0.0.0":
        return _getaddrinfo("127.0.0.1", int(_read(f"port{port}", "0")), *more)
    if not host.replace(".", "").isdigit():
        time.sleep(float(_read("lookup_seconds", "0")))
        known = dict(line.split() for line in _read("hosts", "").split("\n") if line)
        if host not in known:
            raise OSError(-2)
        return [(2, 1, 0, "", (known[host], port))]  # as an ESP32 puts it, not as this machine
    return _getaddrinfo(host, port, *more)
