"""The boards: a row for each, with where things are soldered. A board's own configuration may say otherwise.

Adding a board means adding a row: what it says goes into the board's configuration, `board.json`. `adc` are the pins of
the first converter, the only one that works beside the Wi-Fi; `chip` is how MicroPython calls what it runs on.
`led` and `button` are (pin, whether low means on); a `neopixel` LED is a colour LED that takes data.
"""

from __future__ import annotations

from typing import Any

#: What all boards with the first chip of the family share.
_ESP32: dict[str, Any] = {
    "chip": "ESP32",
    "button": (0, True),
    "adc": (32, 33, 34, 35, 36, 37, 38, 39),
    "light": 36,
}

BOARDS: dict[str, dict[str, Any]] = {
    "ttgo-lora32": {
        **_ESP32,
        "name": "TTGO LoRa32 with OLED",
        "led": (25, False),
        "screen": {"sda": 4, "scl": 15, "reset": 16},
        "i2c": {"sda": 4, "scl": 15},
    },
    "esp32-devkit": {
        **_ESP32,
        "name": "ESP32 DevKit",
        "led": (2, False),
        "screen": None,
        "i2c": {"sda": 21, "scl": 22},
    },
    "esp32-c3": {
        "name": "ESP32-C3 SuperMini",
        "chip": "ESP32C3",
        "led": (8, True),
        "button": (9, True),
        "screen": None,
        "adc": (0, 1, 2, 3, 4),
        "i2c": {"sda": 5, "scl": 6},
        "light": 3,
    },
    "esp32-s3": {
        "name": "ESP32-S3 DevKitC",
        "chip": "ESP32S3",
        "led": (48, False),
        "neopixel": True,
        "button": (0, True),
        "screen": None,
        "adc": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "i2c": {"sda": 8, "scl": 9},
        "light": 4,
    },
}

#: What the board itself has no use for.
_FOR_DEPLOY = ("name", "chip", "light")


def wiring(config: dict[str, Any]) -> dict[str, Any]:
    """Where things are on this board: its row, with what the configuration says otherwise under `pins`."""
    found = {**BOARDS[config["board"]], **config.get("pins", {})}
    return {key: value for key, value in found.items() if key not in _FOR_DEPLOY}


def fitting(machine: str) -> list[str]:
    """The boards with the chip that MicroPython names in its `machine`; all of them where it names none of these."""
    words = machine.upper().replace("-", "").split()
    named = max((row["chip"] for row in BOARDS.values() if row["chip"] in words), key=len, default=None)
    return [name for name, row in BOARDS.items() if named in (None, row["chip"])]
