"""Under which address the browser sees us: the base path of a reverse proxy, and what a named proxy says of its client.

What anybody else writes into X-Forwarded headers is dropped, so that nobody can choose an address or a scheme for
themselves. The headers are read by werkzeug's ProxyFix.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from telemetry.settings import Settings

_FORWARDED = ("FORWARDED", "X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_HOST", "X_FORWARDED_PORT")
_FORWARDED_HEADERS = tuple(f"HTTP_{name}" for name in (*_FORWARDED, "X_FORWARDED_PREFIX", "X_REAL_IP"))


class Forwarding:
    """WSGI middleware around the whole dashboard."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self._base_path = settings.base_path.rstrip("/")
        self._proxies = [ipaddress.ip_network(text, strict=False) for text in listed(settings.trusted_proxies)]
        # One proxy is believed, the one that speaks to us: what stands further left in a header may be invented.
        self._app = ProxyFix(app, x_for=1, x_proto=1, x_host=1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self._is_proxy(environ.get("REMOTE_ADDR", "")):
            for name in _FORWARDED_HEADERS:
                environ.pop(name, None)
        if self._base_path:
            # Proxies differ in whether they cut the prefix off; both arrive here.
            path = environ.get("PATH_INFO", "")
            if path == self._base_path or path.startswith(f"{self._base_path}/"):
                environ["PATH_INFO"] = path.removeprefix(self._base_path) or "/"
            environ["SCRIPT_NAME"] = self._base_path
        return self._app(environ, start_response)

    def _is_proxy(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


def listed(text: str) -> list[str]:
    """The entries of a setting that takes several with commas."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]
