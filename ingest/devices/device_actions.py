"""The actions on devices: describing them and their metrics, merging and separating them, deleting them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ingest.serving.action import MAYBE_NUMBER, MAYBE_TEXT, TEXT, Action

if TYPE_CHECKING:
    from ingest.serving.actions import Actions

_NO_WORDS = ("device", "metric")


def _describe_device(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, str]:
    """Say how people know a device: name, place, tags, notes, colour, whether it is hidden."""
    actions.describing.device(arguments["device"], _said(arguments))
    actions.recent.revision += 1
    return {"device": arguments["device"]}


def _describe_metric(actions: Actions, arguments: Mapping[str, Any], _by: str) -> dict[str, str]:
    """Say how a metric is to be shown: label, unit, range, decimals."""
    actions.describing.metric(arguments["device"], arguments["metric"], _said(arguments))
    actions.recent.revision += 1
    return {"device": arguments["device"], "metric": arguments["metric"]}


def _merge_device(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Have a device continue the history of another, which it replaced; both histories are kept."""
    device, into = arguments["device"], arguments["into"]
    actions.merging.merge(actions.describing.known(device), actions.describing.known(into), by)
    actions.recent.revision += 1
    return {"device": device, "into": into}


def _separate_device(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, str]:
    """Take a merge back: the device is one of its own again."""
    actions.merging.separate(actions.describing.known(arguments["device"]), by)
    actions.recent.revision += 1
    return {"device": arguments["device"]}


def _delete_device(actions: Actions, arguments: Mapping[str, Any], by: str) -> dict[str, object]:
    """Delete a device with all its data and its user at the broker, once its name was typed; backups stay."""
    result = actions.deleting.delete(arguments["device"], arguments["typed"], by)
    actions.recent.revision += 1
    return result


def _said(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if key not in _NO_WORDS}


DEVICE_ACTIONS: Mapping[str, Action] = {
    "describe_device": Action(
        {
            "device": TEXT, "name": MAYBE_TEXT, "place": MAYBE_TEXT, "tags": (list, type(None)), "notes": MAYBE_TEXT,
            "colour": MAYBE_TEXT, "hidden": (bool, type(None)),
        },
        _describe_device,
    ),
    "describe_metric": Action(
        {
            "device": TEXT, "metric": TEXT, "label": MAYBE_TEXT, "unit": MAYBE_TEXT, "low": MAYBE_NUMBER,
            "high": MAYBE_NUMBER, "decimals": MAYBE_NUMBER,
        },
        _describe_metric,
    ),
    "merge_device": Action({"device": TEXT, "into": TEXT}, _merge_device),
    "separate_device": Action({"device": TEXT}, _separate_device),
    "delete_device": Action({"device": TEXT, "typed": TEXT}, _delete_device),
}  # fmt: skip
