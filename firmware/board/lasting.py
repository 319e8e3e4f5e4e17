"""Small values that outlive a reset, in the clock's memory, and a power cut, in the flash memory for settings.

What changes with every sample (its number, the uptime) lies there as numbers of their own, which take one of the 126
entries of a page each; all else is one text, written when it changes. A page is erased once it is full, in turn with
four others, and lasts for 100,000 times: 63 million entries. Two every ten seconds last for ten years, two every
second, as in an outage, for a year of nothing but outage.
"""

import json

#: How often the numbers are written while all is well.
_SAVE_EVERY_MS = 10_000
#: While samples wait, since what it would say of the last of them is then all that is known of them. A little less than
#: a second: one sample a second is written each time.
_SAVE_SOON_MS = 900
_EAGER = ("boot", "stored_seen", "reboot_id", "joined", "cause", "untold")


class Lasting:
    """`rtc` and `nvs` are the machine's own, `uptime_ms` says how long it has been on."""

    def __init__(self, rtc, nvs, uptime_ms) -> None:
        self._rtc = rtc
        self._nvs = nvs
        self._uptime_ms = uptime_ms
        self._saved_ms = 0
        self.values = self._recall_all()

    def remember(self, values: dict, soon: bool) -> None:
        eager = False
        for key, value in values.items():
            eager = eager or (key in _EAGER and self.values.get(key) != value)
            self.values[key] = value
        self._rtc.memory(json.dumps(self.values))
        if eager:
            self.save()
        elif self._uptime_ms() - self._saved_ms >= (_SAVE_SOON_MS if soon else _SAVE_EVERY_MS):
            self._save_numbers()

    def save(self) -> None:
        """All of it. The numbers go first: those of a new boot must never stand under the old one's name, or be above
        its own."""
        self._save_numbers()
        self._nvs.set_blob("memory", json.dumps(self.values))
        self._nvs.commit()

    def _save_numbers(self):
        self._saved_ms = self._uptime_ms()
        self._nvs.set_i32("seq", self.values.get("seq", -1))
        self._nvs.set_i32("uptime", self.values.get("uptime", 0) // 1_000)
        self._nvs.commit()

    def _recall_all(self):
        """What the clock's memory kept over a reset, else what the flash kept over a power cut."""
        try:
            kept = self._rtc.memory()
            if kept:
                return json.loads(kept)
            room = bytearray(1_024)
            values = json.loads(bytes(room[: self._nvs.get_blob("memory", room)]))
        except (OSError, ValueError):
            return {}
        try:
            values["seq"] = max(values.get("seq", -1), self._nvs.get_i32("seq"))
            values["uptime"] = max(values.get("uptime", 0), self._nvs.get_i32("uptime") * 1_000)
        except OSError:
            pass  # a board that has not written them yet
        return values
