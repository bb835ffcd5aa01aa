"""Built-in collectors on scripted services: several requests in one poll, pages, formats for other people's parsers."""
import os
import time
import unittest
import urllib.parse

from support import exposition
from support.agent import REPO, Test, eventually
from support.fakes import Server, answer, crew

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
except ImportError:
    parse_openmetrics = None

CAPTURED = os.path.join(REPO, "tests", "collectors")


def captured(service, name):
    with open(os.path.join(CAPTURED, service, "captured", name), "rb") as f:
        return f.read()


class Rabbit(Test):
    """RabbitMQ's management API as captured, played by a script: six queues on three pages of two."""

    def setUp(self):
        super().setUp()
        self.broken = {}  # path, or path?page -> what is answered instead
        self.server = Server(self.play)
        self.addCleanup(self.server.stop)

    def play(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = urllib.parse.parse_qs(url.query)
        page = query.get("page", [""])[0]
        for key in (url.path, f"{url.path}?{page}"):
            if key in self.broken:
                return self.broken[key]
        name = {"/api/overview": "overview", "/api/nodes": "nodes", "/api/consumers": "consumers"}.get(url.path)
        if url.path == "/api/queues":
            name = "queues_page" + page
            if query.get("page_size") != ["2"]:
                return answer("page_size", 400)
        return answer(captured("rabbitmq", name + ".json")) if name else answer("", 404)

    def up(self, **settings):
        agent = self.agent([{"name": "r", "collector": "rabbitmq", "url": self.server.url, "interval": "500ms", "with": {"page_size": 2}, **settings}]).live()
        eventually(lambda: agent.metrics().value("tally_target_up", target="r") == 1)
        return agent

    def ready_queues(self, m):
        return {dict(k[1])["queue"]: v for k, v in m.find("tally_queue_tasks", target="r", state="ready").items()}

    ALL = {"celery": 5, "slow": 5, "mail/send": 5, "orders": 17, "orders.dlq": 5, "quorum1": 12}

    def test_all_pages(self):
        agent = self.up()
        m = agent.metrics()
        self.assertEqual(self.ready_queues(m), self.ALL)
        self.assertEqual(m.value("rabbitmq_queue_prefetch", target="r", namespace="prod", queue="orders"), 10)
        self.assertEqual(m.value("tally_worker_up", target="r", worker="rabbit@localhost"), 1)
        started = m.value("tally_worker_start_timestamp_seconds", target="r", worker="rabbit@localhost")
        self.assertLess(abs(time.time() - 59.19 - started), 60)
        eventually(lambda: len([r for r in self.server.requests if r.path.startswith("/api/overview")]) >= 4)
        self.assertEqual(agent.metrics().value("tally_worker_start_timestamp_seconds", target="r"), started,
                         "a start worked out from an uptime that jitters stays where it is")
        self.assertEqual(len([r for r in self.server.requests if r.path == "/api/consumers"]), 1, "every: 60s")

    def test_an_optional_request_may_fail(self):
        self.broken["/api/consumers"] = answer("x", 500)
        m = self.up().metrics()
        self.assertEqual(self.ready_queues(m), self.ALL)
        self.assertFalse(m.find("rabbitmq_queue_prefetch"))

    def test_half_a_list_is_not_the_list(self):
        """A page that fails: the poll fails, the six queues of the poll before stay."""
        agent = self.up(max_age="1h")
        self.broken["/api/queues?2"] = answer("x", 500)
        m = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="r") == 0 and m, what="up 0")
        self.assertEqual(self.ready_queues(m), self.ALL)
        self.assertGreaterEqual(m.value("tally_target_errors_total", target="r", reason="status"), 1)
        self.broken = {"/api/queues?3": answer("x", 401)}
        eventually(lambda: (agent.metrics().value("tally_target_errors_total", target="r", reason="auth") or 0) >= 1, 30, "auth")
        self.broken = {"/api/queues?1": answer(b'{"items":[],"page_count":0}')}
        m = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="r") == 1 and m, 30, "up again")
        self.assertEqual(self.ready_queues(m), {}, "an empty list is empty, not held")

    def test_a_required_request_that_fails_takes_all_with_it(self):
        agent = self.up(on_failure="drop")
        self.broken["/api/nodes"] = answer("[", 200)
        m = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="r") == 0 and m, what="up 0")
        self.assertEqual({dict(k[1])["reason"] for k in m.find("tally_target_errors_total", target="r")}, {"decode"})
        self.assertEqual([k for k in m.of_target("r") if not k[0].startswith(("tally_target_", "tallyman_"))], [])


class Strangers(Test):
    """Status 200 and JSON, but not the service's answer (a gateway's error, a wrong port): a failure, what was known is held."""

    GOOD = {
        "uwsgi": {"/": "stats_raw_tcp.json"},
        "nats": {"/varz": "varz.json", "/jsz": "jsz.json"},
        "ilmo": {"/": "metrics.json"},
        "rabbitmq": {"/api/overview": "overview.json", "/api/nodes": "nodes.json", "/api/queues": "queues_items.json", "/api/consumers": "consumers.json"},
    }

    def test_an_error_in_json_is_a_failure_and_not_the_end_of_all_workers(self):
        for service, files in self.GOOD.items():
            for stranger in files:
                if stranger == "/api/consumers":  # optional
                    continue
                with self.subTest(collector=service, path=stranger):
                    said = {path: answer(captured(service, name)) for path, name in files.items()}
                    server = Server(lambda request, said=said: said[request.path.split("?")[0]])
                    self.addCleanup(server.stop)
                    agent = self.agent([{"name": "s", "collector": service, "url": server.url, "interval": "300ms", "max_age": "5m"}]).live()
                    eventually(lambda: agent.metrics().value("tally_target_up", target="s") == 1)
                    known = self.series(agent.metrics(), service)
                    self.assertTrue(known)
                    said[stranger] = answer({"error": "no upstream"})
                    eventually(lambda: agent.metrics().value("tally_target_errors_total", target="s", reason="refused"))
                    m = agent.metrics()
                    self.assertEqual(m.value("tally_target_up", target="s"), 0)
                    self.assertEqual(self.series(m, service), known)

    def test_no_collector_takes_a_gateways_error_for_an_answer(self):
        """Of all that are built in, so that the next one has an `expect` too."""
        server = Server(answer({"error": "no upstream"}))
        self.addCleanup(server.stop)
        others = {"flat": "is for any JSON", "kobo-demo": "asks the dummy", "gearmand": "asks without HTTP", "temporal": "asks for queues by name"}
        names = [line.split()[0] for line in self.tallyman("collectors")[1].splitlines()]
        self.assertGreater(len(names), 30)
        for name in names:
            if name in others:
                continue
            with self.subTest(name):
                code, _, said = self.tallyman("probe", "--collector", name, server.url)
                self.assertEqual(code, 1, said)
                self.assertRegex(said, "failed: (refused|decode): ")

    def series(self, m, service):
        prefixes = ("tally_worker_", "tally_queue_", service + "_")
        return {key for key in m.series if key[0].startswith(prefixes)}


class Schedule(Test):
    def test_first_polls_come_within_two_seconds(self):
        server = Server(answer(crew()))
        self.addCleanup(server.stop)
        targets = [{"name": f"t{i}", "collector": "crew", "url": f"{server.url}/{i}", "interval": "1h"} for i in range(100)]
        agent = self.agent(targets).live()
        began = time.monotonic()
        eventually(lambda: len(server.requests) == 100, 10, "the first polls")
        self.assertLess(max(r.at for r in server.requests) - began, 2.5)
        at = sorted(r.at for r in server.requests)
        self.assertGreater(at[-1] - at[0], 0.5, "spread, not all at once")
        self.assertEqual(agent.metrics().find("tally_target_up", target="t7")[("tally_target_up", (("system", "crew"), ("target", "t7")))], 1)

    def test_polls_keep_their_beat(self):
        """Each target has its own place in the interval and keeps it."""
        server = Server(answer(crew()))
        self.addCleanup(server.stop)
        self.agent([{"name": f"t{i}", "collector": "crew", "url": f"{server.url}/{i}", "interval": "1s"} for i in range(20)]).live()
        eventually(lambda: len(server.requests) >= 20 * 6, 20, "six polls of each")
        for i in range(20):
            at = [r.at for r in server.requests if r.path == f"/{i}/crew"][1:]
            for a, b in zip(at, at[1:]):
                self.assertLess(abs(b - a - 1), 0.4, f"target {i}: {at}")


class Formats(Test):
    def test_a_strict_parser_takes_what_we_pass_on(self):
        """Pages of real exporters in, our OpenMetrics out, read by python3-prometheus-client's strict parser."""
        if not parse_openmetrics:
            self.skipTest("PYTHON3-PROMETHEUS-CLIENT IS NOT INSTALLED: OpenMetrics is not judged by a parser of other hands here")
        pages = sorted(os.listdir(os.path.join(CAPTURED, "prometheus", "captured")))
        targets = [{"name": p, "collector": "prometheus", "url": "file:" + os.path.join(CAPTURED, "prometheus", "captured", p), "interval": "1h"} for p in pages]
        targets += [{"name": "hub", "collector": "kobo-demo", "url": "dummy:kobo", "interval": "1h"},
                    {"name": "broker", "collector": "rabbitmq", "url": "dummy:broker", "interval": "1h"},
                    {"name": "site", "collector": "reva", "url": "dummy:site", "interval": "1h"}]
        agent = self.agent(targets).ready()
        for target in (None, *pages, "hub", "broker", "site"):
            with self.subTest(target):
                path = "/metrics" + (f"?target={target}" if target else "")
                text = exposition.parse(agent.get(path).text)
                strict = agent.get(path, {"Accept": "application/openmetrics-text"}).text
                read = {(s.name, tuple(sorted(s.labels.items()))) for f in parse_openmetrics(strict) for s in f.samples}
                self.assertEqual(read, set(text.series))

    def test_hup_is_not_the_end(self):
        import signal
        server = Server(answer(crew()))
        self.addCleanup(server.stop)
        agent = self.agent([{"name": "a", "collector": "crew", "url": server.url, "interval": "300ms"}]).ready()
        agent.process.send_signal(signal.SIGHUP)
        before = len(server.requests)
        eventually(lambda: len(server.requests) > before + 2)
        self.assertEqual(agent.get("/livez").status, 200)

    def test_int_ends_it_well_too(self):
        import signal
        agent = self.agent([{"name": "a", "collector": "flat", "url": "dummy:site"}]).ready()
        agent.process.send_signal(signal.SIGINT)
        self.assertEqual(agent.process.wait(5), 0)


if __name__ == "__main__":
    unittest.main()
