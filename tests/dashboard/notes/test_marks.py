"""Notes as marks on a chart."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from dashboard.figures import Style
from dashboard.notes.marks import MOST_MARKS, marks
from tests.dashboard.conftest import NOON_US, SECOND

WINDOW = (NOON_US, NOON_US + 900 * SECOND)


def note(from_s: int = 0, to_s: int | None = None, text: str = "rain", **more: Any) -> dict[str, Any]:
    """A row of the question `notes`."""
    start = NOON_US + from_s * SECOND
    end = start if to_s is None else NOON_US + to_s * SECOND
    row = {
        "note_id": "01N", "device": "window", "metric": "light", "from_us": start, "to_us": end, "text": text,
        "written_by": "ada", "written_us": NOON_US, "changed_by": None, "changed_us": None,
    }  # fmt: skip
    return {**row, **more}


def test_a_moment_is_a_line_and_a_span_a_tinted_stretch_on_the_pages_clock(style: Style) -> None:
    found = marks([note(60), note(120, 300)], WINDOW, style)
    line, rect = found["shapes"]
    assert (line["type"], line["x0"], line["x1"]) == ("line", "2026-11-17 15:01", "2026-11-17 15:01")
    assert (rect["type"], rect["x0"], rect["x1"]) == ("rect", "2026-11-17 15:02", "2026-11-17 15:05")
    assert [label["text"] for label in found["annotations"]] == ["1", "2"]


def test_a_span_that_began_earlier_has_its_number_where_the_chart_begins(style: Style) -> None:
    (label,) = marks([note(-500, 300)], WINDOW, style)["annotations"]
    assert label["x"] == "2026-11-17 15:00"


def test_a_text_stays_text(style: Style) -> None:
    (label,) = marks([note(0, text='<a href="x">b</a> & <b>c', written_by="<i>")], WINDOW, style)["annotations"]
    assert label["hovertext"].startswith("&lt;a href=&quot;x&quot;&gt;b&lt;/a&gt; &amp; &lt;b&gt;c<br><i>&lt;i&gt;,")


def test_too_many_are_thinned_to_the_newest_with_their_own_numbers(style: Style) -> None:
    found = marks([note(n) for n in range(MOST_MARKS + 5)], WINDOW, style)
    assert len(found["shapes"]) == MOST_MARKS
    assert found["annotations"][0]["text"] == "6"
    assert marks([], WINDOW, style) == {"shapes": [], "annotations": []}


def test_plotly_takes_them(style: Style) -> None:
    drawn = go.Figure(layout=marks([note(60), note(120, 300, "x" * 900)], WINDOW, style)).layout
    assert [shape.type for shape in drawn.shapes] == ["line", "rect"]
    assert [label.text for label in drawn.annotations] == ["1", "2"]
    assert len(drawn.annotations[1].hovertext) < 900
