"""The conventions that sources may follow: a table of presets, each with its topics; how they read is `ingest.sources`.

Adding a convention means a row here and its reader there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """A row of the table of presets: the topics read, below the source's `{root}`, and those that commands go to."""

    name: str
    help: str
    topics: tuple[str, ...]
    #: What `{root}` is unless the source says otherwise; empty for the setting `topic-root`.
    root: str = ""
    #: Topics that devices of this kind listen on.
    commands: tuple[str, ...] = ()
    #: What a table of lumos.toml may say beside `preset`.
    options: tuple[str, ...] = ("root",)
    #: What one device or bridge with a password of its own may publish to and read, below `{root}` and with its name
    #: for `{device}`; without: the topics and the commands above.
    publishes: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    #: Messages name further topics to read (discovery), so ingest may have to read any.
    discovers: bool = False


_READING = ("topic", "payload", "device", "metric", "time", "units", "labels", "ignore", "status", "command")

PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("native", "this project's boards, as docs/contract.md says", ("{root}/#",), options=()),
        Preset("original", "the original program's bare numbers", ("{root}/output", "{root}/input"), options=()),
        Preset("plain", "a number or a state to a topic", ("{root}/{device}/{metric}",), options=("root", *_READING)),
        Preset("json", "JSON, nested objects flattened with dots", ("{root}/{device}",), options=("root", *_READING)),
        Preset(
            "tasmota", "Tasmota: SENSOR, STATE, POWER and LWT",
            ("tele/{device}/+", "stat/{device}/+"), commands=("cmnd/{device}/+",), options=("topic",),
        ),
        Preset(
            "zigbee2mqtt", "Zigbee2MQTT: devices, their units and their availability",
            ("{root}/#",), root="zigbee2mqtt", commands=("{root}/#",),
        ),
        Preset(
            "homie", "the Homie convention, versions 3 to 5",
            ("{root}/#",), root="homie", commands=("{root}/#",),
            publishes=("{root}/{device}/#", "{root}/5/{device}/#"), hears=("{root}/{device}/#", "{root}/5/{device}/#"),
        ),
        Preset(
            "homeassistant", "Home Assistant's MQTT discovery: names, units and topics from retained configurations",
            ("{root}/+/+/config", "{root}/+/+/+/config"), root="homeassistant", commands=("#",), discovers=True,
            publishes=("{root}/#", "{device}/#"), hears=("{root}/status", "{device}/#"),
        ),
    )
}  # fmt: skip
