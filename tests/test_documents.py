"""The documents against the code: what a reader is told is what there is."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dashboard import metrics
from telemetry.command_line import parser
from telemetry.questions import QUESTIONS, described
from telemetry.settings import load, rows, table
from telemetry.sources.presets import PRESETS

ROOT = Path(__file__).resolve().parents[1]
_REGISTRIES = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org")


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_the_readme_has_the_table_of_settings_as_it_is() -> None:
    found = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    assert found[1] == table()


def test_the_sources_page_has_the_table_of_presets_and_every_option() -> None:
    page = (ROOT / "docs/sources.md").read_text()
    found = re.search(r"<!-- presets -->\n(.*?)\n<!-- /presets -->", page, re.DOTALL)
    assert found is not None
    lines = [
        f"| `{preset.name}` | {preset.help} | "
        + ", ".join(f"`{topic.replace('{root}', preset.root or '{root}')}`" for topic in preset.topics)
        + " |"
        for preset in PRESETS.values()
    ]
    assert found[1].splitlines()[2:] == lines
    for option in {option for preset in PRESETS.values() for option in preset.options}:
        assert f"`{option}`" in page


def test_the_notebook_page_has_the_table_of_questions_as_it_is() -> None:
    page = (ROOT / "docs/notebook.md").read_text()
    found = re.search(r"<!-- questions -->\n(.*?)\n<!-- /questions -->", page, re.DOTALL)
    assert found is not None
    assert found[1] == described(QUESTIONS)


def test_the_system_page_has_the_table_of_metrics_as_it_is() -> None:
    found = re.search(r"<!-- metrics -->\n(.*?)\n<!-- /metrics -->", (ROOT / "docs/system.md").read_text(), re.DOTALL)
    assert found is not None
    assert found[1] == metrics.described()


def test_the_examples_of_sources_are_understood(tmp_path: Path) -> None:
    page = (ROOT / "docs/sources.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 4
    for example in examples:
        (tmp_path / "lumos.toml").write_text(example)
        assert load(environment={}, folder=tmp_path).source_tables


def test_help_names_every_setting_with_its_default() -> None:
    shown = " ".join(parser("app.py", "").format_help().split())
    for row in rows():
        assert row.flag in shown
        assert row.help in shown


def test_every_dependency_has_its_reason_in_the_architecture() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    reasons = (ROOT / "docs/architecture.md").read_text().partition("## Dependencies")[2]
    for requirement in project["dependencies"]:
        name = re.split(r"[\[~=><;! ]", requirement)[0]
        assert re.search(rf"^\|.*\b{re.escape(name)}\b.*\|", reasons, re.MULTILINE), f"{name} has no reason"


def test_no_file_names_a_package_registry() -> None:
    named = [path.name for path in _tracked() if _REGISTRIES.search(path.read_bytes().decode("utf-8", errors="ignore"))]
    assert named == []


@pytest.mark.parametrize("path", [path for path in _tracked() if path.suffix == ".md"], ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(path: Path) -> None:
    text = path.read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / target).exists(), f"{path.name} points to {target}"


def test_app_offers_a_wsgi_server() -> None:
    source = "import app; print(callable(app.server))"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr
