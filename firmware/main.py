"""What MicroPython runs after its start. All of Lumos lies in `board/`."""

import gc

# Collect often, so that what stays lies close together: else it is scattered among what goes, and after a while the
# memory has room in many pieces and in none of them for a message.
gc.threshold(2_048)

from board.start import start  # noqa: E402

gc.threshold(8_192)
start()
