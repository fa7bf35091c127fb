"""A TCP proxy that does to connections what networks and those who hold them do.

    with FaultProxy(port) as proxy:      connect to 127.0.0.1:proxy.port instead of port
        proxy.cut()                      every connection ends with a reset, on both sides
        proxy.half_close()               what the listening side says goes no further; the rest goes on
        proxy.corrupt()                  one bit of the next bytes that pass is flipped
        proxy.stall(), proxy.go_on()     nothing passes, and nobody is told; all that waited passes

`delay` seconds pass before bytes that came in go out, each way, so a round trip takes twice that; and at most
`bytes_per_second` go out each way of a connection. What is under way fills a queue as long as such a link would hold;
then the sender has to wait. Bytes are never reordered, doubled or left out: TCP would not show that to either side.

The proxy has a thread of its own; every method may be called from any other.
"""

import asyncio
import collections
import socket
import struct
import threading

# More than the system's buffers hold, and little enough that a stalled connection is noticed as one.
QUEUE_BYTES_MIN = 1 << 20
UNSENT_BYTES_MAX = 1 << 18


class Pump(asyncio.Protocol):
    """One side of a connection, and what came from it and goes to the other."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.transport = None
        self.other = None
        self.queue = collections.deque()  # (when it is to go on, bytes); at last (when, None)
        self.queued = 0
        self.link_free_at = 0.0
        self.ended = False  # nothing more goes to the other side
        self.timer = None
        self.writable = asyncio.Event()
        self.writable.set()

    # ---- from the event loop ----

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_write_buffer_limits(high=UNSENT_BYTES_MAX)

    def data_received(self, data):
        if self.ended:
            return
        if self.proxy.take_corruption():
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]
        self.put(data, len(data))
        if self.queued >= self.proxy.queue_bytes:
            self.transport.pause_reading()

    def eof_received(self):
        self.put(None, 0)
        return True  # the other direction stays open

    def connection_lost(self, error):
        if self.timer is not None:
            self.timer.cancel()
        self.proxy.pumps.discard(self)
        if self.other is not None:
            self.other.reset() if error else self.other.transport.close()

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()
        self.other.pass_on()

    # ---- the link ----

    def put(self, data, size):
        now = self.proxy.loop.time()
        rate = self.proxy.bytes_per_second
        self.link_free_at = max(now, self.link_free_at) + (size / rate if rate else 0)
        self.queue.append((self.link_free_at + self.proxy.delay, data))
        self.queued += size
        self.pass_on()

    def pass_on(self):
        """All that is due; what is left has a timer, or waits for somebody to call this."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        other = self.other
        if other is None or self.ended or other.transport.is_closing():
            return
        while self.queue and not self.proxy.stalled and other.writable.is_set():
            due, data = self.queue[0]
            if due > self.proxy.loop.time():
                self.timer = self.proxy.loop.call_at(due, self.pass_on)
                break
            self.queue.popleft()
            if data is None:
                self.end()
                return
            self.queued -= len(data)
            self.proxy.carried += len(data)
            other.transport.write(data)
        if self.queued < self.proxy.queue_bytes and not self.transport.is_closing():
            self.transport.resume_reading()

    def end(self):
        """The other side hears that nothing follows; when both have heard that, it is over."""
        self.ended = True
        self.queue.clear()
        self.queued = 0
        self.other.transport.write_eof()
        if self.other.ended:
            self.transport.close()
            self.other.transport.close()

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


class FaultProxy:
    def __init__(self, target_port, delay=0.0, bytes_per_second=None):
        self.delay = delay
        self.bytes_per_second = bytes_per_second
        # Twice what is on the way, as routers have it.
        self.queue_bytes = max(QUEUE_BYTES_MIN, int(2 * delay * (bytes_per_second or 0)))
        self.target_port = target_port
        self.carried = 0  # bytes, both ways, by all connections
        self.accepted = 0
        self.pumps = set()
        self.stalled = False
        self.corruptions = 0
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(
            self.loop.create_server(self.accept, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # ---- faults ----

    def cut(self):
        self.call(self.abort_all)

    def half_close(self):
        def close():
            for pump in self.listening_sides():
                pump.end()
        self.call(close)

    def corrupt(self):
        self.call(lambda: setattr(self, "corruptions", self.corruptions + 1))

    def stall(self):
        self.call(lambda: setattr(self, "stalled", True))

    def go_on(self):
        def go():
            self.stalled = False
            for pump in list(self.pumps):
                pump.pass_on()
        self.call(go)

    def stop(self):
        if self.loop.is_closed():
            return
        self.call(self.abort_all)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    # ---- on its own thread ----

    def call(self, step):
        """Returns when it was done."""
        done = threading.Event()

        def run():
            try:
                step()
            finally:
                done.set()
        self.loop.call_soon_threadsafe(run)
        done.wait()

    def accept(self):
        self.accepted += 1
        client = Pump(self)
        self.pumps.add(client)
        self.loop.create_task(self.connect(client))
        return client

    async def connect(self, client):
        try:
            _, server = await self.loop.create_connection(lambda: Pump(self), "127.0.0.1", self.target_port)
        except OSError:
            client.reset()
            return
        client.other, server.other = server, client
        self.pumps.add(server)
        if client not in self.pumps:  # it has ended meanwhile
            server.reset()
        client.pass_on()

    def abort_all(self):
        for pump in list(self.pumps):
            pump.reset()

    def listening_sides(self):
        """Of connections that are whole, the side of those who were connected to."""
        return [pump for pump in self.pumps
                if pump.other is not None and not pump.ended and not pump.other.transport.is_closing()
                and pump.transport.get_extra_info("sockname")[1] != self.port]

    def take_corruption(self):
        if self.corruptions == 0:
            return False
        self.corruptions -= 1
        return True
