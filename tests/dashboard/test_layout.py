"""The page as a whole: its ids against its callbacks, its words against both languages, its icons."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard import icons, ids, translations
from dashboard.access import login
from dashboard.access.roles import Identity, Role
from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from dashboard.explore.choices import COMPARISONS, MARKS
from dashboard.explore.panels import PANELS
from dashboard.layouts.shell import shell
from dashboard.pages import PAGES
from dashboard.translations import MONTHS, PHRASES, WEEKDAYS
from telemetry.schedules import SunEvent
from telemetry.settings import Settings
from tests.dashboard.conftest import FakeReader

SOURCES = Path(__file__).parents[2] / "dashboard"
#: What stands in `ids` for the functions there: places and pages, not components.
_PARTS_OF_IDS = ("DRAWER", "LIVE_PAGE", "EXPLORE")


def component_ids(component: Any) -> Iterator[str]:
    if getattr(component, "id", None):
        yield component.id
    for child in component._traverse():
        if getattr(child, "id", None):
            yield child.id


@pytest.fixture
def app(settings: Settings, commander: Commander) -> Any:
    return create_app(settings, reader=FakeReader(), commander=commander)


def test_every_callback_names_components_of_the_layout(app: Any, settings: Settings) -> None:
    known = set(component_ids(shell(settings, "en", Identity("ada", Role.ADMIN))))
    named = set()
    for key, entry in app.callback_map.items():
        outputs = [name for name in key.strip(".").split("...") if "." in name]
        named |= {name.split("@")[0].rsplit(".", 1)[0] for name in outputs}
        named |= {item["id"] for item in (*entry["inputs"], *entry["state"])}
    assert named - known == set()


def test_every_id_is_in_the_layout(settings: Settings) -> None:
    declared = {value for name, value in vars(ids).items() if name.isupper() and name not in _PARTS_OF_IDS}
    assert declared - set(component_ids(shell(settings, "fr", Identity("ada", Role.VIEWER)))) == set()


def test_no_id_hides_another() -> None:
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in (SOURCES / "ids").glob("*.py")]
    statements = [statement for module in modules for statement in module.body]
    names = [each.name for each in statements if isinstance(each, ast.FunctionDef)]
    names += [ast.unparse(each.targets[0]) for each in statements if isinstance(each, ast.Assign)]
    assert len(names) == len(set(names)) > 200


def test_no_function_of_the_browser_hides_another() -> None:
    scripts = [path.read_text(encoding="utf-8") for path in (SOURCES / "assets").glob("*.js")]
    names = [name for script in scripts for name in re.findall(r"^  functions\.(\w+) =", script, re.MULTILINE)]
    assert len(names) == len(set(names)) > 10


def test_missing_ids_are_not_forgiven(app: Any) -> None:
    assert not app.config.suppress_callback_exceptions


@pytest.mark.parametrize(("phrase", "texts"), PHRASES.items())
def test_both_languages_say_the_same(phrase: str, texts: tuple[str, str]) -> None:
    fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts]
    assert all(texts), phrase
    assert fields[0] == fields[1], phrase


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", "0", "0 gaps, longest 3 min"), ("en", "1", "1 gap of 3 min"), ("en", "2", "2 gaps, longest 3 min"),
        ("fr", "0", "0 trou de 3 min"), ("fr", "1", "1 trou de 3 min"), ("fr", "2", "2 trous, le plus long 3 min"),
    ],
)  # fmt: skip
def test_a_word_goes_with_its_number(language: str, count: str, said: str) -> None:
    assert translations.speaker(language)("gaps", count=count, span="3 min") == said


def test_no_phrase_is_said_in_two_places() -> None:
    modules = (
        translations.alerts,
        translations.devices,
        translations.explore,
        translations.live,
        translations.schedules,
        translations.system,
    )
    assert len(PHRASES) == len(translations._SHARED) + sum(len(module.PHRASES) for module in modules)


def test_every_phrase_is_used_and_every_used_phrase_exists() -> None:
    modules = [path for path in SOURCES.rglob("*.py") if path.parent.name != "translations"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    said = set(re.findall(r"""\bsay\(\s*(?<!f)["']([^"'{]+)["']""", source))
    assert said - set(PHRASES) == set()
    template = set(re.findall(r'say\("([^"]+)"', login._PAGE))
    literals = template | {
        node.value
        for path in modules
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    composed = re.compile(
        r"(result|kind|severity|per|direction|quiet|rule|answer|range|target|value|scheme|statistic|max|min|role|state|sort|order|tell|outcome|column|"
        r"system|level|cause|span|kind of schedule|missed|run) "
    )
    literals |= {f"page {page.name}" for page in PAGES}
    literals |= {f"{family} {panel.name}" for panel in PANELS for family in ("panel", "empty")}
    literals |= {f"compare {name}" for name in COMPARISONS} | {f"marks {name}" for name in MARKS}
    literals |= {event.value for event in SunEvent}
    unused = {phrase for phrase in PHRASES if phrase not in literals and not composed.match(phrase)}
    assert unused == set()


def test_names_of_days_and_months_are_complete() -> None:
    assert all(len(MONTHS[language]) == 12 and len(WEEKDAYS[language]) == 7 for language in ("en", "fr"))


def test_every_icon_has_a_drawing_and_is_listed() -> None:
    sheet = icons.stylesheet()
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    used = set(re.findall(r'icon\(\s*"([a-z0-9-]+)"', source)) | set(re.findall(r'empty\(\s*"([a-z0-9-]+)"', source))
    assert used - set(icons.NAMES) == set()
    assert all(f".glyph-{name}{{" in sheet for name in icons.NAMES)
    assert "http" not in sheet.replace("http://www.w3.org/2000/svg", "")
