"""The ESP32 as a network of its own, for the set-up only: a board that works has no memory to spare for it."""

import network


class OwnNetwork:
    """Named like the board."""

    def __init__(self, name: str) -> None:
        self._name = name

    def start(self) -> str:
        """Be there; the board's own address in it."""
        point = network.WLAN(network.AP_IF)
        point.active(True)
        point.config(essid=self._name)
        return point.ifconfig()[0]

    def others(self) -> "list[str]":
        """Names of the networks in reach, the strongest first."""
        radio = network.WLAN(network.STA_IF)
        radio.active(True)
        names = []
        for row in sorted(radio.scan(), key=lambda row: -row[3]):
            try:
                name = row[0].decode()
            except UnicodeError:
                continue  # a neighbour's: it could not be typed either
            if name and name not in names:
                names.append(name)
        return names
