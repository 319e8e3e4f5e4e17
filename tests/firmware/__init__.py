"""Tests of the firmware package: the board's modules, the simulator, and both together against a real broker."""
