"""What scrapers, probes and people get over HTTP."""
import gzip
import http.client
import re
import socket
import unittest

from support.agent import Test, eventually
from support import exposition
from support.fakes import Server, answer, crew

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Serve(Test):
    def setUp(self):
        super().setUp()
        self.a = Server(answer(crew()))
        self.addCleanup(self.a.stop)
        self.targets = [
            {"name": "alpha", "collector": "crew", "url": self.a.url, "interval": "500ms"},
            {"name": "beta", "collector": "crew", "url": self.a.url, "interval": "500ms", "labels": {"site": 'ber"lin\\'}},
        ]

    def up(self):
        agent = self.agent(self.targets).ready()
        eventually(lambda: agent.metrics().value("tally_target_up", target="beta") == 1)
        return agent

    def test_livez_answers_as_soon_as_the_port_is_open(self):
        stalled = Server(lambda _: None)
        self.addCleanup(stalled.stop)
        agent = self.agent([{"name": "s", "collector": "crew", "url": stalled.url, "interval": "30s", "timeout": "20s"}])

        def first():
            try:
                return agent.get("/livez")
            except OSError:
                return None
        reply = eventually(first, 10, "the first answer")
        self.assertEqual(reply.status, 200, "the very first answer that the port gives is 200")

    def test_readyz_waits_for_the_first_attempt(self):
        """503 while a target has not ended an attempt, 200 once it has, though it failed."""
        stalled = Server(lambda _: None)
        self.addCleanup(stalled.stop)
        agent = self.agent([self.targets[0],
                            {"name": "slow", "collector": "crew", "url": stalled.url, "interval": "30s", "timeout": "4s"}]).live()
        eventually(lambda: agent.metrics().value("tally_target_up", target="alpha") == 1)
        before = agent.get("/readyz?verbose")
        self.assertEqual(before.status, 503, before)
        self.assertIn("slow", before.text)
        self.assertEqual(agent.get("/-/ready").status, 503)
        self.assertEqual(agent.get("/metrics").status, 200, "not ready is no reason to hide metrics")
        eventually(lambda: agent.get("/readyz").status == 200, 9, "ready after the attempt failed, before 10 s")
        self.assertEqual(agent.metrics().value("tally_target_up", target="slow"), 0)

    def test_readyz_is_200_after_10_s_whatever_happens(self):
        stalled = Server(lambda _: None)
        self.addCleanup(stalled.stop)
        agent = self.agent([{"name": "s", "collector": "crew", "url": stalled.url, "interval": "60s", "timeout": "50s"}]).live()
        self.assertEqual(agent.get("/readyz").status, 503)
        eventually(lambda: agent.get("/readyz").status == 200, 12, "ready after 10 s")

    def test_health_paths(self):
        agent = self.up()
        for path in ("/livez", "/readyz", "/-/healthy", "/-/ready", "/livez?verbose", "/readyz?verbose", "/healthz/alpha"):
            with self.subTest(path):
                self.assertEqual(agent.get(path).status, 200)
        self.assertEqual(agent.get("/healthz/nobody").status, 404)
        self.a.stop()
        eventually(lambda: agent.get("/healthz/alpha").status == 503, what="/healthz of a target that fails")
        self.assertEqual(agent.get("/livez").status, 200, "other people's outages are not ours")
        self.assertEqual(agent.get("/readyz").status, 200)

    def test_landing_page_links_everything(self):
        agent = self.up()
        page = agent.get("/")
        self.assertEqual(page.status, 200)
        self.assertIn("text/html", page.headers["Content-Type"])
        links = set(re.findall(r'href="([^"]+)"', page.text))
        for link in links:
            if link.startswith("/"):
                with self.subTest(link):
                    self.assertEqual(agent.get(link.replace("&amp;", "&")).status, 202 if link.endswith("/explain") else 200)
        for must in ("/metrics", "/livez", "/readyz", "/-/healthy", "/-/ready"):
            self.assertIn(must, links)
        self.assertTrue([link for link in links if "alpha" in link], links)

    def test_unknown_paths_and_methods(self):
        agent = self.up()
        for path in ("/metric", "/metrics/x", "/livez/x", "//metrics", "/../etc/passwd", "/%00"):
            with self.subTest(path):
                self.assertIn(agent.get(path).status, (400, 404))
        for method in ("POST", "PUT", "DELETE"):
            reply = agent.get("/metrics", method=method)
            self.assertEqual(reply.status, 405, method)
            self.assertIn("GET", reply.headers["Allow"])

    def test_target_parameter(self):
        agent = self.up()
        one = agent.metrics("alpha")
        self.assertTrue(one.series)
        self.assertEqual({dict(k[1]).get("target") for k in one.series}, {"alpha"})
        self.assertFalse([n for n in one.types if n.startswith(("tallyman_", "process_"))])
        whole = agent.metrics()
        self.assertTrue([n for n in whole.types if n.startswith("tallyman_")])
        self.assertEqual({k for k in whole.series if ("target", "alpha") in k[1] and not k[0].startswith("tallyman_")}, set(one.series))
        self.assertEqual(agent.get("/metrics?target=nobody").status, 404)

    def test_head(self):
        agent = self.up()
        for path in ("/metrics", "/livez", "/"):
            head = agent.get(path, method="HEAD")
            self.assertEqual((head.status, head.body), (200, b""), path)
            self.assertEqual(head.headers["Content-Type"], agent.get(path).headers["Content-Type"])

    def test_accept(self):
        agent = self.up()
        prometheus = ("application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
                      "text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
        rows = [
            (None, TEXT), ("", TEXT), ("*/*", TEXT), ("text/plain", TEXT), ("text/html,application/xml;q=0.9,*/*;q=0.8", TEXT),
            ("application/openmetrics-text", OPENMETRICS),
            ("application/openmetrics-text; version=1.0.0", OPENMETRICS),
            ("application/openmetrics-text;q=0.1,text/plain;q=0.9", TEXT),
            ("text/plain;q=0.1, application/openmetrics-text;q=0.9", OPENMETRICS),
            ("application/openmetrics-text;q=0", TEXT),
            ("image/png", TEXT),
            (prometheus, OPENMETRICS),
        ]
        for accept, expected in rows:
            with self.subTest(accept):
                reply = agent.get("/metrics", {"Accept": accept} if accept is not None else {})
                self.assertEqual(reply.status, 200)
                self.assertEqual(reply.headers["Content-Type"].replace(" ", ""), expected.replace(" ", ""))
                self.assertEqual(reply.text.endswith("# EOF\n"), expected == OPENMETRICS)

    def test_gzip(self):
        agent = self.up()
        rows = [(None, False), ("gzip", True), ("gzip;q=0", False), ("br, gzip;q=0.5", True), ("identity", False), ("deflate", False), ("*;q=0", False)]
        for encoding, packed in rows:
            with self.subTest(encoding):
                headers = {"Accept-Encoding": encoding} if encoding else {"Accept-Encoding": "identity"}
                reply = agent.get("/metrics", headers)
                self.assertEqual(reply.status, 200)
                self.assertEqual(reply.headers.get("Content-Encoding"), "gzip" if packed else None)
                text = gzip.decompress(reply.body).decode() if packed else reply.text
                self.assertTrue(exposition.parse(text).find("tally_worker_load", target="alpha"))
        both = agent.get("/metrics", {"Accept-Encoding": "gzip", "Accept": "application/openmetrics-text"})
        self.assertTrue(gzip.decompress(both.body).endswith(b"# EOF\n"))

    def test_order_is_stable_and_labels_are_escaped(self):
        agent = self.up()

        def shape():
            return [line.rsplit(" ", 1)[0] for line in agent.get("/metrics?target=beta").text.splitlines()]
        self.assertEqual(shape(), shape())
        self.assertEqual(exposition.parse(agent.get("/metrics").text).order, exposition.parse(agent.get("/metrics").text).order)
        self.assertIn('site="ber\\"lin\\\\"', agent.get("/metrics?target=beta").text)

    def test_one_head_for_a_family_of_two_targets(self):
        """exposition.parse refuses a second HELP or TYPE and a family in two places."""
        agent = self.up()
        m = agent.metrics()
        self.assertEqual(len(m.find("tally_worker_load")), 4)
        self.assertEqual({dict(k[1])["target"] for k in m.find("tally_worker_load")}, {"alpha", "beta"})
        self.assertIn("last good poll", " ".join(m.helps.values()), "HELP says that values are cached")

    def test_required_families(self):
        m = self.up().metrics()
        kinds = {
            "tally_target_up": "gauge", "tally_target_last_success_timestamp_seconds": "gauge",
            "tally_target_poll_duration_seconds": "gauge", "tally_target_errors_total": "counter",
            "tally_target_samples": "gauge", "tally_target_body_bytes": "gauge",
            "tallyman_build_info": "gauge", "tallyman_poll_duration_seconds": "histogram",
            "process_resident_memory_bytes": "gauge", "process_cpu_seconds_total": "counter", "process_open_fds": "gauge",
        }
        for name, kind in kinds.items():
            if name == "tally_target_errors_total" and name not in m.types:
                continue  # nothing has failed
            with self.subTest(name):
                self.assertEqual(m.types.get(name), kind)
        body = len(self.a.script(None)) - len(self.a.script(None).split(b"\r\n\r\n")[0]) - 4
        self.assertEqual(m.value("tally_target_body_bytes", target="alpha"), body)
        # 2 workers: up, busy, ready, load, max_load, 8 states; 8 of tally_workers; 1 queue
        self.assertEqual(m.value("tally_target_samples", target="alpha"), 2 * (5 + 8) + 8 + 1)

    def test_pipelined_and_partial_requests(self):
        agent = self.up()
        with socket.create_connection(agent.address, timeout=5) as s:
            s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n")
            got = b""
            while got.count(b"HTTP/1.1 200") < 1:
                got += s.recv(4096)
            s.sendall(b"Connection: close\r\n\r\n")
            while more := s.recv(4096):
                got += more
        self.assertEqual(got.count(b"HTTP/1.1 200"), 2)

    def test_keep_alive(self):
        agent = self.up()
        connection = http.client.HTTPConnection(*agent.address, timeout=5)
        self.addCleanup(connection.close)
        connection.request("GET", "/metrics")
        connection.getresponse().read()
        port = connection.sock.getsockname()
        connection.request("GET", "/livez")
        connection.getresponse().read()
        self.assertEqual(connection.sock.getsockname(), port)


class Merge(Test):
    def serve(self, text):
        server = Server(answer(text, headers=[("Content-Type", "text/plain")]))
        self.addCleanup(server.stop)
        return server.url

    def prometheus(self, name, text, **settings):
        return {"name": name, "collector": "prometheus", "url": self.serve(text), "interval": "300ms", **settings}

    def test_conflict_of_types(self):
        """The first target by name keeps the family; the other loses it, is told, and keeps the rest."""
        agent = self.agent([
            self.prometheus("a", "# HELP depth Of a.\n# TYPE depth gauge\ndepth 1\n"),
            self.prometheus("b", "# TYPE other gauge\nother 3\n"),
            self.prometheus("c", "# HELP depth Of c.\n# TYPE depth histogram\ndepth_bucket{le=\"+Inf\"} 1\ndepth_sum 1\ndepth_count 1\n"
                                 "# TYPE fine gauge\nfine 4\n"),
        ]).ready()
        m = eventually(lambda: (m := agent.metrics()).find("tally_target_errors_total", target="c", reason="conflict") and m,
                       what="the conflict counted")
        self.assertEqual(m.types["depth"], "gauge")
        self.assertEqual(m.helps["depth"], "Of a.")
        self.assertEqual(m.value("depth", target="a"), 1)
        self.assertFalse([k for k in m.of_target("c") if k[0].startswith("depth")])
        self.assertEqual(m.value("fine", target="c"), 4)
        self.assertEqual(m.value("other", target="b"), 3)
        self.assertEqual(m.value("tally_target_up", target="c"), 1)

    def test_other_help_first_by_name_wins(self):
        agent = self.agent([self.prometheus("b", "# HELP n Of b.\n# TYPE n gauge\nn 2\n"),
                            self.prometheus("a", "# HELP n Of a.\n# TYPE n gauge\nn 1\n")]).ready()
        m = eventually(lambda: len((m := agent.metrics()).find("n")) == 2 and m)
        self.assertEqual(m.helps["n"], "Of a.")
        self.assertEqual((m.value("n", target="a"), m.value("n", target="b")), (1, 2))

    def test_clashing_labels(self):
        text = '# TYPE n gauge\nn{target="x",system="y",worker="w"} 1\n'
        agent = self.agent([self.prometheus("a", text), self.prometheus("h", text, honor_labels=True)]).ready()
        m = eventually(lambda: len((m := agent.metrics()).find("n")) == 2 and m)
        self.assertEqual(m.value("n", target="a", system="prometheus", exported_target="x", exported_system="y", worker="w"), 1)
        self.assertEqual(m.value("n", target="x", system="y", worker="w"), 1)

    def test_filter_keeps_families_and_drops_labels(self):
        agent = self.agent([self.prometheus("a", '# TYPE n gauge\nn{a="1",b="2"} 1\n# TYPE o gauge\no 1\n',
                                            filter={"keep": ["n"], "drop_labels": ["b"]})]).ready()
        m = eventually(lambda: (m := agent.metrics("a")).find("n") and m)
        self.assertEqual({k for k in m.find("n")}, {("n", (("a", "1"), ("system", "prometheus"), ("target", "a")))})
        self.assertFalse(m.find("o"))
        self.assertEqual(m.value("tally_target_up", target="a"), 1, "what the agent says of a target is not filtered")

    def test_sixty_four_bits(self):
        server = Server(answer('{"big":18446744073709551615,"low":-9223372036854775808,"odd":9007199254740993,'
                               '"tenth":0.1,"exp":1e300,"yes":true,"no":null,"text":"5x"}'))
        self.addCleanup(server.stop)
        agent = self.agent([{"name": "f", "collector": "flat", "url": server.url, "interval": "300ms", "with": {"prefix": "f_"}}]).ready()
        eventually(lambda: agent.metrics().value("tally_target_up", target="f") == 1)
        m = agent.metrics("f")
        values = {k[0]: v for k, v in m.series.items() if k[0].startswith("f_")}
        self.assertEqual(values, {"f_big": "18446744073709551615", "f_low": "-9223372036854775808", "f_odd": "9007199254740993",
                                  "f_tenth": "0.1", "f_exp": "1e+300", "f_yes": "1"})


if __name__ == "__main__":
    unittest.main()
