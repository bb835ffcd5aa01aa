"""The real binary as a test sees it: configuration in, HTTP out, ended by its process id.

Nothing here knows how Tallyman works inside. Every wait is bounded."""
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from . import exposition

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
E2E = os.path.join(REPO, "tests", "e2e")
COLLECTORS = os.path.join(E2E, "collectors")
TEST_SECONDS = 90  # no test may take longer, unless it says so


def binary():
    return os.path.abspath(
        os.environ.get("TALLYMAN_BIN")
        or os.environ.get("TALLYMAN")
        or os.path.join(REPO, "build", "release", "tallyman")
    )


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def eventually(probe, seconds=20.0, what="it"):
    """Asks until `probe` gives something true, and gives that; AssertionError when time is up.
    A probe may raise AssertionError for `not yet`; the last one says what was missing."""
    end = time.monotonic() + seconds
    last = None
    while True:
        try:
            value = probe()
            if value:
                return value
            last = f"the last answer was {value!r}"
        except (AssertionError, ConnectionError, http.client.HTTPException, socket.timeout) as e:
            last = e
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:g} s; {last}")
        time.sleep(0.02)


def yaml(value):
    """JSON is YAML: no library needed to write a configuration."""
    return json.dumps(value, indent=1)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8")

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:200]!r}"


class Agent:
    def __init__(self, config_path, folder, arguments=(), limits=None, address=None, listen=True):
        """`listen`: false leaves the address to the configuration, and `address` only says which it is."""
        self.folder = folder
        self.address = address or ("127.0.0.1", free_port())
        self.log_path = os.path.join(folder, f"agent-{self.address[1]}.log")
        command = [binary(), "run", *(["--config", config_path] if config_path else []), *arguments]
        if listen:
            command += ["--listen", "%s:%d" % self.address]
        if COLLECTORS not in arguments:
            command += ["--collectors", COLLECTORS]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits)) if limits else None,
            )
        self.exit_code = None

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def get(self, path, headers=None, method="GET", timeout=10):
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def live(self, seconds=10):
        def probe():
            if self.process.poll() is not None:
                raise RuntimeError(f"tallyman ended with {self.process.returncode}:\n{self.log()}")
            return self.get("/livez").status == 200
        eventually(probe, seconds, "/livez")
        return self

    def ready(self, seconds=20):
        self.live()
        eventually(lambda: self.get("/readyz").status == 200, seconds, "/readyz")
        return self

    def metrics(self, target=None):
        reply = self.get("/metrics" if target is None else f"/metrics?target={target}")
        assert reply.status == 200, reply
        return exposition.parse(reply.text)

    def stop(self, seconds=10):
        """SIGTERM; how long it took. The exit code is in exit_code, also when it had ended before."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.exit_code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"tallyman was still running {seconds} s after SIGTERM:\n{self.log()}")
        return time.monotonic() - began


class Test(unittest.TestCase):
    seconds = TEST_SECONDS

    def setUp(self):
        def out_of_time(*_):
            raise TimeoutError(f"the test took over {self.seconds} s")
        signal.signal(signal.SIGALRM, out_of_time)
        signal.alarm(self.seconds)
        self.addCleanup(signal.alarm, 0)
        self.folder = tempfile.mkdtemp(prefix="tallyman-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def config(self, targets, name="targets.yaml", **agent):
        return self.write(name, yaml({**agent, "targets": targets}))

    def agent(self, targets, arguments=(), limits=None, **agent):
        return self.run_agent(self.config(targets, **agent), arguments, limits)

    def run_agent(self, config_path, arguments=(), limits=None):
        agent = Agent(config_path, self.folder, arguments, limits)
        self.addCleanup(self.end, agent)
        return agent

    def end(self, agent):
        """Whatever a test looked at: the agent stops when told, with 0, and without a sanitizer's word."""
        took = agent.stop() if agent.exit_code is None else 0
        log = agent.log()
        self.assertEqual(agent.exit_code, 0, f"exit code after SIGTERM; log:\n{log[-4000:]}")
        self.assertLess(took, 5)
        for word in ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"):
            self.assertNotIn(word, log)

    def tallyman(self, *arguments, stdin=None, seconds=30, env=None, cwd=None):
        """A command that ends by itself: (exit code, stdout, stderr)."""
        done = subprocess.run([binary(), *arguments], input=stdin, capture_output=True, text=True, timeout=seconds,
                              cwd=cwd or self.folder, env=env)
        return done.returncode, done.stdout, done.stderr
