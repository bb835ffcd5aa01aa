"""The command line: exit codes, what goes where, every error in one run."""
import json
import os
import re
import unittest

from support import exposition
from support.agent import COLLECTORS, REPO, Test, free_port
from support.fakes import Server, answer, crew


class Commands(Test):
    def expect(self, code, *arguments, **options):
        got, out, err = self.tallyman(*arguments, **options)
        self.assertEqual(got, code, f"{arguments}\nstdout: {out[-1500:]}\nstderr: {err[-1500:]}")
        return out, err

    def test_help_and_version(self):
        out, _ = self.expect(0, "--help")
        for command in ("run", "check", "probe", "collectors", "test", "jsonpath"):
            self.assertIn(command, out)
            text, _ = self.expect(0, command, "--help")
            self.assertTrue(text)
        out, _ = self.expect(0, "--version")
        self.assertRegex(out, r"^tallyman \d+\.\d+")

    def test_wrong_use_is_2(self):
        for arguments in ((), ("walk",), ("run", "--nonsense"), ("probe",), ("probe", "http://x"), ("jsonpath",), ("check",)):
            with self.subTest(arguments):
                out, err = self.expect(2, *arguments)
                self.assertTrue(err or out)

    def test_collectors(self):
        out, _ = self.expect(0, "collectors")
        for name in ("rabbitmq", "nats", "uwsgi", "ilmo", "reva", "flat", "prometheus"):
            self.assertRegex(out, r"(?m)^\s*%s\b" % name)
        out, _ = self.expect(0, "collectors", "--collectors", COLLECTORS)
        self.assertRegex(out, r"(?m)^\s*crew\b")

    def test_check(self):
        good = self.config([{"name": "a", "collector": "flat", "url": "http://127.0.0.1"}])
        self.expect(0, "check", good)
        self.expect(0, "check", os.path.join(REPO, "targets.yaml"))
        collectors = os.path.join(REPO, "collectors")
        files = sorted(os.path.join(collectors, n) for n in os.listdir(collectors) if n.endswith(".yaml"))
        self.assertGreaterEqual(len(files), 7)
        self.expect(0, "check", *files)
        self.expect(2, "check", self.path("no-such-file.yaml"))

    def test_check_prints_every_error(self):
        bad = self.write("bad.yaml", "\n".join([
            "listen: 127.0.0.1:1",
            "colour: red",                                   # 2:1
            "targets:",
            "  - name: a",
            "    collector: rabbitmqq",                      # 5:16
            "    url: http://127.0.0.1",
            "    intervall: 5s",                             # 7:5
            "  - name: b",
            "    collector: flat",
            "    url: http://${E2E_NOT_SET}/",               # 10:10
            "    interval: soon",                            # 11:15
            "  - name: a",                                   # 12:11
            "    collector: flat",
            "    url: gopher://x",                           # 14:10
            ""]))
        _, err = self.expect(2, "check", bad)
        at = {tuple(map(int, m)) for m in re.findall(r"bad\.yaml:(\d+):(\d+): ", err)}
        self.assertLessEqual({(2, 1), (5, 16), (7, 5), (10, 10), (11, 15), (14, 10)}, at, err)
        self.assertTrue({line for line, _ in at} & {4, 12}, err)
        for word in ("`interval`", "`rabbitmq`", "E2E_NOT_SET", "gopher"):
            self.assertIn(word, err)
        self.assertIn("4:11", err, "a name used twice: both places")

    def test_check_of_collectors_finds_errors_of_several_files(self):
        one = self.write("one.yaml", "collector: one\nabout: x\nrequests: { r: {} }\nworkers: { each: \"$.w[\", worker: \"@.n\", laod: 1 }\n")
        two = self.write("two.yaml", "collector: three\nabout: x\nrequests: { r: { path: \"/a?b=c\" } }\nservice: { metrics: { n_total: { counter: $.a } } }\n")
        _, err = self.expect(2, "check", one, two)
        for word in ("one.yaml:4:", "two.yaml:1:", "two.yaml:3:", "`load`", "help"):
            self.assertIn(word, err)

    def test_run_refuses_a_bad_configuration_with_2(self):
        bad = self.write("targets.yaml", "targets: [{ name: a }]\n")
        _, err = self.expect(2, "run", "--config", bad, "--listen", f"127.0.0.1:{free_port()}")
        self.assertIn("targets.yaml:1:", err)
        self.expect(2, "run", "--config", self.path("none.yaml"))
        good = self.config([{"name": "a", "collector": "flat", "url": "http://127.0.0.1"}], name="good.yaml")
        self.expect(2, "run", "--config", good, "--listen", "nonsense")

    def test_probe(self):
        server = Server(answer(crew()))
        self.addCleanup(server.stop)
        out, err = self.expect(0, "probe", "--collector", "crew", "--collectors", COLLECTORS, server.url)
        m = exposition.parse(out)
        self.assertEqual(m.value("tally_worker_load", worker="w1"), 1)
        self.assertEqual(m.value("tally_queue_tasks", queue="mail", state="ready"), 3)
        server.script = lambda _: answer("x", 500)
        out, err = self.expect(1, "probe", "--collector", "crew", "--collectors", COLLECTORS, server.url)
        self.assertIn("500", err)
        self.assertNotIn("tally_worker", out)
        _, err = self.expect(1, "probe", "--collector", "crew", "--collectors", COLLECTORS, f"http://127.0.0.1:{free_port()}")
        self.assertIn("connect", err)
        _, err = self.expect(2, "probe", "--collector", "nobody", server.url)
        self.assertIn("nobody", err)

    def test_probe_of_a_file(self):
        path = os.path.join(REPO, "tests", "collectors", "ilmo", "captured", "metrics.json")
        out, _ = self.expect(0, "probe", "--collector", "ilmo", path)
        self.assertEqual(exposition.parse(out).value("ilmo_users"), 15)
        broken = self.write("broken.json", '{"users": 1')
        out, err = self.expect(1, "probe", "--collector", "ilmo", broken)
        self.assertNotIn("ilmo_users", out)
        self.assertIn("decode", err)

    def test_jsonpath(self):
        document = json.dumps({"w": [{"n": "a", "l": 1}, {"n": "b", "l": 18446744073709551615}], "ü": None})
        rows = [("$.w[*].n", ["a", "b"]), ("$.w[?@.l > 1].n", ["b"]), ("$.nothing", []), ("$['ü']", [None]), ("$.w[-1].l", [18446744073709551615])]
        for query, expected in rows:
            with self.subTest(query):
                out, _ = self.expect(0, "jsonpath", query, stdin=document)
                self.assertEqual(json.loads(out), expected)
        path = self.write("d.json", document)
        out, _ = self.expect(0, "jsonpath", "--", "$.w[0].n", path)
        self.assertEqual(json.loads(out), ["a"])
        _, err = self.expect(2, "jsonpath", "$.w[", path)
        self.assertTrue(err)
        self.expect(2, "jsonpath", "$", self.path("none.json"))
        _, err = self.expect(1, "jsonpath", "$", stdin="{")
        self.assertTrue(err)

    def test_test(self):
        out, _ = self.expect(0, "test", os.path.join(REPO, "tests", "collectors"))
        self.assertRegex(out, r"\d+ passed, 0 failed")
        self.write("c/case.yaml", "collector: ilmo\nnow: 1\nanswers: { figures: [{ file: a.json }] }\n")
        self.write("c/a.json", '{"users": 3}')
        self.write("c/expected.prom", '# TYPE ilmo_users gauge\nilmo_users{system="ilmo",target="t"} 4\n')
        out, _ = self.expect(1, "test", self.path("c"))
        self.assertIn("ilmo_users", out)
        self.expect(2, "test", self.path("no-such-folder"))


if __name__ == "__main__":
    unittest.main()
