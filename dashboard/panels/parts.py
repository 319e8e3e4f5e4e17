"""The small parts that every panel is made of: icon, badge, fact, and the empty and failed states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.translations import Say

#: What may stand in a panel.
Child = Any
_HIDDEN: dict[str, Any] = {"aria-hidden": "true"}


def aria(**attributes: str) -> dict[str, Any]:
    """`aria(label="…")` as the keyword arguments that html components take."""
    return {f"aria-{name}": value for name, value in attributes.items()}


def data(**attributes: str) -> dict[str, Any]:
    """`data(ago="…")` likewise: what the browser's own scripts read."""
    return {f"data-{name}": value for name, value in attributes.items()}


def icon(name: str, extra: str = "") -> html.Span:
    """A drawing in the colour of the text; it says nothing that the words beside it do not."""
    return html.Span(className=f"glyph glyph-{name} {extra}".strip(), **_HIDDEN)


def dot(tone: str, *, live: bool = False) -> html.Span:
    """A coloured dot; the word beside it says the same."""
    return html.Span(className=f"dot dot-{tone}" + (" dot-live" if live else ""), **_HIDDEN)


def swatch(colour: str) -> html.Span:
    """The colour of a series, beside its name."""
    return html.Span(className="swatch", style={"background": colour}, **_HIDDEN)


def badge(key: str, value: Child, tone: str, *, live: bool = False, extra: str = "") -> html.Span:
    """`● Broker connected`."""
    named: list[Any] = [html.Span(key, className="badge-key"), " "] if key else []
    return html.Span(
        [dot(tone, live=live), *named, html.Span(value, className="badge-value")], className=f"badge {extra}".strip()
    )


def pill(words: Child, tone: str, *, live: bool = False) -> html.Span:
    """A small tinted label with its dot."""
    return html.Span([dot(tone, live=live), html.Span(words)], className=f"pill pill-{tone}")


def ago(t_us: int | None, template: str, *, newest: bool = False, component_id: str | None = None) -> html.Span:
    """A text that the browser keeps current: `{span}` in the template is the time since then.

    `newest` follows the newest reading that the page shows, and goes by `t_us` where it shows none.
    """
    identity: dict[str, Any] = {"id": component_id} if component_id else {}
    then = str((t_us or 0) // 1_000)
    return html.Span(
        template.replace("{span}", "…"),
        **identity,
        **data(ago="newest" if newest else then, since=then, template=template),
    )


def fact(name: str, value: Child) -> html.Div:
    """One line of a list of facts."""
    return html.Div([html.Dt(name), html.Dd(value)], className="fact")


def answer(words: Child, tone: str, drawing: str) -> html.Span:
    """The line under a control that says what became of it."""
    return html.Span([icon(drawing), html.Span(words)], className=f"answer answer-{tone}")


def banner(strong: Child, detail: Child, tone: str) -> html.Div:
    """A sentence over the page: what is wrong, and what still works."""
    return html.Div(
        [icon("alert-triangle"), html.P([html.Strong(strong), " ", detail])],
        className=f"banner banner-{tone}",
        role="status",
    )


def empty(drawing: str, title: str, detail: Child = None, action: Child = None) -> html.Div:
    """What is missing, since when, and what helps."""
    children: Sequence[Child] = [
        html.Span(icon(drawing), className="empty-icon"),
        html.P(title, className="empty-title"),
        html.P(detail, className="empty-detail") if detail else None,
        action,
    ]
    return html.Div([child for child in children if child is not None], className="empty")


def failed(say: Say, sentence: str, retry: str) -> html.Div:
    """A panel that could not be drawn: one sentence, and Retry, which the browser's script writes into a store."""
    action = html.Button([icon("refresh"), say("retry")], className="button tinted", **data(retry=retry))
    return empty("alert-triangle", say("panel failed"), sentence, action)


def action_link(words: str, href: str) -> dcc.Link:
    """A button that goes to another view without loading the page again."""
    return dcc.Link(words, href=href, className="button tinted")


def all_devices(say: Say) -> dcc.Link:
    """The way back from a device to all of them."""
    return dcc.Link([icon("chevron-left"), say("all devices")], href="?", className="all-devices")


def skeleton(extra: str = "") -> html.Div:
    """The panel's shape while its content is under way; it is seen after 200 ms only."""
    return html.Div(className=f"skeleton {extra}".strip(), **_HIDDEN)
