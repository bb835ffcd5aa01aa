"""Real services, all at once, scraped by Debian's own Prometheus.

What they must show is in expected/<target>.tsv, written by hand from how support/services.py loads them."""
import concurrent.futures
import os
import shutil
import unittest

from support.agent import REPO, Test, eventually
from support.fakes import Server, answer
from support.scraped import Scraped
from support.services import Nats, RabbitMQ, Uwsgi

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

class AllAtOnce(Scraped, Test):
    seconds = 200

    @classmethod
    def setUpClass(cls):
        cls.make_folder()
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
        cls.more = 0
        # RabbitMQ's own statistics lag behind its queues: the agent starts when they are complete.
        eventually(lambda: b'"ack":6' in cls.rabbit.api("GET", "/queues") and len(cls.rabbit.api("GET", "/consumers")) > 2, 60, "RabbitMQ's statistics")
        cls.poll_and_scrape([
            {"name": "rabbit", "collector": "rabbitmq", "url": cls.rabbit.url, "auth": {"basic": {"user": "guest", "password": "guest"}}},
            {"name": "nats", "collector": "nats", "url": cls.nats.url},
            {"name": "uwsgi", "collector": "uwsgi", "url": cls.uwsgi.url},
            {"name": "site", "collector": "reva", "url": "file:" + site},
            {"name": "ilmo", "collector": "ilmo", "url": cls.ilmo.url + "/library/metrics/"},
            {"name": "text", "collector": "prometheus", "url": cls.text.url + "/metrics"},
        ])

    def variables(self):
        return {"more": self.more, "requests": self.uwsgi.requests, "socket": self.uwsgi.socket_name, "failed": 0}

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


if __name__ == "__main__":
    unittest.main()
