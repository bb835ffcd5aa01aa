"""Tallyman on large answers, end to end: asked for over kept connections, parsed, mapped and laid out, no two alike in a row."""
import time

from poll_subject import SECONDS, body
from side_by_side import Agent, Nginx, cpu_seconds, wait_until

FIGURES = ("up", "load", "max_load", "done", "failed")
# Workers of an answer, how many targets have one, and how often: so many bytes that the CPU time is no matter of luck, and
# few enough that nginx keeps pace.
SIZES = {"50 KB": (320, 40, "100ms"), "1 MB": (6400, 8, "200ms")}


class Large:
    def __init__(self, folder, size):
        workers, targets, interval = SIZES[size]
        self.bodies = [body(workers, turn) for turn in (0, 1)]
        self.nginx = Nginx(folder, {}, turns={"large.json": self.bodies})
        self.agent = Agent(folder, {
            "threads": 1, "defaults": {"interval": interval, "collector": "figures"},
            "targets": [{"name": f"t{i:04}", "url": f"{self.nginx.url}/large.json"} for i in range(targets)]})
        wait_until(lambda: self.agent.total("tally_target_up") == targets, "all targets up", 30)
        text = self.agent.metrics("?target=t0000")
        for i in (0, workers - 1):
            lines = [f'crew_done{{system="figures",target="t0000",name="worker-{i}.example.org"}} {1_000_000 + i * 977 + turn}\n' for turn in (0, 1)]
            if not any(line in text for line in lines):
                raise SystemExit(f"not shown: {lines}{text[:2000]}")
        shown = text.count("\ncrew_")
        if shown != workers * len(FIGURES):
            raise SystemExit(f"{shown} series of {workers} workers")

    def rate(self):
        """MB of JSON per CPU second."""
        polls, cpu = self.nginx.requests(), cpu_seconds(self.agent.pid)
        time.sleep(SECONDS)
        polls, cpu = self.nginx.requests() - polls - 1, cpu_seconds(self.agent.pid) - cpu
        return polls * len(self.bodies[0]) / 1e6 / cpu

    def stop(self):
        self.agent.stop()
        self.nginx.stop()
