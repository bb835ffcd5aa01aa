"""/api/v1/targets/NAME/explain: asking arms the target, its next poll keeps what was answered and what became of it."""
import json
import unittest
from urllib.parse import quote

from support.agent import Test, eventually
from support.fakes import Server, answer, crew

BROKEN = {"workers": [{"name": "w1", "up": True, "load": "many", "max_load": 2}], "queue": []}


class Explain(Test):
    def serve(self, script):
        server = Server(script)
        self.addCleanup(server.stop)
        return server

    def ask(self, agent, name, query=""):
        reply = agent.get(f"/api/v1/targets/{quote(name, safe='')}/explain{query}")
        return reply, json.loads(reply.text) if reply.text.startswith("{") else None

    def ready(self, agent, name):
        def probe():
            reply, said = self.ask(agent, name)
            self.assertEqual(reply.headers["Content-Type"], "application/json")
            return said if said["state"] == "ready" else None
        return eventually(probe, 20, "the explanation")

    def test_armed_then_ready(self):
        a = self.serve(answer(BROKEN))
        agent = self.agent([{"name": "a b", "collector": "crew", "url": a.url, "interval": "300ms"}]).ready()
        reply, said = self.ask(agent, "a b")
        self.assertEqual(reply.status, 202)
        self.assertEqual((said["target"], said["state"]), ("a b", "armed"))
        polled = len(a.requests)
        said = self.ready(agent, "a b")
        self.assertGreaterEqual(len(a.requests), polled)
        self.assertTrue(said["ok"])
        self.assertAlmostEqual(said["kept_until"] - said["polled"], 300, places=3)
        workers, queues = said["rules"]
        self.assertEqual((workers["rule"], workers["items"], workers["samples"], workers["each"]), ("workers[0]", 1, 2, "$.workers[*]"))
        self.assertGreaterEqual(workers["seconds"], 0)
        self.assertEqual(workers["lost"], [{"key": "load", "reason": "type", "means": "of a wrong type", "count": 1, "examples": [
            {"path": "$['workers'][0]['load']", "why": 'is the text "many"; a number is wanted'}]}])
        self.assertEqual(queues["found_nothing"], "$ has no member `queues`; nearest is `queue`; it has: workers, queue")
        self.assertEqual(len(said["bodies"]), 1)
        body = said["bodies"][0]
        self.assertEqual((body["request"], body["path"], body["status"], body["cut"]), ("crew", "/crew", 200, False))
        self.assertEqual(json.loads(body["body"]), BROKEN)
        self.assertNotIn("headers", body)
        # It is kept as it was, also when the service answers something else; asked again it is new.
        a.script = lambda _: answer(crew())
        seen = len(a.requests)
        eventually(lambda: len(a.requests) > seen + 3)
        self.assertEqual(self.ask(agent, "a b")[1], said)
        self.assertEqual(self.ask(agent, "a b", "?again")[0].status, 202)
        new = self.ready(agent, "a b")
        self.assertGreater(new["polled"], said["polled"])
        self.assertEqual(json.loads(new["bodies"][0]["body"]), crew())
        self.assertEqual([rule["lost"] for rule in new["rules"]], [[], []])
        self.assertIn("/api/v1/targets/a%20b/explain", agent.get("/").text)

    def test_a_poll_that_fails_shows_what_was_answered(self):
        a = self.serve(lambda _: answer("<html>down for maintenance</html>"))
        agent = self.agent([{"name": "a", "collector": "crew", "url": a.url, "interval": "300ms"}]).live()
        self.ask(agent, "a")
        said = self.ready(agent, "a")
        self.assertFalse(said["ok"])
        self.assertEqual(said["reason"], "decode")
        self.assertEqual(said["bodies"][0]["body"], "<html>down for maintenance</html>")

    def test_what_was_answered_is_explained_when_another_request_is_forbidden(self):
        self.write("mine/two.yaml", """collector: two
about: two required requests, and one that follows
requests:
  a: { path: /a }
  b: { path: /b }
  c: { path: "/c/{id}", for_each: { from: a, each: "$[*]", as: { id: "@" } } }
  d: { path: /d, every: 1h }
service:
  - { from: a, load: $.x }
  - { from: b, max_load: $.y }
  - { from: c, metrics: { z: { gauge: $.z, help: t } } }
  - { from: d, metrics: { w: { gauge: $.w, help: t } } }
""")
        a = self.serve(lambda r: answer({"y": 1, "w": 2}) if r.path in ("/b", "/d") else answer("no", status=403))
        path = self.config([{"name": "a", "collector": "two", "url": a.url, "interval": "300ms"}], collector_paths=[self.path("mine")])
        agent = self.run_agent(path).live()
        self.ask(agent, "a")
        said = self.ready(agent, "a")
        self.assertEqual((said["ok"], said["reason"], said["requests_not_asked"], said["requests_lost"]), (False, "auth", ["c"], []))
        self.assertEqual([(one["request"], one["reason"]) for one in said["requests_failed"]], [("a", "auth")])
        self.assertEqual([(rule["rule"], rule["samples"]) for rule in said["rules"]], [("service[1]", 1), ("service[3]", 1)])
        self.assertEqual(said["derived_samples"], 0)

    def test_secrets_are_taken_out_and_long_bodies_cut(self):
        """A service that repeats what it was sent: headers, password, token, in every spelling."""
        secret = 'pa"ss/w rd'
        def echo(request):
            return answer({"workers": [{"name": "w1", "load": secret}], "sent": dict(request.headers), "raw": secret,
                           "db": {"password": "of-the-service-1"}, "broker": "amqp://guest:of-the-service-2@mq//", "pad": "x" * 300_000})
        a = self.serve(echo)
        agent = self.agent([{"name": "a", "collector": "crew", "url": a.url, "interval": "300ms",
                             "auth": {"basic": {"user": "u", "password": secret}}, "headers": {"X-Key": "another-secret-1"}}]).live()
        self.ask(agent, "a")
        said = self.ready(agent, "a")
        text = json.dumps(said)
        self.assertIn("***", said["bodies"][0]["body"])
        for hidden in (secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[1:-1], "dTpwYSJzcy93IHJk", "another-secret-1",
                       "of-the-service-1", "of-the-service-2"):
            self.assertNotIn(hidden, text)
        whys = [example["why"] for lost in said["rules"][0]["lost"] for example in lost["examples"]]
        self.assertTrue([why for why in whys if '"***"' in why], whys)
        self.assertTrue(said["bodies"][0]["cut"])
        self.assertLessEqual(len(said["bodies"][0]["body"]), 131072)
        self.assertGreater(said["bodies"][0]["bytes"], 300_000)

    def test_the_session_of_a_login_is_taken_out(self):
        """A page that repeats the cookie and the token of who asks."""
        self.write("mine/site.yaml", """collector: site
about: a site with a login
requests: { page: { path: /page, headers: { X-Token: "{token}" } } }
login: { path: /login, body: { form: { user: "{auth.user}", password: "{auth.password}" } }, token: $.t }
service: { metrics: { n: { gauge: $.n, help: t } } }
""")
        def site(request):
            if request.path == "/login":
                return answer({"t": "token-of-it"}, headers=(("Set-Cookie", "sid=cookie-of-it; Path=/"), ("Set-Cookie", "lang=en; Path=/")))
            return answer({"n": 1, "you": request.headers.get("cookie", ""), "also": request.headers.get("x-token", ""), "open": 2})
        a = self.serve(site)
        path = self.config([{"name": "a", "collector": "site", "url": a.url, "interval": "300ms",
                             "auth": {"basic": {"user": "u", "password": "geheim99"}}}], collector_paths=[self.path("mine")])
        agent = self.run_agent(path).ready()
        self.ask(agent, "a")
        said = self.ready(agent, "a")
        self.assertEqual([json.loads(body["body"]) for body in said["bodies"]],
                         [{"n": 1, "you": "sid=***; lang=en", "also": "***", "open": 2}])

    def test_bounds_and_wrong_names(self):
        stalled = self.serve(lambda _: None)
        agent = self.agent([{"name": f"t{i}", "collector": "crew", "url": stalled.url, "interval": "60s", "timeout": "60s"} for i in range(10)]).live()
        self.assertEqual([self.ask(agent, f"t{i}")[0].status for i in range(10)], [202] * 8 + [503] * 2)
        self.assertEqual(self.ask(agent, "t3")[0].status, 202, "asked already")
        reply, _ = self.ask(agent, "nobody")
        self.assertEqual(reply.status, 404)
        self.assertIn("no target `nobody`", reply.text)
        self.assertEqual(agent.get("/api/v1/targets//explain").status, 404)
        self.assertEqual(agent.get("/api/v1/targets/%zz/explain").status, 400)


if __name__ == "__main__":
    unittest.main()
