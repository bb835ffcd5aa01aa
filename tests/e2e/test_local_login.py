"""Services that want a login: a private kobo hub (cookies, faults on status 200) and an API with tokens."""
import json
import os
import signal
import unittest
from urllib.parse import parse_qs, urlsplit

from support.agent import Test, eventually
from support.fakes import Server, answer
from support.kobo import captured_hub

WORKERS = ["arbeiter-ü", 'full "quoted"\\ worker', "localhost", "old-worker.example.com", "pub-dev-pubd7"]


class LoginTest(Test):
    def up(self, agent, target="t", value=1):
        return eventually(lambda: (m := agent.metrics()).value("tally_target_up", target=target) == value and m)

    def assert_hidden(self, agent, *secrets):
        """Everything that the agent shows."""
        for path in ("/metrics", "/", "/healthz/t"):
            page = agent.get(path).text
            for secret in secrets:
                self.assertNotIn(secret, page, path)
        for secret in secrets:
            self.assertNotIn(secret, agent.log())


class PrivateHub(LoginTest):
    def hub(self, private):
        hub = captured_hub(private=private)
        self.addCleanup(hub.stop)
        return hub

    def target(self, hub, password="readerpw", **more):
        return {"name": "t", "collector": "kobo", "url": hub.url, "interval": "1s",
                "auth": {"basic": {"user": "reader", "password": password}}, **more}

    def workers(self, m):
        return sorted(dict(k[1])["worker"] for k in m.find("kobo_worker_load", target="t"))

    def test_logs_in_once_and_again_when_the_session_is_lost(self):
        for private in ("fault", "status"):
            with self.subTest(private):
                hub = self.hub(private)
                agent = self.agent([self.target(hub)])
                self.assertEqual(self.workers(self.up(agent)), WORKERS)
                eventually(lambda: hub.polls() >= 4)
                self.assertEqual(hub.count("auth.login_password"), 1, "a session lasts")
                for _ in range(3):  # the hub restarts
                    hub.forget_sessions()
                    before = hub.count("auth.login_password")
                    eventually(lambda: hub.count("auth.login_password") > before)
                    self.assertEqual(hub.count("auth.login_password"), before + 1)
                    # One login a poll: the next loss must be in another. A denied call and its repetition are both counted.
                    polls = hub.polls()
                    eventually(lambda: hub.polls() >= polls + 3)
                m = agent.metrics()
                self.assertEqual(m.find("tally_target_errors_total", target="t"), {}, "no poll failed")
                self.assertEqual(m.value("tally_target_up", target="t"), 1)
                self.assertEqual(self.workers(m), WORKERS)
                self.assertEqual(hub.count("auth.login_password"), 4)
                self.assertEqual(hub.count("worker.get_worker_info"), 0)
                self.assertFalse(any(r.headers.get("authorization") for r in hub.server.requests), "for the login only")
                self.assert_hidden(agent, "readerpw", *hub.sessions)

    def test_a_wrong_password_backs_off_and_holds(self):
        hub = self.hub("fault")
        password = self.write("password", "readerpw\n")
        agent = self.agent([self.target(hub, "file:" + password, max_age="1h")])
        self.assertEqual(self.workers(self.up(agent)), WORKERS)
        hub.password = "an0ther"
        hub.forget_sessions()
        m = self.up(agent, value=0)
        self.assertGreaterEqual(m.value("tally_target_errors_total", target="t", reason="auth"), 1)
        self.assertEqual(self.workers(m), WORKERS, "held")
        self.assertIn("the service refused the login: fault 1: PermissionDenied: Invalid username or password.; look at "
                      "user and password under `auth` of the target", agent.log())
        # One login a failed poll, and polls are fewer and fewer: after 1, 2, 4 s ...
        eventually(lambda: agent.metrics().value("tally_target_errors_total", target="t", reason="auth") >= 3)
        before, m = hub.count("auth.login_password"), agent.metrics()
        self.assertLessEqual(before - 1, m.value("tally_target_errors_total", target="t", reason="auth") + 1)
        self.assert_hidden(agent, "readerpw", "an0ther")
        # The file changes: no reload is needed.
        self.write("password", "an0ther\n")
        self.assertEqual(self.workers(self.up(agent)), WORKERS)
        self.assert_hidden(agent, "readerpw", "an0ther", *hub.sessions)

    def test_over_a_reload(self):
        """A session is its target's: another's edit leaves it, one of its own costs a login at most, and no poll."""
        hub, other = self.hub("fault"), {"name": "other", "collector": "crew", "url": "http://127.0.0.1:1", "interval": "1h", "timeout": "1s"}
        agent = self.agent([self.target(hub), other])
        self.assertEqual(self.workers(self.up(agent)), WORKERS)

        def reload(*targets):
            done = agent.log().count("the configuration was")
            self.config(list(targets))
            agent.process.send_signal(signal.SIGHUP)
            eventually(lambda: agent.log().count("the configuration was") > done, 20, "a reload")
            polls = hub.polls()
            eventually(lambda: hub.polls() >= polls + 3, 20, "further polls")
            m = agent.metrics()
            self.assertEqual(m.find("tally_target_errors_total", target="t"), {})
            self.assertEqual(self.workers(m), WORKERS)
            return hub.count("auth.login_password")
        self.assertEqual(reload(self.target(hub), {**other, "interval": "2h"}), 1)
        self.assertLessEqual(reload(self.target(hub, interval="900ms"), other), 2)
        before = hub.count("auth.login_password")
        hub.password = "an0ther"
        hub.forget_sessions()
        self.assertEqual(reload(self.target(hub, "an0ther", interval="900ms", timeout="800ms"), other), before + 1)

    def test_without_credentials_it_says_what_is_missing(self):
        hub = self.hub("fault")
        target = self.target(hub)
        del target["auth"]
        agent = self.agent([target])
        m = self.up(agent, value=0)
        self.assertGreaterEqual(m.value("tally_target_errors_total", target="t", reason="auth"), 1)
        eventually(lambda: "fault 1: PermissionDenied: Login required.; the target has no user and password under "
                           "`auth: { basic: .. }`" in agent.log())
        self.assertEqual(hub.count("auth.login_password"), 0)

    def test_a_public_hub_is_asked_anonymously(self):
        hub = self.hub(None)
        target = self.target(hub)
        del target["auth"]
        agent = self.agent([target])
        self.assertEqual(self.workers(self.up(agent)), WORKERS)
        self.assertEqual(hub.count("auth.login_password"), 0)
        self.assertEqual(set(hub.cookies), {None})


class TokenApi(LoginTest):
    """POST /auth/token gives a token; /jobs takes it as a header, /nodes in the query."""

    COLLECTOR = """
collector: tokens
about: An API with tokens
login:
  path: /auth/token
  body: { json: { username: "{auth.user}", password: "{auth.password}" } }
  token: $.access_token
requests:
  jobs: { path: /jobs, headers: { Authorization: "Bearer {token}" } }
  nodes: { path: /nodes, query: { all: "1", token: "{token}" } }
service:
  - { from: jobs, metrics: { api_jobs: { gauge: $.jobs, help: Jobs. } } }
  - { from: nodes, metrics: { api_nodes: { gauge: $.nodes, help: Nodes. } } }
"""

    def setUp(self):
        super().setUp()
        self.logins, self.token, self.asked = [], None, []
        self.server = Server(self.play)
        self.addCleanup(self.server.stop)
        self.write("collectors/tokens.yaml", self.COLLECTOR)
        self.options = ["--collectors", self.path("collectors")]

    def play(self, request):
        url = urlsplit(request.path)
        if url.path == "/auth/token":
            given = json.loads(request.body)
            self.logins.append(given)
            if given != {"username": "reader", "password": 's3cret "x"'}:
                return answer({"error": "bad credentials " + given["password"]}, 401)
            self.token = f"tok/{len(self.logins)}+="
            return answer({"access_token": self.token})
        self.asked.append(request.path)
        header = request.headers.get("authorization", "").removeprefix("Bearer ")
        if (header or parse_qs(url.query).get("token", [""])[0]) != self.token:
            return answer("", 401)
        return answer({"jobs": 3, "nodes": 4})

    def target(self, **more):
        return {"name": "t", "collector": "tokens", "url": self.server.url, "interval": "1s",
                "auth": {"basic": {"user": "reader", "password": 's3cret "x"'}}, **more}

    def test_token_in_header_and_query(self):
        agent = self.agent([self.target()], self.options)
        m = self.up(agent)
        self.assertEqual((m.value("api_jobs", target="t"), m.value("api_nodes", target="t")), (3, 4))
        self.assertEqual(len(self.logins), 1)
        self.assertIn("/nodes?all=1&token=tok%2F1%2B%3D", self.asked)
        self.token = "expired"
        eventually(lambda: len(self.logins) == 2)
        count = len(self.asked)
        eventually(lambda: len(self.asked) > count + 6)
        m = agent.metrics()
        self.assertEqual(m.find("tally_target_errors_total", target="t"), {})
        self.assertEqual((m.value("api_jobs", target="t"), len(self.logins)), (3, 2))
        self.assert_hidden(agent, "s3cret", "tok/", "tok%2F")

    def test_a_wrong_password(self):
        agent = self.agent([self.target(auth={"basic": {"user": "reader", "password": "wr0ng"}})], self.options)
        self.up(agent, value=0)
        eventually(lambda: "the service answered 401 to the login; look at user and password" in agent.log())
        self.assertEqual(self.asked, [])
        self.assert_hidden(agent, "wr0ng")

    def test_what_cannot_log_in_is_said_before(self):
        code, out, err = self.tallyman("probe", "--collector", "tokens", *self.options, self.server.url)
        self.assertEqual((code, out, self.asked), (2, "", []))
        self.assertIn("the collector `tokens` logs in with user and password", err)
        target = self.target()
        del target["auth"]
        text = ("the target `t`: the collector `tokens` logs in with user and password; expected auth: { basic: { user: "
                "NAME, password: env:NAME } }")
        for wrong, said in (
            (target, text),
            (self.target(auth={"bearer": "x"}), text),
            ({**target, "url": "file:/tmp/x.json"}, "the target `t`: the collector `tokens` logs in, which takes a url of http://, https:// or unix:"),
        ):
            code, out, err = self.tallyman("check", self.config([wrong]), *self.options)
            self.assertEqual(code, 2, out + err)
            self.assertRegex(err, r"targets\.yaml:\d+:\d+: ")
            self.assertIn(said, err)


if __name__ == "__main__":
    unittest.main()
