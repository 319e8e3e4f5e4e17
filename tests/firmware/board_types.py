"""mypy over what runs on the board, against MicroPython's own modules: `python -m tests.firmware.board_types`.

The stubs are packages of single modules, which mypy does not look for among the installed ones: they are laid into a
folder of their own, which takes typeshed's place.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = _ROOT / "firmware/board/mypy.ini"
_PACKAGES = ("micropython-esp32-stubs", "micropython-stdlib-stubs")


def check(*what: str, configuration: Path = CONFIGURATION) -> subprocess.CompletedProcess[str]:
    """mypy's answer about what its arguments name."""
    with tempfile.TemporaryDirectory(prefix="lumos-stubs-") as folder:
        stubs = Path(folder)
        for package in _PACKAGES:
            for file in importlib.metadata.files(package) or []:
                if file.suffix == ".pyi" or file.name == "VERSIONS":
                    (stubs / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(file.locate(), stubs / file)
        command = [sys.executable, "-m", "mypy", "--config-file", configuration, "--custom-typeshed-dir", stubs]
        return subprocess.run(
            [*command, "--no-incremental", *what],
            cwd=_ROOT,
            env={"MYPYPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )


if __name__ == "__main__":
    answer = check("-p", "firmware.board")
    sys.stdout.write(answer.stdout + answer.stderr)
    sys.exit(answer.returncode)
