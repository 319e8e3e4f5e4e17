"""The lists of the page Alerts: what is open, what was, the rules, the channels. Plain functions of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dash import html

from dashboard import formats
from dashboard.alerts.choices import DAYS, Choices
from dashboard.alerts.words import TONES, condition, described, value
from dashboard.figures import Style
from dashboard.panels.parts import Child, aria, data, empty, icon, pill
from telemetry.alerts import SEVERITIES, Rule, from_json
from telemetry.timestamps import now_us

Rows = Sequence[Mapping[str, Any]]


def episodes(rows: Rows, names: Mapping[str, str], style: Style, *, live: str, may_act: bool) -> html.Div:
    """Alerts as a table, in the order of the rows; `live` is the address of the live page."""
    say = style.say
    heads = ("severity", "device", "alert", "began", "lasted", "worst", "acknowledged")
    return _table(
        [say(head) for head in heads],
        [_episode(row, names, style, live=live, may_act=may_act) for row in rows],
        say("alerts"),
    )


def _episode(row: Mapping[str, Any], names: Mapping[str, str], style: Style, *, live: str, may_act: bool) -> html.Tr:
    say, rule, at_us = style.say, from_json(row["rule"]), now_us()
    device = str(row["device"])
    place = {"device": device, "metric": row["metric"]} if row["metric"] else {"device": device}
    what = condition(rule, str(row["metric"] or ""), style, row["unit"])
    end_us = row["ended_us"]
    lasted = formats.span((end_us or at_us) - row["began_us"], style.language)
    return html.Tr(
        [
            html.Td(pill(say(f"severity {row['severity']}"), TONES[row["severity"]])),
            html.Td(html.A(html.Bdi(names.get(device, device)), href=f"{live}?{urlencode(place)}")),
            html.Td(
                [html.Strong(html.Bdi(rule.name)), html.Br(), html.Bdi(what)] if rule.name else html.Bdi(what),
                className="cell-words",
            ),
            html.Td(formats.when(row["began_us"], at_us, style.zone, style.language, seconds=True), className="mono"),
            html.Td([lasted, html.Br(), html.Span(_state(row, style), className="dim")]),
            html.Td(_worst(row, rule, style)),
            html.Td(_seen(row, style, may_act=may_act), className="cell-words"),
        ]
    )


def _worst(row: Mapping[str, Any], rule: Rule, style: Style) -> str:
    if rule.kind == "silent" and row["ended_us"] is None:
        return formats.DASH
    return value(row["peak"], row, rule, style)


def _state(row: Mapping[str, Any], style: Style) -> str:
    """Open, over, no longer watched, or over before it was heard of."""
    if row["ended_us"] is None:
        return style.say("alert open")
    if row["ended_by"] != "cleared":
        return style.say("alert unwatched")
    return style.say("alert late" if row["late"] else "alert over")


def _seen(row: Mapping[str, Any], style: Style, *, may_act: bool) -> Child:
    if row["acknowledged_by"]:
        by = style.say("seen by", name=row["acknowledged_by"])
        return [by, html.Br(), html.Span(row["note"], className="dim")] if row["note"] else by
    if not may_act:
        return formats.DASH
    label = f"{style.say('acknowledge')}: {row['device']}, {row['metric'] or style.say('silence')}"
    return html.Button(
        [icon("check"), style.say("acknowledge")], className="button small",
        **data(alert="seen", id=row["id"]), **aria(label=label),
    )  # fmt: skip


def filters(choices: Choices, style: Style) -> html.Nav:
    """What is listed, as links: the address holds it."""
    say = style.say

    def link(words: str, other: Choices) -> html.A:
        chosen = other == choices
        return html.A(
            words, href=other.search(), className="filter" + (" filter-chosen" if chosen else ""),
            **(aria(current="true") if chosen else {}),
        )  # fmt: skip

    groups: list[Child] = [
        [
            link(say(f"severity {severity or 'any'}"), choices.with_(severity=severity))
            for severity in ("", *SEVERITIES)
        ],
        [link(say("last days", days=days), choices.with_(days=days)) for days in DAYS],
    ]
    if choices.device:
        groups.append([link(choices.device, choices), link(say("every device"), choices.with_(device=""))])
    return html.Nav([html.Span(group, className="filter-group") for group in groups], className="filters",
                    **aria(label=say("filters")))  # fmt: skip


def rules(rows: Rows, names: Mapping[str, str], channels: Mapping[str, str], style: Style, *, may_act: bool) -> Child:
    """The rules as a table."""
    say = style.say
    if not rows:
        return empty("bell", say("no rule"), say("no rule hint") if may_act else None)
    heads = [say(head) for head in ("rule", "severity", "tells", "found")]
    return _table(
        [*heads, say("acts")] if may_act else heads,
        [_rule(row, names, channels, style, may_act=may_act) for row in rows],
        say("rules"),
    )


def _rule(
    row: Mapping[str, Any], names: Mapping[str, str], channels: Mapping[str, str], style: Style, *, may_act: bool
) -> html.Tr:
    say, rule = style.say, from_json(row["rule"])
    words = described(rule, names, style)
    found = say("times", count=formats.number(row["episodes"], 0, style.language))
    if row["open"]:
        state = pill(say("count open", count=row["open"]), "bad")
    else:
        state = pill(say("rule quiet"), "good") if row["enabled"] else pill(say("switched off"), "neutral")
    cells: list[Child] = [
        html.Td(
            [html.Strong(html.Bdi(rule.name)), html.Br(), html.Bdi(words)] if rule.name else html.Bdi(words),
            className="cell-words",
        ),
        html.Td(say(f"severity {rule.severity}")),
        html.Td([told(rule, channels, style), *_quiet(rule, style)], className="cell-words"),
        html.Td([state, html.Br(), html.Span(found, className="dim")]),
    ]
    if may_act:
        name = rule.name or words
        enable = "rule off" if row["enabled"] else "rule on"
        switch = html.Button(
            icon("player-pause" if row["enabled"] else "player-play"), className="button square", title=say(enable),
            **data(alert="switch", id=row["id"], enabled="" if row["enabled"] else "1"),
            **aria(label=f"{say(enable)}: {name}"),
        )  # fmt: skip
        change = html.Button(
            icon("pencil"), className="button square", title=say("change rule"), **data(alert="rule", id=row["id"]),
            **aria(label=f"{say('change rule')}: {name}"),
        )  # fmt: skip
        cells.append(html.Td(html.Div([switch, change], className="note-actions")))
    return html.Tr(cells)


def told(rule: Rule, channels: Mapping[str, str], style: Style) -> str:
    """Whom a rule tells."""
    if rule.channels is None:
        return style.say("every channel")
    names = [channels[each] for each in rule.channels if each in channels]
    return ", ".join(names) if names else style.say("only shown")


def _quiet(rule: Rule, style: Style) -> list[Child]:
    if rule.quiet_from is None:
        return []
    words = style.say("quiet hours are", start=rule.quiet_from, end=rule.quiet_to, zone=rule.zone)
    return [html.Br(), html.Span(words, className="dim")]


def channels(rows: Rows, style: Style, *, may_act: bool) -> Child:
    """The channels as a table, with how each does."""
    say = style.say
    if not rows:
        return empty("send", say("no channel"), say("no channel hint") if may_act else say("no channel viewer"))
    heads = [say(head) for head in ("channel", "service", "standing")]
    return _table(
        [*heads, say("acts")] if may_act else heads,
        [_channel(row, style, may_act=may_act) for row in rows],
        say("channels"),
    )


def _channel(row: Mapping[str, Any], style: Style, *, may_act: bool) -> html.Tr:
    say, at_us = style.say, now_us()
    if row["failing"]:
        state = pill(say("channel failing"), "bad")
    else:
        state = pill(say("channel works"), "good") if row["last_sent_us"] else pill(say("channel untried"), "neutral")
    facts = []
    if row["failing"] and row["last_error"]:
        facts.append(row["last_error"])
    if row["waiting"]:
        due = formats.when(row["due_us"] or at_us, at_us, style.zone, style.language, seconds=True)
        facts.append(say("channel waits", count=row["waiting"], time=due))
    if row["held"]:
        facts.append(say("channel holds", count=row["held"]))
    if row["given_up"]:
        facts.append(say("channel gave up", count=row["given_up"]))
    if row["last_sent_us"]:
        when = formats.when(row["last_sent_us"], at_us, style.zone, style.language, seconds=True)
        facts.append(say("channel last", time=when))
    standing: list[Child] = [state]
    for each in facts:
        standing += [html.Br(), html.Span(each, className="dim")]
    cells: list[Child] = [
        html.Td([html.Strong(row["name"]), html.Br(), html.Span(row["language"].upper(), className="dim")]),
        html.Td([row["service"], html.Br(), html.Code(row["scheme"], className="dim")]),
        html.Td(standing, className="cell-words"),
    ]
    if may_act:
        test = html.Button(
            [icon("send"), say("test")], className="button small", **data(alert="test", id=row["id"], once="1"),
            **aria(label=f"{say('test')}: {row['name']}"),
        )  # fmt: skip
        change = html.Button(
            icon("pencil"), className="button square", title=say("change channel"),
            **data(alert="channel", id=row["id"], name=row["name"], language=row["language"]),
            **aria(label=f"{say('change channel')}: {row['name']}"),
        )  # fmt: skip
        cells.append(html.Td(html.Div([test, change], className="note-actions")))
    return html.Tr(cells)


def _table(heads: Sequence[str], rows: Sequence[html.Tr], label: str) -> html.Div:
    return html.Div(
        html.Table(
            [html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(list(rows))],
            className="table",
        ),
        className="table-room",
        tabIndex=0,
        role="group",
        **aria(label=label),
    )
