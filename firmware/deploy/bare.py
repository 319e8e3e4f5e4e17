"""The firmware's source without what a board has no use for, each statement still on its line.

Comments and docstrings go, names become as few as possible: a board keeps each different one for ever. The lines stay,
so that an error on the board names the line that stands in the source.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator

#: Functions, classes and modules: what has a docstring.
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def keywords(sources: Iterable[str]) -> set[str]:
    """The names by which arguments are given anywhere in the program."""
    calls = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {keyword.arg for call in calls for keyword in call.keywords if keyword.arg}


def bare(source: str, kept: set[str] | None = None) -> str:
    """The same program, bare. With `kept`, arguments of all other names are called by the few names that all share."""
    lines = source.splitlines()
    tree = ast.parse(source)
    if kept is not None:
        _rename_arguments(tree, lines, kept)
        source = "\n".join(lines)
        tree = ast.parse(source)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for statement in tree.body:
        _make_constant(statement, lines)
    for node in ast.walk(tree):
        if isinstance(node, _Documented):
            _remove_docstring(node, lines)
        if isinstance(node, ast.ClassDef):
            _remove_slots(node, lines)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rename_arguments(tree: ast.Module, lines: list[str], kept: set[str]) -> None:
    """In each function, `_0`, `_1`, … in place of its arguments' names, wherever they stand in it."""
    places: dict[tuple[int, int], tuple[str, str]] = {}
    for function in _functions(tree):
        fixed = kept | {"self"} | _spelled_out(function)
        arguments = [node.arg for node in ast.walk(function) if isinstance(node, ast.arg) and node.arg not in fixed]
        new = {name: f"_{number}" for number, name in enumerate(dict.fromkeys(arguments))}
        for node in ast.walk(function):
            name = node.arg if isinstance(node, ast.arg) else node.id if isinstance(node, ast.Name) else ""
            if name in new and isinstance(node, ast.arg | ast.Name):
                places[node.lineno, node.col_offset] = (name, new[name])
    for (row, offset), (name, short) in sorted(places.items(), reverse=True):
        line = lines[row - 1].encode()  # columns count bytes
        lines[row - 1] = (line[:offset] + short.encode() + line[offset + len(name.encode()) :]).decode()


def _spelled_out(function: _Function) -> set[str]:
    """Names that stand where Python does not say at which column: in f-strings, and after `nonlocal`."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.JoinedStr):
            found |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        elif isinstance(node, ast.Nonlocal | ast.Global):
            found |= set(node.names)
    return found


def _functions(node: ast.AST) -> Iterator[_Function]:
    """The functions and methods that stand in no other function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child
        else:
            yield from _functions(child)


def _make_constant(node: ast.stmt, lines: list[str]) -> None:
    """A module's own constant becomes its value wherever it is used, and takes no place of its own any more."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name) or node.end_lineno != node.lineno:
        return
    name, value = node.targets[0].id, node.value
    literals = ast.Constant | ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop
    plain = all(isinstance(part, literals) for part in ast.walk(value))
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
