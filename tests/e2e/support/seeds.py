"""Stand-ins for Indico, a FastAPI service with prometheusrock, Nextcloud's sciencemesh app and a ConfigMap of Reva.
What they answer was captured (tests/collectors/*/captured) unless a line says otherwise."""
import os
import re
import time

from .agent import REPO
from .fakes import Server, answer


def captured(service, name):
    with open(os.path.join(REPO, "tests", "collectors", service, "captured", name), "rb") as f:
        return f.read()


class Indico(Server):
    """The page of the plugin indico_prometheus. It caches the bytes it once negotiated: `form` is what a client before ours asked
    for, "text", "openmetrics" (gzip comes with it) or "double" (text from a release before 3.3.1: two Content-Type headers)."""

    def __init__(self, form="text", token=None, enabled=True):
        self.form, self.token, self.enabled = form, token, enabled
        super().__init__(self.play)

    def play(self, request):
        path, _, query = request.path.partition("?")
        if path != "/metrics":
            return answer("", 404)
        if query:
            return answer("a query would be cached as well", 400)
        if not self.enabled:
            return answer("", 503, reason="SERVICE UNAVAILABLE")
        if self.token:
            bearer = re.match(r"^Bearer (.+)$", request.headers.get("authorization", ""))
            if not bearer or bearer[1] != self.token:
                return answer("", 401, reason="UNAUTHORIZED")
        if self.form == "openmetrics":
            return answer(captured("indico", "metrics_for_another_client.om.gz"), headers=(
                ("X-Cached", "yes"), ("Content-Type", "application/openmetrics-text; version=0.0.1; charset=utf-8"), ("Content-Encoding", "gzip")))
        kinds = ["text/html; charset=utf-8"] * (self.form == "double") + ["text/plain; version=0.0.4; charset=utf-8"]
        return answer(captured("indico", "metrics.prom"), headers=(("X-Cached", "no"), *(("Content-Type", k) for k in kinds)))


class Rock(Server):
    """GET /metrics of a FastAPI service with prometheusrock: a series for each client's headers. Two clients asked for the same."""

    def __init__(self):
        super().__init__(lambda r: answer(captured("prometheusrock", "two_clients.prom"), headers=(("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),))
                         if r.path == "/metrics" else answer("", 404))


class Xcloud(Server):
    """Nextcloud's app sciencemesh. Without its settings it answers an empty list."""

    PATH = "/index.php/apps/sciencemesh/internal_metrics"

    def __init__(self):
        self.body, self.status = captured("xcloud", "internal_metrics.json"), 200
        super().__init__(self.play)

    def play(self, request):
        if request.path != self.PATH:
            return answer("", 404)
        return answer(self.body, self.status, headers=(("Content-Type", "application/json; charset=utf-8"),))


class ConfigMap:
    """A folder as the kubelet mounts a ConfigMap: the file is a link into `..data`, itself a link that a change renames over."""

    def __init__(self, folder, name, content):
        self.folder, self.name = folder, name
        os.makedirs(folder)
        self.swap(content)
        os.symlink(os.path.join("..data", name), os.path.join(folder, name))
        self.path = os.path.join(folder, name)

    def swap(self, content):
        """None: the new version has no such file."""
        version = f"..{time.time_ns()}"
        os.mkdir(os.path.join(self.folder, version))
        if content is not None:
            with open(os.path.join(self.folder, version, self.name), "wb") as f:
                f.write(content)
        link, old = os.path.join(self.folder, "..data"), None
        if os.path.islink(link):
            old = os.path.join(self.folder, os.readlink(link))
        os.symlink(version, os.path.join(self.folder, "..data_tmp"))
        os.rename(os.path.join(self.folder, "..data_tmp"), link)
        if old:
            for entry in os.listdir(old):
                os.unlink(os.path.join(old, entry))
            os.rmdir(old)
