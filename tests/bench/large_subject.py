"""Tallyman on large answers, end to end: asked for over kept connections, parsed, mapped and laid out, no two alike in a row."""
import time

from poll_subject import SECONDS, body
from side_by_side import Agent, Nginx, cpu_seconds, wait_until

FIGURES = ("up", "load", "max_load", "done", "failed")
# Workers of an answer, how many targets have one, and how often: few enough that nginx keeps pace on a busy machine, where
# a poll has as much time as its interval is.
SIZES = {"50 KB": (320, 200, "500ms"), "1 MB": (6400, 16, "1s")}


class Large:
    def __init__(self, folder, size):
        workers, targets, interval = SIZES[size]
        self.bodies = [body(workers, turn) for turn in (0, 1)]
        self.nginx = Nginx(folder, {}, turns={"large.json": self.bodies})
        self.agent = Agent(folder, {
            "threads": 1, "defaults": {"interval": interval, "collector": "figures"},
            "targets": [{"name": f"t{i:04}", "url": f"{self.nginx.url}/large.json"} for i in range(targets)]})
        wait_until(lambda: self.agent.total("tally_target_up") == targets, "all targets up", 30)
        wait_until(lambda: self.shows(workers), f"five figures of {workers} workers", 10)

    def shows(self, workers):
        text = self.agent.metrics("?target=t0000")
        lines = [[f'crew_done{{system="figures",target="t0000",name="worker-{i}.example.org"}} {1_000_000 + i * 977 + turn}\n' for turn in (0, 1)]
                 for i in (0, workers - 1)]
        return text.count("\ncrew_") == workers * len(FIGURES) and all(any(line in text for line in either) for either in lines)

    def rate(self):
        """MB of JSON per CPU second."""
        polls, cpu = self.nginx.requests(), cpu_seconds(self.agent.pid)
        time.sleep(SECONDS)
        polls, cpu = self.nginx.requests() - polls - 1, cpu_seconds(self.agent.pid) - cpu
        return polls * len(self.bodies[0]) / 1e6 / cpu

    def stop(self):
        self.agent.stop()
        self.nginx.stop()
