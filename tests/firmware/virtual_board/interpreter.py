"""Starts MicroPython as a board's chip does: at a terminal of its own, whose Ctrl-C interrupts the running program.

A Ctrl-C that comes before MicroPython listens is lost, as it is on a board that is just starting.
"""

import fcntl
import signal
import sys
import termios

from micropython_run import run_main

signal.signal(signal.SIGINT, signal.SIG_IGN)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(run_main(["micropython", *sys.argv[1:]]))
