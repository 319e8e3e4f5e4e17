"""Putting the firmware on a board over its USB cable, and listening to what it says there."""
