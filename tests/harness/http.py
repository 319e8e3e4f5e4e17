"""Asking the dashboard as a script would."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlencode


def get(port: int, path: str, **parameters: Any) -> tuple[int, bytes]:
    """`(status, body)` of a GET on loopback; `(0, b"")` when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"{path}?{urlencode(parameters)}" if parameters else path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def get_json(port: int, path: str, **parameters: Any) -> Any:
    """The JSON body of a 200, else None."""
    status, body = get(port, path, **parameters)
    return json.loads(body) if status == 200 else None


def get_text(port: int, path: str, **parameters: Any) -> str:
    """The text of a 200, else nothing."""
    status, body = get(port, path, **parameters)
    return body.decode() if status == 200 else ""
