"""Set-up without a cable: the board is a network of its own, with one page to choose the Wi-Fi and the broker.

Served where a board has never reached its network, or its button is held at the start. The page tries what was typed,
up to the broker's yes to the board's password, before it keeps it, and says what did not work. Whatever else a phone
asks for leads to it.
"""

import asyncio

from . import config as configuration
from . import screen
from .captive import answer_every_name
from .mqtt import Client, hang_up
from .racing import race
from .session import NETWORK_ERRORS, reason

_PAGE = """HTTP/1.0 200 OK\r
Content-Type: text/html; charset=utf-8\r
Connection: close\r
\r
<!doctype html><html lang=en><meta name=viewport content="width=device-width"><title>{device}</title>
<style>body{{font:16px system-ui;margin:2em auto;max-width:24em;padding:0 1em}}
input,button,textarea{{font:inherit;width:100%;
box-sizing:border-box;padding:.6em;margin:.2em 0 1em}}p{{color:#b00}}</style>
<h1>{device}</h1><p role=alert>{said}</p><form method=post>
<label>Wi-Fi<input name=ssid list=n required maxlength=32 value="{ssid}"></label><datalist id=n>{networks}</datalist>
<label>Wi-Fi password<input name=wifi_password type=password></label>
<label>Lumos (name or address)<input name=host required value="{host}"></label>
<label>Port<input name=port type=number min=1 max=65535 value="{port}"></label>
<label>Device<input name=device pattern="[A-Za-z0-9_\\-]{{1,64}}" required value="{device}"></label>
<label>Device password<input name=password type=password value="{password}"></label>
<label>Certificate to trust, where the broker speaks TLS<textarea name=tls_ca rows=3>{tls_ca}</textarea></label>
<button>Try it</button></form>"""
_DONE = (
    "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n<h1>Done</h1>"
    "It works: the board starts again and joins {}."
)
_ELSEWHERE = "HTTP/1.0 302 Found\r\nLocation: http://{}/\r\nConnection: close\r\n\r\n"
_LONGEST_BODY = 4_096


def escaped(text: str) -> str:
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return text


def form(body: str) -> dict:
    """The fields of a form as a browser sends them."""
    fields = {}
    for part in body.split("&"):
        name, _, value = part.partition("=")
        fields[_decoded(name)] = _decoded(value)
    return fields


def _decoded(text):
    out = bytearray()
    index = 0
    data = text.replace("+", " ").encode()
    while index < len(data):
        if data[index] == 0x25 and index + 2 < len(data):
            try:
                out.append(int(data[index + 1 : index + 3], 16))
                index += 3
                continue
            except ValueError:
                pass
        out.append(data[index])
        index += 1
    try:
        return bytes(out).decode()
    except UnicodeError:
        return ""


class AccessPoint:
    """The page, in a network (an OwnNetwork) that the board is for it.

    `config` is what the board has already; what comes of it is proposed for the next start.
    """

    def __init__(self, hal, network, config: dict, propose=configuration.propose) -> None:
        self._hal = hal
        self._network = network
        self._config = config
        self._propose = propose
        self._done = asyncio.Event()
        self._address = ""

    async def run(
        self,
        seconds: float,
        host: str = "0.0.0.0",  # noqa: S104
        port: int = 80,
        names_port: int = 53,
    ) -> bool:
        """Serve until a set-up worked or the time is over; whether one worked."""
        self._address = self._network.start()
        self._show()
        self._hal.log(f"set-up: join the Wi-Fi {self._hal.name()} and open http://{self._address}/")
        server = await asyncio.start_server(self._serve, host, port)
        try:
            await race(self._done.wait(), asyncio.sleep(seconds), self._answer_names(host, names_port))
        finally:
            server.close()
            await server.wait_closed()
        return self._done.is_set()

    def _show(self, said=""):
        lines = ["Set-up:", "join this Wi-Fi", self._hal.name(), "then open", self._address, ""]
        lines += screen.wrap(said)[:2]
        self._hal.show(lines)

    async def _answer_names(self, host, port):
        try:
            await answer_every_name(self._address, host, port)
        except OSError as error:
            self._hal.log(f"phones will not find the page by themselves ({error})")
            await asyncio.Event().wait()

    async def _serve(self, reader, writer):
        try:
            answer = await asyncio.wait_for(self._answer(reader), 60)
            writer.write(answer.encode())
            await writer.drain()
        except (OSError, EOFError, asyncio.TimeoutError):
            pass  # a phone that went away
        finally:
            await hang_up(writer)

    async def _answer(self, reader):
        method, path, _ = (await reader.readline() + b"  ").decode().split(" ", 2)
        length = 0
        while True:
            line = (await reader.readline()).strip().lower()
            if not line:
                break
            if line.startswith(b"content-length:"):
                try:
                    length = int(line[15:])
                except ValueError:
                    length = 0
        where, _, query = path.partition("?")
        if where != "/":
            return _ELSEWHERE.format(self._address)
        # The QR code that Lumos shows for a new board leads here with all but the Wi-Fi filled in.
        scanned = form(query[:_LONGEST_BODY])
        if method != "POST":
            return self.page("", scanned)
        if length > _LONGEST_BODY:
            return self.page("That is too much text.")
        fields = form((await reader.readexactly(length)).decode())
        self._show("Trying...")
        said = await self.tried(fields)
        self._show(said or "It works.")
        if said is not None:
            # What was scanned stands in the address still; what was typed is not shown again.
            fields["password"] = scanned.get("password", "")
            return self.page(said, fields)
        self._done.set()
        return _DONE.format(escaped(fields["ssid"]))

    async def tried(self, fields: dict) -> "str | None":
        """Try what was typed and propose it; what did not work, as a sentence, or None."""
        value: dict = {"wifi": {"ssid": fields.get("ssid", ""), "password": fields.get("wifi_password", "")}}
        value["host"] = fields.get("host", "").strip()
        try:
            value["port"] = int(fields.get("port") or 1883)
        except ValueError:
            return "The port must be 1 to 65535."
        if fields.get("password"):
            value["password"] = fields["password"]
        # The lines between those of dashes are what the board keeps of a certificate.
        lines = [line.strip() for line in fields.get("tls_ca", "").split("\n")]
        value["tls_ca"] = "".join([line for line in lines if not line.startswith("-----")])
        wrong = configuration.problem(value)
        if wrong is not None:
            return wrong
        device = fields.get("device", "")
        if not 1 <= len(device) <= 64 or device == "esp32":
            return "The device needs a name of 1 to 64 letters, digits, _ or -."
        try:
            await self._hal.try_network(value["wifi"]["ssid"], value["wifi"]["password"])
        except OSError as error:
            return f"The Wi-Fi {value['wifi']['ssid']} cannot be joined: {error}."
        made = configuration.changed(self._config, value)
        made["device"] = made["username"] = device
        said = await self._try_broker(made)
        if said is None:
            self._propose(made)
        return said

    async def _try_broker(self, made):
        if made["tls_ca"]:
            try:
                await self._hal.sync_clock()  # a certificate is good for a time only
            except OSError:
                pass
        will = ("esp32/" + made["device"] + "/status", b"")
        user = made["username"], made.get("password", "")
        client = Client(made["device"], will, *user, 30, self._hal, None, made["tls_ca"])
        try:
            await client.connect(made["host"], made["port"])
            await client.disconnect()
        except NETWORK_ERRORS as error:
            await client.close()
            why = reason(error)
            return f"The Wi-Fi works. The broker at {made['host']}:{made['port']} cannot be used: {why}."
        return None

    def page(self, said: str, fields: "dict | None" = None) -> str:
        """The page, with what was said and what had been typed or scanned (never a password that was typed)."""
        fields = fields or {}
        config = self._config
        wifi = config.get("wifi", {})
        return _PAGE.format(
            said=escaped(said),
            networks="".join([f'<option value="{escaped(name)}">' for name in self._network.others()]),
            ssid=escaped(fields.get("ssid", wifi.get("ssid", ""))),
            host=escaped(fields.get("host", config.get("host", "lumos.local"))),
            port=escaped(str(fields.get("port", config.get("port", 1883)))),
            device=escaped(fields.get("device", config.get("device", self._hal.name()))),
            tls_ca=escaped(fields.get("tls_ca", config.get("tls_ca", ""))),
            password=escaped(fields.get("password", "")),
        )
