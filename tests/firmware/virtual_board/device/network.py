"""Stands in for an ESP32's Wi-Fi: one network, `lab`, that is there unless the file `wifi_is_down` says otherwise."""

import os

_STATE = os.getenv("BOARD_STATE") + "/"
STA_IF, AP_IF = 0, 1
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = 1000, 1001, 1010, 201, 202


def hostname(_name):
    pass


def _is_down():
    try:
        os.stat(_STATE + "wifi_is_down")
    except OSError:
        return False
    return True


class WLAN:
    def __init__(self, kind):
        self._kind = kind
        self._status = STAT_IDLE

    def active(self, _on=None):
        return True

    def connect(self, ssid, password):
        if ssid != "lab" or _is_down():
            self._status = STAT_NO_AP_FOUND
        elif password != "pass word":
            self._status = STAT_WRONG_PASSWORD
        else:
            self._status = STAT_GOT_IP

    def disconnect(self):
        self._status = STAT_IDLE

    def isconnected(self):
        if self._status == STAT_GOT_IP and _is_down():
            self._status = STAT_IDLE
        return self._status == STAT_GOT_IP

    def status(self, what=None):
        return -61 if what == "rssi" else self._status

    def config(self, what=None, **_options):
        return b"\x01\x02\x03\xa1\xb2\xc3" if what == "mac" else None

    def ifconfig(self):
        address = "192.168.4.1" if self._kind == AP_IF else "127.0.0.1"
        return (address, "255.255.255.0", address, address)

    def scan(self):
        # A neighbour's is no UTF-8: a name is any 32 bytes.
        return [(b"caf\xe9", b"", 1, -40, 3, 0), (b"lab", b"", 1, -50, 3, 0)]
