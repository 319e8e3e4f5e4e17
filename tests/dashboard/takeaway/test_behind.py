"""The SQL and the notebook behind a chart: they run, and give the very numbers of the chart."""

from __future__ import annotations

import ast
import json
from typing import Any

import nbformat
import pyarrow as pa
import pytest

from dashboard.series import Series
from dashboard.takeaway import notebook, sql
from dashboard.takeaway.choice import Choice
from telemetry.errors import QuestionError
from telemetry.reader import Reader
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE
from tests.dashboard.takeaway.conftest import END_US, FIRST_US

LIGHT = Series("window", "light", "lx", "Light <b>")
#: In buckets over every place, as readings where few are, and restricted to some hours of the week.
CHOICES = {
    "buckets": Choice((LIGHT,), FIRST_US, END_US, 500),
    "readings": Choice((LIGHT,), END_US - 20 * US_PER_MINUTE, END_US, 2_000),
    "restricted": Choice((LIGHT,), FIRST_US, END_US, 300, "Europe/Paris", (0, 1, 2), (9, 19)),
}


def run(source: str, space: dict[str, Any]) -> Any:
    """What a notebook shows below a cell: the value of its last line, when that is one."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "notebook", "exec"), space)
    return eval(compile(ast.Expression(last.value), "notebook", "eval"), space) if last else None


def plain(reader: Reader, choice: Choice) -> pa.Table:
    return reader.ask("buckets", **choice.question(LIGHT))


@pytest.mark.parametrize("name", CHOICES)
def test_the_sql_behind_a_chart_gives_its_very_numbers(name: str, served: Reader) -> None:
    found, wanted = served.sql(sql.statement(served, CHOICES[name], LIGHT)), plain(served, CHOICES[name])
    assert wanted.num_rows > 50
    assert found.to_pydict() == wanted.to_pydict()


def test_the_file_as_a_whole_is_one_statement_that_runs(served: Reader) -> None:
    evil = Series("window", "light", "lx", "x\n; DROP TABLE notes")
    choice = Choice((evil,), FIRST_US, END_US, 500)
    text = sql.document(served, choice)
    assert "\n    SELECT" in text
    assert served.sql(text).to_pydict() == plain(served, choice).to_pydict()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a, (b + c) FROM (SELECT 'from ( where ''x''' AS a, sum(b) AS b FROM t WHERE c IN (1, 2)) ORDER BY 1",
        "SELECT 1",
        "FROM t",
    ],
)
def test_a_statement_laid_out_is_the_same_statement(text: str) -> None:
    laid_out = sql.pretty(text)
    assert "".join(laid_out.split()) == "".join(text.split())
    assert "'from ( where ''x'''" in laid_out or "'" not in text


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("bukcets", "{}", "did you mean 'buckets'"),
        ("sql_behind", "{}", "another question"),
        ("buckets", "[1]", "JSON object"),
        ("buckets", "{", "JSON object"),
        ("buckets", '{"device": "window"}', "needs metric"),
    ],
)
def test_nothing_but_a_question_has_sql_behind_it(name: str, arguments: str, words: str, served: Reader) -> None:
    with pytest.raises(QuestionError, match=words):
        served.ask("sql_behind", name=name, arguments=arguments)


@pytest.mark.parametrize("name", CHOICES)
def test_the_notebook_runs_and_draws_the_chart_again(
    name: str, served: Reader, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = notebook.document(served, CHOICES[name])
    nbformat.validate(nbformat.reads(text, as_version=4))
    monkeypatch.setenv("LUMOS_DATA_DIR", str(settings.data_dir))
    space: dict[str, Any] = {}
    cells = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    results = [run("".join(source), space) for source in cells]
    _, frame, figure, again = results
    wanted = plain(served, CHOICES[name])
    assert frame["mean"].tolist() == wanted.column("mean").to_pylist()
    assert [y for y in figure.data[-1].y if y is not None] == wanted.column("mean").to_pylist()
    holes = {"buckets": 1, "readings": 0, "restricted": 2}[name]
    assert [y is None for y in figure.data[-1].y].count(True) == holes + 1
    assert again["max"].tolist() == wanted.column("max").to_pylist()
    assert figure.data[-1].name == "Light &lt;b> (lx) · window"


def test_the_notebook_compares_as_the_chart_does_and_gives_each_unit_its_axis(
    served: Reader, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUMOS_DATA_DIR", str(settings.data_dir))
    heat = Series("window", "heat", "°C", "Heat")
    end_us = FIRST_US + US_PER_DAY // 4
    choice = Choice((LIGHT, heat), FIRST_US, end_us, 200, "Europe/Paris", comparisons=("before", "usual"))
    found = nbformat.reads(notebook.document(served, choice), as_version=4)
    nbformat.validate(found)
    space: dict[str, Any] = {}
    _, _, band, before, figure, _ = [run(cell.source, space) for cell in found.cells if cell.cell_type == "code"]
    wanted = served.ask("buckets_before", **choice.before(LIGHT))
    assert before.loc["window", "light"]["mean"].tolist() == wanted.column("mean").to_pylist() != []
    usual = {
        (row["weekday"], row["hour"]): row["low"] for row in served.ask("usual", **choice.usual(LIGHT)).to_pylist()
    }
    shown = band.xs(("window", "light"), level=("device", "metric"))
    assert {(row.weekday, row.hour): row.low for row in shown.itertuples() if row.low == row.low} == usual != {}
    names = {trace.name: (trace.yaxis, trace.line.dash) for trace in figure.data if trace.name}
    assert names == {
        "Light &lt;b> (lx) · window": ("y", None), "the period before: Light &lt;b> (lx) · window": ("y", "dash"),
        "Heat (°C) · window": ("y2", None), "the period before: Heat (°C) · window": ("y2", "dash"),
    }  # fmt: skip
    assert (figure.layout.yaxis.title.text, figure.layout.yaxis2.title.text) == ("lx", "°C")
    assert figure.layout.yaxis2.side == "right"


def test_the_sql_of_a_comparison_stands_in_the_file_too(served: Reader) -> None:
    choice = Choice((LIGHT,), FIRST_US, FIRST_US + US_PER_DAY // 4, 200, "UTC", comparisons=("before", "usual"))
    statements = [part for part in sql.document(served, choice).split(";") if "SELECT" in part]
    assert len(statements) == 3
    before = served.sql(statements[1]).to_pydict()
    assert before["mean"] == served.ask("buckets_before", **choice.before(LIGHT)).column("mean").to_pylist() != []
    assert served.sql(statements[2]).num_rows > 0


def test_a_notebook_of_odd_names_is_still_one(
    served: Reader, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUMOS_DATA_DIR", str(settings.data_dir))
    odd = Series("window", "light", 'l"x\n', '"""\\ {x} {{y}} `*[a](b)')
    text = notebook.document(served, Choice((odd,), FIRST_US, END_US))
    found = nbformat.reads(text, as_version=4)
    nbformat.validate(found)
    space: dict[str, Any] = {}
    results = [run(cell.source, space) for cell in found.cells if cell.cell_type == "code"]
    # What is written in a name is only a name: it is shown, and nothing of it runs.
    assert "{x} {{y}} `*[a](b)" in results[2].data[-1].name
