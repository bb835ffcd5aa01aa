"""Scripted HTTP servers. A script is a function of one request that gives the bytes to send, or
None to send nothing and wait. It can be changed while the server runs."""
import gzip
import json
import os
import socket
import threading
import time


class Request:
    def __init__(self, method, path, headers, body, at):
        self.method, self.path, self.headers, self.body, self.at = method, path, headers, body, at


def answer(body=b"", status=200, headers=(), reason="OK", length=True):
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status} {reason}"] + [f"{k}: {v}" for k, v in headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def chunked(body, sizes, headers=()):
    """`body` in chunks of these sizes, the last size repeated, with an extension and a trailer."""
    if isinstance(body, str):
        body = body.encode()
    out = answer(b"", headers=(("Transfer-Encoding", "chunked"), *headers), length=False)
    at, i = 0, 0
    while at < len(body):
        size = sizes[min(i, len(sizes) - 1)]
        piece = body[at:at + size]
        out += b"%x;x=y\r\n%s\r\n" % (len(piece), piece)
        at, i = at + size, i + 1
    return out + b"0\r\nX-Trailer: 1\r\n\r\n"


def gzipped(body, headers=()):
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    return answer(gzip.compress(body.encode()), headers=(("Content-Encoding", "gzip"), *headers))


class Listener:
    """What servers here have in common: a listening socket and the connections that are open, to be cut from outside."""

    def __init__(self):
        self._lock = threading.Lock()
        self._open = set()

    def drop_connections(self):
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        """Nobody listens any more; what is open stays."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def stop(self):
        """Nobody listens any more, and what was open is cut."""
        self.close()
        self.drop_connections()


class Server(Listener):
    """One listening socket, a thread per connection. `script(request) -> bytes | None`."""

    def __init__(self, script, host="127.0.0.1", unix=None, close_each=False, greet=b""):
        self.script = script if callable(script) else (lambda _: script)
        self.host, self.unix, self.close_each, self.greet = host, unix, close_each, greet
        self.port = 0
        self.accepts, self.requests = 0, []
        super().__init__()
        self.listen()

    def listen(self):
        if self.unix:
            if os.path.exists(self.unix):
                os.unlink(self.unix)
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(self.unix)
        else:
            self._socket = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((self.host, self.port))
            self.port = self._socket.getsockname()[1]
        self._socket.listen(1024)
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()
        return self

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.accepts += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        buffer = b""
        try:
            connection.sendall(self.greet)  # for servers that speak first
            while True:
                while b"\r\n\r\n" not in buffer:
                    more = connection.recv(65536)
                    if not more:
                        return
                    buffer += more
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                method, path, _ = lines[0].split(" ")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
                length = int(headers.get("content-length", 0))
                while len(buffer) < length:
                    buffer += connection.recv(65536)
                body, buffer = buffer[:length], buffer[length:]
                request = Request(method, path, headers, body, time.monotonic())
                with self._lock:
                    self.requests.append(request)
                reply = self.script(request)
                if reply is None:
                    while connection.recv(65536):
                        pass
                    return
                connection.sendall(reply)
                if self.close_each:
                    return
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def crew(workers=None, queues=None):
    """The answer that collectors/crew.yaml reads."""
    workers = {"w1": 1, "w2": 0} if workers is None else workers
    queues = {"mail": 3} if queues is None else queues
    return {
        "workers": [{"name": n, "up": True, "load": load, "max_load": 4} for n, load in workers.items()],
        "queues": [{"name": n, "ready": r} for n, r in queues.items()],
    }
