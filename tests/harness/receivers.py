"""Servers on loopback that alerts are sent to: HTTP as a webhook and as ntfy, and mail over SMTP. Each keeps what came.

What they answer can be set, so that a channel fails and recovers.
"""

from __future__ import annotations

import email
import email.policy
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.harness.processes import free_port


class HttpReceiver:
    """Takes POSTs; `status` is what it answers, `wait` holds answers back until it is set."""

    def __init__(self) -> None:
        self.status = 200
        #: (moment, path, headers, body)
        self.taken: list[tuple[float, str, dict[str, str], bytes]] = []
        self.tries = 0
        self.wait = threading.Event()
        self.wait.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                receiver.tries += 1
                receiver.wait.wait(20)
                if receiver.status == 200:
                    receiver.taken.append((time.monotonic(), self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.wait.set()
        self._server.shutdown()
        self._server.server_close()

    def json(self) -> list[dict[str, Any]]:
        """The bodies, oldest first."""
        return [json.loads(body) for _, _, _, body in list(self.taken)]


class MailReceiver:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        receiver = self

        class Handler:
            async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
                receiver.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
                return "250 taken"

        self._controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
        self._controller.start()
        self.port = self._controller.port

    def close(self) -> None:
        self._controller.stop()
