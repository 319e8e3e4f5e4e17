"""The firmware's source without what a board has no use for, each statement still on its line.

Comments and docstrings go, and names become as few as possible, since a board keeps each different one for ever: the
arguments of all functions share a few, and so do the private names of all modules. The lines stay, so that an error on
the board names the line that stands in the source.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping

#: Functions, classes and modules: what has a docstring.
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Where a name is to be replaced: (row, byte): (name, its replacement).
_Places = dict[tuple[int, int], tuple[str, str]]


def bare_program(sources: Mapping[str, str], others: tuple[str, ...] = ()) -> dict[str, str]:
    """The modules of a program, by name, bare. `others` are sources that call them and stay as they are."""
    trees = {name: ast.parse(source) for name, source in sources.items()}
    everything = [*trees.values(), *map(ast.parse, others)]
    given = {
        keyword.arg
        for tree in everything
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg
    }
    uses = Counter(name for tree in everything for name in _private_names(tree))
    made = {}
    for name, source in sources.items():
        lines = source.splitlines()
        places = _arguments(trees[name], given)
        places.update(_privates(trees[name], uses, _bases(everything)))
        _replace(places, lines)
        made[name] = bare("\n".join(lines) + "\n")
    return made


def bare(source: str) -> str:
    """The same program without comments, docstrings and what else only people read."""
    lines = source.splitlines()
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


def _arguments(tree: ast.Module, given: set[str]) -> _Places:
    """In each function `_0`, `_1`, … for its arguments, but those that are given by their names anywhere."""
    places: _Places = {}
    for function in _functions(tree):
        fixed = given | {"self"} | _spelled_out(function)
        arguments = [node.arg for node in ast.walk(function) if isinstance(node, ast.arg) and node.arg not in fixed]
        new = {name: f"_{number}" for number, name in enumerate(dict.fromkeys(arguments))}
        for node in ast.walk(function):
            name = node.arg if isinstance(node, ast.arg) else node.id if isinstance(node, ast.Name) else ""
            if name in new and isinstance(node, ast.arg | ast.Name):
                places[node.lineno, node.col_offset] = (name, new[name])
    return places


def _privates(tree: ast.Module, uses: Counter[str], bases: set[str]) -> _Places:
    """`_a`, `_b`, … for the names that start with an underscore and that no other module has.

    Not in a module whose classes others extend: two of its names and theirs may meet in one object.
    """
    if any(isinstance(node, ast.ClassDef) and node.name in bases for node in tree.body):
        return {}
    fixed = _spelled_out(tree) | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own = [
        name for name in sorted(_private_names(tree)) if uses[name] == 1 and name not in fixed and not name.isupper()
    ]
    new = {name: f"_{_letters(number)}" for number, name in enumerate(own)}
    places: _Places = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in new:
            places[node.lineno, node.col_offset] = (node.id, new[node.id])
        elif isinstance(node, ast.Attribute) and node.attr in new and node.end_col_offset is not None:
            row = node.end_lineno or node.lineno
            places[row, node.end_col_offset - len(node.attr.encode())] = (node.attr, new[node.attr])
        elif isinstance(node, _Function | ast.ClassDef) and node.name in new:
            word = "class " if isinstance(node, ast.ClassDef) else "def "
            word = "async def " if isinstance(node, ast.AsyncFunctionDef) else word
            places[node.lineno, node.col_offset + len(word)] = (node.name, new[node.name])
    return places


def _private_names(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, _Function | ast.ClassDef):
            found.add(node.name)
    return {name for name in found if name.startswith("_") and not name.startswith("__") and len(name) > 2}


def _bases(trees: list[ast.Module]) -> set[str]:
    """The names of all classes that some class extends."""
    classes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return {base.id for node in classes for base in node.bases if isinstance(base, ast.Name)}


def _letters(number: int) -> str:
    return chr(97 + number) if number < 26 else _letters(number // 26 - 1) + chr(97 + number % 26)


def _replace(places: _Places, lines: list[str]) -> None:
    for (row, offset), (name, short) in sorted(places.items(), reverse=True):
        line = lines[row - 1].encode()  # columns count bytes
        lines[row - 1] = (line[:offset] + short.encode() + line[offset + len(name.encode()) :]).decode()


def _spelled_out(part: ast.AST) -> set[str]:
    """Names that stand where Python does not say at which column: in f-strings, and after `nonlocal`."""
    found = set()
    for node in ast.walk(part):
        if isinstance(node, ast.JoinedStr):
            found |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            found |= {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
        elif isinstance(node, ast.Nonlocal | ast.Global):
            found |= set(node.names)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            found |= {name for alias in node.names for name in (alias.name, alias.asname) if name}
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
