"""What the benches of the whole program share: subjects that run in turn, in one run, on the same machine.

A bench states its subjects; each round runs every one of them once, beginning with another one each time. CPU time is
that of the kernel's scheduler (nanoseconds), not of its clock ticks. A verdict is given on the median of the rounds'
ratios, and none when the rounds differ too much: then the machine was busy with something else."""
import atexit
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
BINARY = os.environ.get("TALLYMAN_BIN") or os.environ.get("TALLYMAN") or os.path.join(REPO, "build", "release", "tallyman")
ROUNDS = 7
signal.signal(signal.SIGTERM, lambda *_: exit(1))  # through atexit, which ends the children


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def many_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def wait_until(probe, what, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            value = probe()
            if value:
                return value
            last = repr(value)[:200]
        except (OSError, http.client.HTTPException) as e:
            last = e
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {seconds} s: {last}")
        time.sleep(0.05)


def cpu_seconds(pid):
    """Of all threads of a process that runs, by the scheduler."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def resident_kib(pid, which="VmRSS"):
    """Resident memory now, or VmHWM: the most there was."""
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(which + r":\s+(\d+) kB", f.read())[1])


def get(address, path, headers=None):
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


class Child:
    """A process in a folder of its own, ended by its number."""

    def __init__(self, command, folder, cpu=None, piped=False):
        self.log = os.path.join(folder, os.path.basename(command[0]) + ".log")
        pipe = subprocess.PIPE if piped else None
        if cpu is not None and os.cpu_count() > 1:
            command = ["taskset", "-c", str(cpu), *command]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdin=pipe or subprocess.DEVNULL, stdout=pipe or log, stderr=log, text=True)
        self.pid = self.process.pid
        atexit.register(self.stop)  # also when the bench ends at a check

    def must_run(self):
        if self.process.poll() is not None:
            with open(self.log, errors="replace") as f:
                raise SystemExit(f"{' '.join(map(str, self.process.args))} ended with {self.process.returncode}:\n{f.read()[-2000:]}")

    def end_of_input(self):
        """What one that is `piped` writes when its input has ended."""
        return self.process.communicate(timeout=30)[0]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Nginx:
    """Serves a folder's files: one process, connections kept, on its own core where there are two. `moving`, by path: bodies
    in which nginx puts its variables, such as $connection_requests, so that no answer is the one before; of at most 4 KB. `turns`, by
    path: two bodies, which a connection is given in turn. `keep`: connections, else each is closed behind its answer."""

    def __init__(self, folder, files, tls=None, moving=None, turns=None, connections=8192, keep=True):
        self.folder = folder
        os.makedirs(os.path.join(folder, "html"))
        two = {f"{name}-{turn}": body for name, bodies in (turns or {}).items() for turn, body in enumerate(bodies)}
        for name, body in {**files, **two}.items():
            with open(os.path.join(folder, "html", name), "wb") as f:
                f.write(body)
        self.port, self.status_port = free_port(), free_port()
        secure = f" ssl; ssl_certificate {tls}; ssl_certificate_key {tls}" if tls else ""
        written = "".join(f" location = /{name} {{ return 200 '{body}'; }}" for name, body in (moving or {}).items())
        written += "".join(f" location = /{name} {{ try_files /{name}-$turn =404; }}" for name in turns or {})
        with open(os.path.join(folder, "nginx.conf"), "w") as f:
            f.write(f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections {connections}; multi_accept on; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout {600 if keep else 0}; tcp_nodelay on; sendfile off; open_file_cache max=100;
  default_type application/json; map $connection_requests $turn {{ ~[02468]$ 0; default 1; }}
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{self.port} backlog=4096{secure}; root {folder}/html;{written} }}
  server {{ listen 127.0.0.1:{self.status_port}; location = /status {{ stub_status; }} }}
}}
""")
        self.child = Child(["nginx", "-c", os.path.join(folder, "nginx.conf"), "-p", folder], folder, cpu=1)
        self.scheme = "https" if tls else "http"
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        wait_until(lambda: (self.child.must_run(), self.requests())[1], "nginx")

    def requests(self):
        """All it has answered, this question included."""
        _, text = get(("127.0.0.1", self.status_port), "/status")
        return int(text.split()[9])

    def stop(self):
        self.child.stop()


class Agent:
    """Tallyman with a configuration given as a structure."""

    def __init__(self, folder, config, cpu=0):
        self.address = ("127.0.0.1", free_port())
        path = os.path.join(folder, "targets.yaml")
        with open(path, "w") as f:
            json.dump(config, f)
        self.child = Child([BINARY, "run", "--config", path, "--listen", "%s:%d" % self.address,
                            "--collectors", os.path.join(HERE, "collectors")], folder, cpu)
        wait_until(lambda: (self.child.must_run(), get(self.address, "/livez"))[1][0] == 200, "tallyman")
        self.pid = self.child.pid

    def metrics(self, query=""):
        status, text = get(self.address, "/metrics" + query, {"Accept-Encoding": "identity"})
        if status != 200:
            raise SystemExit(f"/metrics{query}: status {status}: {text[:200]}")
        return text.decode()

    def total(self, name, query=""):
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.metrics(query).splitlines()
                   if line.startswith((name + "{", name + " ")))

    def stop(self):
        self.child.stop()


def wrk(url, connections, seconds):
    """(requests, CPU seconds) of `wrk -t1`, which asks and does nothing with the answer."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url]
    if os.cpu_count() > 1:
        command = ["taskset", "-c", "0", *command]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or "Non-2xx" in text:
        raise SystemExit(f"wrk: {text}")
    return int(re.search(r"(\d+) requests in", text)[1]), usage.ru_utime + usage.ru_stime


def version(command, pattern=r"\S+ ?v?[0-9][0-9.]*\S*"):
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[0].strip() if found else "?"


def ratios(above, below):
    """(median, least, greatest) of the rounds' ratios."""
    each = [a / b for a, b in zip(above, below)]
    return statistics.median(each), min(each), max(each)


def verdict(what, found, must, at_most=False, aim=None):
    """Prints a ratio against its bar. 0 met, 1 missed, 3 the rounds differ too much to say."""
    median, least, greatest = found
    met = median <= must if at_most else median >= must
    noisy = greatest > 2 * least
    bound = ("at most " if at_most else "at least ") + f"{must:g}" + (f", aim {aim:g}" if aim is not None else "")
    word = "the rounds differ too much, no verdict" if noisy else "met" if met else "MISSED"
    print(f"{what}: {median:.2f} ({least:.2f} to {greatest:.2f}); bar {bound}: {word}", flush=True)
    return 3 if noisy else 0 if met else 1


def needs(*programs):
    absent = [p for p in programs if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin")]
    if absent:
        raise SystemExit(f"this bench needs {', '.join(absent)}: apt-get install wrk nginx-light")
    os.environ["PATH"] += ":/usr/sbin"


class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="tallyman-bench-")
        return self

    def new(self, name):
        path = os.path.join(self.path, name)
        os.makedirs(path)
        return path

    def __exit__(self, *_):
        shutil.rmtree(self.path, True)
