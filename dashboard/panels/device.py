"""The left panel's content: what a device says of itself, and its LED."""

from __future__ import annotations

from dash import html

from dashboard import formats
from dashboard.figures import Style
from dashboard.liveness import Presence, Standing
from dashboard.panels.parts import Child, fact
from telemetry.timestamps import US_PER_SECOND
from telemetry.topics import ORIGINAL_DEVICE


def facts(device: str, standing: Standing, now_us: int, style: Style) -> list[Child]:
    """Firmware, signal, uptime, sampling, address."""
    say, status, language = style.say, standing.status, style.language
    firmware = say("original program") if device == ORIGINAL_DEVICE else _text(status.get("fw")) or say("unknown")
    rssi, uptime, period = (status.get(name) for name in ("rssi", "uptime", "period_ms"))
    rows = [fact(say("firmware"), firmware)]
    if isinstance(rssi, int | float):
        rows.append(fact(say("signal"), formats.with_unit(formats.number(rssi, 0, language), "dBm")))
    if isinstance(uptime, int | float):
        running = 0 if standing.silent else now_us - (standing.status_us or now_us)
        rows.append(fact(say("uptime"), formats.span(round(uptime) * US_PER_SECOND + running, language)))
    if isinstance(period, int | float) and period > 0:
        rows.append(fact(say("sampling"), formats.rate(period, language)))
    if _text(status.get("ip")):
        rows.append(fact(say("address"), html.Span(_text(status["ip"]), className="mono")))
    return rows


def state_words(on: bool | None, words_on: str, words_off: str, standing: Standing | None, style: Style) -> str:
    """What the board says of a switch, or the last that was known of it."""
    if on is None:
        return style.say("state unknown")
    words = words_on if on else words_off
    silent = standing is not None and standing.presence is Presence.SILENT
    return style.say("last known", state=words) if silent else words


def _text(value: object) -> str:
    """What a board says of itself, as text of a bearable length."""
    return str(value)[:64] if isinstance(value, str | int | float) else ""
