"""A kobo hub polled over XML-RPC. The hub is support/kobo.py; its first test says why it may be believed."""
import os
import time
import unittest
import xmlrpc.client
from urllib.request import Request, urlopen

from support import exposition
from support.agent import REPO, Test, eventually
from support.kobo import HubError, captured_hub, task

COLLECTORS = os.path.join(REPO, "tests", "collectors")


def captured(name, service="kobo"):
    with open(os.path.join(COLLECTORS, service, "captured", name), "rb") as f:
        return f.read()


def call(hub, method, *arguments):
    body = xmlrpc.client.dumps(arguments, method).encode()
    with urlopen(Request(hub.url + "/xmlrpc/client/", body, {"Content-Type": "text/xml"}), timeout=10) as reply:
        return reply.read(), reply.headers


class TheFakeHub(unittest.TestCase):
    """In the state in which a real hub was captured it gives the answers that were captured, byte for byte."""

    def setUp(self):
        self.hub = captured_hub()
        self.addCleanup(self.hub.stop)

    def test_answers(self):
        workers = ["arbeiter-ü", 'full "quoted"\\ worker', "localhost", "pub-dev-pubd7", "old-worker.example.com"]
        tasks = ("client.get_tasks", [], [0, 1, 2])
        for name, method, *arguments in (
            ("list_workers_enabled", "client.list_workers", True),
            ("list_workers_disabled", "client.list_workers", False),
            ("get_worker_info_arbeiter", "client.get_worker_info", workers[0]),
            ("get_worker_info_full", "client.get_worker_info", workers[1]),
            ("get_worker_info_localhost", "client.get_worker_info", workers[2]),
            ("get_worker_info_pub-dev-pubd7", "client.get_worker_info", workers[3]),
            ("get_worker_info_old-worker", "client.get_worker_info", workers[4]),
            ("get_worker_info_unknown", "client.get_worker_info", "nobody"),
            ("get_tasks_queue", *tasks),
            ("multicall_get_worker_info", "system.multicall", [{"methodName": m, "params": p} for m, *p in
                                                               [*(("client.get_worker_info", w) for w in workers), tasks]]),
            ("multicall_with_fault", "system.multicall", [{"methodName": m, "params": p} for m, *p in
                                                          [("client.task_info", 9999), ("nope",), ("client.get_worker_info", "localhost")]]),
            ("renew_session_anon", "auth.renew_session"),
            ("login_password_bad", "auth.login_password", "reader", "wrong"),
        ):
            with self.subTest(name):
                body, headers = call(self.hub, method, *arguments)
                self.assertEqual(body.decode(), captured(name + ".xml").decode())
                self.assertEqual(headers["Content-Type"], "text/xml")

    def test_the_exporter_s_page(self):
        for path in ("/kobo_exporter/metrics", "/kobo_exporter/metrics/"):
            page = urlopen(self.hub.url + path, timeout=10).read()
            self.assertEqual(page.decode(), captured("kobo_exporter.prom", "prometheus").decode())

    def test_what_must_be_denied(self):
        self.hub.private = "fault"
        self.assertEqual(call(self.hub, "client.list_workers", True)[0], captured("login_required_denied.xml"))
        body, headers = call(self.hub, "auth.login_password", "reader", "readerpw")
        self.assertEqual(len(body), len(captured("login_password_ok.xml")))
        self.assertEqual([c.split("=")[0] for c in headers.get_all("Set-Cookie")], ["csrftoken", "sessionid"])

    def test_one_large_number_faults_all_that_holds_it(self):
        self.hub.change("localhost", max_load=3_000_000_000)
        calls = [{"methodName": "client.get_worker_info", "params": [n]} for n in self.hub.workers]
        for method, argument in (("client.get_worker_info", "localhost"), ("system.multicall", calls)):
            with self.assertRaisesRegex(xmlrpc.client.Fault, "OverflowError: int exceeds XML-RPC limits"):
                xmlrpc.client.loads(call(self.hub, method, argument)[0])


class Polled(Test):
    """The hub polled by the agent."""
    seconds = 180

    def setUp(self):
        super().setUp()
        self.hub = captured_hub()
        self.addCleanup(self.hub.stop)

    def up(self, **settings):
        self.agent_ = self.agent([{"name": "hub", "collector": "kobo", "url": self.hub.url, "interval": "1s", **settings}])
        return eventually(lambda: (m := self.agent_.metrics()).value("tally_target_up", target="hub") == 1 and m)

    def next_poll(self):
        """What is shown when the poll that begins next has ended: then, and not before, the one after it begins."""
        polls = self.hub.polls()
        eventually(lambda: self.hub.polls() >= polls + 2)
        return self.agent_.metrics()

    def shown(self, m, name):
        return {dict(k[1])["worker"]: v for k, v in m.find(name, target="hub").items()}

    def test_it_shows_what_the_exporter_shows(self):
        m = self.up(filter={"keep": ["kobo_*"]})
        theirs = exposition.parse(captured("kobo_exporter.prom", "prometheus").decode())
        families = {n for n in m.types if not n.startswith(("tally", "process_"))}  # the agent speaks of itself too
        self.assertEqual(families, set(theirs.types))
        self.assertEqual({n: m.types[n] for n in families}, theirs.types)
        self.assertEqual({n: m.helps[n] for n in families}, theirs.helps)
        ours = {(name, labels): float(v) for (name, labels), v in m.series.items() if name in families}
        never = {"arbeiter-ü", "old-worker.example.com"}
        expected = {}
        for (name, labels), v in theirs.series.items():
            (_, worker), = labels
            if name == "kobo_worker_last_seen_seconds" and worker in never:
                self.assertEqual(float(v), 0)  # 1970 is not shown: documented
                continue
            expected[name, (("system", "kobo"), ("target", "hub"), ("worker", worker))] = float(v)
        self.assertEqual(len(expected), 6 * 5 - 2)
        self.assertEqual(ours, expected)
        self.assertEqual({n for n in m.types if n.startswith("tally_worker") or n.startswith("tally_queue")}, set())

    def test_one_value_over_31_bits_costs_one_worker(self):
        self.up()
        self.assertEqual(set(self.hub.multicalls), {5})
        self.assertEqual(self.hub.count("client.get_worker_info", inside=False), 0)
        before = len(self.hub.multicalls)
        self.hub.change("localhost", max_load=2**31)
        m = self.next_poll()
        self.assertEqual(self.shown(m, "kobo_worker_max_load"),
                         {"arbeiter-ü": 1, 'full "quoted"\\ worker': 2, "old-worker.example.com": 2, "pub-dev-pubd7": 60})
        self.assertEqual(m.value("tally_target_up", target="hub"), 1)
        self.assertGreaterEqual(m.value("tally_target_errors_total", target="hub", reason="refused"), 1)
        self.assertEqual(len(m.find("tally_target_errors_total", target="hub")), 1, "for no other reason")
        # Each poll tries the multicall, then each of the five alone.
        alone, joined = self.hub.count("client.get_worker_info", inside=False), len(self.hub.multicalls) - before
        self.assertGreaterEqual(joined, 1)
        self.assertGreaterEqual(alone, 5)
        self.assertLessEqual(alone, 5 * joined)
        # Nobody says that it is gone, but of others that is known.
        self.hub.remove("old-worker.example.com")
        m = self.next_poll()
        self.assertEqual(self.shown(m, "tally_worker_up")["old-worker.example.com"], 0)
        self.assertNotIn("localhost", self.shown(m, "tally_worker_up"))
        # The largest that fits is no trouble, and the multicall is enough again.
        self.hub.change("localhost", max_load=2**31 - 1)
        m = self.next_poll()
        self.assertEqual(self.shown(m, "kobo_worker_max_load")["localhost"], 2**31 - 1)
        alone = self.hub.count("client.get_worker_info", inside=False)
        self.next_poll()
        self.assertEqual(self.hub.count("client.get_worker_info", inside=False), alone)

    def test_the_only_worker_cannot_be_described(self):
        """It is the one that is lost: not the queue, and not the hub."""
        self.up()
        for name in list(self.hub.workers):
            if name != "localhost":
                self.hub.remove(name)
        self.next_poll()
        waiting = sum(self.next_poll().find("tally_queue_tasks", target="hub").values())
        self.assertGreater(waiting, 0)
        self.hub.change("localhost", max_load=2**31)
        m = self.next_poll()
        # The names of channels come with the workers: whose is not known waits in `unknown`, and is counted.
        self.assertEqual(sum(m.find("tally_queue_tasks", target="hub").values()), waiting)
        self.assertEqual(m.value("tally_target_up", target="hub"), 1)
        self.assertGreaterEqual(m.value("tally_target_errors_total", target="hub", reason="refused"), 1)
        self.assertNotIn("localhost", self.shown(m, "kobo_worker_max_load"))
        self.assertNotIn("localhost", self.shown(m, "tally_worker_up"), "nobody says that it is gone")
        self.hub.change("localhost", max_load=5)
        self.assertEqual(self.shown(self.next_poll(), "kobo_worker_max_load")["localhost"], 5)

    def test_a_hub_that_fails_at_each_worker_holds_them(self):
        workers = self.shown(self.up(max_age="10m"), "kobo_worker_load")
        self.hub.statuses = {"client.get_worker_info": 500}
        m = eventually(lambda: (m := self.agent_.metrics()).value("tally_target_up", target="hub") == 0 and m)
        self.assertEqual(self.shown(m, "kobo_worker_load"), workers)
        self.assertGreaterEqual(m.value("tally_target_errors_total", target="hub", reason="status"), 1)

    def test_a_fault_inside_the_multicall_costs_one_worker(self):
        self.up()
        self.hub.faulty["localhost"] = HubError("kobo.hub.models.Worker.DoesNotExist", "Worker matching query does not exist.")
        m = self.next_poll()
        self.assertNotIn("localhost", self.shown(m, "kobo_worker_load"))
        self.assertEqual(len(self.shown(m, "kobo_worker_load")), 4)
        self.assertEqual(m.value("tally_target_up", target="hub"), 1)
        self.assertEqual(self.hub.count("client.get_worker_info", inside=False), 0)

    def test_workers_that_come_go_and_are_disabled_show_in_the_next_poll(self):
        self.up()
        self.hub.add("newcomer", max_load=3, current_load=1, task_count=1, last_seen=time.time())
        m = self.next_poll()
        self.assertEqual(self.shown(m, "kobo_worker_load")["newcomer"], 1)
        self.assertEqual(self.shown(m, "tally_worker_up")["newcomer"], 1)
        self.assertEqual(self.shown(m, "tally_worker_enabled")["newcomer"], 1)
        self.assertEqual(m.value("tally_worker_state", target="hub", worker="newcomer", state="busy"), 1)

        self.hub.change("newcomer", enabled=False)
        m = self.next_poll()
        self.assertEqual(self.shown(m, "kobo_worker_enabled")["newcomer"], 0)
        self.assertEqual(self.shown(m, "tally_worker_enabled")["newcomer"], 0)
        self.assertEqual(m.value("tally_worker_state", target="hub", worker="newcomer", state="draining"), 1)

        self.hub.change("newcomer", enabled=True)
        m = self.next_poll()
        self.assertEqual(self.shown(m, "tally_worker_enabled")["newcomer"], 1)

        self.hub.remove("newcomer")
        m = self.next_poll()
        self.assertEqual(len(self.shown(m, "kobo_worker_load")), 5)
        self.assertNotIn("newcomer", self.shown(m, "tally_worker_load"))
        self.assertEqual(self.shown(m, "tally_worker_up")["newcomer"], 0, "it is missed")

        # Deleted between the two calls of one poll: no error.
        self.hub.gone.add("localhost")
        m = self.next_poll()
        self.assertEqual(len(self.shown(m, "kobo_worker_load")), 4)
        self.assertEqual(m.find("tally_target_errors_total", target="hub"), {})
        self.assertEqual({n for n in self.hub.methods() if not n.startswith("client.")}, set(), "never worker.*")

    def test_tasks_that_cannot_be_sent_cost_no_worker(self):
        counted = {"default": 4, "heavy": 0}
        ready = lambda m: {dict(k[1])["queue"]: v for k, v in m.find("tally_queue_tasks", target="hub", state="ready").items()}  # noqa: E731
        m = self.up()
        self.assertEqual(ready(m), counted)
        workers = self.shown(m, "kobo_worker_load")
        self.hub.tasks.append(task(11, "FREE", "too heavy", "Scan", weight=2**31))
        # At first the last good figures; then none, and never a 0 that nobody said.
        def gone():
            seen = ready(m := self.agent_.metrics())
            self.assertIn(seen, (counted, {}))
            return not seen and m
        m = eventually(gone)
        for name in ("kobohub_tasks", "kobohub_worker_assigned_tasks", "kobohub_worker_waiting_tasks", "kobohub_worker_task_weight",
                     "tally_queue_oldest_age_seconds"):
            self.assertEqual(m.find(name, target="hub"), {}, name)
        self.assertEqual(self.shown(m, "kobo_worker_load"), workers)
        self.assertEqual(m.value("tally_target_up", target="hub"), 1)
        self.assertGreaterEqual(m.value("tally_target_errors_total", target="hub", reason="refused"), 1)
        self.assertEqual(len(m.find("tally_target_errors_total", target="hub")), 1, "for no other reason")
        # Who goes meanwhile is missed: the list of workers was answered in full.
        self.hub.remove("localhost")
        m = self.next_poll()
        self.assertEqual(self.shown(m, "tally_worker_up")["localhost"], 0)
        self.assertNotIn("localhost", self.shown(m, "kobo_worker_load"))
        self.hub.tasks.pop()
        self.assertEqual(ready(self.next_poll()), counted)

    def test_a_hub_that_loses_all_its_workers_misses_each(self):
        names = set(self.shown(self.up(), "kobo_worker_load"))
        for name in names:  # the tasks that are assigned to them, or open, stay
            self.hub.remove(name)
        m = self.next_poll()
        self.assertEqual(self.shown(m, "kobo_worker_load"), {})
        self.assertEqual(self.shown(m, "tally_worker_up"), dict.fromkeys(names, 0))
        self.assertEqual(m.value("tally_target_up", target="hub"), 1)
        self.assertEqual(m.value("tally_queue_tasks", target="hub", queue="unknown", state="active"), 6)
        self.assertEqual(m.find("tallyman_rule_missing_total", target="hub", reason="absent"), {})

    def test_a_hub_of_1500_workers(self):
        """At the defaults: a hundred workers are one request."""
        for i in range(1500):
            self.hub.add(f"many-{i}", max_load=3)
        m = self.up(interval="20s", timeout="20s")
        self.assertEqual(sum(1 for k in m.find("kobo_worker_load", target="hub")), 1505)
        self.assertEqual(m.value("tally_target_up", target="hub"), 1)


if __name__ == "__main__":
    unittest.main()
