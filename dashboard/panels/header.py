"""The header's badges, and the banners over the page: what is wrong, and what still works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from dashboard import formats
from dashboard.figures import Style
from dashboard.liveness import Presence, Standing
from dashboard.panels.parts import Child, ago, badge, banner

TONES = {
    Presence.LIVE: "good",
    Presence.PAUSED: "warning",
    Presence.QUIET: "warning",
    Presence.SILENT: "bad",
    Presence.UNHEARD: "warning",
}


def badges(
    health: Mapping[str, Any] | None, standing: Standing | None, style: Style, *, ticking: bool = True
) -> list[Child]:
    """Broker or ingest, the device in sight if there is one, storage; `health` is None when ingest does not run.

    `ticking`: the newest reading is on the page, and ticks keep it current.
    """
    say = style.say
    extra = "" if standing is None else "wide-only"
    if health is None:
        first = badge(say("ingest"), say("not running"), "bad", extra=extra)
        last = []
    else:
        connected = bool(health["broker_connected"])
        first = badge(
            say("broker"), say("connected" if connected else "disconnected"), "good" if connected else "bad",
            extra=extra,
        )  # fmt: skip
        size = formats.size(health["bytes"], style.language)
        last = [badge(say("storage"), size, "good", extra="wide-only badge-storage")]
        if health["alerts_open"]:
            count = say("open count", count=health["alerts_open"])
            tone = "bad" if health["alerts_unseen"] else "warning"
            last.insert(0, badge(say("alerts"), count, tone, extra="wide-only badge-alerts"))
    return [first, *([_device(standing, style, ticking=ticking)] if standing else []), *last]


def presence_words(standing: Standing, style: Style, *, ticking: bool = True) -> Child:
    """How a device stands, in words that the browser keeps current."""
    say = style.say
    since = {"span": "{span}"}
    if standing.presence is Presence.LIVE:
        if not ticking:
            return say("live now")
        return ago(standing.last_us, say("live ago", ago=say("ago", **since)), newest=True)
    if standing.presence is Presence.SILENT:
        return ago(standing.since_us, say("silent for", **since))
    if standing.presence is Presence.QUIET:
        return ago(standing.since_us, say("no data for", **since), newest=ticking)
    return say("paused" if standing.presence is Presence.PAUSED else "no data yet")


def banners(
    health: Mapping[str, Any] | None, standing: Standing | None, now_us: int, style: Style, *, alerts: str = "alerts"
) -> list[html.Div]:
    """From the widest trouble to the narrowest; `alerts` is the address of that page."""
    say = style.say
    shown = []
    if health is None:
        shown.append(banner(say("ingest banner"), say("ingest banner detail"), "warning"))
    else:
        if not health["broker_connected"]:
            shown.append(banner(say("broker banner"), say("broker banner detail"), "bad"))
        shown += _of_alerts(health, style, alerts)
        if health.get("clock_behind"):
            shown.append(banner(say("clock banner"), say("clock banner detail"), "warning"))
    if standing is not None and standing.silent:
        time = formats.when(standing.since_us or now_us, now_us, style.zone, style.language)
        strong = say("silent banner", device=standing.name, time=time)
        shown.append(banner(strong, say("silent banner detail"), "bad"))
    return shown


def _of_alerts(health: Mapping[str, Any], style: Style, address: str) -> list[html.Div]:
    """Alerts that nobody has acknowledged, and that they cannot be sent."""
    say, shown = style.say, []
    if health["alerts_unseen"]:
        strong = say("alerts banner", count=health["alerts_unseen"])
        shown.append(banner(strong, dcc.Link(say("alerts banner link"), href=address), "bad"))
    if health["alert_channels_failing"]:
        shown.append(banner(say("channel banner"), say("channel banner detail"), "warning"))
    return shown


#: How the key begins while ingest does not run.
DOWN = "down"


def health_key(health: Mapping[str, Any] | None, *, quiet: bool) -> str:
    """What the badges and banners depend on, so that they are drawn again only when it changes."""
    if health is None:
        return f"{DOWN}-{quiet:d}"
    megabytes = health["bytes"] // 1_000_000
    alerts = "-".join(str(health[name]) for name in ("alerts_open", "alerts_unseen", "alert_channels_failing"))
    return f"{health['broker_connected']:d}{bool(health.get('clock_behind')):d}{quiet:d}-{megabytes}-{alerts}"


def _device(standing: Standing, style: Style, *, ticking: bool) -> html.Span:
    live = standing.presence is Presence.LIVE
    return badge(
        style.say("device"), presence_words(standing, style, ticking=ticking), TONES[standing.presence], live=live
    )
