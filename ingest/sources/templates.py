"""Home Assistant's value templates, as far as they pick and convert a value: read by Jinja's parser, worked out here.

Jinja itself would run whatever a stranger on the network writes into a configuration: loops, calls, powers of ten
digits. So its syntax tree is walked by the table below, which knows no loop; what it does not know is refused when the
configuration comes, with the word that is not understood. Each step costs a bounded time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError

from ingest.decoding.payload import UnreadableError
from ingest.sources.values import STATES

_LONGEST = 2_000
_MOST_NODES = 200
_LONGEST_TEXT = 4_000
_ENVIRONMENT = Environment(autoescape=False)  # noqa: S701  (nothing is rendered)


class _Missing:
    """A key that is not there; it has no keys either, and is no value."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""


MISSING = _Missing()


class Template:
    """One template. Raises UnreadableError for one that is not understood."""

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise UnreadableError(f"a template of {len(text)} characters is longer than {_LONGEST}")
        try:
            self._tree = _ENVIRONMENT.parse(text)
        except (TemplateSyntaxError, RecursionError) as cause:
            raise UnreadableError(f"the template '{text[:80]}' cannot be read: {cause}") from cause
        count = 0
        for node in self._tree.find_all(nodes.Node):
            count += 1
            _check(node, text)
        if count > _MOST_NODES:
            raise UnreadableError(f"the template '{text[:80]}' has more than {_MOST_NODES} parts")

    def value(self, payload: str, body: Any) -> Any:
        """What the template makes of a payload and its JSON (MISSING where it is none); MISSING for nothing."""
        names = {"value": payload, "value_json": body}
        try:
            found = _block(self._tree.body, names)
        except (TypeError, ValueError, ArithmeticError, KeyError, IndexError, AttributeError, RecursionError) as cause:
            raise UnreadableError(f"the template gives no value for this payload: {str(cause)[:100]}") from cause
        return found[0] if len(found) == 1 else "".join(map(str, found)) if found else MISSING


def _block(body: list[nodes.Node], names: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    for node in body:
        if isinstance(node, nodes.Output):
            parts = [
                part.data if isinstance(part, nodes.TemplateData) else _work_out(part, names) for part in node.nodes
            ]
            found += [part for part in parts if not isinstance(part, str) or part.strip()]
        elif isinstance(node, nodes.If):
            found += _choose(node, names)
        elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            names[node.target.name] = _work_out(node.node, names)
    return found


def _choose(node: nodes.If, names: dict[str, Any]) -> list[Any]:
    for branch in (node, *node.elif_):
        if _work_out(branch.test, names):
            return _block(branch.body, names)
    return _block(node.else_, names)


def _check(node: nodes.Node, text: str) -> None:
    word: object = type(node).__name__
    if isinstance(node, nodes.Filter):
        word = node.name
        known = node.name in _FILTERS
    elif isinstance(node, nodes.Test):
        word = node.name
        known = node.name in _TESTS
    elif isinstance(node, nodes.Call):
        target = node.node
        word = target.name if isinstance(target, nodes.Name) else getattr(target, "attr", "a call")
        known = (isinstance(target, nodes.Name) and target.name in _FUNCTIONS) or (
            isinstance(target, nodes.Getattr) and target.attr in _METHODS
        )
    elif isinstance(node, nodes.Name) and node.ctx == "store":
        known = node.name not in ("value", "value_json")
    else:
        known = isinstance(node, _KNOWN)
    if not known:
        raise UnreadableError(f"the template '{text[:80]}' uses {str(word)[:40]}, which is not understood")


def _work_out(node: nodes.Node, names: Mapping[str, Any]) -> Any:  # noqa: C901, PLR0911, PLR0912  (a table of kinds)
    match node:
        case nodes.Const():
            return node.value
        case nodes.Name():
            return names.get(node.name, MISSING)
        case nodes.Getattr():
            return _part(_work_out(node.node, names), node.attr)
        case nodes.Getitem():
            return _part(_work_out(node.node, names), _work_out(node.arg, names))
        case nodes.Filter():
            return _called(_FILTERS[node.name], [node.node, *node.args], names)
        case nodes.Test():
            return _called(_TESTS[node.name], [node.node, *node.args], names)
        case nodes.Call():
            return _call(node, names)
        case nodes.CondExpr():
            chosen = node.expr1 if _work_out(node.test, names) else node.expr2
            return MISSING if chosen is None else _work_out(chosen, names)
        case nodes.Compare():
            return _compare(node, names)
        case nodes.And():
            return _work_out(node.left, names) and _work_out(node.right, names)
        case nodes.Or():
            return _work_out(node.left, names) or _work_out(node.right, names)
        case nodes.Not():
            return not _work_out(node.node, names)
        case nodes.Concat():
            return "".join(str(_work_out(part, names)) for part in node.nodes)[:_LONGEST_TEXT]
        case nodes.Neg():
            return -_number(_work_out(node.node, names))
        case nodes.List() | nodes.Tuple():
            return [_single(_work_out(part, names)) for part in node.items]
        case nodes.BinExpr():
            return _arithmetic(node, names)
    raise ValueError(f"{type(node).__name__} is not understood")


def _single(value: Any) -> Any:
    """An entry of a list: no list itself, since a few lists of lists of themselves would be endless as a text."""
    if isinstance(value, list | dict):
        raise ValueError("a list holds single values")  # noqa: TRY004  (the template's fault, said like the others)
    return value


def _part(whole: Any, key: Any) -> Any:
    if isinstance(whole, dict):
        return whole.get(key, MISSING) if isinstance(key, str) else MISSING
    if isinstance(whole, list | str) and isinstance(key, int) and -len(whole) <= key < len(whole):
        return whole[key]
    return MISSING


def _called(function: Callable[..., Any], parts: list[Any], names: Mapping[str, Any]) -> Any:
    return function(*(_work_out(part, names) for part in parts))


def _call(node: nodes.Call, names: Mapping[str, Any]) -> Any:
    if isinstance(node.node, nodes.Name):
        return _called(_FUNCTIONS[node.node.name], node.args, names)
    assert isinstance(node.node, nodes.Getattr)  # noqa: S101  (_check lets nothing else through)
    return _called(_METHODS[node.node.attr], [node.node.node, *node.args], names)


def _compare(node: nodes.Compare, names: Mapping[str, Any]) -> bool:
    left = _work_out(node.expr, names)
    for part in node.ops:
        right = _work_out(part.expr, names)
        if not _COMPARISONS[part.op](left, right):
            return False
        left = right
    return True


def _arithmetic(node: nodes.BinExpr, names: Mapping[str, Any]) -> Any:
    left, right = _work_out(node.left, names), _work_out(node.right, names)
    if isinstance(node, nodes.Add) and isinstance(left, str) and isinstance(right, str):
        return (left + right)[:_LONGEST_TEXT]
    return _OPERATORS[type(node)](_number(left), _number(right))


def _number(value: Any) -> float:
    """A number for arithmetic: never a text, which could be made endless by a factor."""
    if not isinstance(value, bool | int | float) or abs(value) > 1e300:
        raise ValueError("arithmetic takes numbers")
    return value


def _converted(convert: Callable[[Any], Any]) -> Callable[..., Any]:
    def filtered(value: Any, default: Any = MISSING) -> Any:
        try:
            return convert(float(value) if convert is int else value)
        except (TypeError, ValueError, OverflowError):
            if default is MISSING:
                raise
            return default

    return filtered


def _default(value: Any, default: Any = "", boolean: Any = False) -> Any:
    return default if value is MISSING or (boolean and not value) else value


def _boolean(value: Any, default: Any = MISSING) -> Any:
    state = STATES.get(str(value).casefold())
    if isinstance(value, bool | int | float):
        return bool(value)
    if state is None and default is MISSING:
        raise ValueError(f"'{str(value)[:32]}' is neither true nor false")
    return default if state is None else bool(state)


def _chosen(value: Any, yes: Any = True, no: Any = False) -> Any:
    return yes if value else no


def _rounded(value: Any, digits: Any = 0, *_: Any) -> float:
    return round(float(value), max(-12, min(int(digits), 12)))


def _replaced(value: Any, old: Any, new: Any) -> str:
    return str(value)[:_LONGEST_TEXT].replace(str(old), str(new))[:_LONGEST_TEXT]


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "float": _converted(float), "int": _converted(int), "round": _rounded, "abs": lambda value: abs(_number(value)),
    "default": _default, "d": _default, "is_defined": lambda value: value, "bool": _boolean, "iif": _chosen,
    "string": str, "lower": lambda text: str(text).lower(), "upper": lambda text: str(text).upper(),
    "trim": lambda text: str(text).strip(), "replace": _replaced, "length": len,
    "first": lambda whole: _part(whole, 0), "last": lambda whole: _part(whole, -1),
    "multiply": lambda value, factor: _number(value) * _number(factor),
    "add": lambda value, summand: _number(value) + _number(summand),
}  # fmt: skip
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "float": _converted(float), "int": _converted(int), "bool": _boolean, "iif": _chosen,
}  # fmt: skip
_METHODS: Mapping[str, Callable[..., Any]] = {
    "get": lambda whole, key, default=MISSING: _default(_part(whole, key), default),
    "lower": lambda text: str(text).lower(), "upper": lambda text: str(text).upper(),
    "strip": lambda text: str(text).strip(), "split": lambda text, by=None: str(text)[:_LONGEST_TEXT].split(by),
    "startswith": lambda text, start: str(text).startswith(str(start)),
    "endswith": lambda text, end: str(text).endswith(str(end)),
}  # fmt: skip
_TESTS: Mapping[str, Callable[..., Any]] = {
    "defined": lambda value: value is not MISSING, "undefined": lambda value: value is MISSING,
    "none": lambda value: value is None, "true": lambda value: value is True, "false": lambda value: value is False,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str), "eq": operator.eq, "equalto": operator.eq, "ne": operator.ne,
    "in": lambda value, whole: value in whole,
}  # fmt: skip
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "lteq": operator.le, "gt": operator.gt,
    "gteq": operator.ge, "in": lambda value, whole: value in whole, "notin": lambda value, whole: value not in whole,
}  # fmt: skip
_OPERATORS: Mapping[type[nodes.Node], Callable[[Any, Any], Any]] = {
    nodes.Add: operator.add, nodes.Sub: operator.sub, nodes.Mul: operator.mul, nodes.Div: operator.truediv,
    nodes.FloorDiv: operator.floordiv, nodes.Mod: operator.mod,
}  # fmt: skip
_KNOWN: tuple[type[nodes.Node], ...] = (
    nodes.Output, nodes.TemplateData, nodes.If, nodes.Assign, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Neg, nodes.List,
    nodes.Tuple, *_OPERATORS,
)  # fmt: skip
