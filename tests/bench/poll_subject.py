"""Tallyman as the benches of polling run it: targets of eight workers on an nginx of their own."""
import json
import os
import subprocess
import time

from side_by_side import REPO, Agent, Child, Nginx, cpu_seconds, wait_until

SECONDS = 4
WORKERS = 8


def body(workers=WORKERS, turn=0):
    return json.dumps({"workers": [
        {"name": f"worker-{i}.example.org", "up": True, "load": (i + turn) % 5, "max_load": 8, "done": 1_000_000 + i * 977 + turn, "failed": 10 + i,
         "started": "2026-11-25T10:00:00Z", "queues": ["default", "mail"]} for i in range(workers)]}).encode()


def moving(done="$connection_requests"):
    """The same, and the first worker has done as many tasks as its connection has had requests, or as another variable of nginx says."""
    return body().decode().replace("1000000", done, 1)


def missing(text, target, counted):
    """Lines that are not shown: what is measured gives what it should. The tasks of workers below `counted` are others each time."""
    lines = [f'tally_worker_{name}{{system="eight",target="{target}",worker="worker-{i}.example.org"}} {value}\n'
             for i in range(WORKERS)
             for name, value in (("load", i % 5), ("max_load", 8), ("up", 1), ("tasks_total", 1_000_000 + i * 977))
             if name != "tasks_total" or i >= counted]
    return [line for line in lines if line not in text]


class Tallyman:
    def __init__(self, folder, targets, interval, path="crew.json", tls=None):
        self.nginx = Nginx(folder, {"crew.json": body()}, moving={"moving.json": moving()}, tls=tls)
        more = {"tls": {"ca": tls}} if tls else {}
        self.counted = 1 if path == "moving.json" else 0
        self.agent = Agent(folder, {
            "threads": 1, "defaults": {"interval": interval, "collector": "eight"},
            "targets": [{"name": f"t{i:04}", "url": f"{self.nginx.url}/{path}", **more} for i in range(targets)]})
        wait_until(lambda: self.agent.total("tally_target_up") == targets, "all targets up", 30)
        # At ten polls a second values are shown for 200 ms, and a busy machine may be later than that.
        wait_until(lambda: not self.missing(targets), "all that is expected to be shown", 10)

    def missing(self, targets):
        return missing(self.agent.metrics(f"?target=t{targets - 1:04}"), f"t{targets - 1:04}", self.counted)

    def run(self):
        """(polls, CPU seconds)."""
        polls, cpu = self.nginx.requests(), cpu_seconds(self.agent.pid)
        time.sleep(SECONDS)
        polls, cpu = self.nginx.requests() - polls - 1, cpu_seconds(self.agent.pid) - cpu
        return polls, cpu

    def stop(self):
        self.agent.stop()
        self.nginx.stop()


class Saturated:
    """The poll loop without a server: each target is asked again as soon as it has answered."""

    def __init__(self, folder, targets, path="crew.json"):
        subprocess.run(["ninja", "-C", os.path.join(REPO, "build", "release"), "bench_saturated"], check=True, stdout=subprocess.DEVNULL)
        self.nginx = Nginx(folder, {"crew.json": body()}, moving={"moving.json": moving()})
        self.targets, self.counted = targets, 1 if path == "moving.json" else 0
        self.child = Child([os.path.join(REPO, "build", "release", "tests", "bench_saturated"), f"{self.nginx.url}/{path}", str(targets)],
                           folder, cpu=0, piped=True)
        wait_until(lambda: (self.child.must_run(), self.nginx.requests())[1] > 10 * targets, "ten polls of each target")

    def run(self):
        """(polls, CPU seconds)."""
        polls, cpu = self.nginx.requests(), cpu_seconds(self.child.pid)
        time.sleep(SECONDS)
        polls, cpu = self.nginx.requests() - polls - 1, cpu_seconds(self.child.pid) - cpu
        said, text = self.child.end_of_input().split("\n", 1)
        if said != f"{self.targets} up, 0 failed" or missing(text, f"t{self.targets - 1:04}", self.counted):
            raise SystemExit(f"bench_saturated: {said}; the last target shows\n{text[:2000]}")
        return polls, cpu

    def stop(self):
        self.child.stop()
        self.nginx.stop()
