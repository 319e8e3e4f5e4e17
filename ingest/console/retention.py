"""`python -m ingest retention …`, `forecast` and `setting`: what is kept, how it grows, what may be set at run time."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ingest.console.command_lines import ask, carry_out, date, say, with_facts
from telemetry.command_line import parser, sub_parser
from telemetry.levels import BY_NAME
from telemetry.settings import Settings, load

_SHOWN = 20


def retention(argv: Sequence[str]) -> None:
    """`retention list|set|drop|preview|apply`. Raises LumosError with a sentence."""
    command_line = parser("python -m ingest", "How long each level is kept, and what goes next.")
    kinds = command_line.add_subparsers(dest="kind", required=True)
    does = sub_parser(kinds, "retention", "how long each level is kept").add_subparsers(dest="do", required=True)
    sub_parser(does, "list", "the rules in force")
    rule = sub_parser(does, "set", "keep a level for some days, of one series or of all others")
    _add_level(rule)
    rule.add_argument("days", type=float, help="whole days (UTC); 0 for ever")
    _add_series(rule)
    rule.add_argument("--dry-run", action="store_true", help="say what would be deleted, and set nothing")
    drop = sub_parser(does, "drop", "take a rule back")
    _add_level(drop)
    _add_series(drop)
    sub_parser(does, "preview", "what the coming night will delete")
    sub_parser(does, "apply", "delete it now")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    _DOES[arguments.do](settings, arguments)


def _list(settings: Settings, _arguments: argparse.Namespace) -> None:
    for row in ask(settings, "retention"):
        which = "every series" if row["device"] is None else f"{row['device']} {row['metric']}"
        kept = f"{row['days']:g} days" if row["days"] else "for ever"
        by = f"; by {row['asked_by']} {date(row['changed_us'])}" if row["asked_by"] else ""
        say(f"{row['level']:8} {which}: {kept}{by}")


def _set(settings: Settings, arguments: argparse.Namespace) -> None:
    given = {"level": arguments.level, "days": getattr(arguments, "days", None)}
    if arguments.device is not None:
        given |= {"device": arguments.device, "metric": arguments.metric}
    if getattr(arguments, "dry_run", False):
        _say_plan(carry_out(settings, "preview_retention", given), "would go")
        return
    _say_plan(carry_out(settings, "set_retention", given), "go in the coming night")


def _preview(settings: Settings, _arguments: argparse.Namespace) -> None:
    rows = ask(settings, "expiring")
    total = {"expires": rows, "rows": sum(row["rows"] for row in rows), "bytes": sum(row["bytes"] for row in rows)}
    _say_plan(total, "go in the coming night")


def _apply(settings: Settings, _arguments: argparse.Namespace) -> None:
    say(f"{carry_out(settings, 'expire_now', {})['rows']:,} rows deleted")


_DOES = {"list": _list, "set": _set, "drop": _set, "preview": _preview, "apply": _apply}


def _say_plan(plan: dict[str, Any], verb: str) -> None:
    for row in plan["expires"][:_SHOWN]:
        say(
            f"{row['device']} {row['metric']} {row['level']}: {row['rows']:,} rows before {date(row['before_us'])},"
            f" about {row['bytes'] / 1e6:,.1f} MB"
        )
    if len(plan["expires"]) > _SHOWN:
        say(f"… and {len(plan['expires']) - _SHOWN} more")
    say(f"{plan['rows']:,} rows {verb}, about {plan['bytes'] / 1e6:,.1f} MB; nothing newer is touched")


def _add_level(made: argparse.ArgumentParser) -> None:
    made.add_argument("level", choices=list(BY_NAME))


def _add_series(made: argparse.ArgumentParser) -> None:
    made.add_argument("device", nargs="?", help="of this device's metric alone; without it, of all others")
    made.add_argument("metric", nargs="?")


def forecast(argv: Sequence[str]) -> None:
    """`forecast`: what each series adds a day, and when the disk is full. Raises LumosError with a sentence."""
    command_line = parser("python -m ingest", "How the store grows.")
    kinds = command_line.add_subparsers(dest="kind", required=True)
    sub_parser(kinds, "forecast", "what each series adds a day, and when the disk is full")
    rows, facts = with_facts(load(command_line.parse_args(argv)), "forecast")
    for row in sorted(rows, key=lambda row: -row["bytes_per_day"]):
        say(
            f"{row['device']} {row['metric']}: {row['readings_per_day']:,.0f} readings a day,"
            f" {row['bytes_per_day'] / 1e3:,.1f} kB"
        )
    day = sum(row["bytes_per_day"] for row in rows)
    say(f"together {day / 1e6:,.2f} MB a day; the store takes {facts['store_bytes'] / 1e6:,.1f} MB")
    where = {"disk": f"the disk ({facts['free_bytes'] / 1e9:,.1f} GB free) is full", "limit": "the limit is reached"}
    ends = (
        f"{where[facts['cause']]} about {date(facts['full_us'])}"
        if facts["cause"]
        else "not full within a hundred years"
    )
    say(f"{ends}, if it goes on like the last week")


def setting(argv: Sequence[str]) -> None:
    """`setting KEY [VALUE]`: change one at run time, or take that back. Raises LumosError with a sentence."""
    command_line = parser("python -m ingest", "Settings that may change while ingest runs.")
    kinds = command_line.add_subparsers(dest="kind", required=True)
    made = sub_parser(kinds, "setting", "change a setting while ingest runs; what is changed here outlives restarts")
    made.add_argument("key", nargs="?", help="such as backups-kept; without it, what was changed")
    made.add_argument("value", nargs="?", help="as on the command line; without it, back to what was given there")
    arguments = command_line.parse_args(argv)
    settings = load(arguments)
    if arguments.key is not None:
        carry_out(settings, "change_setting", {"key": arguments.key, "value": arguments.value})
    for row in ask(settings, "changed_settings"):
        say(f"{row['key']} {row['value']}; by {row['asked_by']} {date(row['changed_us'])}")
