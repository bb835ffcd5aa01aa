"""As much AMQP 0-9-1 as a consumer needs that keeps some messages unacknowledged (the library of
that name is in no package we want to ask for). Frames: type, channel, size, payload, 0xCE."""
import socket
import struct


def short_string(text):
    data = text.encode()
    return bytes([len(data)]) + data


def long_string(data):
    return struct.pack(">I", len(data)) + data


class Consumer:
    """Connects, consumes `queue` with this prefetch. receive() takes deliveries, ack() gives them back."""

    def __init__(self, port, vhost, queue, prefetch, user="guest", password="guest"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.buffer = b""
        self.tags = []
        self.socket.sendall(b"AMQP\x00\x00\x09\x01")
        self._expect(10, 10)  # connection.start
        self._method(0, 10, 11, b"\0\0\0\0" + short_string("PLAIN") + long_string(f"\0{user}\0{password}".encode()) + short_string("en_US"))
        self._expect(10, 30)  # tune
        self._method(0, 10, 31, struct.pack(">HIH", 10, 131072, 0))
        self._method(0, 10, 40, short_string(vhost) + b"\0\0")
        self._expect(10, 41)  # open-ok
        self._method(1, 20, 10, b"\0")
        self._expect(20, 11)
        self._method(1, 60, 10, struct.pack(">IHB", 0, prefetch, 0))
        self._expect(60, 11)  # qos-ok
        self._method(1, 60, 20, b"\0\0" + short_string(queue) + short_string("e2e") + b"\0" + b"\0\0\0\0")
        self._expect(60, 21)  # consume-ok

    def _send(self, kind, channel, payload):
        self.socket.sendall(struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce")

    def _method(self, channel, cls, method, arguments):
        self._send(1, channel, struct.pack(">HH", cls, method) + arguments)

    def _frame(self):
        while True:
            if len(self.buffer) >= 7:
                kind, channel, size = struct.unpack(">BHI", self.buffer[:7])
                if len(self.buffer) >= 8 + size:
                    payload, self.buffer = self.buffer[7:7 + size], self.buffer[8 + size:]
                    return kind, payload
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("RabbitMQ closed the connection")
            self.buffer += more

    def _take(self):
        """The next method's class and id; deliveries are kept on the way."""
        while True:
            kind, payload = self._frame()
            if kind != 1:
                continue  # content header, body, heartbeat
            cls, method = struct.unpack(">HH", payload[:4])
            if (cls, method) == (60, 60):  # deliver: consumer tag, delivery tag
                self.tags.append(struct.unpack(">Q", payload[5 + payload[4]:13 + payload[4]])[0])
            if (cls, method) in ((10, 50), (20, 40)):
                raise ConnectionError(f"RabbitMQ said {payload[7:]!r}")
            return cls, method

    def _expect(self, cls, method):
        while self._take() != (cls, method):
            pass

    def receive(self, count):
        while len(self.tags) < count:
            self._take()

    def ack(self, tag):
        self._method(1, 60, 80, struct.pack(">QB", tag, 0))

    def close(self):
        self.socket.close()
