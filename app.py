"""Lumos in one command: `python app.py` runs broker, ingest and dashboard on this machine; `--demo` adds two boards.

It starts what the settings do not place elsewhere, watches it, starts a dead part again, and stops all of it on Ctrl-C.
`python app.py certificate | user | token` prepares what `--lan` needs, and `install | uninstall | status | logs` has
systemd run Lumos; each has its own `--help`. `app:server` is the dashboard alone for a WSGI server. No logic stands
here: the parts are programs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from launcher import service
from launcher.host import become_broker, hold
from launcher.start import start
from telemetry.command_line import parser, read_arguments
from telemetry.errors import LumosError
from telemetry.settings import load

#: What systemd runs beside ingest and dashboard; app.py does both itself when it runs the parts.
_AS_SERVICE = {
    "host": "Hold the data folder and tell where Lumos is, while systemd runs the parts.",
    "broker": "Be the embedded broker.",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run until stopped. 0 after Ctrl-C, 2 when a person must mend something (said in one line)."""
    words = list(sys.argv[1:] if argv is None else argv)
    command_line = parser("app.py", __doc__.splitlines()[0])
    command_line.add_argument("--demo", action="store_true", help="also run two simulated boards, sim-1 and sim-2")
    try:
        if words[:1] == ["certificate"]:
            from launcher.certificate import main as certificate

            certificate(words[1:])
            return 0
        if words[:1] and words[0] in ("user", "token"):
            from dashboard.access.console import main as console

            console(words)
            return 0
        if words[:1] and words[0] in service.WORDS:
            return service.main(words)
        if words[:1] and words[0] in _AS_SERVICE:
            arguments = read_arguments(parser(f"app.py {words[0]}", _AS_SERVICE[words[0]]), words[1:])
            return hold(load(arguments)) if words[0] == "host" else become_broker(load(arguments))
        arguments = read_arguments(command_line, words)
        return start(load(arguments), demo=arguments.demo)
    except LumosError as error:
        print(f"lumos: {error}", file=sys.stderr)
        return 2


def __getattr__(name: str) -> Any:
    """`server`, made when a WSGI server asks for it, so that starting the parts does not cost a dashboard's memory."""
    if name == "server":
        from dashboard import create_app
        from telemetry.lean import leave_pandas_out

        leave_pandas_out()
        return create_app(load()).server
    raise AttributeError(f"module 'app' has no attribute '{name}'")


if __name__ == "__main__":
    sys.exit(main())
