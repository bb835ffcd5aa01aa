"""One Tallyman that polls many targets at once, scraped by Debian's own Prometheus. What the targets must show is in
expected/<target>.tsv; the tests that hold whatever the targets are stand here, to be inherited together with Test."""
import math
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from . import exposition
from .agent import E2E, Agent, eventually, yaml
from .expected import differences, load
from .services import Prometheus

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
    from prometheus_client.parser import text_string_to_metric_families as parse_text
except ImportError:
    parse_openmetrics = parse_text = None


def of_families(families):
    """(name, labels) -> value, as python3-prometheus-client reads it."""
    out = {}
    for family in families:
        for s in family.samples:
            key = (s.name, tuple(sorted(s.labels.items())))
            assert key not in out, key
            out[key] = s.value
    return out


def as_floats(labels):
    """Releases of Prometheus differ in how they write the number in `le` and `quantile`."""
    return {k: str(float(v)) if k in ("le", "quantile") else v for k, v in labels.items()}


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


class Scraped:
    names = ()  # of the targets
    expected_in = ""  # the folder in expected/ with a file for each of them

    @classmethod
    def make_folder(cls):
        if not parse_openmetrics:
            raise unittest.SkipTest("python3-prometheus-client is not installed")
        cls.root = tempfile.mkdtemp(prefix="tallyman-services-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        cls.known_errors = set()  # series of errors that a test made

    @classmethod
    def poll_and_scrape(cls, targets):
        cls.names = tuple(t["name"] for t in targets)
        config = os.path.join(cls.root, "targets.yaml")
        with open(config, "w") as f:
            f.write(yaml({"defaults": {"interval": "1s"}, "targets": targets}))
        cls.agent = Agent(config, cls.root)
        cls.addClassCleanup(cls.agent.stop)
        cls.agent.ready()
        cls.prometheus = Prometheus(cls.root)
        cls.addClassCleanup(cls.prometheus.stop)
        cls.prometheus.start(cls.agent.address)

    def variables(self):
        """Of expected/*.tsv."""
        return {}

    def expected(self, target):
        folder = "" if target == "agent" else self.expected_in
        return load(os.path.join(E2E, "expected", folder, target + ".tsv"), {"targets": len(self.names), **self.variables()})

    def check(self, target, seconds=30):
        def agrees():
            expected = self.expected(target)
            series = {k: v for k, v in self.agent.metrics(target).series.items() if k not in self.known_errors}
            found = differences(expected, series, time.time())
            assert not found, "\n  ".join([target, *found[:40]])
            return True
        eventually(agrees, seconds, f"expected/{target}.tsv")

    def test_1_expected_series_and_values(self):
        for target in self.names:
            with self.subTest(target):
                self.check(target)

    def test_2_the_whole_page_has_these_and_the_agent_s_own(self):
        """Nothing unexpected on /metrics: the targets' series and those of expected/agent.tsv, no more."""
        for target in self.names:
            self.check(target)
        lines = [line for target in (*self.names, "agent") for line in self.expected(target)]
        found = differences(lines, self.agent.metrics().series, time.time())
        self.assertEqual(found, [])

    def test_3_prometheus_scrapes_it(self):
        eventually(lambda: [v for _, v in self.prometheus.query('up{job="tallyman"}')] == ["1"], 20, "up")

        def agrees():
            scraped = {}
            for metric, value in self.prometheus.query('{job="tallyman",target!=""}'):
                labels = tuple(sorted((k, v) for k, v in metric.items() if k not in ("__name__", "job", "instance")))
                scraped[(metric["__name__"], labels)] = value
            lines = [line for target in self.names for line in self.expected(target)]
            for line in lines:
                line.labels = as_floats(line.labels)
            # The agent's own series with a label `target` are in expected/agent.tsv.
            series = {(k[0], tuple(as_floats(dict(k[1])).items())): v for k, v in scraped.items() if not k[0].startswith("tallyman_")}
            found = differences(lines, series, time.time())
            assert not found, "\n  ".join(found[:40])
            return True
        eventually(agrees, 30, "the series in Prometheus")
        up = self.prometheus.query('min_over_time(up{job="tallyman"}[1m])')
        self.assertEqual([v for _, v in up], ["1"])
        self.assertEqual(self.prometheus.query('scrape_samples_scraped != scrape_samples_post_metric_relabeling'), [])

    def test_4_promtool(self):
        text = self.agent.get("/metrics").body
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_5_both_formats_say_the_same(self):
        """The strict OpenMetrics parser takes it, and reads the same series and values as from text 0.0.4."""
        def both():
            before = self.agent.get("/metrics").text
            strict = self.agent.get("/metrics", {"Accept": "application/openmetrics-text; version=1.0.0"}).text
            after = self.agent.get("/metrics").text
            return own_out(before) == own_out(after) and (before, strict)

        def own_out(text):
            return [line for line in text.splitlines() if "tallyman_" not in line and "process_" not in line]
        text, strict = eventually(both, 20, "two scrapes between two polls")
        a, b = of_families(parse_text(text)), of_families(parse_openmetrics(strict))
        self.assertEqual(set(a), set(b))
        for key in a:
            if not key[0].startswith(("tallyman_", "process_")):
                self.assertTrue(same(a[key], b[key]), (key, a[key], b[key]))
        self.assertEqual({k for k in a}, {k for k in exposition.parse(text).series}, "both readers of the text agree")

    def test_9_stops_in_time(self):
        self.assertLess(self.agent.stop(), 2)
        self.assertEqual(self.agent.exit_code, 0, self.agent.log()[-2000:])
