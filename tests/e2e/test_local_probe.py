"""/probe?target=URL&collector=NAME: polls once and now, within an allow-list that no name, redirect or scheme gets around."""
import base64
import gzip
import http.client
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from support import exposition
from support.agent import COLLECTORS, Agent, Test, eventually
from support.fakes import Server, answer, crew
from support.tls import TlsServer, certificates


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
            ({"allow": {"networks": ["::/0"]}, "collectors": ["crew"], "tls": {"cert": "a.crt", "key": "a.key"}},
             "`cert` of `tls` says who we are; expected `hosts` in `allow`"),
            ({"allow": {"networks": ["::/0"]}, "collectors": ["crew"], "tls": {"certs": 1}}, "unknown key `certs` in `tls`"),
        ]
        for probe, text in rows:
            with self.subTest(text):
                path = self.config([{"name": "demo", "collector": "flat", "url": "dummy:site"}], collector_paths=[COLLECTORS], probe=probe)
                code, _, err = self.tallyman("check", path)
                self.assertEqual(code, 2)
                self.assertIn(text, err)


    def test_check_warns_of_the_address_of_clouds(self):
        for allow, warned in (({"networks": ["0.0.0.0/0"]}, True), ({"networks": ["169.254.0.0/16"]}, True),
                              ({"networks": ["169.254.169.254"]}, False), ({"networks": ["10.0.0.0/8", "::/0"]}, False),
                              ({"networks": ["0.0.0.0/0"], "hosts": ["*.example.org"]}, False)):
            with self.subTest(allow):
                path = self.config([{"name": "demo", "collector": "flat", "url": "dummy:site"}], collector_paths=[COLLECTORS],
                                   probe={"allow": allow, "collectors": ["crew"]})
                code, _, err = self.tallyman("check", path)
                self.assertEqual(code, 0, err)
                self.assertEqual(f"`{allow['networks'][0]}` holds 169.254.169.254, where clouds give credentials" in err, warned, err)

    def test_a_private_authority(self):
        """`tls` of `probe`, as of a target: without it the certificate is refused."""
        certificates(self.folder, ["localhost"])
        server = TlsServer(answer(crew()), self.path("server.crt"), self.path("server.key"))
        self.addCleanup(server.stop)
        url = f"https://localhost:{server.port}/"
        self.failed(self.ask(self.agent_with(self.allowing()), url), "tls")
        self.failed(self.ask(self.agent_with({**self.allowing(), "tls": {"ca": "other.crt"}}), url), "tls")
        for tls in ({"ca": "ca.crt"}, {"insecure": True}):
            reply = self.ask(self.agent_with({**self.allowing(), "tls": tls}), url)
            self.assertEqual(reply.status, 200)
            self.assertRegex(reply.text, r"(?m)^tally_target_up\{.*\} 1$")


class JsonExporter(Test):
    """--json-exporter.config: /probe?target=&module= answers as json_exporter does. Expected texts are by hand."""

    # The shape of its own example and tests: a constant, a path per label, a filter, objects, a second module.
    SOURCE = """
modules:
  default:
    metrics:
    - name: example_global_value
      path: '{ .counter }'
      help: Example of a top-level global value scrape in the json
      labels: { environment: beta, location: 'planet-{.location}' }
    - name: example_value
      type: object
      help: Example of sub-level value scrapes from a json
      path: '{.values[?(@.state == "ACTIVE")]}'
      labels: { environment: beta, id: '{.id}' }
      values: { active: 1, count: '{.count}', boolean: '{.some_boolean}' }
  animals:
    metrics:
    - name: animal
      type: object
      help: Example of top-level lists in a separate module
      path: '{ [*] }'
      labels: { name: '{ .noun }', predator: '{ .predator }' }
      values: { population: '{ .population }' }
"""
    DATA = {"counter": 1234, "timestamp": 1657568506, "location": "mars", "values": [
        {"id": "id-A", "count": 1, "some_boolean": True, "state": "ACTIVE"},
        {"id": "id-B", "count": 2, "some_boolean": True, "state": "INACTIVE"},
        {"id": "id-C", "count": 3, "some_boolean": False, "state": "ACTIVE"}]}
    SHOWN = """# HELP example_global_value Example of a top-level global value scrape in the json
# TYPE example_global_value untyped
example_global_value{environment="beta",location="planet-mars"} 1234
# HELP example_value_active Example of sub-level value scrapes from a json
# TYPE example_value_active untyped
example_value_active{environment="beta",id="id-A"} 1
example_value_active{environment="beta",id="id-C"} 1
# HELP example_value_boolean Example of sub-level value scrapes from a json
# TYPE example_value_boolean untyped
example_value_boolean{environment="beta",id="id-A"} 1
example_value_boolean{environment="beta",id="id-C"} 0
# HELP example_value_count Example of sub-level value scrapes from a json
# TYPE example_value_count untyped
example_value_count{environment="beta",id="id-A"} 1
example_value_count{environment="beta",id="id-C"} 3
"""
    ALLOW = {"allow": {"networks": ["127.0.0.0/8"]}}

    def server(self, script):
        server = Server(script)
        self.addCleanup(server.stop)
        return server

    def start(self, source, probe=None):
        """With the flag, and a targets.yaml that has nothing but `probe`."""
        self.write("config.yml", source)
        path = self.write("targets.yaml", json.dumps({"probe": self.ALLOW if probe is None else probe}))
        return self.run_agent(path, ["--json-exporter.config", "config.yml"]).live()

    def ask(self, agent, target, module=None, headers=None):
        path = f"/probe?target={quote(target, safe='')}" + (f"&module={module}" if module else "")
        return agent.get(path, headers=headers, timeout=60)

    def test_numbers_in_labels_are_decimals_of_their_value(self):
        """As Go's FormatFloat(f, 'f', -1) has them: json_exporter reads them as numbers first."""
        body = '{"a": 1.50, "b": 1e3, "c": 0.10, "d": 1234567, "e": 100.0, "f": "1.50", "g": 1e-7, "h": 1e21, "v": 1}'
        server = self.server(answer(body.encode()))
        labels = ", ".join(f"{name}: '{{.{name}}}'" for name in "abcdefgh")
        agent = self.start("modules:\n  default:\n    metrics:\n    - name: x\n      path: '{.v}'\n      help: h\n"
                           f"      labels: {{ {labels} }}\n")
        shown = ('x{a="1.5",b="1000",c="0.1",d="1234567",e="100",f="1.50",g="0.0000001",h="1000000000000000000000"} 1')
        self.assertIn(shown, self.ask(agent, server.url).text.splitlines())

    def test_null_and_objects_in_labels_are_their_json(self):
        server = self.server(answer(b'{"a": null, "b": {"y": 1, "x": [null, "<"]}, "v": 1}'))
        agent = self.start("modules:\n  default:\n    metrics:\n    - name: x\n      path: '{.v}'\n      help: h\n"
                           "      labels: { a: '{.a}', b: '{.b}', c: '{.nope}' }\n")
        shown = r'''x{a="null",b="{\"x\":[null,\"\\u003c\"],\"y\":1}",c=""} 1'''
        self.assertIn(shown, self.ask(agent, server.url).text.splitlines())

    def test_the_example(self):
        server = self.server(answer(self.DATA))
        agent = self.start(self.SOURCE)
        reply = self.ask(agent, server.url + "/examples/data.json?x=1")
        self.assertEqual((reply.status, reply.text), (200, self.SHOWN))
        self.assertEqual(reply.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        exposition.parse(reply.text)
        self.assertEqual(server.requests[0].path, "/examples/data.json?x=1")
        self.assertIn("application/json", server.requests[0].headers["accept"])
        packed = self.ask(agent, server.url, headers={"Accept-Encoding": "gzip"})
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed.body).decode(), self.SHOWN)

        server.script = lambda _: answer([{"noun": "lion", "population": 123, "predator": True},
                                          {"noun": "deer", "population": 2450840, "predator": False}])
        self.assertEqual(self.ask(agent, server.url, "animals").text,
                         "# HELP animal_population Example of top-level lists in a separate module\n"
                         "# TYPE animal_population untyped\n"
                         'animal_population{name="deer",predator="false"} 2.45084e+06\n'
                         'animal_population{name="lion",predator="true"} 123\n')
        page = agent.get("/").text
        self.assertIn("/probe?target=URL&amp;module=NAME", page)
        self.assertIn("animals, default", page)
        self.assertNotIn("collector=NAME", page)

    def test_a_module_over_tls(self):
        """As json_exporter's own tests with a self-signed authority: `ca_file`, `insecure_skip_verify`, and neither."""
        certificates(self.folder, ["localhost"])
        server = TlsServer(answer(self.DATA), self.path("server.crt"), self.path("server.key"))
        self.addCleanup(server.stop)
        rows = (("{ ca_file: ca.crt }", 200), ("{ insecure_skip_verify: true }", 200), ("{ ca_file: other.crt }", 503),
                ("{ ca_file: ca.crt, server_name: elsewhere.test }", 503), ("{}", 503))
        modules = "".join(f"  m{i}:\n    http_client_config: {{ tls_config: {tls} }}\n"
                          "    metrics: [{ name: n, path: '{ .counter }' }]\n" for i, (tls, _) in enumerate(rows))
        agent = self.start("modules:\n" + modules)
        for i, (tls, status) in enumerate(rows):
            with self.subTest(tls):
                reply = self.ask(agent, f"https://localhost:{server.port}/x", f"m{i}")
                self.assertEqual(reply.status, status, reply.text)
                if status == 200:
                    self.assertEqual(reply.text, "# HELP n n\n# TYPE n untyped\nn 1234\n")
                else:
                    self.assertRegex(reply.text, "^Failed to fetch JSON response. TARGET: https://localhost:.*, ERROR: .*certificate")

    def test_errors_are_in_its_words(self):
        server = self.server(answer(b"", status=404, reason="Not Found"))
        agent = self.start(self.SOURCE)
        rows = [
            (400, 'Unknown module "nope"\n', "/probe?module=nope"),
            (400, "Target parameter is missing\n", "/probe"),
            (400, "Target parameter is missing\n", "/probe?module=animals"),
            (503, f"Failed to fetch JSON response. TARGET: {server.url}/x, ERROR: ", f"/probe?target={server.url}/x"),
            (503, "Failed to fetch JSON response. TARGET: nonsense, ERROR: ", "/probe?target=nonsense"),
            (403, "this target may not be probed: its address is not in `networks`\n", "/probe?target=http://10.0.0.1/"),
            (400, "either a collector or a module", f"/probe?target={server.url}&module=animals&collector=flat"),
        ]
        for status, text, path in rows:
            with self.subTest(path):
                reply = agent.get(path)
                self.assertEqual(reply.status, status, reply.text)
                self.assertTrue(reply.text.startswith(text), reply.text)
        for body in ("{nonsense", "", '{"counter": 1}x'):
            with self.subTest(body):
                server.script = lambda _: answer(body)
                reply = self.ask(agent, server.url)
                self.assertEqual(reply.status, 503, reply.text)
                self.assertIn("Failed to fetch JSON response", reply.text)

    def test_a_module_of_which_nothing_is_left_says_why(self):
        server = self.server(answer(self.DATA))
        agent = self.start("""modules:
  default:
    metrics: [{ name: a, path: '{.x | length}' }, { name: b, engine: cel, path: x }]
  words: some text
  none: {}
  half:
    metrics: [{ name: a, path: '{.x | length}' }, { name: b, path: '{.counter}' }]
""")
        rows = (("default", "config.yml:3:37: `{.x | length}`: `|` has no meaning here, neither for json_exporter nor for us: "
                            "there are no pipes (and 1 more, see the log)"),
                ("words", "config.yml:4:3: the module `words` must be a map with `metrics`"),
                ("none", "config.yml:5:9: the module has no list `metrics`: nothing can be made of it"))
        for module, why in rows:
            with self.subTest(module):
                reply = self.ask(agent, server.url, module)
                self.assertEqual((reply.status, reply.text), (400, f'module "{module}" was left out: {why}\n'))
        self.assertEqual(server.accepts, 0)
        self.assertEqual(self.ask(agent, server.url, "half").text, "# HELP b b\n# TYPE b untyped\nb 1234\n")

    def test_the_flag_alone_starts_and_probes_nothing(self):
        server = self.server(answer(self.DATA))
        self.write("config.yml", self.SOURCE)
        agent = Agent(None, self.folder, ["--json-exporter.config", "config.yml"])
        self.addCleanup(self.end, agent)
        agent.ready()
        reply = self.ask(agent, server.url)
        self.assertEqual((reply.status, reply.text), (403, "nothing may be probed: there is no `probe` in targets.yaml\n"))
        self.assertIn("config.yml: warning: nothing can be probed with its modules", agent.log())
        self.assertEqual(server.accepts, 0)

    def test_what_a_module_sends_goes_only_to_named_hosts(self):
        source = """
modules:
  default:
    headers: { X-Dummy: my-test-header }
    body: { content: '{"pi": 3.14}' }
    http_client_config: { basic_auth: { username: myUsername, password_file: secret } }
    metrics: [{ name: a, path: '{.counter}' }]
  token:
    valid_status_codes: [418]
    http_client_config: { bearer_token: s3cret }
    metrics: [{ name: a, path: '{.counter}' }]
"""
        self.write("secret", "mySecretPassword\n")
        self.write("config.yml", source)
        targets = self.write("t.yaml", json.dumps({"probe": self.ALLOW}))
        code, _, err = self.tallyman("check", "--json-exporter.config", "config.yml", targets)
        self.assertEqual(code, 2)
        self.assertIn("config.yml: the module `default` sends credentials to whatever is asked for; expected `hosts`", err)

        server = self.server(answer({"counter": 5}))
        agent = self.start(source, {"allow": {"networks": ["127.0.0.0/8"], "hosts": ["127.0.0.1"]}})
        self.assertEqual(self.ask(agent, server.url).text, "# HELP a a\n# TYPE a untyped\na 5\n")
        asked = server.requests[0]
        self.assertEqual((asked.method, asked.body), ("POST", b'{"pi": 3.14}'))
        self.assertEqual(asked.headers["x-dummy"], "my-test-header")
        self.assertEqual(asked.headers["authorization"], "Basic " + base64.b64encode(b"myUsername:mySecretPassword").decode())
        self.assertEqual(self.ask(agent, server.url, "token").status, 503)  # 200 is not what it wants
        server.script = lambda _: answer({"counter": 6}, status=418, reason="I'm a teapot")
        self.assertEqual(self.ask(agent, server.url, "token").text, "# HELP a a\n# TYPE a untyped\na 6\n")
        self.assertEqual(server.requests[-1].headers["authorization"], "Bearer s3cret")
        before = len(server.requests)
        reply = self.ask(agent, f"http://localhost:{server.port}/", "token")
        self.assertEqual((reply.status, reply.text), (403, "this target may not be probed: its host is not in `hosts`\n"))
        self.assertEqual(len(server.requests), before)

    def test_a_module_with_an_authority(self):
        certificates(self.folder, ["localhost"])
        server = TlsServer(answer({"counter": 5}), self.path("server.crt"), self.path("server.key"))
        self.addCleanup(server.stop)
        ca = json.dumps(self.path("ca.crt"))
        agent = self.start(f"modules: {{ default: {{ http_client_config: {{ tls_config: {{ ca_file: {ca} }} }}, metrics: [{{ name: a, path: '{{.counter}}' }}] }} }}\n")
        self.assertEqual(self.ask(agent, f"https://localhost:{server.port}/").text, "# HELP a a\n# TYPE a untyped\na 5\n")
        self.assertNotIn("warning", agent.log())

    def test_reload_reads_the_modules_again(self):
        server = self.server(answer(self.DATA))
        agent = self.start(self.SOURCE)
        self.write("config.yml", "modules: { other: { metrics: [{ name: a, path: '{.counter}' }] } }\n")
        agent.process.send_signal(signal.SIGHUP)
        eventually(lambda: "the configuration was reloaded" in agent.log(), 20, "a reload")
        self.assertEqual(self.ask(agent, server.url).status, 400)
        self.assertEqual(self.ask(agent, server.url, "other").text, "# HELP a a\n# TYPE a untyped\na 1234\n")

    def test_what_is_no_configuration_is_refused(self):
        for text, what in (("targets: []\n", "this is no configuration of json_exporter"), (None, "cannot be read: No such file")):
            with self.subTest(what):
                name = "bad.yml"
                if text:
                    self.write(name, text)
                else:
                    name = "none.yml"
                code, _, err = self.tallyman("run", "--json-exporter.config", name, "--listen", "127.0.0.1:0")
                self.assertEqual(code, 2)
                self.assertIn(what, err)


class Many(Test):
    def test_two_hundred_slow_targets_at_once(self):
        """Bounded memory and descriptors, and /metrics stays quick."""
        release = threading.Event()
        self.addCleanup(release.set)

        def slow(_):
            release.wait(60)
            return answer(crew())
        server = Server(slow)
        self.addCleanup(server.stop)
        path = self.config([{"name": "demo", "collector": "flat", "url": "dummy:site"}], collector_paths=[COLLECTORS],
                           probe={"allow": {"networks": ["127.0.0.1"]}, "collectors": ["crew"], "max": 200})
        agent = self.run_agent(path).ready()

        def used():
            with open(f"/proc/{agent.process.pid}/status") as f:
                kib = next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
            return kib, len(os.listdir(f"/proc/{agent.process.pid}/fd"))
        before = used()
        askers = [http.client.HTTPConnection(*agent.address, timeout=60) for _ in range(200)]
        for i, asker in enumerate(askers):
            self.addCleanup(asker.close)
            asker.request("GET", f"/probe?target={quote(f'{server.url}/{i}', safe='')}&collector=crew",
                          headers={"X-Prometheus-Scrape-Timeout-Seconds": "60"})
        eventually(lambda: len(server.requests) == 200, 30, "200 polls")
        during = used()
        took = []
        for _ in range(20):
            began = time.monotonic()
            self.assertEqual(agent.get("/metrics").status, 200)
            took.append(time.monotonic() - began)
        release.set()
        replies = [asker.getresponse() for asker in askers]
        self.assertEqual({r.status for r in replies}, {200})
        self.assertTrue(all(b"tally_target_up" in r.read() for r in replies))
        for asker in askers:
            asker.close()
        eventually(lambda: used()[1] <= before[1] + 2, 20, "descriptors given back")
        print(f"[200 probes: {during[0] - before[0]} KiB and {during[1] - before[1]} descriptors more, "
              f"/metrics {sorted(took)[10] * 1000:.1f} ms]", end=" ", flush=True)
        self.assertLessEqual(during[1] - before[1], 2 * 200 + 20)  # the asker's and the target's
        self.assertLess(during[0] - before[0], 64 * 1024)
        self.assertLess(sorted(took)[10], 1)
