"""A text fits the screen: wrapped by word, in letters that the font has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.board import screen


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("Bonjour", ["Bonjour"]),
        ("The quick brown fox jumps", ["The quick brown", "fox jumps"]),
        ("exactly sixteen!", ["exactly sixteen!"]),
        ("exactly sixteen! more", ["exactly sixteen!", "more"]),
        ("Donaudampfschifffahrtsgesellschaft", ["Donaudampfschiff", "fahrtsgesellscha", "ft"]),
        ("a Donaudampfschifffahrt", ["a", "Donaudampfschiff", "fahrt"]),
        ("one\n\ntwo", ["one", "", "two"]),
        ("  spaces   between  ", ["spaces between"]),
    ],
)
def test_a_text_is_broken_between_words(text: str, lines: list[str]) -> None:
    assert screen.wrap(text) == lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Été à Besançon", "Ete a Besancon"),
        ("Œuvre, straße, Łódź", "OEuvre, strasse, Lodz"),
        ("21.5 °C", "21.5 C"),
        ("“quoted” – it’s…", '"quoted" - it\'s...'),
        ("e\u0301", "e"),
        ("日本 🙂", "?? ?"),
    ],
)
def test_what_the_font_lacks_is_shown_as_its_base_letter(text: str, shown: str) -> None:
    assert screen.plain(text) == shown


@given(st.text(max_size=512), st.integers(0, 1000))
def test_any_text_fits_the_screen(text: str, step: int) -> None:
    lines = screen.message(text, step)
    assert len(lines) <= screen.ROWS
    assert all(len(line) <= screen.COLUMNS and line.isascii() for line in lines)


def test_no_word_is_lost_by_wrapping() -> None:
    text = "what somebody typed into the dashboard stands on the screen"
    assert " ".join(screen.wrap(text)) == text


def test_a_long_message_moves_up_a_line_each_step_and_begins_again() -> None:
    text = "\n".join(str(number) for number in range(10))
    tops = [screen.message(text, step)[0] for step in range(4)]
    assert tops == ["0", "1", "2", "0"]


def test_the_idle_view_shows_who_where_what_and_how() -> None:
    readings = [("Light", "512 lx"), ("Temperature", "21.5 °C")]
    lines = screen.idle("sim-1", "192.168.4.17", "connected", readings, sending=False)
    assert lines == [
        "sim-1", "192.168.4.17", "", "Light 512 lx", "Temperatu 21.5 C", "", "PAUSED", "connected",
    ]  # fmt: skip
