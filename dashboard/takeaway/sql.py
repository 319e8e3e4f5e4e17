"""The SQL behind a chart, as a file to read and to run: exactly what the store ran for each of its series."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.context import Asks
from dashboard.series import Series
from dashboard.takeaway.choice import Choice
from telemetry.timestamps import iso_utc

_WORD = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]|\s+"
    r"|\b(?:UNION ALL|GROUP BY|ORDER BY|LEFT JOIN|SELECT|FROM|WHERE|LIMIT|JOIN|WITH)\b|[^\s()'\"]+"
)
#: What begins a line, at the level of a query.
_HEADS = ("UNION ALL", "GROUP BY", "ORDER BY", "SELECT", "FROM", "WHERE", "LIMIT")
_QUERY = ("SELECT", "FROM", "WITH")


def statement(reader: Asks, choice: Choice, series: Series) -> str:
    """The one SELECT that gives a series as the chart shows it."""
    return _behind(reader, "buckets", choice.question(series))


def _behind(reader: Asks, question: str, arguments: Mapping[str, Any]) -> str:
    noted = reader.ask("sql_behind", name=question, arguments=json.dumps(arguments, ensure_ascii=False)).to_pylist()
    return pretty(noted[-1]["statement"])


def document(reader: Asks, choice: Choice) -> str:
    """The statements of all series, each with what it is about."""
    parts = [
        "-- The SQL behind a chart of Lumos. Run it where Lumos runs, through its read service:",
        "--   from telemetry.datafolder import DataFolder; from telemetry.reader import Reader",
        '--   Reader(DataFolder(Path("data"))).sql(open("this-file.sql").read()).to_pandas()',
        "-- One statement at a time. t_us are microseconds since 1970 UTC. The files of closed days are named as they",
        "-- are now: a day that late readings reach is written anew, and this is then to be taken again.",
    ]
    for series in choice.series:
        span = " to ".join(iso_utc(t_us) for t_us in (choice.start_us, choice.end_us))
        about = _comment(f"{series.title} of {series.device} ({series.metric}), {span}, at most {choice.points} points")
        parts += ["", about, f"{statement(reader, choice, series)};"]
        if "before" in choice.comparisons:
            parts += ["", _comment(f"{series.title} of {series.device}, the period before it")]
            parts.append(f"{_behind(reader, 'buckets_before', choice.before(series))};")
        if "usual" in choice.comparisons:
            about = f"{series.title} of {series.device}: readings in each bin of the sketch, by hour of the week"
            parts += ["", _comment(f"{about}, of which what is usual is read (docs/store.md)")]
            parts.append(f"{_behind(reader, 'usual', choice.usual(series))};")
    return "\n".join(parts) + "\n"


def pretty(sql: str) -> str:
    """SQL with a line for each part of a query, and queries inside others further in; the same statement."""
    lines: list[str] = []
    line: list[str] = []
    queries = [True]  # whether each open parenthesis holds a query
    words = [word if not word.isspace() else " " for word in _WORD.findall(sql.strip())]

    def end_line() -> None:
        text = "".join(line).strip()
        if text:
            lines.append("    " * (sum(queries) - 1) + text)
        line.clear()

    for place, word in enumerate(words):
        if word == "(":
            line.append(word)
            inner = next(_not_spaces(words[place + 1 :]), "") in _QUERY
            if inner:
                end_line()
            queries.append(inner)
        elif word == ")":
            if queries[-1]:
                end_line()
            queries.pop()
            line.append(word)
        else:
            if word in _HEADS and queries[-1]:
                end_line()
            line.append(word)
    end_line()
    return "\n".join(lines)


def _not_spaces(words: list[str]) -> Iterator[str]:
    return (word for word in words if word != " ")


def _comment(text: str) -> str:
    """A text as one line of comment, whatever a name holds."""
    return "-- " + " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
