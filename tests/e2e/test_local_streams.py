"""Services without HTTP, played by a script: gearmand and beanstalkd as captured, HAProxy's admin socket, and what they do
to those who ask. The rows of one hostility each are in test_local_hostile.py."""
import os
import threading
import unittest

from support.agent import REPO, Test, eventually
from support.hostile import Hostile, Turn, stall

CAPTURED = os.path.join(REPO, "tests", "collectors")


def captured(service, name):
    with open(os.path.join(CAPTURED, service, "captured", name), "rb") as f:
        return f.read()


class Lines(Test):
    """`self.answers`: line -> bytes, or a function of the connection, which is closed when that returns. It is also closed after
    `closes_after` and after a line that has no answer; else it stays open, as the protocol has it."""
    closes_after = None

    def setUp(self):
        super().setUp()
        self.answers, self.heard = {}, []  # what is answered to a line, and the lines that came
        self.connections = 0
        turn = Turn()
        turn()
        self.server = self.listen(turn)

    def listen(self, turn, unix=None):
        server = Hostile(turn, b"", self.play, at_accept=True, line=True, unix=unix)
        self.addCleanup(server.stop)
        return server

    def play(self, connection, _):
        self.connections += 1
        buffer = b""
        while True:
            while b"\n" not in buffer:
                more = connection.recv(65536)
                if not more:
                    return
                buffer += more
            line, _, buffer = buffer.partition(b"\n")
            line = line.rstrip(b"\r").decode()
            self.heard.append(line)
            found = self.answers.get(line)
            if found is None:
                return
            if callable(found):
                return found(connection)
            connection.sendall(found)
            if line == self.closes_after:
                return

    def target(self, collector, **settings):
        return {"name": "s", "collector": collector, "url": self.server.url, "interval": "300ms", "timeout": "300ms", **settings}

    def up(self, agent, value=1):
        return eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="s") == value and m, 30, f"up {value}")

    def failing(self, agent, reason):
        """Down for this reason, whose count still grows."""
        seen = self.up(agent, 0).value("tally_target_errors_total", target="s", reason=reason) or 0
        return eventually(lambda: (agent.metrics().value("tally_target_errors_total", target="s", reason=reason) or 0) > seen, 30, reason)

    def ready(self, m):
        return {dict(k[1])["queue"]: v for k, v in m.find("tally_queue_tasks", target="s", state="ready").items()}


class Gearmand(Lines):
    """Stays open after each answer."""

    def setUp(self):
        super().setUp()
        self.answers = {"status": captured("gearmand", "status.txt"), "version": captured("gearmand", "version.txt")}

    def test_functions_are_queues(self):
        m = self.up(self.agent([self.target("gearmand")]).live())
        self.assertEqual(self.ready(m), {"mail": 0, "orphan": 1, "resize": 3})
        self.assertEqual(m.value("tally_queue_consumers", target="s", queue="resize"), 2)
        self.assertEqual(m.value("tally_target_info", target="s", version="1.1.20+ds"), 1)
        self.assertFalse(m.find("tally_target_errors_total", target="s"))
        eventually(lambda: self.heard.count("status") >= 4)
        self.assertEqual(self.heard.count("version"), 1, "every: 10m")
        self.assertEqual(self.connections, len(self.heard), "a connection for each request")

    def test_by_name_and_over_a_unix_socket(self):
        turn = Turn()
        turn()
        local = self.listen(turn, unix=self.path("g.sock"))
        agent = self.agent([self.target("gearmand", url=f"tcp://localhost:{self.server.port}"),
                            {**self.target("gearmand", url=local.url), "name": "u"}]).ready()
        m = agent.metrics()
        for name in ("s", "u"):
            self.assertEqual(m.value("tally_queue_tasks", target=name, queue="resize", state="ready"), 3)

    def test_probe(self):
        code, shown, said = self.tallyman("probe", "--collector", "gearmand", self.server.url)
        self.assertEqual(code, 0, said)
        self.assertIn('queue="resize"', shown)
        code, _, said = self.tallyman("probe", "--collector", "gearmand", "tcp://127.0.0.1")
        self.assertEqual(code, 2)
        self.assertIn("the port is missing; expected tcp://HOST:PORT", said)
        code, _, said = self.tallyman("probe", "--collector", "kobo", self.server.url)
        self.assertEqual(code, 2)
        self.assertIn("which needs HTTP", said)

    def test_an_empty_list_is_empty_and_half_a_list_is_none(self):
        agent = self.agent([self.target("gearmand", max_age="1h")]).live()
        self.up(agent)
        self.answers["status"] = lambda c: c.sendall(b"mail\t9\t0\t1\norphan\t1\t0\t0\n")  # and closes
        self.failing(agent, "read")
        self.assertEqual(self.ready(agent.metrics()), {"mail": 0, "orphan": 1, "resize": 3}, "held")
        self.answers["status"] = b"mail\t9\t0\t1\n"  # and stays open
        self.failing(agent, "timeout")
        self.assertEqual(self.ready(agent.metrics()), {"mail": 0, "orphan": 1, "resize": 3}, "held")
        self.answers["status"] = b".\n"
        eventually(lambda: self.ready(self.up(agent)) == {}, 30, "an empty list")

    def test_drips_and_floods_end(self):
        agent = self.agent([self.target("gearmand", max_age="1h", limits={"body": "1MiB"})]).live()
        self.up(agent)
        over = threading.Event()
        self.addCleanup(over.set)

        def drip(connection):
            while not over.wait(0.05):
                connection.sendall(b"x")

        def flood(connection):
            while True:
                connection.sendall(b"mail\t0\t0\t1\n" * 1000)
        self.answers["status"] = drip
        self.failing(agent, "timeout")
        self.answers["status"] = flood
        self.failing(agent, "limit")
        self.answers["status"] = stall
        self.failing(agent, "timeout")
        self.answers["status"] = captured("gearmand", "status.txt")
        self.assertEqual(self.ready(self.up(agent)), {"mail": 0, "orphan": 1, "resize": 3})


class Beanstalkd(Lines):
    """`quit` closes; so does what it does not know here."""

    def setUp(self):
        super().setUp()
        emails = captured("beanstalkd", "stats-tube-emails.txt")
        self.answers = {"stats": captured("beanstalkd", "stats.txt"), "list-tubes": captured("beanstalkd", "list-tubes.txt"),
                        "stats-tube default": emails.replace(b"ready: 8", b"ready: 0"), "stats-tube emails": emails,
                        "stats-tube idle": captured("beanstalkd", "stats-tube-none.txt")}

    def test_tubes_are_queues_and_one_that_went_costs_itself(self):
        m = self.up(self.agent([self.target("beanstalkd")]).live())
        self.assertEqual(self.ready(m), {"default": 0, "emails": 8})
        self.assertEqual(m.value("tally_queue_tasks", target="s", queue="emails", state="failed"), 1)
        self.assertEqual(m.value("tally_target_info", target="s", version="1.12"), 1)
        self.assertEqual([line for line in self.heard if "\r" in line], [])
        eventually(lambda: self.heard.count("stats-tube emails") >= 3)
        self.assertIn("quit", self.heard, "so that an error ends as well")

    def test_a_tube_cannot_be_a_second_command(self):
        self.answers["list-tubes"] = b"OK 99\r\n---\n- emails\n- a\x7fb\n\r\n"
        self.up(self.agent([self.target("beanstalkd")]).live())
        eventually(lambda: self.heard.count("stats-tube emails") >= 2)
        self.assertEqual({line for line in self.heard if line.startswith("stats-tube")}, {"stats-tube emails"})


class HAProxy(Lines):
    """Closes after one answer; the same collector reads the stats page."""
    closes_after = "show stat"

    def test_admin_socket(self):
        turn = Turn()
        turn()
        self.server = self.listen(turn, unix=self.path("admin.sock"))
        self.answers["show stat"] = captured("haproxy", "stats.csv") + b"\n"
        agent = self.agent([self.target("haproxy", max_age="1h")]).live()
        m = self.up(agent)
        self.assertEqual(m.value("tally_worker_up", target="s", worker="be/app1"), 1)
        self.assertEqual(m.value("tally_worker_up", target="s", worker="be/app2"), 0)
        self.answers["show stat"] = captured("haproxy", "stats.csv")[:-600]  # cut off between rows or in one
        self.failing(agent, "read")
        self.assertEqual(agent.metrics().value("tally_worker_up", target="s", worker="be/app1"), 1, "held")
        self.answers["show stat"] = b"Permission denied\n\n"  # a header without rows, were it not for `expect`
        self.failing(agent, "refused")


class Unasked(Lines):
    """uWSGI's stats server answers whoever connects, and closes."""

    def play(self, connection, _):
        self.connections += 1
        connection.sendall(captured("uwsgi", "stats_raw_tcp.json"))

    def test_nothing_is_sent(self):
        agent = self.agent([self.target("uwsgi")]).live()
        m = self.up(agent)
        self.assertEqual(m.value("tally_target_info", target="s", version="2.0.21-debian"), 1)
        self.assertEqual(len(m.find("tally_worker_load", target="s")), 3)
        eventually(lambda: self.connections >= 3)
        self.assertFalse([v for v in agent.metrics().find("tally_target_errors_total", target="s").values() if v])


if __name__ == "__main__":
    unittest.main()
