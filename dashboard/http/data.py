"""HTTP for scripts: `/data`, `/data.csv` and `/health`, as docs/contract.md says to the word.

A wrong parameter is a 400 with one sentence, never a guess: a misspelt `start` must not silently give the last hour.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flask
import orjson

from dashboard.access.guard import identity
from dashboard.access.roles import Role
from dashboard.context import Context
from dashboard.stretches import Points, points_of
from telemetry.errors import (
    ActionError,
    BrokerError,
    CommandError,
    LumosError,
    QuestionError,
    QuestionLimitError,
    StoreUnavailableError,
    nearest,
)
from telemetry.questions import POINTS
from telemetry.timestamps import US_PER_HOUR, US_PER_MS, iso_utc, now_us, parse_instant

_PARAMETERS = ("device", "metric", "start", "end", "points")
_COLUMNS = ("time", "device", "metric", "mean", "min", "max", "count")
_DEFAULT_POINTS = 500


def blueprint(context: Context) -> flask.Blueprint:
    """The routes, to be registered on the dashboard's server."""
    routes = flask.Blueprint("http_data", __name__)

    @routes.get("/data")
    def data() -> flask.Response:
        asked = parse(_arguments())
        return _json(_series(context) if asked is None else _rows(context, asked))

    @routes.get("/data.csv")
    def data_csv() -> flask.Response:
        asked = parse(_arguments())
        if asked is None:
            raise QuestionError("/data.csv needs device and metric; /data lists what there is")
        table, _ = _answer(context, asked)
        response = flask.Response(_csv(asked, table), mimetype="text/csv")
        name = "".join(letter if letter.isalnum() else "-" for letter in f"{asked.device}-{asked.metric}")
        response.headers.set("Content-Disposition", "attachment", filename=f"lumos-{name}.csv")
        return response

    @routes.get("/health")
    def health_route() -> flask.Response:
        if _arguments():
            raise QuestionError("/health takes no parameters")
        found = health(context)
        if identity().role is Role.NOBODY:  # a monitor, or a stranger on the network
            return _json({"status": found["status"]}, 200 if found["status"] == "ok" else 503)
        return _json(found, 200 if found["status"] == "ok" else 503)

    routes.register_error_handler(LumosError, problem)
    return routes


def problem(error: LumosError) -> flask.Response:
    """An error as a script gets it: one sentence, and a status by its kind."""
    return _json({"error": str(error)}, _status(error))


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request for one series."""

    device: str
    metric: str
    start_us: int
    end_us: int
    points: int


def parse(arguments: Mapping[str, Sequence[str]]) -> Asked | None:
    """The request in a query string, or None for the list of series. Raises QuestionError with a sentence."""
    for name, values in arguments.items():
        if name not in _PARAMETERS:
            raise QuestionError(f"there is no parameter '{name[:64]}'{nearest(name, _PARAMETERS)}")
        if len(values) > 1:
            raise QuestionError(f"{name} is given {len(values)} times: give it once")
    if not arguments:
        return None
    missing = [name for name in ("device", "metric") if not arguments.get(name, [""])[0]]
    if missing:
        raise QuestionError(f"{' and '.join(missing)} missing: give both device and metric, or neither for the list")
    end_us = parse_instant(arguments["end"][0], "end") if "end" in arguments else None
    start_us = parse_instant(arguments["start"][0], "start") if "start" in arguments else None
    if end_us is None:
        end_us = max(now_us(), start_us or 0)
    if start_us is None:
        start_us = end_us - US_PER_HOUR
    if start_us > end_us:
        raise QuestionError("start lies after end: exchange them")
    return Asked(arguments["device"][0], arguments["metric"][0], start_us, end_us, _points(arguments))


def health(context: Context) -> dict[str, Any]:
    """How the whole stands: `ok`, `degraded` (the broker is away, or alerts cannot be sent), `down` (ingest is)."""
    try:
        facts = context.rows("health")[0]
    except StoreUnavailableError:
        return {
            "status": "down",
            "broker": {"connected": False},
            "ingest": {
                "running": False,
                "messages_per_second": 0.0,
                "lag_ms": None,
                "quarantined": None,
                "reasons": {},
            },
            "alerts": {"open": None, "channels_failing": None},
            "store": {"readings": None, "bytes": None},
            "newest_ms": None,
        }
    newest = facts["newest_us"]
    return {
        "status": "ok" if facts["broker_connected"] and not facts["alert_channels_failing"] else "degraded",
        "broker": {"connected": bool(facts["broker_connected"])},
        "ingest": {
            "running": True,
            "messages_per_second": facts["messages_per_second"],
            "lag_ms": facts["lag_ms"],
            "quarantined": facts["quarantined"],
            "reasons": orjson.loads(facts["quarantined_by_reason"]),
        },
        "alerts": {"open": facts["alerts_open"], "channels_failing": facts["alert_channels_failing"]},
        "store": {"readings": facts["readings"], "bytes": facts["bytes"]},
        "newest_ms": None if newest is None else newest // US_PER_MS,
    }


def _series(context: Context) -> dict[str, Any]:
    return {
        "series": [
            {
                "device": row["device"],
                "metric": row["metric"],
                "unit": row["unit"],
                "label": row["label"],
                "first_ms": None if row["first_us"] is None else row["first_us"] // US_PER_MS,
                "last_ms": None if row["last_us"] is None else row["last_us"] // US_PER_MS,
                "count": row["count"],
            }
            for row in context.rows("series")
        ]
    }


def _rows(context: Context, asked: Asked) -> dict[str, Any]:
    points, series = _answer(context, asked)
    columns = zip(points.times_us, points.means, points.lows, points.highs, points.counts, strict=True)
    return {
        "device": asked.device,
        "metric": asked.metric,
        "unit": series["unit"],
        "bucket_ms": points.bucket_us // US_PER_MS,
        "rows": [[t_us // US_PER_MS, mean, low, high, count] for t_us, mean, low, high, count in columns],
    }


def _answer(context: Context, asked: Asked) -> tuple[Points, dict[str, Any]]:
    """The points asked for, and their series. Raises QuestionError for a series that does not exist."""
    table = context.reader.ask(
        "buckets",
        device=asked.device,
        metric=asked.metric,
        start_us=asked.start_us,
        end_us=asked.end_us,
        points=asked.points,
    )
    return points_of(table), _known(context, asked)


def _known(context: Context, asked: Asked) -> dict[str, Any]:
    series = context.rows("series")
    found = next((row for row in series if (row["device"], row["metric"]) == (asked.device, asked.metric)), None)
    if found is not None:
        return found
    metrics = [row["metric"] for row in series if row["device"] == asked.device]
    if metrics:
        raise QuestionError(f"{asked.device} has no metric '{asked.metric[:64]}'{nearest(asked.metric, metrics)}")
    devices = {row["device"] for row in series}
    close = nearest(asked.device, devices) if devices else ": no device has sent anything yet"
    raise QuestionError(f"there is no device '{asked.device[:64]}'{close}")


def _csv(asked: Asked, points: Points) -> str:
    """Text as contract.md has it; what a spreadsheet would run as a formula cannot stand in a number's column."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    columns = zip(points.times_us, points.means, points.lows, points.highs, points.counts, strict=True)
    for t_us, *values in columns:
        writer.writerow([iso_utc(t_us), asked.device, asked.metric, *values])
    return written.getvalue()


def _points(arguments: Mapping[str, Sequence[str]]) -> int:
    text = arguments.get("points", [str(_DEFAULT_POINTS)])[0]
    low, high = POINTS
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise QuestionError(f"points='{text[:64]}' must be a whole number from {low} to {high}")
    return int(text)


def _arguments() -> dict[str, list[str]]:
    return {name: list(values) for name, values in flask.request.args.lists()}


def _status(error: LumosError) -> int:
    if isinstance(error, QuestionError | CommandError | ActionError):
        return 400
    return 503 if isinstance(error, StoreUnavailableError | QuestionLimitError | BrokerError) else 500


def _json(body: Any, status: int = 200) -> flask.Response:
    return flask.Response(orjson.dumps(body), status, mimetype="application/json")
