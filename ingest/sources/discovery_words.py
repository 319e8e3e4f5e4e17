"""The words of Home Assistant's discovery: abbreviations, the base topic, and values taken out of a configuration.

Everything else then knows one name for each thing, and no topic that a stranger could use to ask for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.decoding.payload import UnreadableError
from ingest.sources.values import plain_text

_ABBREVIATED: Mapping[str, str] = {
    "act": "action", "aux": "aux", "bri": "brightness", "clr_temp": "color_temp", "curr_hum": "current_humidity",
    "curr_temp": "current_temperature", "fan_mode": "fan_mode", "fx": "effect", "hs": "hs", "hum": "target_humidity",
    "mode": "mode", "osc": "oscillation", "pct": "percentage", "pos": "position", "pr_mode": "preset_mode",
    "rgb": "rgb", "swing_mode": "swing_mode", "temp": "temperature", "temp_hi": "temperature_high",
    "temp_lo": "temperature_low", "tilt": "tilt", "xy": "xy",
}  # fmt: skip
_ENDINGS: Mapping[str, str] = {
    "t": "topic", "tpl": "template", "cmd_t": "command_topic", "cmd_tpl": "command_template", "stat_t": "state_topic",
    "stat_tpl": "state_template", "state_tpl": "state_template", "val_tpl": "value_template", "scl": "scale",
}  # fmt: skip
_KEYS: Mapping[str, str] = {
    "avty": "availability", "avty_mode": "availability_mode", "avty_t": "availability_topic",
    "avty_tpl": "availability_template", "bri_scl": "brightness_scale", "cmd_t": "command_topic",
    "cmd_tpl": "command_template", "cmps": "components", "cns": "connections", "def_ent_id": "default_entity_id",
    "dev": "device", "dev_cla": "device_class", "ids": "identifiers", "max_temp": "max_temp", "mdl": "model",
    "mf": "manufacturer", "min_temp": "min_temp", "obj_id": "object_id", "ops": "options", "p": "platform",
    "pl_avail": "payload_available", "pl_cls": "payload_close", "pl_lock": "payload_lock",
    "pl_not_avail": "payload_not_available", "pl_off": "payload_off", "pl_on": "payload_on", "pl_open": "payload_open",
    "pl_prs": "payload_press", "pl_unlk": "payload_unlock", "pos_clsd": "position_closed", "pos_open": "position_open",
    "pr_modes": "preset_modes", "set_pos_t": "set_position_topic", "stat_clsd": "state_closed",
    "stat_locked": "state_locked", "stat_off": "state_off", "stat_on": "state_on", "stat_open": "state_open",
    "stat_t": "state_topic", "stat_tpl": "state_template", "stat_unlocked": "state_unlocked",
    "stat_val_tpl": "state_value_template", "t": "topic", "tilt_status_t": "tilt_status_topic",
    "tilt_status_tpl": "tilt_status_template", "uniq_id": "unique_id", "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
    **{f"{short}_{end}": f"{long}_{rest}" for short, long in _ABBREVIATED.items() for end, rest in _ENDINGS.items()},
}  # fmt: skip


def written_out(body: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Keys in full, `~` at the ends of topics replaced, also in nested objects."""
    found: dict[str, Any] = {}
    for short, value in body.items():
        key = _KEYS.get(short, short)
        if isinstance(value, str) and (key.endswith("_topic") or key == "topic") and base:
            if value.startswith("~"):
                value = base + value[1:]  # noqa: PLW2901
            elif value.endswith("~"):
                value = value[:-1] + base  # noqa: PLW2901
        elif isinstance(value, dict):
            value = written_out(value, base)  # noqa: PLW2901
        elif isinstance(value, list):
            value = [written_out(part, base) if isinstance(part, dict) else part for part in value]  # noqa: PLW2901
        found[key] = value
    return found


def first_of(config: Mapping[str, Any], keys: tuple[str, ...], otherwise: str) -> str:
    for key in keys:
        value = config.get(key)
        if isinstance(value, bool | int | float):
            return str(value)
        if (text := plain_text(value, 1_000)) is not None:
            return text
    return otherwise


def topic_of(key: str, value: Any) -> str:
    """A topic that may be subscribed to: one topic, and no stranger's way to ask for all of them."""
    text = plain_text(value, 1_000)
    if text is None or "+" in text or "#" in text or text.startswith("$") or "" in text.split("/")[1:]:
        raise UnreadableError(f"{key} takes a topic without wildcards, not '{str(value)[:64]}'")
    return text
