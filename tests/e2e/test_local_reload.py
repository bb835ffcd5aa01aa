"""A configuration that changes under a running agent: what changed changes, all else notices nothing."""
import os
import signal
import threading
import time
import unittest

from support.agent import COLLECTORS, Test, eventually
from support.fakes import Server, answer, crew

LIFECYCLE = ["--web.enable-lifecycle"]
AUTO = ["--config.auto-reload", "--config.auto-reload-interval", "200ms"]
OK = "tallyman_config_last_reload_successful"


def target(name, server, **settings):
    return {"name": name, "collector": "crew", "url": server if isinstance(server, str) else server.url,
            "interval": "200ms", **settings}


class Reload(Test):
    def serve(self, script=None, **options):
        server = Server(script or answer(crew()), **options)
        self.addCleanup(server.stop)
        return server

    def post(self, agent, path="/-/reload"):
        return agent.get(path, method="POST", timeout=30)

    def up(self, agent, *names):
        eventually(lambda: all(agent.metrics().value("tally_target_up", target=n) == 1 for n in names), 20, f"{names} up")
        return agent

    def hup(self, agent):
        """Sends SIGHUP; ends when a reload has ended after it."""
        before = agent.log().count("the configuration was")
        agent.process.send_signal(signal.SIGHUP)
        eventually(lambda: agent.log().count("the configuration was") > before, 20, "a reload")

    def copy_collector(self, name):
        """tests/e2e/collectors/crew.yaml under another name, as NAME says."""
        with open(os.path.join(COLLECTORS, "crew.yaml")) as f:
            text = f.read()
        self.write(name, text.replace("collector: crew", "collector: " + os.path.basename(name).removesuffix(".yaml")))

    def test_one_of_100_under_load(self):
        """99 keep their TCP connections, lose no poll and no counter; the one shows its new settings. Scraped all the while."""
        servers = [self.serve() for _ in range(100)]
        targets = [target(f"t{i:03d}", s, timeout="5s", interval="5s") | {"interval": "500ms", "timeout": "500ms"} for i, s in enumerate(servers)]
        agent = self.up(self.agent(targets, LIFECYCLE), *(t["name"] for t in targets))
        eventually(lambda: all(len(s.requests) >= 2 for s in servers), 20, "two polls of each")
        before = agent.metrics()
        accepts = [s.accepts for s in servers]

        done = threading.Event()

        def scrape():
            while not done.is_set():
                agent.metrics()
        scraper = threading.Thread(target=scrape, daemon=True)
        scraper.start()
        self.addCleanup(done.set)
        targets[50]["labels"] = {"edited": "yes"}
        for n in range(5):  # one edit, then four times nothing
            self.config(targets)
            began = time.monotonic()
            reply = self.post(agent)
            self.assertEqual((reply.status, reply.text), (200, ""))
            self.assertLess(time.monotonic() - began, 10)
            polls = [len(s.requests) for s in servers]
            eventually(lambda: all(len(s.requests) >= p + 2 for s, p in zip(servers, polls)), 20, "two more polls of each")
        done.set()
        scraper.join(20)

        after = agent.metrics()
        for i, server in enumerate(servers):
            name = f"t{i:03d}"
            if i == 50:
                continue
            self.assertEqual(server.accepts, accepts[i], name)
            self.assertFalse([v for v in after.find("tally_target_errors_total", target=name).values() if v], name)
            self.assertGreater(after.value("tally_target_last_success_timestamp_seconds", target=name),
                               before.value("tally_target_last_success_timestamp_seconds", target=name))
        self.assertEqual(servers[50].accepts, accepts[50] + 1, "one new connection, by the first of five reloads only")
        self.assertEqual(after.value("tally_worker_load", target="t050", worker="w1", edited="yes"), 1)
        self.assertEqual(len(after.find("tally_worker_load", target="t050", worker="w1")), 1, "the old series is gone")
        for counter in ("tallyman_polls_total", "tallyman_poll_duration_seconds_count"):
            self.assertGreater(sum(after.find(counter).values()), sum(before.find(counter).values()), counter)
        self.assertEqual(sum(after.find("tallyman_polls_failed_total").values()), 0)
        self.assertEqual(sum(after.find("tallyman_polls_skipped_total").values()), sum(before.find("tallyman_polls_skipped_total").values()))
        self.assertEqual(after.value(OK), 1)
        self.assertIn("changed=1", agent.log())
        self.assertIn("kept=99", agent.log())

    def test_a_bad_file_changes_nothing(self):
        """Every error is in the log and in the answer, the metric says so, the old configuration runs on."""
        a = self.serve()
        agent = self.up(self.agent([target("a", a)], LIFECYCLE), "a")
        when = agent.metrics().value("tallyman_config_last_reload_success_timestamp_seconds")
        self.assertEqual(agent.metrics().value(OK), 1)
        self.assertIn("<p>The configuration was read at the start, ", agent.get("/").text)
        self.config([target("a", a, intervall="1s"), target("b", a, url="ftp://x")])
        reply = self.post(agent)
        self.assertEqual(reply.status, 500, reply)
        for text in ("unknown key `intervall` in a target; did you mean `interval`?", "`url`: `ftp://x`: expected http://"):
            self.assertIn(text, reply.text)
            self.assertIn(text, agent.log())
        self.assertRegex(reply.text, r"targets.yaml:\d+:\d+: unknown key `intervall`")
        self.assertRegex(agent.get("/").text, r"<strong>The configuration was not reloaded</strong>, [-\d]+ [:\d]+ UTC; that of "
                         r"[-\d]+ [:\d]+ UTC runs on:<br><small>\S+targets.yaml:\d+:\d+: unknown key `intervall`.*<br>and 1 more, in the log<")
        m = agent.metrics()
        self.assertEqual(m.value(OK), 0)
        self.assertEqual(m.value("tallyman_config_last_reload_success_timestamp_seconds"), when)
        self.assertEqual(m.value("tallyman_targets"), 1)
        self.assertEqual(agent.get("/readyz").status, 200)
        seen = len(a.requests)
        eventually(lambda: len(a.requests) > seen + 1, 10, "a is polled on")
        self.assertEqual(a.accepts, 1)
        self.config([target("a", a)])
        self.assertEqual(self.post(agent).status, 200)
        m = agent.metrics()
        self.assertEqual(m.value(OK), 1)
        self.assertGreater(m.value("tallyman_config_last_reload_success_timestamp_seconds"), when)
        self.assertIn("<p>The configuration was reloaded, ", agent.get("/").text)

    def test_targets_come_and_go(self):
        a, b, c = self.serve(), self.serve(answer(crew({"n": 2}, {}))), self.serve()
        agent = self.up(self.agent([target("a", a), target("b", b)]), "a", "b")
        self.config([target("b", b), target("c", c, interval="1h", timeout="1s")])
        self.hup(agent)
        m = agent.metrics()
        self.assertFalse(m.of_target("a"), "nothing of a is left")
        self.assertEqual(agent.get("/healthz/a").status, 404)
        self.assertEqual(m.value("tallyman_targets"), 2)
        self.up(agent, "c")  # within 2 s, whatever its interval
        self.assertEqual(b.accepts, 1)
        gone = len(a.requests)
        self.config([target("a", a), target("b", b)])
        self.hup(agent)
        self.up(agent, "a")
        self.assertGreater(len(a.requests), gone)
        self.assertFalse(agent.metrics().of_target("c"))
        self.assertEqual(b.accepts, 1)

    def test_values_are_held_until_the_new_poll(self):
        """An edited target shows what it showed until its new settings gave something; its counters go on."""
        a, b = self.serve(), self.serve(lambda _: None)  # b never answers
        agent = self.up(self.agent([target("a", a, max_age="1h")]), "a")
        a.script = lambda _: answer("no", 500)
        eventually(lambda: agent.metrics().value("tally_target_up", target="a") == 0)
        a.script = lambda _: answer(crew())
        self.up(agent, "a")
        before = agent.metrics()
        self.config([target("a", b, max_age="1h", timeout="200ms")])
        self.hup(agent)
        m = agent.metrics()
        self.assertEqual(m.value("tally_worker_load", target="a", worker="w1"), 1, "held over the reload")
        failed = eventually(lambda: (m := agent.metrics()).value("tally_target_up", target="a") == 0 and m)
        self.assertEqual(failed.value("tally_worker_load", target="a", worker="w1"), 1, "held over the failure")
        self.assertEqual(failed.value("tally_worker_up", target="a", worker="w1"), 1)
        self.assertGreaterEqual(failed.value("tally_target_errors_total", target="a", reason="status"),
                                before.value("tally_target_errors_total", target="a", reason="status"))
        self.assertGreaterEqual(failed.value("tally_target_errors_total", target="a", reason="timeout"), 1)
        self.assertGreaterEqual(failed.value("tally_target_last_success_timestamp_seconds", target="a"),
                                before.value("tally_target_last_success_timestamp_seconds", target="a"))

    def test_a_worker_that_went_over_the_reload_is_missed(self):
        """The same question with other settings: the workers known before are still known."""
        a = self.serve()
        agent = self.up(self.agent([target("a", a)]), "a")
        a.script = lambda _: answer(crew({"w1": 1}))
        self.config([target("a", a, labels={"x": "y"})])
        self.hup(agent)
        eventually(lambda: agent.metrics().value("tally_worker_up", target="a", worker="w2", x="y") == 0, 10, "w2 is missed")

    def test_a_changed_collector_asks_its_users_only(self):
        folder = self.path("mine")
        self.copy_collector("mine/crew.yaml")
        self.copy_collector("mine/other.yaml")
        a, b = self.serve(), self.serve()
        agent = self.agent([target("a", a), {**target("b", b), "collector": "other"}], LIFECYCLE + ["--collectors", COLLECTORS, "--collectors", folder])
        self.up(agent, "a", "b")
        with open(os.path.join(folder, "crew.yaml"), "a") as f:
            f.write("\n# another remark\n")
        self.assertEqual(self.post(agent).status, 200)
        self.assertIn("changed=1", agent.log())
        self.up(agent, "a")
        eventually(lambda: a.accepts == 2, 10, "a is asked anew")
        self.assertEqual(b.accepts, 1)
        with open(os.path.join(folder, "crew.yaml"), "a") as f:
            f.write("worker: twice\n")
        reply = self.post(agent)
        self.assertEqual(reply.status, 500)
        self.assertIn("crew.yaml:", reply.text)
        self.assertEqual(agent.metrics().value("tally_target_up", target="a"), 1)

    def test_what_needs_a_restart_is_refused(self):
        a = self.serve()
        config = self.config([target("a", a)], listen="127.0.0.1:0")
        agent = self.up(self.run_agent(config, LIFECYCLE), "a")
        self.config([target("a", a), target("b", a)], listen="127.0.0.1:0", threads=2)
        reply = self.post(agent)
        self.assertEqual(reply.status, 500)
        self.assertIn("`threads` changed from 1 to 2: restart needed", reply.text)
        self.assertIn("restart needed", agent.log())
        m = agent.metrics()
        self.assertEqual(m.value(OK), 0)
        self.assertEqual(m.value("tallyman_targets"), 1)
        for threads, says in ((2, "`threads` changed from 1 to 2: restart needed"), (0, "`threads` must be a whole number")):
            self.config([target("a", a, intervall="1s")], listen="127.0.0.1:0", threads=threads)
            _, *errors = self.post(agent).text.splitlines()
            self.assertEqual(len(errors), 2, errors)
            self.assertTrue(any("unknown key `intervall`" in e for e in errors), errors)
            self.assertTrue(any(says in e for e in errors), errors)
        os.rename(self.path("targets.yaml"), self.path("away.yaml"))
        self.assertNotIn("restart", self.post(agent).text, "nothing is known of a file that is not there")

    def test_listen_needs_a_restart(self):
        import socket
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        a = self.serve()
        path = self.config([target("a", a)], listen=f"127.0.0.1:{port}")
        # the file's own address: --listen would win over it, before and after
        from support.agent import Agent
        agent = Agent(path, self.folder, LIFECYCLE, listen=False, address=("127.0.0.1", port))
        self.addCleanup(self.end, agent)
        self.up(agent.live(), "a")
        self.config([target("a", a)], listen="127.0.0.1:1")
        reply = self.post(agent)
        self.assertEqual(reply.status, 500)
        self.assertIn(f"`listen` changed from `127.0.0.1:{port}` to `127.0.0.1:1`: restart needed", reply.text)
        self.assertEqual(agent.metrics().value(OK), 0)

    def test_who_may_reload(self):
        a = self.serve()
        agent = self.up(self.agent([target("a", a)]), "a")
        reply = self.post(agent)
        self.assertEqual(reply.status, 403)
        self.assertIn("--web.enable-lifecycle", reply.text)
        got = agent.get("/-/reload")
        self.assertEqual((got.status, got.headers["Allow"]), (405, "POST, PUT"))
        self.config([])
        self.assertEqual(agent.metrics().value("tallyman_targets"), 1)

    def test_auto_reload_of_a_configmap(self):
        """What Kubernetes does: a new folder, then `..data` is swapped. A touched file alone is nothing."""
        a, b = self.serve(), self.serve()

        def version(name, targets):
            self.config(targets, name=f"cm/{name}/targets.yaml")
            os.symlink(name, self.path("cm", "tmp"))
            os.rename(self.path("cm", "tmp"), self.path("cm", "..data"))
        version("..1", [target("a", a)])
        os.symlink("..data/targets.yaml", self.path("cm", "targets.yaml"))
        agent = self.up(self.run_agent(self.path("cm", "targets.yaml"), AUTO), "a")
        os.utime(self.path("cm", "..1", "targets.yaml"))
        version("..2", [target("a", a), target("b", b)])
        self.up(agent, "b")
        self.assertEqual(agent.log().count("the configuration was reloaded"), 1)
        self.assertEqual(a.accepts, 1)
        version("..3", [target("a", a, interval="nonsense")])
        eventually(lambda: agent.metrics().value(OK) == 0, 10, "the bad one is refused")
        polls = len(a.requests)
        eventually(lambda: len(a.requests) >= polls + 8, 10, "time for more looks at the files")
        self.assertEqual(agent.log().count("the configuration was not reloaded"), 1, "said once, not at every look")
        version("..4", [target("b", b)])
        eventually(lambda: agent.metrics().value(OK) == 1, 10, "mended")
        self.assertFalse(agent.metrics().of_target("a"))
        self.assertEqual(b.accepts, 1)

    def test_auto_reload_sees_every_file(self):
        """An included file that appears, a collector that is edited, a secret that is rotated, a folder that was not there."""
        a, b = self.serve(), self.serve()
        secret = self.write("secret", "one\n")
        self.copy_collector("mine/ours.yaml")
        config = self.config([target("a", a, collector="ours", auth={"bearer": "file:" + secret})], include=["targets.d/*.yaml"], collector_paths=["mine"])
        agent = self.up(self.run_agent(config, AUTO), "a")
        reloads = lambda: agent.log().count("the configuration was reloaded")
        self.write("targets.d/b.yaml.new", '{"targets": [{"name": "b", "collector": "ours", "url": "%s", "interval": "200ms"}]}' % b.url)
        os.rename(self.path("targets.d", "b.yaml.new"), self.path("targets.d", "b.yaml"))
        self.up(agent, "b")
        before = reloads()
        with open(self.path("secret.new"), "w") as f:
            f.write("two\n")
        os.rename(self.path("secret.new"), secret)
        eventually(lambda: reloads() == before + 1, 10, "a reload for the secret")
        eventually(lambda: a.requests[-1].headers.get("authorization") == "Bearer two", 10, "the new secret")
        self.assertEqual(a.accepts, 1, "a rotated secret needs no new connection")
        with open(self.path("mine", "ours.yaml"), "a") as f:
            f.write("\n# edited\n")
        eventually(lambda: a.accepts == 2 and b.accepts == 2, 10, "both use that collector")
        os.remove(self.path("targets.d", "b.yaml"))
        eventually(lambda: not agent.metrics().of_target("b"), 10, "b is gone")

    def test_a_secret_that_is_gone_stays_good(self):
        """A target is changed while its token's file is away: the last token is used, and the log says so, once."""
        a = self.serve()
        secret = self.write("token", "one\n")
        config = lambda **more: self.config([target("a", a, auth={"bearer": "file:" + secret}, **more)])
        agent = self.up(self.run_agent(config(), LIFECYCLE), "a")
        os.remove(secret)
        config(max_age="10m")
        self.assertEqual(self.post(agent).status, 200)
        eventually(lambda: a.accepts == 2, 10, "a new connection of the changed target")
        polls = len(a.requests)
        eventually(lambda: len(a.requests) > polls + 3, 10, "polls")
        self.assertEqual({r.headers.get("authorization") for r in a.requests}, {"Bearer one"})
        self.assertEqual(agent.metrics().value("tally_target_up", target="a"), 1)
        said = [line for line in agent.log().splitlines() if "its last value is used" in line]
        self.assertEqual(len(said), 1, said)
        self.assertIn("no such file: " + secret, said[0])
        self.write("token", "two\n")
        eventually(lambda: a.requests[-1].headers.get("authorization") == "Bearer two", 10, "the new token")

    def test_many_at_once(self):
        """Reloads that come together while polls hang: each caller is answered, and the stop is as fast as ever."""
        slow = self.serve(lambda _: None)
        targets = [target(f"t{i}", slow, interval="30s", timeout="30s") for i in range(30)]
        agent = self.agent(targets, LIFECYCLE).live()
        eventually(lambda: len(slow.requests) >= 30, 20, "polls in flight")
        codes = []

        def post():
            codes.append(self.post(agent).status)
        threads = []
        for n in range(8):
            for t in targets:
                t["labels"] = {"n": str(n)}
            self.config(targets, name="next.yaml")
            os.rename(self.path("next.yaml"), self.path("targets.yaml"))
            threads += [threading.Thread(target=post) for _ in range(3)]
            for thread in threads[-3:]:
                thread.start()
            agent.process.send_signal(signal.SIGHUP)
        for thread in threads:
            thread.join(30)
        self.assertEqual(codes, [200] * 24)
        eventually(lambda: agent.metrics().value("tallyman_polls_in_flight", loop="0") <= 30, 20, "no poll of an old one is left")
        self.assertEqual(agent.metrics().value("tallyman_targets"), 30)
        agent.process.send_signal(signal.SIGHUP)
        self.assertLess(agent.stop(), 2)
        self.assertEqual(agent.exit_code, 0)

    def test_a_storm_of_sighup_does_not_hold_the_stop(self):
        """SIGHUP is the lower number and so comes first of all that are pending; SIGTERM ends the agent all the same."""
        a = self.serve()
        agent = self.up(self.agent([target(f"t{i}", a, interval="60s", timeout="1s") for i in range(1000)]), "t0")
        over = threading.Event()

        def storm():
            while not over.is_set():
                try:
                    os.kill(agent.process.pid, signal.SIGHUP)
                except ProcessLookupError:
                    return
                over.wait(0.002)
        thread = threading.Thread(target=storm, daemon=True)
        thread.start()
        self.addCleanup(over.set)
        eventually(lambda: agent.log().count("the configuration was reloaded") >= 3, 30, "reloads one after the other")
        self.assertLess(agent.stop(), 2)
        over.set()
        thread.join(10)
        self.assertEqual(agent.exit_code, 0)

    def test_ready_stays_ready(self):
        """A target that a reload adds and that hangs does not take the agent out of service."""
        a, hangs = self.serve(), self.serve(lambda _: None)
        agent = self.up(self.agent([target("a", a)], LIFECYCLE), "a")
        self.config([target("a", a), target("b", hangs, interval="60s", timeout="60s")])
        self.assertEqual(self.post(agent).status, 200)
        self.assertEqual(agent.get("/healthz/b").status, 503, "not polled yet")
        self.assertEqual(agent.get("/readyz").status, 200)

    def test_another_collector_has_other_rules(self):
        """What the rules of the collector before could not read is not shown for ever."""
        self.copy_collector("mine/other.yaml")
        a = self.serve(answer('{"workers": [{"name": "w1", "load": "x"}]}'))
        agent = self.agent([target("a", a)], LIFECYCLE + ["--collectors", COLLECTORS, "--collectors", self.path("mine")]).live()
        errors = lambda c: agent.metrics().find("tallyman_rule_errors_total", target="a", collector=c)
        unmatched = lambda c: agent.metrics().find("tallyman_rule_unmatched_polls", target="a", collector=c)
        eventually(lambda: errors("crew"), 20, "a rule that fails")
        eventually(lambda: unmatched("crew"), 20, "a rule that matches nothing")
        self.config([target("a", a, collector="other")])
        self.assertEqual(self.post(agent).status, 200)
        eventually(lambda: errors("other"), 20, "the same rule of the other collector")
        self.assertFalse(errors("crew"))
        eventually(lambda: unmatched("other"), 20, "it matches nothing with the other collector either")
        self.assertFalse(unmatched("crew"))


if __name__ == "__main__":
    unittest.main()
