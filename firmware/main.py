"""What MicroPython runs after its start. All of Lumos lies in `board/`."""

from board.start import start

start()
