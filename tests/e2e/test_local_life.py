"""Targets and workers that come and go: what is held, what is dropped, what is never said."""
import json
import socket
import threading
import time
import unittest

from support.agent import Test, eventually
from support.fakes import Server, answer, crew

STATES = ("idle", "busy", "draining", "paused", "starting", "offline", "failed", "unknown")


def target(name, server, **settings):
    return {"name": name, "collector": "crew", "url": server if isinstance(server, str) else server.url,
            "interval": "200ms", **settings}


class Targets(Test):
    def serve(self, script, **options):
        server = Server(script, **options)
        self.addCleanup(server.stop)
        return server

    def test_away_values_held_then_dropped_then_back(self):
        """hold: values stay up to max_age, up is 0 at once with the reason; the neighbour sees nothing of it."""
        a, b = self.serve(answer(crew())), self.serve(answer(crew({"n": 2}, {})))
        agent = self.agent([target("a", a, max_age="3s"), target("b", b)]).ready()
        eventually(lambda: agent.metrics().value("tally_worker_load", target="a", worker="w1") == 1, what="a's values")
        before_b = agent.metrics().value("tally_target_last_success_timestamp_seconds", target="b")

        stopped = time.monotonic()
        a.stop()
        first = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="a") == 0 and m, what="up 0")
        self.assertEqual(first.value("tally_worker_load", target="a", worker="w1"), 1, "held")
        self.assertEqual(first.value("tally_worker_up", target="a", worker="w1"), 1, "a failed poll kills no worker")
        self.assertEqual(first.value("tally_queue_tasks", target="a", queue="mail", state="ready"), 3)
        reasons = {dict(k[1])["reason"]: v for k, v in first.find("tally_target_errors_total", target="a").items() if v}
        self.assertTrue(reasons and set(reasons) <= {"connect", "read"}, reasons)  # read: cut while it was answering

        dropped = eventually(lambda: None if (m := agent.metrics()).find("tally_worker_load", target="a") else m,
                             what="a's values dropped after max_age")
        held_for = time.monotonic() - stopped
        self.assertGreater(held_for, 2.5, "held for about max_age")
        self.assertLess(held_for, 5)
        self.assertFalse([k for k in dropped.of_target("a") if k[0].startswith(("tally_worker", "tally_queue"))],
                         "nothing of a's workers and queues is left, and no zeros")
        self.assertEqual(dropped.value("tally_target_up", target="a"), 0)
        reasons = {dict(k[1])["reason"]: v for k, v in dropped.find("tally_target_errors_total", target="a").items() if v}
        self.assertGreater(reasons["connect"], 0)

        self.assertEqual(dropped.value("tally_target_up", target="b"), 1)
        self.assertEqual(dropped.value("tally_worker_load", target="b", worker="n"), 2)
        self.assertGreater(dropped.value("tally_target_last_success_timestamp_seconds", target="b"), before_b + 1)
        self.assertFalse([v for v in dropped.find("tally_target_errors_total", target="b").values() if v])

        a.listen()
        back = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="a") == 1 and m, 60, "a back")
        self.assertEqual(back.value("tally_worker_load", target="a", worker="w1"), 1)

    def test_on_failure_drop(self):
        a = self.serve(answer(crew()))
        agent = self.agent([target("a", a, on_failure="drop", max_age="1h")]).ready()
        eventually(lambda: agent.metrics().find("tally_worker_load", target="a"))
        a.script = lambda _: answer("no", 500)
        m = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="a") == 0 and m)
        self.assertFalse(m.find("tally_worker_load", target="a"), "dropped with the first failure")
        self.assertFalse(m.find("tally_worker_up", target="a"))
        self.assertFalse(m.find("tally_queue_tasks", target="a"))
        self.assertGreaterEqual(m.value("tally_target_errors_total", target="a", reason="status"), 1)
        a.script = lambda _: answer(crew())
        eventually(lambda: agent.metrics().find("tally_worker_load", target="a"), 60, "values back")

    def test_held_values_are_bounded_by_two_intervals_when_nothing_is_said(self):
        a = self.serve(answer(crew()))
        agent = self.agent([target("a", a, interval="1s")]).ready()
        eventually(lambda: agent.metrics().find("tally_worker_load", target="a"))
        a.script = lambda _: answer("no", 500)
        began = time.monotonic()
        eventually(lambda: not agent.metrics().find("tally_worker_load", target="a"), what="dropped")
        self.assertLess(time.monotonic() - began, 4)

    def test_a_rule_that_finds_nothing_any_more_is_said_once(self):
        """Three good polls without what it reads, then a line; not one per poll; and one when it is there again."""
        a = self.serve(answer(crew()))
        agent = self.agent([target("a", a)]).ready()
        said = lambda: agent.log().count("a rule finds nothing to read in its answers")
        seen = len(a.requests)
        eventually(lambda: len(a.requests) > seen + 4)
        self.assertEqual(said(), 0)
        a.script = lambda _: answer({"workers": crew()["workers"], "mailboxes": []})
        eventually(lambda: said() == 1, 20, "the line")
        seen = len(a.requests)
        eventually(lambda: len(a.requests) > seen + 6)
        self.assertEqual(said(), 1)
        self.assertIn("rule=queues[0]", agent.log())
        self.assertGreaterEqual(agent.metrics().value("tallyman_rule_missing_total", target="a", collector="crew", rule="queues[0]", reason="absent"), 3)
        self.assertEqual(agent.metrics().value("tally_target_up", target="a"), 1)
        unmatched = lambda reason: agent.metrics().find("tallyman_rule_unmatched_polls", target="a", collector="crew", rule="queues[0]", reason=reason)
        self.assertGreaterEqual(next(iter(unmatched("absent").values())), 9)
        a.script = lambda _: answer({**crew(), "queues": []})
        eventually(lambda: agent.log().count("a rule finds what it reads again") == 1, 20, "it is back")
        eventually(lambda: unmatched("empty"), 20, "the list is there, and nothing in it")
        self.assertFalse(unmatched("absent"), "one reason at a time")
        matched = lambda rule: agent.metrics().value("tallyman_rule_matched_total", collector="crew", rule=rule)
        workers, queues = matched("workers[0]"), matched("queues[0]")
        self.assertGreater(queues, 0)
        a.script = lambda _: answer(crew())
        eventually(lambda: not agent.metrics().find("tallyman_rule_unmatched_polls"), 20, "all rules match")
        eventually(lambda: matched("queues[0]") > queues, 20, "items of queues")
        self.assertGreater(matched("workers[0]"), workers)
        a.script = lambda _: answer({"workers": crew()["workers"]})
        eventually(lambda: unmatched("absent"), 20, "gone again")

    def test_reason_of_each_failure(self):
        """One target per way to fail; each counts its own reason and no other, and says up 0."""
        silent = self.serve(lambda _: None)
        loop = self.serve(lambda r: answer("", 302, [("Location", r.path)]))
        deep = '{"workers":' + "[" * 200 + "]" * 200 + "}"
        bound = socket.socket()  # bound and never listening: refused, and nobody else can have the port
        self.addCleanup(bound.close)
        bound.bind(("127.0.0.1", 0))
        rows = [
            ("refused", "http://127.0.0.1:%d" % bound.getsockname()[1], {}, "connect"),
            ("unnamed", "http://no-such-name.invalid:80", {}, "resolve"),
            ("silent", silent.url, {"timeout": "200ms"}, "timeout"),
            ("status500", answer("x", 500), {}, "status"),
            ("status404", answer("x", 404), {}, "status"),
            ("status401", answer("", 401), {}, "auth"),
            ("status403", answer("", 403), {}, "auth"),
            ("truncated", answer('{"workers":[{"name":"w'), {}, "decode"),
            ("not_json", answer("<html>"), {}, "decode"),
            ("two_values", answer("{} {}"), {}, "decode"),
            ("empty", answer(""), {}, "decode"),
            ("deep", answer(deep), {}, "limit"),
            ("not_http", b"SSH-2.0-OpenSSH_9.2\r\n", {}, "read"),
            ("cut_short", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", {"close_each": True}, "read"),
            ("hangs_up", b"", {"close_each": True}, "read"),
            ("too_large", answer(b'{"x":"' + b"a" * 4000 + b'"}'), {"limits": {"body": "2KiB"}}, "limit"),
            ("many_samples", answer(crew({f"w{i}": 1 for i in range(99)})), {"limits": {"samples": 50}}, "limit"),
            ("redirects", loop.url, {}, "redirect"),
            ("not_tls", "https://127.0.0.1:%d" % self.serve(None, greet=b"220 mail.example ESMTP\r\n").port, {}, "tls"),
            ("no_socket", "unix:%s:/" % self.path("nobody.sock"), {}, "connect"),
            ("no_file", "file:" + self.path("nothing.json"), {}, "read"),
        ]
        targets = []
        for name, what, settings, _ in rows:
            settings = dict(settings)
            if isinstance(what, bytes):
                what = self.serve(what, close_each=settings.pop("close_each", False))
            targets.append(target(name, what, **{"interval": "2s", **settings}))
        agent = self.agent(targets + [target("well", self.serve(answer(crew())))]).ready()
        for name, _, _, reason in rows:
            with self.subTest(name):
                def counted():
                    m = agent.metrics()
                    return m.find("tally_target_errors_total", target=name) and m
                m = eventually(counted, 10, f"errors of {name}")
                found = {dict(k[1])["reason"]: v for k, v in m.find("tally_target_errors_total", target=name).items() if v}
                self.assertEqual(set(found), {reason})
                self.assertEqual(m.value("tally_target_up", target=name), 0)
                self.assertFalse([k for k in m.of_target(name) if k[0].startswith(("tally_worker", "tally_queue"))])
        m = agent.metrics()
        self.assertEqual(m.value("tally_target_up", target="well"), 1)
        self.assertFalse([v for v in m.find("tally_target_errors_total", target="well").values() if v])

    def test_the_same_answer_again(self):
        """It is not read again, and nobody can tell: what is counted by the poll goes on, ages begin anew, a change shows."""
        a = self.serve(answer(crew()))
        agent = self.agent([target("a", a, max_age="1s", timeout="200ms")]).ready()
        matched = lambda m: m.value("tallyman_rule_matched_total", collector="crew", rule="workers[0]")
        first = eventually(lambda: (m := agent.metrics()).value("tally_worker_load", target="a", worker="w1") == 1 and m)
        seen = len(a.requests)
        eventually(lambda: len(a.requests) > seen + 10)
        m = agent.metrics()
        polls = m.value("tallyman_polls_total") - first.value("tallyman_polls_total")
        self.assertGreaterEqual(polls, 9)
        self.assertAlmostEqual(matched(m) - matched(first), polls * matched(first) / first.value("tallyman_polls_total"), delta=2 * matched(first))
        self.assertGreater(m.value("tally_target_last_success_timestamp_seconds", target="a"), first.value("tally_target_last_success_timestamp_seconds", target="a"))
        self.assertEqual(m.value("tally_worker_load", target="a", worker="w1"), 1, "longer shown than max_age")
        asked = eventually(lambda: (r := agent.get("/api/v1/targets/a/explain")).status == 200 and r, 20, "an explanation")
        self.assertIn("workers[0]", asked.text)
        a.script = lambda _: answer(crew({"w1": 0}))
        eventually(lambda: agent.metrics().value("tally_worker_load", target="a", worker="w1") == 0, 20, "the change")
        seen = len(a.requests)
        eventually(lambda: len(a.requests) > seen + 3)
        a.script = lambda _: answer("no", 500)
        failed = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="a") == 0 and m)
        self.assertEqual(failed.value("tally_worker_load", target="a", worker="w1"), 0, "held")
        eventually(lambda: not agent.metrics().find("tally_worker_load", target="a"), 20, "dropped")
        a.script = lambda _: answer(crew({"w1": 0}))
        eventually(lambda: agent.metrics().value("tally_worker_load", target="a", worker="w1") == 0, 60, "the same as before it failed")

    def test_worker_that_vanishes(self):
        """Down and offline for its grace, its other figures gone at once; then gone altogether."""
        a = self.serve(answer(crew({"w1": 1, "w2": 0})))
        agent = self.agent([target("a", a, worker_grace="3s")]).ready()
        eventually(lambda: agent.metrics().value("tally_worker_up", target="a", worker="w2") == 1)
        a.script = lambda _: answer(crew({"w1": 1}))
        gone_at = time.monotonic()
        m = eventually(lambda: (m := agent.metrics()).value("tally_worker_up", target="a", worker="w2") == 0 and m,
                       what="up 0 of w2")
        for state in STATES:
            self.assertEqual(m.value("tally_worker_state", target="a", worker="w2", state=state), state == "offline", state)
        # The sum over the states stays the number of workers that are shown.
        count = lambda m: {s: m.value("tally_workers", target="a", state=s) for s in STATES}
        self.assertEqual(count(m), {s: (s in ("offline", "busy")) * 1 for s in STATES})
        left = {k[0] for k in m.of_target("a") if ("worker", "w2") in k[1]}
        self.assertLessEqual(left, {"tally_worker_up", "tally_worker_state", "tally_worker_enabled", "tally_worker_info"})
        self.assertEqual(m.value("tally_worker_up", target="a", worker="w1"), 1)
        self.assertEqual(m.value("tally_worker_load", target="a", worker="w1"), 1)
        def forgotten():
            m = agent.metrics()
            return m if not [k for k in m.of_target("a") if ("worker", "w2") in k[1]] else None
        m = eventually(forgotten, what="w2 forgotten")
        self.assertEqual(count(m), {s: (s == "busy") * 1 for s in STATES})
        took = time.monotonic() - gone_at
        self.assertGreater(took, 2.5)
        self.assertLess(took, 5)
        self.assertEqual(m.value("tally_worker_up", target="a", worker="w1"), 1)
        self.assertEqual(m.value("tally_target_up", target="a"), 1)

    def test_worker_that_comes_back_in_its_grace(self):
        a = self.serve(answer(crew({"w1": 1, "w2": 0})))
        agent = self.agent([target("a", a, worker_grace="1h")]).ready()
        eventually(lambda: agent.metrics().value("tally_worker_up", target="a", worker="w2") == 1)
        a.script = lambda _: answer(crew({"w1": 1}))
        eventually(lambda: agent.metrics().value("tally_worker_up", target="a", worker="w2") == 0)
        a.script = lambda _: answer(crew({"w1": 1, "w2": 3}))
        m = eventually(lambda: (m := agent.metrics()).value("tally_worker_up", target="a", worker="w2") == 1 and m)
        self.assertEqual(m.value("tally_worker_load", target="a", worker="w2"), 3)
        self.assertEqual(m.value("tally_worker_state", target="a", worker="w2", state="offline"), 0)

    def test_no_worker_goes_down_because_the_api_fails(self):
        """Through errors, truncated bodies and silence no scrape ever shows a worker with up 0 or load 0."""
        a = self.serve(answer(crew({"w1": 1, "w2": 2})))
        agent = self.agent([target("a", a, max_age="1s", timeout="200ms", worker_grace="1h")]).ready()
        eventually(lambda: agent.metrics().value("tally_worker_load", target="a", worker="w1") == 1)
        good, failures = answer(crew({"w1": 1, "w2": 2})), 0
        body = '{"workers":[{"name":"w1","up":true,"load":1,"max_load":4}'
        for bad in (answer("x", 500), answer(body), answer("[]", 401), None, answer("null", 503)):
            a.script = lambda _: bad
            base = agent.metrics().value("tally_target_last_success_timestamp_seconds", target="a")

            def look():
                nonlocal failures
                m = agent.metrics()
                for worker, load in (("w1", 1), ("w2", 2)):
                    self.assertIn(m.value("tally_worker_up", target="a", worker=worker), (1, None))
                    self.assertIn(m.value("tally_worker_load", target="a", worker=worker), (load, None))
                    self.assertIn(m.value("tally_worker_state", target="a", worker=worker, state="offline"), (0, None))
                return m
            eventually(lambda: not look().find("tally_worker_load", target="a"), what="dropped")
            a.script = lambda _: good
            a.drop_connections()
            eventually(lambda: look().value("tally_worker_load", target="a", worker="w2") == 2, 60, "back")
            self.assertGreater(agent.metrics().value("tally_target_last_success_timestamp_seconds", target="a"), base)

    def test_one_bad_worker_costs_one_worker(self):
        items = [{"name": "w1", "up": True, "load": 1, "max_load": 4}, {"name": None, "up": True, "load": 9},
                 {"name": "w3", "up": True, "load": "heavy", "max_load": 4}, {"name": "w4", "up": True, "load": 2, "max_load": None}]
        a = self.serve(answer({"workers": items, "queues": []}))
        agent = self.agent([target("a", a)]).ready()
        m = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="a") == 1 and m)
        ups = {dict(k[1])["worker"]: v for k, v in m.find("tally_worker_up", target="a").items()}
        self.assertEqual(ups, {"w1": 1, "w3": 1, "w4": 1})
        loads = {dict(k[1])["worker"]: v for k, v in m.find("tally_worker_load", target="a").items()}
        self.assertEqual(loads, {"w1": 1, "w4": 2}, "a text is not a load, and not 0 either")
        limits = {dict(k[1])["worker"]: v for k, v in m.find("tally_worker_max_load", target="a").items()}
        self.assertEqual(limits, {"w1": 4, "w3": 4})
        errors = m.find("tallyman_rule_errors_total", reason="type")
        self.assertEqual(len(errors), 1, errors)
        self.assertGreaterEqual(next(iter(errors.values())), 1)

    def test_retry_after_is_honoured(self):
        state = {"asked_again": None, "told": None}

        def script(request):
            if state["told"] is None:
                state["told"] = request.at
                return answer("later", 503, [("Retry-After", "3")])
            state["asked_again"] = state["asked_again"] or request.at
            return answer(crew())
        a = self.serve(script)
        agent = self.agent([target("a", a)]).live()
        eventually(lambda: state["asked_again"], 30, "asked again")
        pause = state["asked_again"] - state["told"]
        self.assertGreater(pause, 2.9)
        self.assertLess(pause, 10)
        eventually(lambda: agent.metrics().value("tally_target_up", target="a") == 1)

    def test_failing_target_is_asked_less_and_less(self):
        a = self.serve(answer("x", 500))
        agent = self.agent([target("a", a, interval="200ms")]).live()
        eventually(lambda: len(a.requests) >= 5, 30, "five attempts")
        at = [r.at for r in a.requests[:5]]
        self.assertGreater(at[4] - at[0], 4 * 0.2 * 1.5, "backs off")
        self.assertEqual(agent.metrics().value("tally_target_up", target="a"), 0)


class Log(Test):
    def test_lines_of_json(self):
        """One object a line: counts are numbers, texts are texts, whatever they hold."""
        away = Server(answer(b"", status=500, reason="Internal Server Error"))
        self.addCleanup(away.stop)
        agent = self.agent([{"name": "1", "collector": "flat", "url": away.url, "interval": "200ms"}], log={"format": "json"}).live()
        eventually(lambda: "target is down" in agent.log(), 20, "a failure in the log")
        away.script = lambda _: answer({"a": 1})
        eventually(lambda: "target is up again" in agent.log(), 20, "a recovery in the log")
        lines = [json.loads(line) for line in agent.log().splitlines()]
        listening, down, up = (next(x for x in lines if x["message"] == m) for m in ("listening", "target is down", "target is up again"))
        self.assertEqual((listening["targets"], listening["level"]), (1, "info"))
        self.assertEqual((down["target"], down["reason"], down["level"]), ("1", "status", "warning"))
        self.assertIsInstance(up["failed_polls"], int)
        self.assertGreater(up["failed_polls"], 0)


class Stop(Test):
    def test_sigterm_with_200_polls_in_flight(self):
        stalled = Server(lambda _: None)
        self.addCleanup(stalled.stop)
        targets = [{"name": f"t{i}", "collector": "crew", "url": stalled.url, "interval": "60s", "timeout": "50s"}
                   for i in range(200)]
        agent = self.agent(targets).live()
        eventually(lambda: len(stalled.requests) == 200, 15, "200 requests in flight")
        took = agent.stop()
        self.assertLess(took, 2.0)
        self.assertEqual(agent.exit_code, 0)

    def test_sigterm_while_connecting(self):
        """A listener whose queue is full: connects neither succeed nor fail."""
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = []
        for _ in range(4):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(full.getsockname())
            fillers.append(s)
            self.addCleanup(s.close)
        url = "http://127.0.0.1:%d" % full.getsockname()[1]
        agent = self.agent([{"name": f"t{i}", "collector": "crew", "url": url, "interval": "60s", "timeout": "50s"}
                            for i in range(20)]).live()
        eventually(lambda: agent.metrics().value("tallyman_polls_in_flight") is None or
                   agent.metrics().value("tallyman_polls_in_flight") == 20, 10, "connects under way")
        self.assertLess(agent.stop(), 2.0)
        self.assertEqual(agent.exit_code, 0)

    def test_sigterm_while_a_scraper_reads_nothing(self):
        server = Server(answer(crew({f"worker-{i:05}": i for i in range(3000)})))
        self.addCleanup(server.stop)
        agent = self.agent([target("a", server)]).ready()
        eventually(lambda: len(agent.metrics().find("tally_worker_load", target="a")) == 3000)
        slow = socket.create_connection(agent.address)
        self.addCleanup(slow.close)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        slow.recv(100)
        self.assertLess(agent.stop(), 2.0)

    def test_port_in_use_is_said(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen(1)
            where = "127.0.0.1:%d" % taken.getsockname()[1]
            config = self.config([target("a", "http://127.0.0.1:1", collector="flat")])
            code, _, err = self.tallyman("run", "--config", config, "--listen", where)
        self.assertEqual(code, 1)
        self.assertIn(where, err)


class Descriptors(Test):
    def test_running_out_of_descriptors_is_a_reason_of_its_own(self):
        """120 targets at 64 descriptors: some polls fail with `fds`, the others go on, scrapes get through."""
        def script(_):
            gate.wait(0.8)  # keeps connections open together; not synchronisation
            return answer(crew({"w": 1}, {}))
        gate = threading.Event()
        self.addCleanup(gate.set)
        server = Server(script, close_each=True)
        self.addCleanup(server.stop)
        agent = self.agent([target(f"t{i:03}", server, interval="1s") for i in range(120)], limits=(64, 64)).live()
        m = eventually(lambda: (m := agent.metrics()).find("tally_target_errors_total", reason="fds") and m, 30, "fds")
        reasons = {dict(k[1])["reason"] for k, v in m.find("tally_target_errors_total").items() if v}
        self.assertLessEqual(reasons, {"fds"})
        gate.set()
        eventually(lambda: len([1 for v in agent.metrics().find("tally_target_up").values() if v == 1]) > 5, 30, "some up")


if __name__ == "__main__":
    unittest.main()
