"""The conversation with the broker: connect, subscribe, say who we are, send what is kept, until the connection ends.

One coroutine, one loop: wait for the link, try, reconnect after a pause that grows. An outage is logged once for
each reason. It never touches a sensor, and nothing here can hold up sampling.
"""

import asyncio

from . import codec
from .racing import race

#: How many publications may be under way at once, and how many of them by the backlog: live samples always find room.
_WINDOW = 8
_WINDOW_BACKLOG = 5
#: Samples in one batch: one block from flash.
_ROWS = 20
_STATUS_EVERY_MS = 60_000
#: A session that lasted so long was a good one: the next pause is short again.
_GOOD_SESSION_MS = 5_000
NETWORK_ERRORS = (OSError, EOFError, asyncio.TimeoutError)


class Pause:
    """Pauses in seconds that grow by half from `first` to `longest`, with jitter: boards must not march in step."""

    def __init__(self, hal, first: float = 0.3, longest: float = 30) -> None:
        self._hal = hal
        self._first = self._next = first
        self._longest = longest

    def reset(self) -> None:
        self._next = self._first

    def next(self) -> float:
        pause = self._next
        self._next = min(pause * 1.5, self._longest)
        return pause * (0.75 + self._hal.random_bytes(1)[0] / 512)


async def session(board) -> None:
    """Hold a connection to the broker for ever."""
    pause = Pause(board.hal)
    complaint = None
    while True:
        await board.link_is_up.wait()
        started = board.clock.uptime_ms()
        client = board.new_client()
        try:
            await client.connect(board.config["host"], board.config["port"])
            complaint = None
            await race(client.read_forever(), client.keep_forever(), serve(board, client))
        except NETWORK_ERRORS as error:
            why = reason(error)
            if why != complaint and not board.stopping and board.hal.link_up():
                complaint = why
                board.hal.log(f"no broker at {board.address()} ({why}); trying again")
        finally:
            await client.close()
            board.disconnected()
        if not board.hal.link_up():
            # The broker is not to blame: be there as soon as the network is.
            board.link_is_up.clear()
            pause.reset()
            continue
        if board.stopping:  # a good-bye is not followed by a hello
            await asyncio.Event().wait()
        if board.clock.uptime_ms() - started > _GOOD_SESSION_MS:
            pause.reset()
        await asyncio.sleep(pause.next())


def reason(error) -> str:
    if isinstance(error, EOFError):
        return "it closed the connection"
    if isinstance(error, asyncio.TimeoutError):
        return "it does not answer"
    return str(error) or "the connection broke"


async def serve(board, client) -> None:
    """What is said on one connection, in this order: subscriptions, status, and then whatever there is."""
    topics = [board.topic("input"), board.topic("stored")]
    for topic, allowed in zip(topics, await client.subscribe(topics)):  # noqa: B905 - MicroPython's zip has no strict
        if not allowed:
            board.hal.log(f"the broker does not let this board read {topic}")
    board.connected(client)
    board.hal.log(f"connected to the broker at {board.address()}")
    while True:
        board.wake.clear()
        if not board.stopping:
            board.buffer.send_overdue_again(board.clock.uptime_ms())
            await _send(board, client)
        await board.wake.wait()


async def _send(board, client):
    """Publish what waits, as far as the window has room."""
    now = board.clock.uptime_ms()
    if now >= board.status_due_ms:
        board.status_due_ms = now + _STATUS_EVERY_MS
        await client.publish(board.topic("status"), codec.encode(board.status()), retain=True)
    while client.in_flight < _WINDOW and await _send_letter(board, client):
        pass
    if client.in_flight < _WINDOW:
        sample = board.buffer.live()
        if sample is not None:
            await _send_samples(board, client, [sample])
    while client.in_flight < _WINDOW_BACKLOG and await _send_backlog(board, client):
        pass


async def _send_letter(board, client):
    letter = board.outbox.next()
    if letter is None:
        return False
    dup = letter.tried
    letter.flying = letter.tried = True

    def done():
        board.outbox.landed(letter)
        board.wake.set()

    await client.publish(letter.topic, letter.compose(), dup=dup, done=done)
    return True


async def _send_backlog(board, client):
    drop = board.buffer.drop_report()
    if drop is not None:
        if drop.number is None:
            drop.number = board.next_event_number()
        value = {"boot": drop.boot, "count": drop.count, "from": drop.first, "to": drop.seq}
        await _publish(
            board, client, "event", board.event_payload(drop.number, drop.uptime_ms, drop.t, "dropped", value), [drop]
        )
        return True
    samples = board.buffer.backlog(_ROWS)
    if samples:
        await _send_samples(board, client, samples)
    return bool(samples)


async def _send_samples(board, client, samples):
    payload: bytes | list[bytes]
    placed = []
    for sample in samples:
        t, age = board.clock.place(sample.uptime_ms, sample.t)
        placed.append((t, age, sample.readings))
    if len(placed) == 1:
        t, age, readings = placed[0]
        payload = codec.sample(samples[0].boot, samples[0].seq, t, age, readings)
    else:
        payload = codec.batch(samples[0].boot, samples[0].seq, placed)
    await _publish(board, client, "output", payload, samples)


async def _publish(board, client, kind, payload, items):
    board.buffer.departed(items)

    def done():
        board.buffer.landed(items, board.clock.uptime_ms())
        board.wake.set()

    await client.publish(board.topic(kind), payload, done=done)
