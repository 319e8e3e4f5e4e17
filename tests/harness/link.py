"""A cable that can be pulled: a port on loopback behind which lies another, for as long as the link holds."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

_CHUNK_BYTES = 65_536


class Link:
    """Carries bytes from `port` to the port it was made for; while it is cut, nobody gets through and all is lost."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)
        self._thread.start()
        server = self._do(asyncio.start_server(self._carry, "127.0.0.1", 0))
        self.port: int = server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Pull it: every connection dies at once, and none comes about."""

        async def pull() -> None:
            self._whole = False
            for writer in self._writers:
                writer.transport.abort()

        self._do(pull())

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            if self._whole:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
                ends.append(far_writer)
                self._writers.update(ends)
                both = [asyncio.ensure_future(_pump(*way)) for way in ((reader, far_writer), (far_reader, writer))]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for way in both:
                    way.cancel()
                await asyncio.gather(*both, return_exceptions=True)
        except OSError:
            pass  # nobody listens there now
        finally:
            self._writers.difference_update(ends)
            for end in ends:
                end.transport.abort()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """All bytes of one direction, until it ends."""
    while chunk := await source.read(_CHUNK_BYTES):
        target.write(chunk)
        await target.drain()


@contextlib.contextmanager
def link(target: int) -> Iterator[Link]:
    """A link for as long as the context lasts."""
    made = Link(target)
    try:
        yield made
    finally:
        made.close()
