"""Boards without hardware: the firmware's own modules over stand-ins, many in one process.

There is no second implementation of a board here, only what a board is soldered to: light, a clock, a radio, a reset.
Only the standard library, since `python -m firmware simulate` is what starts first and runs beside everything else.
"""
