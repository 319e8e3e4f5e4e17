"""Stands in for `esp32`: the flash memory for settings, as files, and the chip's temperature."""

import os

_STATE = os.getenv("BOARD_STATE") + "/"


class NVS:
    def __init__(self, space):
        self._path = _STATE + "nvs_" + space + "_"
        self._waiting = {}

    def set_blob(self, key, data):
        self._waiting[key] = data

    def set_i32(self, key, number):
        self._waiting[key] = str(number)

    def get_i32(self, key):
        with open(self._path + key) as file:
            return int(file.read())

    def get_blob(self, key, buffer):
        with open(self._path + key, "rb") as file:
            return file.readinto(buffer)

    def commit(self):
        for key, data in self._waiting.items():
            with open(self._path + key, "w" if isinstance(data, str) else "wb") as file:
                file.write(data)
        self._waiting = {}


def mcu_temperature():
    return 48
