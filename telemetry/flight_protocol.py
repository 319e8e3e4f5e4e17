"""What travels between ingest's Flight service and its askers: tickets, tokens, errors. No server, no client.

A ticket is JSON: `{"question": name, "arguments": {…}}` or `{"sql": statement, "parameters": […] or {…}}`, either with
a `number` of the asker's own, by which `{"cancel": number}` gives the question up. An action's body is JSON:
`{"by": who, "arguments": {…}}`. An error's extra info is JSON: `{"error": class, "sentence": …}`.
"""

from __future__ import annotations

import json
from typing import Any

from telemetry import errors

_ERRORS: dict[str, type[errors.LumosError]] = {
    kind.__name__: kind
    for kind in (
        errors.QuestionError,
        errors.QuestionRefusedError,
        errors.QuestionLimitError,
        errors.AccessError,
        errors.ActionError,
        errors.BackupError,
        errors.BrokerError,
        errors.CommandError,
        errors.StoreUnavailableError,
        errors.TransferError,
    )
}


def question_ticket(name: str, arguments: dict[str, Any], number: str = "") -> bytes:
    return json.dumps({"question": name, "arguments": arguments, "number": number}).encode()


def sql_ticket(statement: str, parameters: list[Any] | dict[str, Any] | None, number: str = "") -> bytes:
    return json.dumps({"sql": statement, "parameters": parameters, "number": number}).encode()


def cancel_ticket(number: str) -> bytes:
    return json.dumps({"cancel": number}).encode()


def action_body(by: str, arguments: dict[str, Any]) -> bytes:
    return json.dumps({"by": by, "arguments": arguments}).encode()


def pack_error(error: errors.LumosError) -> bytes:
    return json.dumps({"error": type(error).__name__, "sentence": str(error)}).encode()


def unpack_error(extra_info: bytes) -> errors.LumosError | None:
    """The error that the service raised, or None when the bytes are not one of ours."""
    try:
        body = json.loads(extra_info)
        return _ERRORS[body["error"]](body["sentence"])
    except (ValueError, KeyError, TypeError):
        return None
