"""What the benches of scrapes and of memory share: targets of eight workers, a scrape, and the two that stand beside the
agent, the floor of a scrape and a pushgateway."""
import http.client
import os

from poll_subject import WORKERS
from side_by_side import REPO, Child, free_port, get, wait_until

SERIES_OF_ONE = 16 * WORKERS  # at least
FLOOR = os.path.join(REPO, "build", "release", "tests", "bench_gather")


def crews(url, targets, interval="1h"):
    """A configuration of so many targets of eight workers, which are polled once if nothing else is said."""
    return {"threads": 1, "defaults": {"interval": interval, "timeout": "10s", "collector": "eight"},
            "targets": [{"name": f"t{i:05}", "url": f"{url}/crew.json"} for i in range(targets)]}


def scrape(address, coding="identity"):
    """The body, as it was sent."""
    connection = http.client.HTTPConnection(*address, timeout=120)
    try:
        connection.request("GET", "/metrics", headers={"Accept-Encoding": coding})
        reply = connection.getresponse()
        if reply.status != 200:
            raise SystemExit(f"{address}: status {reply.status}")
        return reply.read()
    finally:
        connection.close()


class Floor:
    def __init__(self, folder, lines):
        path = os.path.join(folder, "lines")
        with open(path, "wb") as f:
            f.write(lines)
        self.address = ("127.0.0.1", free_port())
        self.child = Child([FLOOR, str(self.address[1]), path], folder, 0)
        self.pid = self.child.pid
        wait_until(lambda: (self.child.must_run(), scrape(self.address))[1], "the floor", 120)

    def stop(self):
        self.child.stop()


class Pushgateway:
    """With the series of each target as a group of its own. Without its check of each push against all others, which is quadratic,
    and without the file in which Debian's keeps what it was pushed: it would begin with what another run left there."""

    def __init__(self, folder, groups):
        self.address = ("127.0.0.1", free_port())
        self.child = Child(["prometheus-pushgateway", "--web.listen-address=%s:%d" % self.address, "--log.level=error", "--push.disable-consistency-check",
                            "--persistence.file="], folder)
        self.pid = self.child.pid
        wait_until(lambda: (self.child.must_run(), get(self.address, "/-/ready"))[1][0] == 200, "the pushgateway")
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        for name, text in groups:
            connection.request("PUT", "/metrics/job/" + name, body=text)
            reply = connection.getresponse()
            said = reply.read()
            if reply.status >= 300:
                raise SystemExit(f"pushgateway: {reply.status} {said[:300]}")
        connection.close()

    def stop(self):
        self.child.stop()
