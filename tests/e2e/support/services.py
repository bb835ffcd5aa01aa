"""Real services from Debian packages, each in a folder of its own, on loopback and free ports, ended by
process id. The classes start and load them; what they must then show is in expected/*.tsv."""
import base64
import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from .agent import eventually, free_port
from .amqp import Consumer


class Service:
    command_name = None

    def __init__(self, folder):
        self.folder = os.path.join(folder, type(self).__name__.lower())
        os.makedirs(self.folder)
        self.process = None
        self.clients = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def launch(self, command, env=None):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **(env or {})}, start_new_session=True)

    def wait(self, probe, seconds=60):
        def ask():
            if self.process.poll() is not None:
                raise RuntimeError(f"{type(self).__name__} ended with {self.process.returncode}:\n{self.log()}")
            try:
                return probe()
            except (OSError, urllib.error.URLError) as e:
                raise AssertionError(e) from None
        eventually(ask, seconds, type(self).__name__)

    def log(self):
        with open(self.path("log"), errors="replace") as f:
            return f.read()[-3000:]

    def stop(self):
        for client in self.clients:
            client.close()
        if self.process and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGTERM)  # the session that launch() made, nobody else
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            direct = [int(p) for p in f.read().split()]
    except OSError:
        return []
    return direct + [c for d in direct for c in children(d)]


class RabbitMQ(Service):
    def start(self):
        self.port, self.amqp_port, self.dist_port, self.epmd_port = (free_port() for _ in range(4))
        self.url = f"http://127.0.0.1:{self.port}"
        plugins = self.write("enabled_plugins", "[rabbitmq_management].\n")
        config = self.write("rabbitmq.conf", f"""
listeners.tcp.1 = 127.0.0.1:{self.amqp_port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {self.port}
collect_statistics_interval = 1000
""")
        env = {
            "HOME": self.folder, "RABBITMQ_NODENAME": "tally@localhost", "RABBITMQ_MNESIA_BASE": self.path("mnesia"),
            "RABBITMQ_LOG_BASE": self.path("logs"), "RABBITMQ_LOGS": "-", "RABBITMQ_ENABLED_PLUGINS_FILE": plugins,
            "RABBITMQ_CONFIG_FILE": config, "RABBITMQ_CONF_ENV_FILE": self.write("env", ""),
            "RABBITMQ_DIST_PORT": str(self.dist_port), "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_PID_FILE": self.path("pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        self.launch(["/usr/lib/rabbitmq/bin/rabbitmq-server"], env)
        self.wait(lambda: json.loads(self.api("GET", "/overview")).get("rabbitmq_version"), 90)
        self.load()

    def api(self, method, path, body=None):
        request = urllib.request.Request(self.url + "/api" + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json",
                                                  "Authorization": "Basic " + base64.b64encode(b"guest:guest").decode()})
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.read()

    def publish(self, vhost, queue, payloads, **properties):
        for payload in payloads:
            answer = self.api("POST", f"/exchanges/{urllib.parse.quote(vhost, safe='')}/amq.default/publish",
                              {"properties": {"delivery_mode": 2, **properties}, "routing_key": queue, "payload": payload, "payload_encoding": "string"})
            assert json.loads(answer)["routed"], answer

    def load(self):
        self.api("PUT", "/vhosts/prod")
        self.api("PUT", "/permissions/prod/guest", {"configure": ".*", "write": ".*", "read": ".*"})
        queues = [("/", "celery", {}), ("prod", "orders", {}), ("prod", "mail/send", {"x-max-length": 100}), ("prod", "quorum1", {"x-queue-type": "quorum"})]
        for vhost, name, arguments in queues:
            self.api("PUT", f"/queues/{urllib.parse.quote(vhost, safe='')}/{urllib.parse.quote(name, safe='')}", {"durable": True, "arguments": arguments})
        self.publish("/", "celery", [f"hello{i}" for i in range(5)])
        self.publish("prod", "orders", [f"hello{i}" for i in range(40)])
        self.publish("prod", "mail/send", [f"hello{i}" for i in range(5)])
        self.publish("prod", "quorum1", ["q"] * 12)
        got = json.loads(self.api("POST", "/queues/prod/orders/get", {"count": 7, "ackmode": "ack_requeue_false", "encoding": "auto"}))
        assert len(got) == 7
        consumer = Consumer(self.amqp_port, "prod", "orders", prefetch=10)
        self.clients.append(consumer)
        consumer.receive(10)
        for tag in consumer.tags[:6]:
            consumer.ack(tag)
        consumer.receive(16)  # ten unacknowledged again

    def stop(self):
        # Erlang's port mapper leaves the session to outlive its node: it is ours if it listens on our port.
        super().stop()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    environment = f.read().split(b"\0")
                with open(f"/proc/{pid}/comm") as f:
                    name = f.read().strip()
            except OSError:
                continue
            if name == "epmd" and b"ERL_EPMD_PORT=%d" % self.epmd_port in environment:
                os.kill(int(pid), signal.SIGTERM)


class NatsClient:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.buffer = b""
        assert self._line().startswith(b"INFO ")
        self.socket.sendall(b'CONNECT {"verbose":false,"pedantic":false,"name":"e2e","lang":"py","version":"0"}\r\nSUB _INBOX.e2e 1\r\n')
        self.flush()

    def _line(self):
        while b"\r\n" not in self.buffer:
            more = self.socket.recv(65536)
            assert more, "NATS closed the connection"
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def flush(self):
        self.socket.sendall(b"PING\r\n")
        while self._line() != b"PONG":
            pass

    def publish(self, subject, payload=b""):
        self.socket.sendall(b"PUB %s _INBOX.e2e %d\r\n%s\r\n" % (subject.encode(), len(payload), payload))
        return self.message()

    def message(self):
        while True:
            line = self._line()
            if line.startswith(b"MSG ") or line.startswith(b"HMSG "):
                size = int(line.split()[-1])
                while len(self.buffer) < size + 2:
                    self.buffer += self.socket.recv(65536)
                payload, self.buffer = self.buffer[:size], self.buffer[size + 2:]
                return payload
            assert not line.startswith(b"-ERR"), line

    def request(self, subject, what):
        answer = json.loads(self.publish(subject, json.dumps(what).encode()))
        assert "error" not in answer, answer
        return answer

    def close(self):
        self.socket.close()


class Nats(Service):
    def start(self):
        self.client_port, self.port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.launch(["/usr/sbin/nats-server", "-a", "127.0.0.1", "-p", str(self.client_port), "-m", str(self.port), "-js", "-sd", self.path("js"), "-n", "nats1"])
        self.wait(lambda: urllib.request.urlopen(self.url + "/healthz", timeout=5).status == 200, 20)
        self.client = NatsClient(self.client_port)
        self.clients.append(self.client)
        self.client.request("$JS.API.STREAM.CREATE.ORDERS", {"name": "ORDERS", "subjects": ["js.orders.>"], "storage": "file", "retention": "limits",
                                                             "max_age": 0, "num_replicas": 1, "max_msgs": 1000, "max_bytes": -1, "discard": "old"})
        self.client.request("$JS.API.CONSUMER.DURABLE.CREATE.ORDERS.billing", {"stream_name": "ORDERS", "config": {
            "durable_name": "billing", "ack_policy": "explicit", "deliver_policy": "all", "max_ack_pending": 100, "ack_wait": 3600 * 10**9}})
        self.publish(range(25))
        # Five are fetched and never acknowledged.
        self.client.socket.sendall(b"PUB $JS.API.CONSUMER.MSG.NEXT.ORDERS.billing _INBOX.e2e 1\r\n5\r\n")
        for _ in range(5):
            assert self.client.message() == b"world"

    def publish(self, numbers):
        for i in numbers:
            assert json.loads(self.client.publish(f"js.orders.{i}", b"world"))["stream"] == "ORDERS"


class Uwsgi(Service):
    APPLICATION = """
import os
def application(environ, start):
    if environ['PATH_INFO'] == '/boom':
        raise RuntimeError('boom')
    if environ['PATH_INFO'] == '/slow':
        with open(%r) as pipe:
            pipe.read()
    start('200 OK', [('Content-Type', 'text/plain')])
    return [b'ok']
"""

    def start(self):
        if not self.process:  # else it comes back where it was
            self.http, self.port = free_port(), free_port()
            self.url = f"http://127.0.0.1:{self.port}"
            os.mkfifo(self.path("pipe"))
        pipe = self.path("pipe")
        application = self.write("app.py", self.APPLICATION % pipe)
        self.launch(["/usr/bin/uwsgi", "--plugins", "python3", "--http-socket", f"127.0.0.1:{self.http}", "--wsgi-file", application, "--master",
                     "--processes", "1", "--threads", "2", "--listen", "64", "--memory-report", "--stats", f"127.0.0.1:{self.port}", "--stats-http",
                     "--die-on-term"])
        self.wait(lambda: self.worker()["status"] == "idle", 30)
        # The thread that raised keeps `in_request` until it serves another request (seen with 2.0.21).
        self.requests = 0
        self.ask("/boom")
        while self.requests < 5 or any(core["in_request"] for core in self.worker()["cores"]):
            self.ask("/")
        slow = socket.create_connection(("127.0.0.1", self.http), timeout=10)
        self.clients.append(slow)
        slow.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        self.wait(lambda: self.worker()["status"] == "busy", 10)

    def worker(self):
        return json.loads(urllib.request.urlopen(self.url, timeout=5).read())["workers"][0]

    def ask(self, path):
        """One request, answered or not; counted."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=10).read()
        except OSError:
            assert path == "/boom", "uWSGI did not answer"
        self.requests += 1
        eventually(lambda: self.worker()["requests"] == self.requests, 10, "the request counted")

    @property
    def socket_name(self):
        return f"127.0.0.1:{self.http}"


class Prometheus(Service):
    def start(self, address, config=None):
        """Scrapes `address` each second; or runs with `config`, a configuration as a structure."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = self.write("prometheus.yml", json.dumps(config or {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{"job_name": "tallyman", "honor_labels": True, "static_configs": [{"targets": ["%s:%d" % address]}]}]}))
        self.launch(["/usr/bin/prometheus", "--config.file", config, "--storage.tsdb.path", self.path("data"),
                     "--web.listen-address", f"127.0.0.1:{self.port}", "--log.level", "warn"])
        self.wait(lambda: urllib.request.urlopen(self.url + "/-/ready", timeout=5).status == 200, 30)

    def api(self, path, **parameters):
        url = f"{self.url}/api/v1/{path}?" + urllib.parse.urlencode(parameters)
        try:
            answer = json.loads(urllib.request.urlopen(url, timeout=10).read())
        except urllib.error.HTTPError as e:
            raise RuntimeError(f"{path} {parameters}: {e.read().decode()}") from None
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        return [(r["metric"], r["value"][1]) for r in self.api("query", query=expression)["result"]]


def promtool(*arguments, cwd=None, stdin=None):
    """(exit code, what it wrote)."""
    done = subprocess.run(["promtool", *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr
