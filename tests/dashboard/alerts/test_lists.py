"""The lists and the form of the page Alerts, as the plain functions they are."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard import ids
from dashboard.access.roles import CALLBACKS, Role
from dashboard.alerts import form, lists
from dashboard.alerts.choices import Choices, resolve
from dashboard.alerts.marks import marks
from dashboard.figures import Style
from dashboard.plain import plain
from telemetry.alerts import Rule, read_rule
from tests.dashboard.conftest import NOON_US

SECOND = 1_000_000
RULE = Rule(
    "above", name="Too hot", metric="heat", level=30.0, clear_level=28.0, hold_seconds=120.0, severity="critical"
)
EPISODE: dict[str, Any] = {
    "id": "e", "rule_id": "r", "rule": RULE.to_json(), "device": "window", "metric": "heat", "unit": "°C",
    "decimals": 1, "severity": "critical", "began_us": NOON_US, "opened_us": NOON_US, "value": 31.0, "peak": 33.25,
    "peak_us": NOON_US, "ended_us": NOON_US + 90 * SECOND, "ended_by": "cleared", "late": False,
    "acknowledged_by": None, "acknowledged_us": None, "note": None,
}  # fmt: skip
KEPT: dict[str, Any] = {"id": "r", "rule": RULE.to_json(), "enabled": True, "open": 0, "episodes": 1200}
CHANNEL: dict[str, Any] = {
    "id": "c", "name": "phone", "service": "ntfy", "scheme": "ntfy://…", "language": "fr", "failing": True,
    "last_error": "error=500", "last_sent_us": None, "waiting": 2, "held": 0, "given_up": 1, "due_us": NOON_US,
}  # fmt: skip


def text(component: Any) -> str:
    return str(plain(component).html)


def test_an_alert_says_what_it_was_how_bad_and_how_long(style: Style) -> None:
    said = text(lists.episodes([EPISODE], {"window": "Green & house"}, style, live="/", may_act=True))
    for words in ("Critical", "Green &amp; house", "Too hot", "heat above 30", "for 2", "clears at 28", "over"):
        assert words in said
    assert "33.2" in said
    assert 'data-alert="seen"' in said


def test_a_link_leads_to_the_device_whatever_its_name(style: Style) -> None:
    odd = {**EPISODE, "device": "a&b#c+d%41", "metric": "x&y"}
    assert 'href="/?device=a%26b%23c%2Bd%2541&amp;metric=x%26y"' in text(
        lists.episodes([odd], {}, style, live="/", may_act=True)
    )


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"ended_us": None, "ended_by": None}, "open"),
        ({"ended_by": "rule"}, "no longer watched"),
        ({"late": True}, "told late"),
        ({"acknowledged_by": "bob", "note": "on my way"}, "on my way"),
    ],
)
def test_how_an_alert_stands(style: Style, facts: dict[str, Any], words: str) -> None:
    assert words in text(lists.episodes([{**EPISODE, **facts}], {}, style, live="/", may_act=True))


def test_who_may_only_look_finds_no_button(style: Style) -> None:
    shown = [
        lists.episodes([EPISODE], {}, style, live="/", may_act=False),
        lists.rules([KEPT], {}, {}, style, may_act=False),
        lists.channels([CHANNEL], style, may_act=False),
    ]
    assert all("<button" not in text(each) for each in shown)
    # And whoever presses one all the same is refused.
    assert CALLBACKS[f"{ids.ALERTS_CHANGED}.data"] is CALLBACKS[f"{ids.ALERT_FORM}.opened"] is Role.OPERATOR
    assert CALLBACKS[f"{ids.CHANNEL_FORM}.opened"] is CALLBACKS[f"{ids.CHANNEL_PROBLEM}.children"] is Role.ADMIN


def test_a_rule_says_whom_it_watches_and_tells(style: Style) -> None:
    said = text(lists.rules([KEPT], {}, {}, style, may_act=True))
    for words in ("heat of every device above 30, for 2", "every channel", "1,200 times", "all well"):
        assert words in said
    silent = {**KEPT, "rule": Rule("silent", tag="lab", hold_seconds=600.0, channels=("c", "gone")).to_json()}
    said = text(lists.rules([{**silent, "enabled": False}], {}, {"c": "phone"}, style, may_act=True))
    assert "all tagged “lab” silent for 10" in said
    assert "phone" in said
    assert "switched off" in said


def test_a_channel_that_fails_says_why_and_what_waits(style: Style) -> None:
    said = text(lists.channels([CHANNEL], style, may_act=True))
    for words in ("does not work", "error=500", "2 waiting, next try at", "1 given up", "ntfy://…"):
        assert words in said


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "above", "device": "window", "metric": "heat", "level": 30, "clear_level": 28, "hold_seconds": 90},
        {"kind": "change", "tag": "lab", "metric": "heat", "level": 2, "per": "hour", "direction": "falling"},
        {"kind": "silent", "hold_seconds": 7_200, "channels": [], "severity": "info"},
        {"kind": "battery", "quiet_from": "22:00", "quiet_to": "07:00", "quiet_then": "show", "channels": ["c"]},
        {"kind": "outside", "metric": "heat", "zone": "Europe/Paris"},
    ],
)
def test_a_form_gives_back_the_rule_that_it_was_filled_with(said: dict[str, Any]) -> None:
    rule = read_rule(said)
    assert read_rule(form.asked(form.filled(rule), rule.zone)) == rule


def test_the_address_holds_the_choices() -> None:
    choices = Choices(severity="critical", device="a b", days=30)
    assert resolve(choices.search()) == choices
    assert resolve("?severity=none&days=9&device=") == Choices()


def test_an_alert_is_a_stretch_on_the_chart_and_its_words_are_only_text(style: Style) -> None:
    hostile = {**EPISODE, "rule": Rule("above", name="<b>hot</b>", metric="heat", level=30.0).to_json()}
    drawn = marks([hostile], (NOON_US - 60 * SECOND, NOON_US + 60 * SECOND), style)
    (shape,), (label,) = drawn["shapes"], drawn["annotations"]
    assert shape["x1"] > shape["x0"] == label["x"]
    assert "&lt;b&gt;hot&lt;/b&gt;" in label["hovertext"]
