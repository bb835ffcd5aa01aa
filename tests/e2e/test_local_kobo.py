"""A kobo hub polled over XML-RPC. The hub is support/kobo.py; its first test says why it may be believed."""
import os
import unittest
import xmlrpc.client
from urllib.request import Request, urlopen

from support.agent import REPO
from support.kobo import captured_hub

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


if __name__ == "__main__":
    unittest.main()
