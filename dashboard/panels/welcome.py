"""What the page says while there is no device at all: how to get one, with commands that can be copied."""

from __future__ import annotations

from dash import html

from dashboard.panels.parts import Child, icon
from dashboard.translations import Say
from telemetry.settings import Settings

_PAYLOAD = '{"light": 812, "temperature": 21.5}'


def welcome(settings: Settings, say: Say) -> html.Section:
    """Three ways to a first reading: by hand, simulated, a board."""
    root, port = settings.topic_root, settings.mqtt_port
    address = f"{settings.mqtt_host}:{port}"
    remote = settings.mqtt_host not in ("127.0.0.1", "localhost", "::1")
    where = f"-h {settings.mqtt_host} " if remote else ""
    with_host = f" --host {settings.mqtt_host}" if remote else ""
    with_root = "" if root == "esp32" else f" --topic-root {root}"
    ways = [
        _way(
            "terminal-2", say("welcome try"), say("welcome try text"),
            _code(f"mosquitto_pub {where}-p {port} -t {root}/output -m 1234.00"),
        ),
        _way(
            "cpu", say("welcome simulate"), say("welcome simulate text"),
            _code(f"python -m firmware simulate{with_host} --port {port}{with_root}"),
        ),
        _way(
            "plug-connected", say("welcome board"), say("welcome board text", address=address),
            html.Dl(
                [
                    html.Div([html.Dt(say("welcome topic")), html.Dd(_code(f"{root}/window/output"))]),
                    html.Div([html.Dt(say("welcome payload")), html.Dd(_code(_PAYLOAD))]),
                ],
                className="recipe",
            ),
            None if remote else html.P(say("welcome loopback"), className="dim"),
        ),
    ]  # fmt: skip
    return html.Section(
        [
            html.Span(icon("cpu"), className="empty-icon"),
            html.H2(say("welcome")),
            html.P(say("welcome lead", address=address), className="empty-detail"),
            html.Div(ways, className="ways"),
        ],
        className="card welcome",
    )


def _way(drawing: str, title: str, text: str, *content: Child) -> html.Div:
    return html.Div(
        [html.H3([icon(drawing), title]), html.P(text, className="dim"), *filter(None, content)],
        className="way",
    )


def _code(text: str) -> html.Code:
    """A command in one piece, which a click selects."""
    return html.Code(text, className="command", tabIndex=0)
