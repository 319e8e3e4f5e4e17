"""An SSD1306 of 128 × 64 dots over I2C. Only the lines that changed are sent: a whole screen would hold all else up."""

import time

import framebuf

_ADDRESS = 0x3C
_WIDTH, _PAGES = 128, 8
# Off, clock, 64 rows, no offset, first row, charge pump, horizontal order, turned, pins, contrast, pre-charge,
# deselect level, from memory, not inverted, on (SSD1306 datasheet, section 10).
_BEGIN = b"\xae\xd5\x80\xa8\x3f\xd3\x00\x40\x8d\x14\x20\x00\xa1\xc8\xda\x12\x81\xcf\xd9\xf1\xdb\x30\xa4\xa6\xaf"


class Screen:
    """8 lines of 16 characters. Raises OSError when it does not answer."""

    def __init__(self, i2c, reset=None) -> None:
        self._i2c = i2c
        if reset is not None:
            reset.value(0)
            time.sleep_ms(10)
            reset.value(1)
        self._command(_BEGIN)
        self._line = bytearray(_WIDTH)
        self._canvas = framebuf.FrameBuffer(self._line, _WIDTH, 8, framebuf.MONO_VLSB)
        self._shown: list[str | None] = [None] * _PAGES

    def _command(self, data):
        self._i2c.writeto(_ADDRESS, b"\x00" + data)

    def show(self, lines: "list[str]") -> None:
        for page in range(_PAGES):
            text = lines[page] if page < len(lines) else ""
            if text == self._shown[page]:
                continue
            self._canvas.fill(0)
            self._canvas.text(text, 0, 0)
            self._command(bytes((0x21, 0, _WIDTH - 1, 0x22, page, page)))
            self._i2c.writeto(_ADDRESS, b"\x40" + self._line)
            self._shown[page] = text
