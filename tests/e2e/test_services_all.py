"""Real services, all at once, scraped by Debian's own Prometheus.

What they must show is in expected/<target>.tsv, written by hand from how support/services.py loads them."""
import concurrent.futures
import math
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from support import exposition
from support.agent import E2E, REPO, Agent, Test, eventually, yaml
from support.expected import differences, load
from support.fakes import Server, answer
from support.services import Nats, Prometheus, RabbitMQ, Uwsgi

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
    from prometheus_client.parser import text_string_to_metric_families as parse_text
except ImportError:
    parse_openmetrics = parse_text = None

TEXT = r'''# HELP e2e_temperature A gauge with an odd label.
# TYPE e2e_temperature gauge
e2e_temperature{room="a \"quoted\" \\ room"} -3.50
e2e_temperature{room="ü"} NaN
# HELP e2e_big Python's client writes exponents with a zero.
# TYPE e2e_big gauge
e2e_big 2.1474836480123e+013
# HELP e2e_requests_total A counter with timestamps.
# TYPE e2e_requests_total counter
e2e_requests_total{code="200"} 1027 1395066363000
e2e_requests_total{code="400"}    3 1395066363000
# HELP e2e_seconds A histogram.
# TYPE e2e_seconds histogram
e2e_seconds_bucket{le="0.05"} 24054
e2e_seconds_bucket{le="0.5"} 33444
e2e_seconds_bucket{le="1"} 100392
e2e_seconds_bucket{le="+Inf"} 144320
e2e_seconds_sum 53423
e2e_seconds_count 144320
# HELP e2e_rpc_seconds A summary.
# TYPE e2e_rpc_seconds summary
e2e_rpc_seconds{quantile="0.5"} 4773
e2e_rpc_seconds{quantile="0.99"} 76656
e2e_rpc_seconds_sum 1.7560473e+07
e2e_rpc_seconds_count 2693
# HELP e2e_thing Of no type.
# TYPE e2e_thing untyped
e2e_thing +Inf
'''

TARGETS = ("rabbit", "nats", "uwsgi", "site", "ilmo", "text")


def of_families(families, openmetrics):
    """(name, labels) -> value, as python3-prometheus-client reads it."""
    out = {}
    for family in families:
        for s in family.samples:
            key = (s.name, tuple(sorted(s.labels.items())))
            assert key not in out, key
            out[key] = s.value
    return out


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


class AllAtOnce(Test):
    seconds = 200

    @classmethod
    def setUpClass(cls):
        if not parse_openmetrics:
            raise unittest.SkipTest("python3-prometheus-client is not installed")
        cls.root = tempfile.mkdtemp(prefix="tallyman-services-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        cls.rabbit, cls.nats, cls.uwsgi = RabbitMQ(cls.root), Nats(cls.root), Uwsgi(cls.root)
        for service in (cls.rabbit, cls.nats, cls.uwsgi):
            cls.addClassCleanup(service.stop)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for started in [pool.submit(s.start) for s in (cls.rabbit, cls.nats, cls.uwsgi)]:
                started.result()
        captured = os.path.join(REPO, "tests", "collectors")
        site = shutil.copy(os.path.join(captured, "reva", "captured", "metrics.json"), cls.root)
        with open(os.path.join(captured, "ilmo", "captured", "metrics.json")) as f:
            cls.ilmo = Server(answer(f.read()))
        cls.text = Server(answer(TEXT))
        for fake in (cls.ilmo, cls.text):
            cls.addClassCleanup(fake.stop)
        config = os.path.join(cls.root, "targets.yaml")
        with open(config, "w") as f:
            f.write(yaml({"defaults": {"interval": "1s"}, "targets": [
                {"name": "rabbit", "collector": "rabbitmq", "url": cls.rabbit.url, "auth": {"basic": {"user": "guest", "password": "guest"}}},
                {"name": "nats", "collector": "nats", "url": cls.nats.url},
                {"name": "uwsgi", "collector": "uwsgi", "url": cls.uwsgi.url},
                {"name": "site", "collector": "reva", "url": "file:" + site},
                {"name": "ilmo", "collector": "ilmo", "url": cls.ilmo.url + "/library/metrics/"},
                {"name": "text", "collector": "prometheus", "url": cls.text.url + "/metrics"},
            ]}))
        cls.more = 0
        cls.known_errors = set()  # series of errors that a test made
        # RabbitMQ's own statistics lag behind its queues: the agent starts when they are complete.
        eventually(lambda: b'"ack":6' in cls.rabbit.api("GET", "/queues") and len(cls.rabbit.api("GET", "/consumers")) > 2, 60, "RabbitMQ's statistics")
        cls.agent = Agent(config, cls.root)
        cls.addClassCleanup(cls.agent.stop)
        cls.agent.ready()
        cls.prometheus = Prometheus(cls.root)
        cls.addClassCleanup(cls.prometheus.stop)
        cls.prometheus.start(cls.agent.address)

    def expected(self, target):
        return load(os.path.join(E2E, "expected", target + ".tsv"),
                    {"more": self.more, "requests": self.uwsgi.requests, "socket": self.uwsgi.socket_name})

    def check(self, target, seconds=30):
        def agrees():
            expected = self.expected(target)
            series = {k: v for k, v in self.agent.metrics(target).series.items() if k not in self.known_errors}
            found = differences(expected, series, time.time())
            assert not found, "\n  ".join([target, *found[:40]])
            return True
        eventually(agrees, seconds, f"expected/{target}.tsv")

    def test_1_expected_series_and_values(self):
        for target in TARGETS:
            with self.subTest(target):
                self.check(target)

    def test_2_the_whole_page_has_these_and_the_agent_s_own(self):
        """Nothing unexpected on /metrics: the targets' series and those of expected/agent.tsv, no more."""
        for target in TARGETS:
            self.check(target)
        lines = [line for target in TARGETS for line in self.expected(target)] + self.expected("agent")
        found = differences(lines, self.agent.metrics().series, time.time())
        self.assertEqual(found, [])

    def test_3_prometheus_scrapes_it(self):
        eventually(lambda: [v for _, v in self.prometheus.query('up{job="tallyman"}')] == ["1"], 20, "up")

        def agrees():
            scraped = {}
            for metric, value in self.prometheus.query('{job="tallyman",target!=""}'):
                labels = tuple(sorted((k, v) for k, v in metric.items() if k not in ("__name__", "job", "instance")))
                scraped[(metric["__name__"], labels)] = value
            lines = [line for target in TARGETS for line in self.expected(target)]
            # Prometheus writes le and quantile in its own form of the same float; the agent's own series with a label `target` are not these.
            lines = [line for line in lines if not ({"le", "quantile"} & set(line.labels))]
            series = {k: v for k, v in scraped.items() if not ({"le", "quantile"} & {n for n, _ in k[1]}) and not k[0].startswith("tallyman_")}
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
        a, b = of_families(parse_text(text), False), of_families(parse_openmetrics(strict), True)
        self.assertEqual(set(a), set(b))
        for key in a:
            if not key[0].startswith(("tallyman_", "process_")):
                self.assertTrue(same(a[key], b[key]), (key, a[key], b[key]))
        self.assertEqual({k for k in a}, {k for k in exposition.parse(text).series}, "both readers of the text agree")

    def test_6_seven_more_messages(self):
        for target in ("rabbit", "nats"):
            self.check(target)
        self.rabbit.publish("prod", "orders", [f"hello{40 + i}" for i in range(7)])
        self.nats.publish(range(25, 32))
        type(self).more = 7
        for target in ("nats", "rabbit"):
            self.check(target, 20)
        ready = {"rabbit": '{queue="orders",state="ready"}', "nats": '{consumer_group="billing",state="ready"}'}
        for target, selector in ready.items():
            def seen():
                return [v for _, v in self.prometheus.query(f'tally_queue_tasks{selector}')] == [{"rabbit": "24", "nats": "27"}[target]]
            eventually(seen, 10, f"seven more of {target} in Prometheus")

    def test_7_a_service_goes_and_comes_back(self):
        self.check("rabbit")
        self.uwsgi.stop()
        down = eventually(lambda: (m := self.agent.metrics()).value("tally_target_up", target="uwsgi") == 0 and m, 20, "uwsgi down")
        reasons = {dict(k[1])["reason"] for k, v in down.find("tally_target_errors_total", target="uwsgi").items() if v}
        self.assertLessEqual(reasons, {"connect", "read"})
        self.assertTrue(reasons)
        for target in ("rabbit", "nats", "site", "ilmo", "text"):
            self.assertEqual(down.value("tally_target_up", target=target), 1)
        eventually(lambda: not self.agent.metrics().find("tally_worker_load", target="uwsgi"), 20, "its workers dropped")
        type(self).known_errors = set(self.agent.metrics().find("tally_target_errors_total", target="uwsgi"))
        self.uwsgi.start()
        self.check("uwsgi", 60)  # its counters begin anew, and are shown as they are

    def test_8_stops_in_time(self):
        self.assertLess(self.agent.stop(), 2)
        self.assertEqual(self.agent.exit_code, 0, self.agent.log()[-2000:])


if __name__ == "__main__":
    unittest.main()
