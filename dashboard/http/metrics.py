"""`GET /metrics`: the figures of `dashboard.metrics` in Prometheus' text format, or OpenMetrics where it is asked for.

Each scrape asks the store anew, but what takes long (losses, growth) once a minute. It answers 200 also while ingest is
away: then `lumos_ingest_up` is 0, and what only ingest knows is absent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import flask
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from dashboard.context import Context
from dashboard.metrics import METRICS, Facts
from telemetry.errors import LumosError
from telemetry.logs import troubles
from telemetry.process import cpu_seconds, memory_bytes
from telemetry.questions import metadata_of
from telemetry.timestamps import now_us

_EACH_TIME = ("health", "vitals", "levels", "backups", "devices", "series")
_NOW_AND_THEN = ("forecast", "losses")
_SLOW_SECONDS = 60.0


def blueprint(context: Context) -> flask.Blueprint:
    """The route, to be registered on the dashboard's server."""
    routes = flask.Blueprint("http_metrics", __name__)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LumosCollector(context))

    @routes.get("/metrics")
    def metrics() -> flask.Response:
        encode, content_type = choose_encoder(flask.request.headers.get("Accept", ""))
        return flask.Response(encode(registry), content_type=content_type)

    return routes


class LumosCollector(Collector):
    """Gives Prometheus' library the families of METRICS, freshly asked."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        #: What is asked now and then: question → when it was, and its answer (None: there was none).
        self._kept: dict[str, tuple[float, Any]] = {}

    def describe(self) -> list[Family]:
        """Nothing: the names are those of METRICS, which nobody else gives out."""
        return []

    def collect(self) -> Iterator[Family]:
        """The families that have a figure."""
        facts = self._facts()
        for metric in METRICS:
            kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = kind(metric.name, metric.help, labels=metric.labels)
            for labels, value in metric.figures(facts):
                family.add_metric(labels, value)
            if family.samples:
                yield family

    def _facts(self) -> Facts:
        tables = {question: self._ask(question) for question in _EACH_TIME}
        with self._lock:  # one scrape asks, the others take what it got
            tables |= {question: self._now_and_then(question) for question in _NOW_AND_THEN}
        answered = {question: table for question, table in tables.items() if table is not None}
        activity = self._context.activity
        return Facts(
            at_us=now_us(),
            answers={question: table.to_pylist() for question, table in answered.items()},
            forecast=metadata_of(answered["forecast"]) if "forecast" in answered else {},
            requests=dict(activity.answers),
            clients=activity.clients(),
            started_us=activity.started_us,
            memory_bytes=memory_bytes(),
            cpu_seconds=cpu_seconds(),
            troubles=troubles(),
        )

    def _now_and_then(self, question: str) -> Any:
        at, table = self._kept.get(question, (0.0, None))
        if table is None or time.monotonic() - at > _SLOW_SECONDS:
            table = self._ask(question)
            self._kept[question] = (time.monotonic(), table)
        return table

    def _ask(self, question: str) -> Any:
        try:
            return self._context.reader.ask(question)
        except LumosError:
            return None
