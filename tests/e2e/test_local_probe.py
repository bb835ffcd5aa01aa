"""/probe?target=URL&collector=NAME: polls once and now, within an allow-list that no name, redirect or scheme gets around."""
import http.client
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from support import exposition
from support.agent import COLLECTORS, Test, eventually
from support.fakes import Server, answer, crew


class Probe(Test):
    def serve(self, script=None, **options):
        server = Server(script or answer(crew()), **options)
        self.addCleanup(server.stop)
        return server

    def agent_with(self, probe, **agent):
        path = self.config([{"name": "demo", "collector": "flat", "url": "dummy:site"}], collector_paths=[COLLECTORS],
                           probe=probe, **agent)
        return self.run_agent(path).live()

    def allowing(self, **more):
        return {"allow": {"networks": ["127.0.0.1"], **more}, "collectors": ["crew"]}

    def ask(self, agent, target, collector="crew", timeout=None):
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(timeout)} if timeout else {}
        return agent.get(f"/probe?target={quote(target, safe='')}&collector={collector}", headers=headers, timeout=60)

    def failed(self, reply, reason):
        """200, `tally_target_up 0`, the reason counted, nothing of a worker."""
        self.assertEqual(reply.status, 200, reply.text)
        shown = exposition.parse(reply.text)
        self.assertEqual(shown.value("tally_target_up"), 0)
        self.assertEqual(shown.value("tally_target_errors_total", reason=reason), 1)
        self.assertNotIn("tally_worker_", reply.text)

    def test_it_is_off_unless_configured(self):
        server = self.serve()
        agent = self.agent([{"name": "demo", "collector": "flat", "url": "dummy:site"}]).live()
        reply = self.ask(agent, server.url, "flat")
        self.assertEqual((reply.status, reply.text), (403, "nothing may be probed: there is no `probe` in targets.yaml\n"))
        self.assertEqual(server.accepts, 0)

    def test_a_probe_polls_now_and_shows_that_target_alone(self):
        server = self.serve()
        agent = self.agent_with(self.allowing())
        for polls in (1, 2):
            reply = self.ask(agent, server.url)
            self.assertEqual(reply.status, 200, reply.text)
            shown = exposition.parse(reply.text)
            self.assertEqual(shown.value("tally_target_up", target=f"127.0.0.1:{server.port}"), 1)
            self.assertTrue(shown.find("tally_worker_load"))
            self.assertNotIn('target="demo"', reply.text)
            self.assertNotIn("tallyman_", reply.text)
            self.assertEqual(len(server.requests), polls)
        self.assertNotIn(str(server.port), agent.get("/metrics").text)

    def test_bad_questions(self):
        server = self.serve()
        url = server.url
        agent = self.agent_with(self.allowing(hosts=["127.0.0.1", "localhost"], schemes=["http"], ports=[server.port]))
        rows = [
            (400, "Target parameter is missing", "/probe"),
            (400, "Collector parameter is missing", f"/probe?target={url}"),
            (400, "`cerw` is not in `collectors` of `probe`; did you mean `crew`?", f"/probe?target={url}&collector=cerw"),
            (400, "`flat` is not in `collectors` of `probe`", f"/probe?target={url}&collector=flat"),
            (400, "target: `nonsense`", "/probe?target=nonsense&collector=crew"),
            (400, "target: ", f"/probe?target=http://u:p@127.0.0.1:{server.port}&collector=crew"),
            (403, "its scheme is not in `schemes`", f"/probe?target=https://127.0.0.1:{server.port}&collector=crew"),
            (403, "its port 1 is not in `ports`", "/probe?target=http://127.0.0.1:1&collector=crew"),
            (403, "its host is not in `hosts`", f"/probe?target=http://127.0.0.2:{server.port}&collector=crew"),
            (405, "only GET and HEAD", None),
        ]
        for scheme in ("file:/etc/passwd", "unix:/run/x.sock:/", "unix:///run/x.sock", "tcp://127.0.0.1:1", "dummy:kobo"):
            rows.append((403, "only http:// and https:// can be probed", f"/probe?target={scheme}&collector=crew"))
        for status, text, path in rows:
            with self.subTest(text, path=path):
                reply = agent.get(path) if path else agent.get("/probe", method="POST")
                self.assertEqual(reply.status, status, reply.text)
                self.assertIn(text, reply.text)
        self.assertEqual(server.accepts, 0)

    def test_a_name_does_not_get_past_the_networks(self):
        """localhost is 127.0.0.1, whatever it is called; other ways to write that address are no other address."""
        server = self.serve()
        agent = self.agent_with({"allow": {"networks": ["10.0.0.0/8"]}, "collectors": ["crew"]})
        for host in ("127.0.0.1", "localhost", "LOCALHOST.", "x.localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"):
            with self.subTest(host):
                reply = self.ask(agent, f"http://{host}:{server.port}/")
                if reply.status == 200:  # a name without an address
                    self.failed(reply, "resolve")
                else:
                    self.assertEqual(reply.status, 403, reply.text)
                    self.assertIn("may not be probed", reply.text)
        for odd in ("127.1", "2130706433", "0x7f.1", "017700000001"):
            with self.subTest(odd):
                self.assertNotIn("tally_worker_", self.ask(agent, f"http://{odd}:{server.port}/", timeout=2).text)
        self.assertEqual(server.accepts, 0)

    def test_a_redirect_obeys_the_same_list(self):
        hidden = self.serve(host="127.0.0.2")
        for place in (hidden.url + "/crew", f"http://127.0.0.1:{hidden.port}/crew", "file:///etc/passwd"):
            with self.subTest(place):
                door = self.serve(answer(status=302, reason="Found", headers=[("Location", place)]))
                agent = self.agent_with(self.allowing(ports=[door.port, *([hidden.port] if "127.0.0.2" in place else [])]))
                reply = self.ask(agent, door.url)
                self.failed(reply, "redirect")
                self.assertEqual(len(door.requests), 1)
        # By a name: its address is looked at when the connection is made.
        door = self.serve(answer(status=302, reason="Found", headers=[("Location", f"http://localhost:{hidden.port}/")]))
        other = self.serve(host="127.0.0.2")
        agent = self.agent_with({"allow": {"networks": ["127.0.0.2"]}, "collectors": ["crew"]})
        other.script = lambda _: answer(status=302, reason="Found", headers=[("Location", f"http://localhost:{door.port}/")])
        self.failed(self.ask(agent, other.url), "connect")
        self.assertEqual((door.accepts, hidden.accepts), (0, 0))

    def test_credentials_stay_with_their_host(self):
        mine, other = self.serve(host="127.0.0.1"), self.serve(host="127.0.0.2")
        agent = self.agent_with({"allow": {"networks": ["127.0.0.0/8"]}, "collectors": ["crew"],
                                 "auth": {"127.0.0.1": {"bearer": "s3cret"}}})
        self.assertEqual(self.ask(agent, mine.url).status, 200)
        self.assertEqual(self.ask(agent, other.url).status, 200)
        self.assertEqual(self.ask(agent, f"http://localhost:{mine.port}").status, 200)
        self.assertEqual(mine.requests[0].headers.get("authorization"), "Bearer s3cret")
        mine.script = lambda _: answer(status=302, reason="Found", headers=[("Location", other.url + "/crew")])
        self.assertEqual(exposition.parse(self.ask(agent, mine.url).text).value("tally_target_up"), 1)
        self.assertEqual(len(other.requests), 2)
        for request in [*other.requests, mine.requests[1]]:
            self.assertNotIn("s3cret", repr(request.headers))

    def test_a_hundred_at_once_are_one_poll(self):
        release = threading.Event()

        def slow(_):
            release.wait(30)
            return answer(crew())
        server = self.serve(slow)
        agent = self.agent_with(self.allowing())
        path = f"/probe?target={quote(server.url, safe='')}&collector=crew"
        askers = [http.client.HTTPConnection(*agent.address, timeout=60) for _ in range(100)]
        for asker in askers:
            self.addCleanup(asker.close)
            asker.request("GET", path, headers={"X-Prometheus-Scrape-Timeout-Seconds": "30"})
        eventually(lambda: server.requests, 20, "the poll")
        for _ in range(2):  # what was sent before has been read when this is answered
            self.assertEqual(agent.get("/livez").status, 200)
        release.set()
        replies = [asker.getresponse() for asker in askers]
        self.assertEqual({r.status for r in replies}, {200})
        self.assertEqual(len({r.read() for r in replies}), 1)
        self.assertEqual(len(server.requests), 1)

    def test_one_too_many_is_503(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def slow(_):
            release.wait(30)
            return answer(crew())
        server = self.serve(slow)
        agent = self.agent_with(self.allowing() | {"max": 2})
        with ThreadPoolExecutor(2) as pool:
            two = [pool.submit(self.ask, agent, f"{server.url}/{i}", timeout=30) for i in range(2)]
            eventually(lambda: len(server.requests) == 2, 20, "two polls")
            reply = self.ask(agent, server.url + "/3")
            self.assertEqual((reply.status, reply.text), (503, "already 2 probes at work (`max`); try again\n"))
            release.set()
            self.assertEqual([r.result().status for r in two], [200, 200])
        self.assertEqual(self.ask(agent, server.url + "/3").status, 200)

    def test_failures_are_answers(self):
        server = self.serve(lambda _: answer(b"", status=500, reason="no"))
        agent = self.agent_with(self.allowing())
        self.failed(self.ask(agent, server.url), "status")
        server.script = lambda _: answer("{nonsense")
        self.failed(self.ask(agent, server.url), "decode")
        server.stop()
        self.failed(self.ask(agent, server.url), "connect")
        self.assertNotIn("target is down", agent.log())

    def test_the_deadline_comes_before_the_scraper_gives_up(self):
        server = self.serve(lambda _: None)
        agent = self.agent_with(self.allowing())
        began = time.monotonic()
        reply = self.ask(agent, server.url, timeout=1.5)
        took = time.monotonic() - began
        self.failed(reply, "timeout")
        self.assertGreaterEqual(took, 0.9)
        self.assertLess(took, 10)

    def test_reload_changes_what_may_be_probed(self):
        server = self.serve()
        agent = self.agent_with(self.allowing())
        self.assertEqual(self.ask(agent, server.url).status, 200)
        for probe, status in (({"allow": {"networks": ["10.0.0.0/8"]}, "collectors": ["crew"]}, 403), (None, 403), (self.allowing(), 200)):
            before = agent.log().count("the configuration was reloaded")
            more = {"probe": probe} if probe else {}
            self.config([{"name": "demo", "collector": "flat", "url": "dummy:site"}], collector_paths=[COLLECTORS], **more)
            agent.process.send_signal(signal.SIGHUP)
            eventually(lambda: agent.log().count("the configuration was reloaded") > before, 20, "a reload")
            self.assertEqual(self.ask(agent, server.url).status, status)

    def test_stopping_ends_a_probe(self):
        server = self.serve(lambda _: None)
        agent = self.agent_with(self.allowing())
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(self.ask, agent, server.url, timeout=50)
            eventually(lambda: server.requests, 20, "the poll")
            agent.stop()
            reply = asked.result()
        self.assertEqual((reply.status, reply.text), (503, "the agent stops\n"))

    def test_what_check_says(self):
        rows = [
            ({}, "`allow` of `probe` is missing"),
            ({"allow": {}, "collectors": ["crew"]}, "`networks` of `allow` is missing"),
            ({"allow": {"networks": ["10.0.0.1/8"]}, "collectors": ["crew"]}, "`10.0.0.1/8` is no network"),
            ({"allow": {"networks": ["::/0"], "schemes": ["file"]}, "collectors": ["crew"]}, "unknown scheme `file`"),
            ({"allow": {"networks": ["::/0"], "ports": [0]}, "collectors": ["crew"]}, "a port"),
            ({"allow": {"networks": ["::/0"]}}, "`collectors` of `probe` is missing"),
            ({"allow": {"networks": ["::/0"]}, "collectors": ["cerw"]}, "unknown collector `cerw`; did you mean `crew`?"),
            ({"allow": {"networks": ["::/0"]}, "collectors": ["crew"], "auth": {"*.org": {"bearer": "x"}}}, "`*.org` is no host"),
            ({"allow": {"networks": ["::/0"]}, "collectors": ["crew"], "alow": 1}, "unknown key `alow` in `probe`"),
        ]
        for probe, text in rows:
            with self.subTest(text):
                path = self.config([{"name": "demo", "collector": "flat", "url": "dummy:site"}], collector_paths=[COLLECTORS], probe=probe)
                code, _, err = self.tallyman("check", path)
                self.assertEqual(code, 2)
                self.assertIn(text, err)
