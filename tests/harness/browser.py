"""The system's Chromium, as the tests and the screenshots start it."""

from __future__ import annotations

CHROMIUM = "/usr/bin/chromium"
#: As root in a container, without a GPU, and without a word to anybody on the internet.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
