"""What a message says, in plain words, in the language of its channel. Pure text: rows in, title and body out.

The page has its own phrases (`dashboard.translations`); these leave the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from telemetry.alert_state import sign_of
from telemetry.alerts import Rule, from_json, is_battery_flag
from telemetry.timestamps import US_PER_SECOND

_THIN = "\u202f"
_MOST_LINES = 30
_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}
LANGUAGES = ("en", "fr")
#: Each phrase in these languages.
_PHRASES: Mapping[str, tuple[str, str]] = {
    "info": ("Info", "Info"),
    "warning": ("Warning", "Attention"),
    "critical": ("Critical", "Critique"),
    "over": ("Over", "Terminé"),
    "several": ("{count} alerts", "{count} alertes"),
    "more": ("… and {count} more, on the page.", "… et {count} de plus, sur la page."),
    "above": ("{what} is {value}, above {level}", "{what} est à {value}, au-dessus de {level}"),
    "below": ("{what} is {value}, below {level}", "{what} est à {value}, en dessous de {level}"),
    "outside": (
        "{what} is {value}, outside of what is usual for this hour",
        "{what} est à {value}, hors de l’habituel pour cette heure",
    ),
    "change": (
        "{what} changes by {value} a {per}, more than {level}",
        "{what} change de {value} par {per}, plus que {level}",
    ),
    "silent": ("nothing heard for {value}", "aucune nouvelle depuis {value}"),
    "battery": ("{what} is {value}, below {level}", "{what} est à {value}, en dessous de {level}"),
    "flag": ("the device says that its battery is low", "l’appareil signale que sa pile est faible"),
    "since": ("since {time}", "depuis {time}"),
    "worst": ("at worst {value}", "au pire {value}"),
    "lasted": ("from {time} to {end}", "de {time} à {end}"),
    "ended": ("{what}: over at {end}, began {time}", "{what} : terminé à {end}, commencé {time}"),
    "over in quiet": ("over again", "terminé depuis"),
    "unwatched": (
        "{what}: no longer watched, its rule was changed or switched off at {end}",
        "{what} : n’est plus surveillé, sa règle a été modifiée ou désactivée à {end}",
    ),
    "minute": ("minute", "minute"),
    "hour": ("hour", "heure"),
    "rule": ("Rule: {name}", "Règle : {name}"),
    "silence": ("silence", "silence"),
    "test title": ("Lumos: test", "Lumos : essai"),
    "test": (
        "This is a test of the channel {name}. Alerts will come this way.",
        "Ceci est un essai du canal {name}. Les alertes passeront par ici.",
    ),
}
_SAID: Mapping[str, Mapping[str, str]] = {
    language: {key: texts[column] for key, texts in _PHRASES.items()} for column, language in enumerate(LANGUAGES)
}


@dataclass(frozen=True, slots=True)
class News:
    """An alert to be told of: a row of `alert_episodes` with the names in it, and what is news of it."""

    row: Mapping[str, Any]
    #: `opened`, `ended`, or both.
    whats: frozenset[str]

    @property
    def rule(self) -> Rule:
        return from_json(str(self.row["rule"]))


def compose(news: Sequence[News], language: str, link: str) -> tuple[str, str, str]:
    """`(title, body, kind)` of one message about these."""
    phrases = _SAID[language]
    lines = [_line(each, language) for each in news]
    if len(news) == 1:
        title = f"{_head(news[0], language)}: {news[0].row['name']}"
        rule = news[0].rule
        body = lines[0] + (f"\n{phrases['rule'].format(name=rule.name)}" if rule.name else "")
    else:
        title = phrases["several"].format(count=len(news))
        heads = [f"{_head(each, language)}: {line}" for each, line in zip(news, lines, strict=True)]
        body = "\n".join(heads[:_MOST_LINES])
        if len(heads) > _MOST_LINES:
            body += "\n" + phrases["more"].format(count=len(heads) - _MOST_LINES)
    return title, f"{body}\n{link}" if link else body, _kind(news)


def trial(name: str, language: str, link: str) -> tuple[str, str, str]:
    """What the test button sends."""
    body = _SAID[language]["test"].format(name=name)
    return _SAID[language]["test title"], f"{body}\n{link}" if link else body, "info"


def _kind(news: Sequence[News]) -> str:
    """How urgent: that of the worst which is not over."""
    open_ = {each.row["severity"] for each in news if "ended" not in each.whats}
    if not open_:
        return "success"
    return "failure" if "critical" in open_ else "warning" if "warning" in open_ else "info"


def _head(news: News, language: str) -> str:
    key = "over" if news.whats == {"ended"} else str(news.row["severity"])
    return _SAID[language][key]


def _line(news: News, language: str) -> str:
    """One alert in one sentence: the device, what is wrong or over, and when."""
    phrases, row, rule = _SAID[language], news.row, news.rule
    what = str(row["label"] or row["metric"] or phrases["silence"])
    zone = ZoneInfo(rule.zone)
    began = _when(row["began_us"], zone, language)
    end = _when(row["ended_us"], zone, language) if row["ended_us"] is not None else ""
    if news.whats == {"ended"}:
        key = "ended" if row["ended_by"] == "cleared" else "unwatched"
        text = phrases[key].format(what=what, end=end, time=began)
    else:
        is_flag = rule.kind == "battery" and row["metric"] is not None and is_battery_flag(row["metric"])
        text = phrases["flag" if is_flag else rule.kind].format(
            what=what, value=_value(row["value"], row, rule, language),
            level=_value(rule.level or 0.0, row, rule, language), per=phrases[rule.per],
        )  # fmt: skip
        span = phrases["lasted"].format(time=began, end=end) if end else phrases["since"].format(time=began)
        text += f", {span}" + (f" ({phrases['over in quiet']})" if end else "")
    worst = row["peak"]
    if end and rule.kind != "outside" and (is_worse(rule, row["metric"], worst, row["value"]) or rule.kind == "silent"):
        text += f", {phrases['worst'].format(value=_value(worst, row, rule, language))}"
    colon = ":" if language == "en" else " :"
    return f"{row['name']}{colon} {text} ({rule.zone})."


def is_worse(rule: Rule, metric: str | None, peak: float, value: float) -> bool:
    """Whether the peak says more than the value at which it tripped."""
    return sign_of(rule, metric) * (peak - value) > 0


def _value(value: float, row: Mapping[str, Any], rule: Rule, language: str) -> str:
    if rule.kind == "silent":
        return span(value, language)
    unit = row["unit"] if row["unit"] not in (None, "", "raw") else "%" if rule.kind == "battery" else ""
    decimals = row["decimals"]
    text = f"{value:,.{decimals}f}" if decimals is not None else f"{value:,.6g}"
    text = text.replace("-", "\u2212")
    if language == "fr":
        text = text.replace(",", _THIN).replace(".", ",")
    return f"{text}{_THIN}{unit}" if unit else text


def span(seconds: float, language: str) -> str:
    """`45 s`, `10 min`, `3 h 05 min`, `2 d 04 h`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}{_THIN}s"
    if whole < 3_600:
        return f"{whole // 60}{_THIN}min"
    if whole < 86_400:
        return f"{whole // 3_600}{_THIN}h {whole // 60 % 60:02}{_THIN}min"
    return f"{whole // 86_400}{_THIN}{'j' if language == 'fr' else 'd'} {whole // 3_600 % 24:02}{_THIN}h"


def _when(t_us: int, zone: ZoneInfo, language: str) -> str:
    """`Tue 17.11. 14:02:05`, by the clock of the rule's zone."""
    local = datetime.fromtimestamp(t_us // US_PER_SECOND, UTC).astimezone(zone)
    day = f"{local.day:02}/{local.month:02}" if language == "fr" else local.strftime("%Y-%m-%d")
    return f"{_WEEKDAYS[language][local.weekday()]} {day} {local.strftime('%H:%M:%S')}"
