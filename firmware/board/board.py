"""One board: its state, what may be done to it, and the coroutines that make it live.

The tasks and the session work on this object and on nothing else; it holds no hardware but through the `hal` it is
given, so a simulated board is this class over other hardware. It must never wait: what takes time is a task.
"""

import asyncio

from . import VERSION, codec, tasks
from .buffer import Buffer
from .clock import Clock
from .commands import Commands
from .mqtt import Client
from .outbox import Outbox
from .racing import race
from .ring import Ring
from .sensors import Sensors
from .session import session

#: Samples of so long are not stored: something is in the way, and what is known of them must outlive a power cut. A
#: host says once a second what is stored.
_WAITING_MS = 2_500
#: So many boots before the last are told of, where none of them ever got through.
_EARLIER = 8


class Board:
    """A board with this configuration, which it makes its own; `device` is the only key without a default."""

    stopping = False  # nothing is sent any more
    resting = False  # nothing is measured any more

    def __init__(self, hal, config: dict, on_trial: bool = False) -> None:
        self.hal = hal
        self.on_trial = on_trial
        self.config = config
        # Here, and not for ever in the module.
        for key, value in {
            "host": "127.0.0.1",
            "port": 1883,
            "username": "",
            "password": "",
            "root": "esp32",
            "period_ms": 1000,
            "keep_alive_s": 30,
            "trial_s": 120,
            "buffer_samples": 60,
            "flash_bytes": 262_144,
            "sensors": [{"driver": "internal", "metric": "board_temperature"}],
        }.items():
            config.setdefault(key, value)
        self.clock = Clock(hal)
        self.boot = "".join(f"{byte:02x}" for byte in hal.random_bytes(4))
        self.state = {"led": False, "screen": "", "sending": True, "period_ms": self.config["period_ms"]}
        self.sensors = Sensors(hal, config.pop("sensors"))  # nobody asks for the rows again
        before = (hal.recall("boot"), hal.recall("uptime"))
        ring = self._ring(hal.flash_folder(), self.config["flash_bytes"])
        self.buffer = Buffer(self.config["buffer_samples"], bool(hal.recall("stored_seen")), self.boot, ring, before)
        self.outbox = Outbox()
        self.commands = Commands(self, hal.recall("reboot_id"))
        self.link_is_up = asyncio.Event()
        self.wake = asyncio.Event()
        self.redraw = asyncio.Event()
        self.status_due_ms = 0
        self.sampler_beat_ms = self.clock.uptime_ms()
        self._client: Client | None = None
        self._readings = {}
        self._events = 0
        self._identifying: asyncio.Task | None = None
        self._rebooting: asyncio.Task | None = None
        self._previous = self._remember_this_boot()
        self.add_event("boot", hal.cause())

    def _remember_this_boot(self):
        """What the status says of the boot before; those before it whose end no host has heard of are kept too."""
        boot, seq = self.hal.recall("boot"), self.hal.recall("seq")
        self._earlier = (self.hal.recall("untold") or [])[-_EARLIER:]
        previous, untold = None, list(self._earlier)
        if boot is not None and seq >= 0:
            previous = {"boot": boot, "seq": seq, "cause": self.hal.cause()}
            untold.append([boot, seq])
        self.hal.remember({"boot": self.boot, "seq": -1, "uptime": 0, "untold": untold})
        return previous

    def _ring(self, folder, limit_bytes):
        if folder is None or not limit_bytes:
            return None
        try:
            return Ring(folder, limit_bytes)
        except OSError as error:
            self.hal.log(f"the flash cannot be used ({error}): samples are kept in memory only")
            return None

    async def run(self) -> None:
        """Live until cancelled; what was begun beside the concerns ends with them."""
        self.hal.led(False)
        concerns = [tasks.link, session, tasks.sampler, tasks.button, tasks.screen, tasks.watchdog]
        if self.on_trial:
            from .trial import trial  # here only: it takes memory

            concerns.append(trial)
        try:
            await race(*[concern(self) for concern in concerns])
        finally:
            for beside in (self._identifying, self._rebooting):
                if beside is not None:
                    beside.cancel()

    # What the session asks and tells

    def topic(self, kind: str) -> str:
        return f"{self.config['root']}/{self.config['device']}/{kind}"

    def address(self) -> str:
        return f"{self.config['host']}:{self.config['port']}"

    def new_client(self) -> Client:
        config = self.config
        will = (self.topic("status"), codec.OFFLINE)
        user = config["username"], config["password"]
        authority = config.get("tls_ca", "")
        return Client(config["device"], will, *user, config["keep_alive_s"], self.hal, self._hear, authority)

    def connected(self, client: Client) -> None:
        self._client = client
        if self.on_trial:
            self.on_trial = False
            self.hal.keep_config()
            self.add_event("config", True)
        self._changed()

    def disconnected(self) -> None:
        self._client = None
        self.buffer.disconnected()
        self.outbox.disconnected()
        self.redraw.set()

    def _hear(self, topic, payload):
        if topic == self.topic("stored"):
            numbers = codec.read_stored(payload)
            if numbers is not None:
                if not self.buffer.stored_seen:
                    self.hal.remember({"stored_seen": True})
                self.buffer.covered(numbers)
                if self.boot in numbers and self.hal.recall("untold"):
                    self.hal.remember({"untold": []})  # the status went before the samples
        elif topic == self.topic("input"):
            answer = self.commands.handle(payload)
            if answer is not None:
                self.outbox.put(self.topic("ack"), lambda: answer)
                self.wake.set()

    def status(self) -> dict:
        """Who the board is and how it stands."""
        body = {
            "online": True,
            "fw": VERSION,
            "boot": self.boot,
            "uptime": self.clock.uptime_ms() // 1000,
            "ip": self.hal.address(),
            "rssi": self.hal.rssi(),
            "buffered": len(self.buffer),
            "dropped": self.buffer.dropped,
            "free": self.hal.free_bytes(),
            "sensors": self.sensors.describe(),
        }
        body.update(self.state)
        if self._previous is not None:
            body["previous"] = self._previous
        if self._earlier:
            body["earlier"] = self._earlier
        return body

    # Samples and events

    def take_sample(self) -> None:
        """Measure, and keep the sample unless sending is paused: what was not wanted is not numbered either."""
        uptime_ms, t = self.clock.moment()
        self._readings = self.sensors.read()
        if self.state["sending"] and not self.resting:
            sample = self.buffer.add(uptime_ms, t, codec.readings(self._readings))
            waiting = self._client is None or len(self.buffer) * self.state["period_ms"] > _WAITING_MS
            self.hal.remember({"seq": sample.seq, "uptime": uptime_ms}, waiting)
        self.redraw.set()

    def next_event_number(self) -> int:
        self._events += 1
        return self._events - 1

    def add_event(self, name: str, value) -> None:
        number, (uptime_ms, t) = self.next_event_number(), self.clock.moment()
        self.outbox.put(self.topic("event"), lambda: self.event_payload(number, uptime_ms, t, name, value))
        self.wake.set()

    def event_payload(self, number: int, uptime_ms: int, t: "int | None", name: str, value) -> bytes:
        """An event with its number and the moment at which it happened."""
        t, age = self.clock.place(uptime_ms, t)
        return codec.event(self.boot, number, t, age, name, value)

    # Commands

    def _changed(self):
        self.status_due_ms = 0
        self.wake.set()
        self.redraw.set()

    def change(self, part: str, value) -> None:
        """Set a part of the state, and have it shown and told."""
        self.state[part] = value
        if part == "led":
            self.hal.led(value)
        self._changed()

    def do_identify(self, _, __) -> None:
        if self._identifying is None:
            self._identifying = asyncio.create_task(self._identify())

    async def _identify(self):
        for blink in range(10):
            self.hal.led(blink % 2 == 0)
            self.redraw.set()
            await asyncio.sleep(0.3)
        self._identifying = None
        self.hal.led(self.state["led"])
        self.redraw.set()

    def do_reboot(self, _, identity: "str | None", cause: str = "command") -> None:
        from .leaving import leave  # here only: it takes memory

        self.hal.remember({"reboot_id": identity})
        self._rebooting = asyncio.create_task(leave(self, cause))

    def do_config(self, value: dict, identity: "str | None") -> None:
        """Try another Wi-Fi or broker at the next start, which is now."""
        self.hal.propose_config(value)
        self.do_reboot(None, identity, "config")

    # Screen

    def screen_text(self) -> str:
        return self.config["device"] if self._identifying is not None else self.state["screen"]

    def idle_lines(self) -> "list[str]":
        readings = []
        for metric in self.sensors.metrics:
            value = self._readings.get(metric.name)
            readings.append((metric.label, "--" if value is None else f"{value} {metric.unit}"))
        link = "no network" if not self.hal.link_up() else "no broker" if self._client is None else "connected"
        return tasks.layout.idle(self.config["device"], self.hal.address(), link, readings, self.state["sending"])
