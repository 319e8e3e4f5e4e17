"""The figures of `/metrics`: one row a metric, named and with units as Prometheus wants it."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.metrics.figures import (
    DEVICES,
    Facts,
    Figures,
    by_reason,
    device_last,
    device_samples,
    device_up,
    fact,
    forecast,
    growth,
    last_backup,
    logged,
    of_levels,
    own,
    own_logged,
)
from telemetry import __version__
from telemetry.timestamps import US_PER_SECOND


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the table. Counters end in `_total`; `kind` is Prometheus' word."""

    name: str
    kind: str
    help: str
    figures: Figures
    labels: tuple[str, ...] = ()


METRICS: tuple[Metric, ...] = (
    Metric(
        "lumos_build_info", "gauge", "The version that runs; always 1.", lambda _: [((__version__,), 1.0)], ("version",)
    ),
    Metric("lumos_ingest_up", "gauge", "1 while ingest answers, else 0.", own(lambda f: bool(f.answers.get("health")))),
    Metric(
        "lumos_broker_connected",
        "gauge",
        "1 while ingest is connected to the broker, else 0.",
        fact("vitals", "broker_connected"),
    ),
    Metric(
        "lumos_broker_connections_total",
        "counter",
        "Connections that the broker took from ingest since its start; each after the first is a reconnect.",
        fact("vitals", "connections"),
    ),
    Metric(
        "lumos_ingest_start_time_seconds",
        "gauge",
        "When ingest started, in seconds since 1970 UTC.",
        fact("vitals", "started_us", US_PER_SECOND),
    ),
    Metric(
        "lumos_ingest_messages_total",
        "counter",
        "Messages of the broker that ingest stored since its start.",
        fact("vitals", "stored_messages"),
    ),
    Metric(
        "lumos_ingest_readings_total",
        "counter",
        "Readings that ingest stored since its start.",
        fact("vitals", "stored_readings"),
    ),
    Metric(
        "lumos_ingest_quarantined_messages_total",
        "counter",
        "Messages that could not be read since ingest's start.",
        fact("vitals", "quarantined"),
    ),
    Metric(
        "lumos_ingest_lag_seconds",
        "gauge",
        "How long the oldest message that is not stored has waited.",
        fact("vitals", "lag_ms", 1_000),
    ),
    Metric(
        "lumos_ingest_queue_messages", "gauge", "Messages that are not stored yet.", fact("vitals", "waiting_messages")
    ),
    Metric("lumos_ingest_queue_bytes", "gauge", "Memory that those messages take.", fact("vitals", "waiting_bytes")),
    Metric(
        "lumos_ingest_queue_limit_bytes",
        "gauge",
        "From so many bytes on the broker has to wait.",
        fact("vitals", "limit_bytes"),
    ),
    Metric(
        "lumos_ingest_log_messages_total",
        "counter",
        "Warnings and errors that ingest logged since its start.",
        logged,
        ("level",),
    ),
    Metric("lumos_ingest_resident_memory_bytes", "gauge", "Memory that ingest takes.", fact("vitals", "memory_bytes")),
    Metric(
        "lumos_ingest_cpu_seconds_total",
        "counter",
        "Processor time that ingest has used.",
        fact("vitals", "cpu_seconds"),
    ),
    Metric(
        "lumos_quarantine_messages",
        "gauge",
        "Messages in the quarantine by kind of reason, the 20 most frequent.",
        by_reason,
        ("reason",),
    ),
    Metric("lumos_store_readings", "gauge", "Readings in the store.", fact("health", "readings")),
    Metric("lumos_store_bytes", "gauge", "What the store takes on the disk.", fact("health", "bytes")),
    Metric("lumos_store_series", "gauge", "Series in the store.", fact("vitals", "series")),
    Metric("lumos_store_devices", "gauge", "Devices in the store.", fact("vitals", "devices")),
    Metric(
        "lumos_store_newest_reading_timestamp_seconds",
        "gauge",
        "When the newest reading was taken, in seconds since 1970 UTC.",
        fact("health", "newest_us", US_PER_SECOND),
    ),
    Metric(
        "lumos_store_level_rows",
        "gauge",
        "Rows of each level of detail: raw readings, and the buckets of the rollups.",
        of_levels(lambda row: row["file_rows"] + row["table_rows"]),
        ("level",),
    ),
    Metric(
        "lumos_store_level_file_bytes",
        "gauge",
        "What the files of closed days take, by level of detail.",
        of_levels(lambda row: row["file_bytes"]),
        ("level",),
    ),
    Metric(
        "lumos_store_growth_bytes_per_second",
        "gauge",
        "How fast the store grows, over the last week; asked once a minute.",
        growth,
    ),
    Metric(
        "lumos_store_full_timestamp_seconds",
        "gauge",
        "When the disk is full or the limit is reached, as far as can be foreseen; absent: never.",
        forecast("full_us", US_PER_SECOND),
    ),
    Metric("lumos_disk_free_bytes", "gauge", "Free bytes on the disk with the store.", forecast("free_bytes")),
    Metric(
        "lumos_backup_last_success_timestamp_seconds",
        "gauge",
        "When the newest backup was made; absent: there is none.",
        last_backup,
    ),
    Metric(
        "lumos_backup_last_failure_timestamp_seconds",
        "gauge",
        "When a backup last failed; absent once one has succeeded.",
        fact("vitals", "backup_failed_us", US_PER_SECOND),
    ),
    Metric("lumos_alerts_open", "gauge", "Alerts that are open now.", fact("health", "alerts_open")),
    Metric(
        "lumos_alert_channels_failing",
        "gauge",
        "Channels for alerts whose last attempt failed.",
        fact("health", "alert_channels_failing"),
    ),
    Metric(
        "lumos_dashboard_start_time_seconds",
        "gauge",
        "When the dashboard started, in seconds since 1970 UTC.",
        own(lambda f: f.started_us / US_PER_SECOND),
    ),
    Metric(
        "lumos_dashboard_http_requests_total",
        "counter",
        "Requests that the dashboard answered, by class of status.",
        lambda f: [((code,), n) for code, n in sorted(f.requests.items())],
        ("code",),
    ),
    Metric(
        "lumos_dashboard_clients",
        "gauge",
        "Clients (an address and its program) that asked within the last minute.",
        own(lambda f: f.clients),
    ),
    Metric(
        "lumos_dashboard_log_messages_total",
        "counter",
        "Warnings and errors that the dashboard logged since its start.",
        own_logged,
        ("level",),
    ),
    Metric(
        "lumos_dashboard_resident_memory_bytes",
        "gauge",
        "Memory that the dashboard takes.",
        own(lambda f: f.memory_bytes),
    ),
    Metric(
        "lumos_dashboard_cpu_seconds_total",
        "counter",
        "Processor time that the dashboard has used.",
        own(lambda f: f.cpu_seconds),
    ),
    Metric(
        "lumos_device_up",
        "gauge",
        "1 while the device is live, or paused by command; 0 while it is quiet or silent.",
        device_up,
        ("device",),
    ),
    Metric(
        "lumos_device_last_reading_timestamp_seconds",
        "gauge",
        "When the device's newest reading was taken.",
        device_last,
        ("device",),
    ),
    Metric(
        "lumos_device_samples_received",
        "gauge",
        "Of the samples that the device numbered, how many arrived; asked once a minute.",
        device_samples("received"),
        ("device",),
    ),
    Metric(
        "lumos_device_samples_dropped",
        "gauge",
        "Samples that the device reported as given up.",
        device_samples("dropped"),
        ("device",),
    ),
    Metric(
        "lumos_device_samples_missing",
        "gauge",
        "Samples that nobody knows the end of; one that still comes is missing no more.",
        device_samples("missing"),
        ("device",),
    ),
    Metric(
        "lumos_devices_left_out",
        "gauge",
        "Devices beyond the first 200 by name, which have no figures of their own.",
        own(lambda f: max(0, len(f.answers["devices"]) - DEVICES) if "devices" in f.answers else None),
    ),
)


def described() -> str:
    """The metrics as a Markdown table, as docs/system.md shows it."""
    lines = ["| metric | kind | labels | what it is |", "|---|---|---|---|"]
    lines += [
        f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.help} |"
        for metric in METRICS
    ]
    return "\n".join(lines)


__all__ = ["DEVICES", "METRICS", "Facts", "Metric", "described"]
