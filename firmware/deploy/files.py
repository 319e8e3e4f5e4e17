"""Which files of this folder go to a board, where they stand there, and in what form."""

from __future__ import annotations

import ast
import io
import tokenize
from functools import cache
from pathlib import Path

_FIRMWARE = Path(__file__).resolve().parent.parent


@cache
def program() -> dict[str, bytes]:
    """The board's files by their path on the board: `main.py` and all of `board/`, without comments and docstrings."""
    sources = [_FIRMWARE / "main.py", *sorted((_FIRMWARE / "board").rglob("*.py"))]
    return {path.relative_to(_FIRMWARE).as_posix(): bare(path.read_text(encoding="utf-8")).encode() for path in sources}


def bare(source: str) -> str:
    """The same program without comments and docstrings, each statement still on its line.

    A board compiles what it is given, and what only people read would cost it memory then. The lines stay, so that an
    error on the board names the line that stands here.
    """
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _remove_docstring(node, lines)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _remove_docstring(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]
) -> None:
    first = node.body[0] if node.body else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return
    if not isinstance(first.value.value, str) or first.end_lineno is None:
        return
    for number in range(first.lineno, first.end_lineno + 1):
        lines[number - 1] = ""
    if len(node.body) == 1 and not isinstance(node, ast.Module):
        lines[first.lineno - 1] = " " * first.col_offset + "pass"
