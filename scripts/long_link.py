"""A TCP proxy that is a long link: what goes in comes out half a round trip later, in either direction, and no
faster than the link carries. Runs in a process of its own."""

import collections
import multiprocessing
import select
import socket
import time

CHUNK_BYTES = 256 * 1024
SOCKET_BYTES = 4 * 1024 * 1024


class Direction:
    """What is on its way from one socket to the other."""

    def __init__(self, source, target, delay, rate):
        self.source, self.target, self.delay, self.rate = source, target, delay, rate
        # Twice what fits into the link: as routers have.
        self.waiting_max = 2 * int(rate * 2 * delay) + 16 * CHUNK_BYTES
        self.chunks = collections.deque()
        self.waiting = 0
        self.free_at = 0.0
        self.ended = False
        self.arrived = []  # (time, bytes)

    def read(self):
        try:
            data = self.source.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return
        self.free_at = max(self.free_at, time.monotonic()) + len(data) / self.rate
        self.chunks.append((self.free_at + self.delay, memoryview(data)))
        self.waiting += len(data)

    def is_due(self, now):
        return bool(self.chunks) and self.chunks[0][0] <= now

    def write(self):
        while self.is_due(time.monotonic()):
            due, data = self.chunks[0]
            try:
                count = self.target.send(data)
            except BlockingIOError:
                return
            self.waiting -= count
            self.arrived.append((time.monotonic(), count))
            if count < len(data):
                self.chunks[0] = (due, data[count:])
                return
            self.chunks.popleft()


def carry(listening, target_port, delay, rate, reports):
    client, _ = listening.accept()
    server = socket.create_connection(("127.0.0.1", target_port))
    for each in (client, server):
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        each.setblocking(False)
    directions = [Direction(client, server, delay, rate), Direction(server, client, delay, rate)]
    while not any(direction.ended for direction in directions):
        now = time.monotonic()
        due = [direction.chunks[0][0] for direction in directions if direction.chunks]
        ready, _, _ = select.select([each.source for each in directions if each.waiting < each.waiting_max],
                                    [each.target for each in directions if each.is_due(now)], [],
                                    max(0.0, min(due, default=now + 0.1) - now) or 0.1)
        for direction in directions:
            if direction.source in ready:
                direction.read()
            direction.write()
    reports.send(max((direction.arrived for direction in directions), key=lambda each: sum(n for _, n in each)))


class LongLink:
    """Carries the first connection to `port`, to `target_port`. `arrived()` is for when either end has closed it:
    what came out on the busier side, as times and counts."""

    def __init__(self, target_port, round_trip_seconds, megabits):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        self.port = listening.getsockname()[1]
        self.reports, other = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(
            target=carry, args=(listening, target_port, round_trip_seconds / 2, megabits * 125_000, other), daemon=True)
        self.process.start()
        listening.close()

    def arrived(self):
        result = self.reports.recv()
        self.process.join()
        return result
