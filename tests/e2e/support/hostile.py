"""Servers that answer well until they are turned, and then do what one row of test_local_hostile.py says.

A script gets the connection (and the request's head) and may send any bytes; when it returns the connection is
closed, when the peer leaves it ends. Scripts that send for ever are ended by that too."""
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

from .fakes import Listener

DRIP_SECONDS = 0.1


class Turn:
    """All servers of a test turn hostile at the same moment."""

    def __init__(self):
        self.event = threading.Event()
        self.servers = []

    def __call__(self):
        self.event.set()
        for server in self.servers:
            server.turned()

    @property
    def done(self):
        return self.event.is_set()


class Hostile(Listener):
    """`at_accept`: the script gets the bare connection instead of the first request. `unheard`: after the turn nobody
    listens. `good_tls`, `bad_tls`: contexts before and after the turn; None: plain. `line`: no HTTP, a request is a line."""

    def __init__(self, turn, good, script=None, at_accept=False, unheard=False, unix=None, good_tls=None, bad_tls=None, line=False):
        self.turn, self.good, self.script = turn, good, script
        self.at_accept, self.unheard, self.unix = at_accept, unheard, unix
        self.good_tls, self.bad_tls = good_tls, bad_tls
        self.line = line
        self.requests = 0
        super().__init__()
        if unix:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(unix)
        else:
            self._socket = socket.socket()
            self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(64)
        self.port = 0 if unix else self._socket.getsockname()[1]
        turn.servers.append(self)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        if self.unix:
            return f"unix://{self.unix}" if self.line else f"unix:{self.unix}:"
        if self.line:
            return f"tcp://127.0.0.1:{self.port}"
        return f"{'https' if self.good_tls else 'http'}://127.0.0.1:{self.port}"

    def turned(self):
        if self.unheard:
            self.close()
            if self.unix:
                os.unlink(self.unix)
        if self.unheard or self.at_accept or self.bad_tls:  # what was agreed on before must be agreed on again
            self.drop_connections()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, bare):
        connection = bare
        with self._lock:
            self._open.add(bare)
        try:
            if self.turn.done and self.at_accept:
                self.script(bare, b"")
                return
            context = self.bad_tls if self.turn.done and self.bad_tls else self.good_tls
            if context:
                bare.settimeout(20)
                connection = context.wrap_socket(bare, server_side=True)
                connection.settimeout(None)
                with self._lock:  # wrap_socket took the descriptor over
                    self._open.discard(bare)
                    self._open.add(connection)
            while True:
                head = read_line(connection) if self.line else read_request(connection)
                if not head:
                    return
                with self._lock:
                    self.requests += 1
                if not self.turn.done:
                    connection.sendall(self.good)
                elif self.script:
                    self.script(connection, head)
                    return
                else:
                    connection.sendall(self.good)
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(bare)
                self._open.discard(connection)
            connection.close()


def read_request(connection):
    """The head of one request; its body is read too. b"": the peer left."""
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        more = connection.recv(65536)
        if not more:
            return b""
        buffer += more
    head, _, body = buffer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head


def read_line(connection):
    """A request without HTTP. b"": the peer left."""
    buffer = b""
    while not buffer.endswith(b"\n"):
        more = connection.recv(65536)
        if not more:
            return b""
        buffer += more
    return buffer


# Scripts. Each gives a function of (connection, head of the request).

def sends(*pieces, then="close"):
    """These bytes, and then: close, stall (until the peer leaves) or reset."""
    def script(connection, _):
        for piece in pieces:
            connection.sendall(piece)
        if then == "stall":
            stall(connection)
        elif then == "reset":
            reset(connection)
    return script


def stalls(*pieces):
    return sends(*pieces, then="stall")


def resets(*pieces):
    return sends(*pieces, then="reset")


def drips(at_once, slowly):
    def script(connection, _):
        connection.sendall(at_once)
        for i in range(len(slowly)):
            connection.sendall(slowly[i:i + 1])
            time.sleep(DRIP_SECONDS)
        stall(connection)
    return script


def floods(start, piece, gigabytes=None):
    """`start`, and then `piece` again and again: for ever, or until so many GiB were sent and then closed."""
    def script(connection, _):
        connection.sendall(start)
        block = piece * max(1, 65536 // len(piece))
        left = None if gigabytes is None else gigabytes << 30
        while left is None or left > 0:
            connection.sendall(block)
            if left is not None:
                left -= len(block)
    return script


def stall(connection):
    while connection.recv(65536):
        pass


def reset(connection):
    """Closes with RST instead of FIN; lets what was sent arrive first."""
    deadline = time.monotonic() + 5
    while unsent(connection) and time.monotonic() < deadline:
        time.sleep(0.001)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def unsent(connection):
    import fcntl
    import termios
    held = bytearray(4)
    fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, held)
    return struct.unpack("i", held)[0]


class Certificates:
    """An authority, and what it signed and did not; by the openssl program, for 127.0.0.1."""

    def __init__(self, folder):
        self.folder = folder
        self.authority("ca")
        self.authority("other-ca")
        self.signed("good", "ca", "IP:127.0.0.1", 2)
        self.signed("stranger", "other-ca", "IP:127.0.0.1", 2)
        self.signed("misnamed", "ca", "DNS:example.org", 2)
        self.signed("expired", "ca", "IP:127.0.0.1", 2)
        self.make_old("expired", "ca")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)

    def authority(self, name):
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                 "-keyout", self.path(name + ".key"), "-out", self.path(name + ".crt"))

    def signed(self, name, authority, names, days):
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", self.path(name + ".key"), "-out", self.path(name + ".csr"))
        with open(self.path(name + ".ext"), "w") as f:
            f.write(f"subjectAltName={names}\n")
        self.run("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path(authority + ".crt"), "-CAkey", self.path(authority + ".key"),
                 "-CAcreateserial", "-days", str(days), "-extfile", self.path(name + ".ext"), "-out", self.path(name + ".crt"))

    def make_old(self, name, authority):
        """Signed once more, for a day in 2020: `openssl x509` of 3.0 has no option for that, that of 3.5 refuses negative days."""
        settings = self.path("authority.cnf")
        with open(settings, "w") as f:
            f.write(f"[ca]\ndefault_ca=it\n[it]\ndatabase={self.path('issued')}\nnew_certs_dir={self.folder}\ndefault_md=sha256\n"
                    f"rand_serial=yes\npolicy=any\n[any]\ncommonName=supplied\n")
        open(self.path("issued"), "w").close()
        self.run("ca", "-batch", "-notext", "-config", settings, "-cert", self.path(authority + ".crt"), "-keyfile", self.path(authority + ".key"),
                 "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-extfile", self.path(name + ".ext"),
                 "-in", self.path(name + ".csr"), "-out", self.path(name + ".crt"))

    def context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(name + ".crt"), self.path(name + ".key"))
        return context
