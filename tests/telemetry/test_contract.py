"""Topics, commands and times: the small parts that both programs read and write alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.buckets import bucket_grid
from telemetry.commands import COMMANDS, MESSAGE_LENGTH, Command, decode, decode_original, encode, encode_original, make
from telemetry.errors import CommandError, QuestionError
from telemetry.timestamps import iso_utc, parse_instant
from telemetry.topics import TopicAddress, TopicKind, Topics, is_device_id, is_topic_root

IDS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True).filter(lambda text: text != "esp32")


@given(IDS, st.sampled_from(list(TopicKind)), st.sampled_from(["esp32", "lab/esp32", "é"]))
def test_a_topic_is_read_as_it_was_written(device: str, kind: TopicKind, root: str) -> None:
    topics = Topics(root)
    assert topics.parse(topics.of(device, kind)) == TopicAddress(device, kind)


@given(st.text(max_size=40))
def test_no_topic_makes_it_raise(topic: str) -> None:
    found = Topics("esp32").parse(topic)
    assert found is None or topic.startswith("esp32/")


def test_the_original_programs_two_levels() -> None:
    topics = Topics("esp32")
    assert topics.parse("esp32/output") == TopicAddress("esp32", TopicKind.OUTPUT, original=True)
    assert topics.of("esp32", TopicKind.INPUT) == "esp32/input"
    assert topics.of("esp32", TopicKind.STATUS) == "esp32/esp32/status"
    assert topics.parse("esp32/esp32/status") is None


@pytest.mark.parametrize("text", ["", "a b", "a/b", "é", "esp32", "a" * 65, "a\n", "+", "#", ".."])
def test_what_is_no_device_id(text: str) -> None:
    assert not is_device_id(text)


@pytest.mark.parametrize("text", ["", "/a", "a/", "a//b", "a/+", "#", "$SYS", "a b", "a\x00", "x" * 200])
def test_what_is_no_topic_root(text: str) -> None:
    assert not is_topic_root(text)


@pytest.mark.parametrize(
    ("cmd", "value"),
    [("led", True), ("led", False), ("message", ""), ("message", "é" * MESSAGE_LENGTH), ("sending", False),
     ("period", 100), ("period", 3_600_000), ("identify", None), ("reboot", True)],
)  # fmt: skip
def test_a_command_arrives_as_it_was_made(cmd: str, value: Any) -> None:
    made = make("window", cmd, value, "ada")
    assert decode("window", encode(made)) == made


@pytest.mark.parametrize(
    ("cmd", "value", "words"),
    [("led", "on", "true or false"), ("led", 1, "true or false"), ("message", 3, "takes a text"),
     ("message", "x" * 513, "at most 512 characters, this one has 513"), ("message", "a\x00", "NUL"),
     ("period", 99, "100 to 3600000"), ("period", 100.0, "whole number"), ("period", True, "whole number"),
     ("config", {"sensors": []}, "config cannot change 'sensors'"), ("config", {}, "one or more of wifi"),
     ("config", {"port": "1883"}, "config: port takes int, not str"), ("reboot", 5, "takes no value"),
     ("ledd", True, "did you mean 'led'")],
)  # fmt: skip
def test_a_wrong_command_is_refused_with_a_sentence(cmd: str, value: Any, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        make("window", cmd, value, "ada")


@pytest.mark.parametrize("device", ["kitchen/lamp", "a b", "#", ""])
def test_a_device_that_others_wrote_takes_no_command_of_ours(device: str) -> None:
    with pytest.raises(CommandError, match="is no board of this project"):
        make(device, "led", True, "ada")


def test_a_configuration_overheard_has_lost_its_passwords() -> None:
    value = {"wifi": {"ssid": "lab", "password": "secret1"}, "password": "secret2", "port": 1884}
    command = make("window", "config", value, "ada")
    overheard = decode("window", encode(command))
    assert overheard.value == {"wifi": {"ssid": "lab", "password": "***"}, "password": "***", "port": 1884}
    assert json.loads(encode(command))["value"] == value


def test_the_original_words() -> None:
    for value, word in ((True, b"LedOn"), (False, b"LedOff")):
        assert encode_original(make("esp32", "led", value, "ada")) == word
        assert decode_original("esp32", word) == Command("esp32", "led", value, "", "")
    assert encode_original(make("esp32", "message", "Bonjour", "ada")) == b"Bonjour"
    with pytest.raises(CommandError, match="knows led and message"):
        encode_original(make("esp32", "reboot", None, "ada"))


@given(st.binary(max_size=100))
def test_no_bytes_overheard_make_it_raise(payload: bytes) -> None:
    assert decode("window", payload).device == "window"


def test_every_command_has_its_help() -> None:
    assert all(kind.help for kind in COMMANDS.values())
    assert json.loads(encode(make("a", "led", True, "b"))).keys() == {"id", "cmd", "value", "by"}


@pytest.mark.parametrize(
    ("text", "t_us"),
    [
        ("0", 0), ("1790000000123", 1_790_000_000_123_000), ("1970-01-01", 0), ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00 00:00", 0), ("1970-01-01T00:00:00.000001Z", 1), (" 5 ", 5_000), ("-1", -1_000),
    ],
)  # fmt: skip
def test_a_moment_in_either_form(text: str, t_us: int) -> None:
    assert parse_instant(text) == t_us


@pytest.mark.parametrize("text", ["", "now", "1.5", "2026-13-01", "99999999999999999999", "0001-01-01", "٣", "1e3"])
def test_what_is_no_moment_names_its_parameter(text: str) -> None:
    with pytest.raises(QuestionError, match=r"^start="):
        parse_instant(text, "start")


@given(st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1)))  # noqa: DTZ001
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    delta = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    t_us = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    assert parse_instant(iso_utc(t_us)) == t_us


@given(st.integers(-(10**15), 4 * 10**15), st.integers(1, 10**16), st.integers(1, 5_000))
def test_a_grid_covers_the_range_with_no_more_buckets_than_asked(start: int, length: int, points: int) -> None:
    width, origin = bucket_grid(start, start + length, points)
    assert origin <= start
    assert (start + length - 1 - origin) // width + 1 <= points
    finer_would_do = points > 4 and width > 5_000 and (length // (width // 5)) + 2 < points // 2
    assert not finer_would_do


def test_an_empty_range_has_a_grid() -> None:
    assert bucket_grid(5, 5, 10)[1] == 5
