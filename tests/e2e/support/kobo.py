"""A kobo hub (0.41) with its workers and tasks in memory: XML-RPC under /xmlrpc/client/, and the page of
django-kobo-exporter (1.1) rendered from the same state. Its answers are those of a real hub, byte for byte where
test_local_kobo.py has a captured one: the same Python library writes them, so an integer beyond 32 bits faults the
whole answer here for the reason it does there."""
import collections
import threading
import time
import xmlrpc.client
from datetime import datetime, timezone

from .fakes import Server, answer

ARCHES = {1: "noarch", 2: "x86_64", 3: "ppc64le"}
CHANNELS = {1: "default", 2: "heavy"}
STATES = ("FREE", "ASSIGNED", "OPEN", "CLOSED", "CANCELED", "FAILED", "INTERRUPTED", "TIMEOUT", "CREATED")
SESSION = "fg5yoxaaw16pn4rrv5jjgz9crdppss0g"
CSRF = "jin853DOaaIS8ZobbaczIzCVBAVXFyJOMwHYkayD2Vo680LlKAhIzgwPrqY5dZGL"


class HubError(Exception):
    """An exception of the hub's own: `kind` is its class as Python writes it in full."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


class Worker:
    def __init__(self, number, name, arches=(1,), channels=(1,), enabled=True, max_load=1, task_count=0, current_load=0,
                 last_seen=None, version="e2e-1.0", ready=None):
        self.id, self.name, self.arches, self.channels = number, name, arches, channels
        self.enabled, self.max_load, self.task_count, self.current_load = enabled, max_load, task_count, current_load
        self.last_seen, self.version, self._ready = last_seen, version, ready

    @property
    def ready(self):
        if self._ready is not None:
            return self._ready
        return self.enabled and self.current_load < self.max_load and self.task_count < 3 * self.max_load

    def info(self):
        seen = None if self.last_seen is None else datetime.fromtimestamp(int(self.last_seen), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "id": self.id, "name": self.name,
            "arches": [{"id": a, "name": ARCHES[a], "pretty_name": ARCHES[a]} for a in self.arches],
            "channels": [{"id": c, "name": CHANNELS[c]} for c in self.channels],
            "enabled": self.enabled, "max_load": self.max_load, "ready": self.ready, "task_count": self.task_count,
            "current_load": self.current_load, "last_seen": seen, "version": self.version,
        }


def task(number, state, label, method, worker=None, arch=1, channel=1, timeout=None, waiting=False, weight=1,
         created="2026-01-02 03:04:05", started=None):
    """A task as client.get_tasks gives it; times are the hub's local ones and name no zone."""
    return {
        "id": number, "owner": "reader", "worker": worker, "parent": None, "state": STATES.index(state), "label": label,
        "method": method, "args": {"n": 1}, "result": "", "exclusive": False, "arch": arch, "channel": channel,
        "timeout": timeout, "waiting": waiting, "awaited": False, "dt_created": created, "dt_started": started,
        "dt_finished": None, "priority": 10, "weight": weight, "resubmitted_by": None, "resubmitted_from": None,
        "state_label": state, "is_finished": STATES.index(state) in (3, 4, 5, 6, 7), "is_failed": STATES.index(state) in (4, 5, 6, 7),
    }


def python_float(value):
    """As python3-prometheus-client writes floats: 2.0, 1.7e+09, and a zero too many from 1e10 on."""
    text = repr(float(value))
    dot = text.find(".")
    if value > 0 and dot > 6:
        mantissa = f"{text[0]}.{text[1:dot]}{text[dot + 1:]}".rstrip("0.")
        return f"{mantissa}e+0{dot - 1}"
    return text


class Hub:
    """`private`: None, or how a hub that asks for a login answers without one: "fault" (the hub itself, HTTP 200) or
    "status" (a front end, HTTP 403)."""

    def __init__(self, private=None, user="reader", password="readerpw"):
        self.private, self.user, self.password = private, user, password
        self.workers, self.tasks = {}, []
        self.faulty = {}  # worker name -> HubError that get_worker_info raises
        self.broken = {}  # method -> HubError that it raises
        self.statuses = {}  # method -> HTTP status of whatever calls it, also in a multicall
        self.gone = set()  # listed, but deleted when asked for
        self.multicall = True  # False: a hub without it
        self.calls = []  # (method, arguments, inside a multicall), in the order they were made
        self.cookies = []  # the Cookie header of each request
        self.multicalls = []  # how many calls each had
        self.sessions = set()
        self.lock = threading.RLock()
        self.server = Server(self._play)
        self.url = self.server.url

    def stop(self):
        self.server.stop()

    # What happens at the hub.

    def add(self, name, number=None, **fields):
        with self.lock:
            number = number or 1 + max((w.id for w in self.workers.values()), default=0)
            self.workers[name] = Worker(number, name, **fields)

    def remove(self, name):
        with self.lock:
            del self.workers[name]

    def change(self, name, **fields):
        with self.lock:
            for key, value in fields.items():
                assert hasattr(self.workers[name], key), key
                setattr(self.workers[name], key, value)

    def forget_sessions(self):
        with self.lock:
            self.sessions.clear()

    # What was asked of it.

    def count(self, method=None, inside=None, arguments=None):
        with self.lock:
            return sum(1 for m, a, i in self.calls
                       if (method is None or m == method) and (inside is None or i == inside) and (arguments is None or a == arguments))

    def polls(self):
        """Each poll asks once for the workers that are enabled."""
        return self.count("client.list_workers", arguments=(True,))

    def methods(self):
        with self.lock:
            return collections.Counter(m for m, _, _ in self.calls)

    # XML-RPC.

    def _play(self, request):
        with self.lock:
            self.cookies.append(request.headers.get("cookie"))
            path = request.path.partition("?")[0]
            if path.rstrip("/") == "/kobo_exporter/metrics":
                return answer(self.exporter_page(), headers=(("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), ("Vary", "Cookie")))
            if path in ("/xmlrpc/client", "/xmlrpc/worker"):
                return answer("", 301, (("Location", path + "/"),), "Moved Permanently")
            if path not in ("/xmlrpc/client/", "/xmlrpc/worker/"):
                return answer("<h1>Not Found</h1>", 404, (("Content-Type", "text/html"),), "Not Found")
            if request.method != "POST":
                return answer("<h1>client</h1><ul><li>client.list_workers</li></ul>", headers=(("Content-Type", "text/html"),))
            try:
                arguments, method = xmlrpc.client.loads(request.body)
            except Exception:  # noqa: BLE001 - whatever a parser says, Django makes a page of it
                return answer("<h1>Server Error (500)</h1>", 500, (("Content-Type", "text/html"),), "Internal Server Error")
            asked = {method, *(c["methodName"] for c in (arguments[0] if method == "system.multicall" else ()))}
            for status in (s for m, s in self.statuses.items() if m in asked):
                return answer("<h1>Server Error</h1>", status, (("Content-Type", "text/html"),), "Error")
            if self.private == "status" and not method.startswith("auth.") and not self._logged_in(request):
                return answer("<h1>403 Forbidden</h1>", 403, (("Content-Type", "text/html"),), "Forbidden")
            headers = [("Content-Type", "text/xml"), ("Vary", "Cookie")]
            try:
                value = self._call(method, arguments, request, headers)
                body = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)
            except HubError as e:
                body = self._fault(f"{e.kind.rpartition('.')[2]}: {e}")
            except OverflowError as e:
                body = self._fault(f"OverflowError: {e}")
            return answer(body, headers=headers)

    @staticmethod
    def _fault(text):
        return xmlrpc.client.dumps(xmlrpc.client.Fault(1, text), allow_none=True)

    def _logged_in(self, request):
        return any(f"sessionid={s}" in request.headers.get("cookie", "").split("; ") for s in self.sessions)

    def _call(self, method, arguments, request, headers, inside=False):
        if method == "system.multicall" and self.multicall and not inside:
            (calls,) = arguments
            self.multicalls.append(len(calls))
            results = []
            for call in calls:
                try:
                    results.append([self._call(call["methodName"], call["params"], request, headers, True)])
                except HubError as e:
                    results.append({"faultCode": 1, "faultString": f"<class '{e.kind}'>:{e}"})
            return results
        self.calls.append((method, tuple(arguments), inside))
        handler = getattr(self, "_" + method.replace(".", "_"), None)
        if handler is None:
            raise HubError("Exception", f'method "{method}" is not supported')
        if method.startswith("worker.") or (self.private and method.startswith("client.")):
            if not self._logged_in(request):
                raise HubError("django.core.exceptions.PermissionDenied", "Login required.")
        if method.startswith("worker."):
            raise HubError("django.core.exceptions.SuspiciousOperation", f"User doesn't match any worker: {self.user}")
        if method in self.broken:
            raise self.broken[method]
        return handler(request, headers, *arguments)

    def _system_getAPIVersion(self, request, headers):
        return "0.1.0"

    def _client_list_workers(self, request, headers, enabled=True):
        return sorted(w.name for w in self.workers.values() if w.enabled == enabled)

    def _client_get_worker_info(self, request, headers, name):
        if name in self.faulty:
            raise self.faulty[name]
        worker = self.workers.get(name)
        return worker.info() if worker and name not in self.gone else {}

    def _client_get_tasks(self, request, headers, ids=(), states=()):
        return [t for t in self.tasks if (not ids or t["id"] in ids) and (not states or t["state"] in states)]

    def _client_task_info(self, request, headers, number, flat=True):
        found = [t for t in self.tasks if t["id"] == number]
        if not found:
            raise HubError("kobo.hub.models.Task.DoesNotExist", "Task matching query does not exist.")
        return found[0]

    def _auth_renew_session(self, request, headers):
        return not self._logged_in(request)

    def _auth_login_password(self, request, headers, user, password):
        if (user, password) != (self.user, self.password):
            raise HubError("django.core.exceptions.PermissionDenied", "Invalid username or password.")
        session = SESSION[:-2] + f"{len(self.calls) % 100:02d}"
        self.sessions.add(session)
        stamp = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 1209600))
        headers += [
            ("Set-Cookie", f" csrftoken={CSRF}; expires={stamp}; Max-Age=31449600; Path=/; SameSite=Lax"),
            ("Set-Cookie", f" sessionid={session}; expires={stamp}; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"),
        ]
        return session

    def _worker_get_worker_info(self, request, headers):
        raise AssertionError("denied before")

    # django-kobo-exporter.

    def exporter_page(self):
        columns = (
            ("enabled", "1 if worker is enabled", lambda w: w.enabled),
            ("ready", "1 if worker is ready", lambda w: w.ready),
            ("load", "Current load of worker (sum of task weights)", lambda w: w.current_load),
            ("max_load", "Maximum permitted load of worker", lambda w: w.max_load),
            ("open_tasks", "Current number of OPEN tasks for worker", lambda w: w.task_count),
            ("last_seen_seconds", "Time of worker's last communication with hub", lambda w: w.last_seen or 0),
        )
        lines = []
        for name, words, value in columns:
            lines += [f"# HELP kobo_worker_{name} {words}", f"# TYPE kobo_worker_{name} gauge"]
            for worker in sorted(self.workers.values(), key=lambda w: w.name):
                label = worker.name.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
                lines.append(f'kobo_worker_{name}{{worker="{label}"}} {python_float(value(worker))}')
        return "\n".join(lines) + "\n"


def captured_hub(**settings):
    """The hub whose answers are in tests/collectors/kobo/captured: five workers, ten tasks."""
    hub = Hub(**settings)
    hub.add("pub-dev-pubd7", 1, arches=(1, 2), channels=(1, 2), max_load=60, task_count=3, current_load=15, last_seen=1625644554)
    hub.add("localhost", 2, max_load=60, last_seen=1700000000)
    hub.add("old-worker.example.com", 3, enabled=False, max_load=2)
    hub.add('full "quoted"\\ worker', 4, arches=(3,), max_load=2, task_count=2, current_load=2, last_seen=1755680658)
    hub.add("arbeiter-ü", 5)
    opened = {"started": "2026-01-02 03:04:35"}
    hub.tasks = [
        *(task(10 - i, "FREE", f"queued {3 - i}", "Scan") for i in range(4)),
        task(6, "OPEN", "scan 2", "Scan", 4, arch=3, **opened),
        task(5, "OPEN", "scan 1", "Scan", 4, arch=3, **opened),
        task(4, "ASSIGNED", "on the way", "ShipAdvisory", 1, weight=3),
        task(3, "OPEN", "waits for subtasks", "ShipAdvisory", 1, waiting=True, weight=7, **opened),
        task(2, "OPEN", "push repo B", "BuildPush", 1, weight=5, **opened),
        task(1, "OPEN", "push repo A", "BuildPush", 1, arch=2, channel=2, timeout=3600, weight=10, **opened),
    ]
    return hub
