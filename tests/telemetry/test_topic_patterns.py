"""Patterns of topics, and sets of filters of which no two overlap."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.sources.patterns import TopicPattern, apart, at_most, covers, overlap

_LEVEL = st.sampled_from(["a", "b", "+"])
_FILTER = st.builds(
    lambda levels, tail: "/".join([*levels, *tail]),
    st.lists(_LEVEL, min_size=1, max_size=3),
    st.sampled_from([[], ["#"]]),
)
_TOPICS = [
    "/".join(levels)
    for length in range(1, 5)
    for levels in itertools.product("abc", repeat=length)
]  # fmt: skip


@given(_FILTER, _FILTER)
def test_overlap_and_cover_are_what_topics_say(one: str, other: str) -> None:
    first, second = ({topic for topic in _TOPICS if covers(text, topic)} for text in (one, other))
    assert overlap(one, other) == overlap(other, one) == bool(first & second)
    if covers(one, other):
        assert second <= first


@given(st.lists(_FILTER, max_size=5))
def test_filters_apart_take_in_all_and_no_topic_twice(filters: list[str]) -> None:
    found = apart(filters)
    for topic in _TOPICS:
        heard = [text for text in found if covers(text, topic)]
        assert len(heard) <= 1
        assert heard or not any(covers(text, topic) for text in filters)


@given(st.lists(_FILTER, max_size=8), st.integers(1, 4))
def test_few_filters_take_in_all_that_many_do(filters: list[str], most: int) -> None:
    found = at_most(filters, most)
    assert len(found) <= most
    assert not any(overlap(one, other) for one, other in itertools.combinations(found, 2))
    for topic in _TOPICS:
        assert any(covers(text, topic) for text in found) or not any(covers(text, topic) for text in filters)


@pytest.mark.parametrize(
    ("pattern", "topic", "told"),
    [
        ("a/{device}/{metric}", "a/x/y", {"device": "x", "metric": "y"}),
        ("a/{device}/{device}/{metric*}", "a/x/y/z/w", {"device": "x/y", "metric": "z/w"}),
        ("a/+/{metric}", "a/é/y", {"metric": "y"}),
        ("a/#", "a/b/c", {}),
        ("a/{device}", "a", None),
        ("a/{device}", "a/", None),
        ("a/{device}", "a/x/y", None),
        ("a/{device*}", "a", None),
    ],
)
def test_a_pattern_tells_what_stands_where(pattern: str, topic: str, told: dict[str, str] | None) -> None:
    made = TopicPattern(pattern)
    assert made.match(topic) == told
    if told is not None:
        assert covers(made.filter, topic)


@pytest.mark.parametrize("text", ["", "a//b", "a/#/b", "a+/b", "{x}", "{device*}/a", "a/{device}b", "a\x00"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="levels with /"):
        TopicPattern(text)
