"""The command lines that work on the store: `python -m ingest correct …` and what joins it.

Each asks the running ingest for an action; where none runs it opens the store itself, under ingest's lock, and carries
the same function out. What needs answers only is read through the read client, live or from the file.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from telemetry.command_line import parser, sub_parser
from telemetry.datafolder import DataFolder
from telemetry.errors import StoreUnavailableError
from telemetry.reader import Actions, Reader
from telemetry.settings import Settings, load
from telemetry.timestamps import EARLIEST_US, LATEST_US, iso_utc, parse_instant

#: How long a command waits for an action that the running ingest carries out: a rebuild or a backup may take its time.
_PATIENCE_SECONDS = 6 * 3_600.0


def carry_out(settings: Settings, name: str, arguments: dict[str, Any]) -> Any:
    """An action's result, from the running ingest or by itself. Raises ActionError with a sentence."""
    folder, by = DataFolder(settings.data_dir), f"{getpass.getuser()} (console)"
    try:
        return Actions(folder, _PATIENCE_SECONDS).call(name, arguments, by)
    except StoreUnavailableError:
        return _carry_out_alone(settings, folder, name, arguments, by)


def _carry_out_alone(
    settings: Settings, folder: DataFolder, name: str, arguments: dict[str, Any], by: str
) -> Any:  # fmt: skip
    from ingest.serving.action import check_arguments, record
    from ingest.serving.maintenance import MAINTENANCE
    from ingest.storage.keeper import Keeper
    from ingest.storage.store import opened

    row = MAINTENANCE[name]
    check_arguments(name, row.takes, arguments)
    with opened(settings, folder) as connection:
        result = row.run(Keeper(settings, connection), arguments, by)
        record(connection, name, arguments, by)
        return result


def ask(settings: Settings, question: str) -> list[dict[str, Any]]:
    """The answer to a question that only ingest answers, from the running one or by itself."""
    return with_facts(settings, question)[0]


def with_facts(settings: Settings, question: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The answer, and the small facts beside it."""
    from ingest.storage.keeper import Keeper
    from ingest.storage.store import opened
    from ingest.storage.store_questions import with_store_questions
    from telemetry.questions import answer, metadata_of

    folder = DataFolder(settings.data_dir)
    try:
        found = Reader(folder).ask(question)
    except StoreUnavailableError:
        with opened(settings, folder) as connection:
            found = answer(connection, with_store_questions(Keeper(settings, connection)), question, {})
    return found.to_pylist(), metadata_of(found)


def correct(argv: Sequence[str]) -> None:
    """`correct hide|scale|withdraw|list`. Raises LumosError with a sentence."""
    command_line = parser("python -m ingest", "Corrections: what is shown is not what was measured.")
    kinds = command_line.add_subparsers(dest="kind", required=True)
    does = sub_parser(kinds, "correct", "corrections of a series").add_subparsers(dest="do", required=True)
    hide = _for_series(does, "hide", "show a series without its readings of a span", span_needed=True)
    hide.add_argument("--low", type=float, help="hide only readings from this value on")
    hide.add_argument("--high", type=float, help="hide only readings up to this value")
    scale = _for_series(does, "scale", "show a series as value · factor + offset", span_needed=False)
    scale.add_argument("--factor", type=float)
    scale.add_argument("--offset", type=float)
    scale.add_argument("--invert", action="store_true", help="turn the sensor's range upside down")
    sub_parser(does, "withdraw", "take a correction back").add_argument("id", type=int)
    sub_parser(does, "list", "every correction, newest first")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    if arguments.do == "list":
        for row in Reader(DataFolder(settings.data_dir)).ask("corrections").to_pylist():
            say(_described(row))
        return
    name, given = _correction(arguments)
    result = carry_out(settings, name, {key: value for key, value in given.items() if value is not None})
    verb = "withdrawn" if arguments.do == "withdraw" else "in force"
    say(f"correction {result['correction_id']} is {verb}")
    if "note" in result:
        say(result["note"])


def _for_series(does: Any, word: str, what: str, *, span_needed: bool) -> argparse.ArgumentParser:
    made = sub_parser(does, word, what)
    made.add_argument("device")
    made.add_argument("metric")
    always = "" if span_needed else "; without it, always"
    made.add_argument("--from", dest="start", required=span_needed, help=f"from this time on (ISO 8601 or ms){always}")
    made.add_argument("--to", dest="end", required=span_needed, help=f"up to this time, which is not included{always}")
    made.add_argument("--note", help="why")
    return made


def _correction(arguments: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    if arguments.do == "withdraw":
        return "withdraw_correction", {"correction_id": arguments.id}
    given: dict[str, Any] = {"device": arguments.device, "metric": arguments.metric, "note": arguments.note}
    for key, text in (("from_us", arguments.start), ("to_us", arguments.end)):
        given[key] = None if text is None else parse_instant(text, "--" + key.removesuffix("_us"))
    if arguments.do == "hide":
        return "hide_readings", given | {"low": arguments.low, "high": arguments.high}
    scaled = {"factor": arguments.factor, "offset": arguments.offset, "invert": arguments.invert or None}
    return "recalibrate", given | scaled


def _described(row: dict[str, Any]) -> str:
    if row["kind"] == "hide":
        bounds = [f"{word} {row[key]:g}" for key, word in (("low", "from"), ("high", "up to")) if row[key] is not None]
        what = f"hide {' '.join(bounds) or 'all'}"
    else:
        what = f"value · {row['factor']:g} {'-' if row['shift'] < 0 else '+'} {abs(row['shift']):g}"
    start = "the beginning" if row["from_us"] == EARLIEST_US else iso_utc(row["from_us"])
    end = "now on" if row["to_us"] == LATEST_US else iso_utc(row["to_us"])
    undone = "" if row["undone_us"] is None else f"; withdrawn by {row['undone_by']} {date(row['undone_us'])}"
    note = f" ({row['note']})" if row["note"] else ""
    return (
        f"{row['correction_id']}  {row['device']} {row['metric']}: {what}, from {start} to {end}{note};"
        f" by {row['asked_by']} {date(row['made_us'])}{undone}"
    )


def date(t_us: int) -> str:
    """A moment for people."""
    return datetime.fromtimestamp(t_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")


def say(text: str) -> None:
    """A line for whoever sits at the console."""
    print(text, file=sys.stdout)  # noqa: T201 - a command line speaks to its user
