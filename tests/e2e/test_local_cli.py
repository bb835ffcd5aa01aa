"""The command line: exit codes, what goes where, every error in one run."""
import json
import os
import re
import shutil
import subprocess
import textwrap
import unittest

from support import exposition
from support.agent import COLLECTORS, REPO, Test, binary, free_port
from support.fakes import Server, answer, crew


class Commands(Test):
    def expect(self, code, *arguments, **options):
        got, out, err = self.tallyman(*arguments, **options)
        self.assertEqual(got, code, f"{arguments}\nstdout: {out[-1500:]}\nstderr: {err[-1500:]}")
        return out, err

    def test_help_and_version(self):
        out, _ = self.expect(0, "--help")
        for command in ("run", "check", "probe", "explain", "collectors", "test", "infer", "jsonpath", "import"):
            self.assertIn(command, out)
            text, _ = self.expect(0, command, "--help")
            self.assertTrue(text)
        out, _ = self.expect(0, "--version")
        self.assertRegex(out, r"^tallyman \d+\.\d+")

    def test_wrong_use_is_2(self):
        for arguments in ((), ("walk",), ("run", "--nonsense"), ("probe",), ("probe", "http://x"), ("infer",), ("jsonpath",), ("check",)):
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

    def test_check_warns_of_a_users_collectors_where_they_are_used(self):
        """Each once, however many targets have it; not of those that nobody uses, nor of those that are built in."""
        body = "collector: {0}\nabout: t\nrequests: {{ r: {{}} }}\nservice: {{ metrics: {{ {0}_ms: {{ gauge: $.a, help: t }} }} }}\n"
        for name in ("used", "probed", "idle"):
            self.write(f"mine/{name}.yaml", body.format(name))
        path = self.write("targets.yaml", """collector_paths: [mine]
probe: { allow: { networks: [127.0.0.1] }, collectors: [probed] }
targets:
  - { name: a, collector: used, url: "http://localhost:1/" }
  - { name: b, collector: used, url: "http://localhost:2/" }
  - { name: c, collector: rabbitmq, url: "http://localhost:3/" }
""")
        out, err = self.expect(0, "check", path)
        self.assertEqual([line.split(" says")[0] for line in err.splitlines()],
                         [f"{self.path('mine')}/{name}.yaml:4:23: warning: `{name}_ms`" for name in ("probed", "used")])
        self.assertEqual(out, f"{path}: ok (3 targets, 2 warnings)\n")

    def test_check_warns_of_what_nobody_means(self):
        path = self.write("t.yaml", "\n".join([
            "collector_paths: [mine]",                                                        # 1:19
            "defaults: { filter: { drop: [\"uwsgi_*\"] } }",                                  # of use for b
            "targets:",
            "  - { name: a, collector: rabbitmq, url: \"http://h:1\", filter: { keep: [\"rabitmq_*\", \"tally_queue_*\"] } }",
            "  - { name: b, collector: uwsgi, url: \"http://h:2\" }",
            "  - { name: c, collector: uwsgi, url: \"http://h:2\", interval: 5s }",             # as b: 6:39
            "  - { name: d, collector: uwsgi, url: \"http://h:2/d\" }",
            "  - { name: e, collector: prometheus, url: \"http://h:3\", filter: { keep: [\"any_*\"] } }",
            ""]))
        os.mkdir(self.path("mine"))
        out, err = self.expect(0, "check", path)
        self.assertEqual(err.splitlines(), [
            f"{path}:1:19: warning: `{self.path('mine')}` holds no collectors (*.yaml)",
            f"{path}:4:73: warning: `rabitmq_*` of `keep` matches no family that the collector `rabbitmq` gives",
            f"{path}:6:39: warning: the target `c` asks the same of the same url as `b` ({path}:5:39): every series comes "
            "twice, under two names",
        ])
        self.assertEqual(out, f"{path}: ok (5 targets, 3 warnings)\n")
        os.rmdir(self.path("mine"))
        _, err = self.expect(2, "check", path)
        self.assertIn(f"{path}:1:19: `{self.path('mine')}` is no folder; expected a folder with collectors (*.yaml)\n", err)

    def test_check_looks_at_certificates_as_tls_does(self):
        if not shutil.which("openssl"):
            self.skipTest("no openssl program")
        for name in ("one", "two"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                            "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem")],
                           check=True, capture_output=True, timeout=60)
        target = "targets:\n- name: a\n  collector: flat\n  url: https://localhost\n  tls: { ca: one.pem, cert: one.pem, key: %s }\n"
        out, err = self.expect(0, "check", self.write("good.yaml", target % "one.key"))
        self.assertEqual((err, out), ("", f"{self.path('good.yaml')}: ok (1 target)\n"))
        path = self.write("other.yaml", target % "two.key")
        _, err = self.expect(0, "check", path)
        self.assertRegex(err, r"^%s:5:8: warning: tls\.key: %s: .*; expected a private key in PEM form" % (
            re.escape(path), re.escape(self.path("two.key"))))
        self.assertEqual(len(err.splitlines()), 1)

    def test_import_json_exporter(self):
        """The result passes check and gives what json_exporter gave; nothing is overwritten, nothing left out in silence."""
        source = os.path.join(REPO, "tests/importer/config.yml")
        out, err = self.expect(0, "import", "json-exporter", source, "--out", "new/folder")
        files = ["new/folder/targets.yaml", "new/folder/collectors/default.yaml", "new/folder/collectors/animals.yaml"]
        self.assertEqual(out.split(), files)
        self.assertRegex(err, r"(?m)^.*config\.yml:16:9: warning: `epochTimestamp` is ignored by json_exporter")
        self.assertIn("2 collectors, 2 notes, 0 left out\n", err)
        for file in files:
            self.assertEqual(os.stat(self.path(file)).st_mode & 0o777, 0o600)
        self.expect(0, "check", *files)
        self.assertIn("# ", open(self.path(files[1]), encoding="utf-8").read())
        body = self.write("data.json", json.dumps({"counter": 7, "location": "mars", "values": []}))
        out, _ = self.expect(0, "probe", "--collectors", "new/folder/collectors", "--collector", "default", body)
        self.assertRegex(out, r'(?m)^example_global_value\{.*environment="beta",location="planet-mars"\} 7$')

        before = open(self.path(files[0]), encoding="utf-8").read()
        _, err = self.expect(2, "import", "json-exporter", source, "--out", "new/folder")
        self.assertEqual(err.splitlines()[-1], "new/folder/targets.yaml is there already, nothing was written; --out DIR names another folder")
        self.assertEqual(open(self.path(files[0]), encoding="utf-8").read(), before)

        odd = "modules:\n  m:\n    metrics:\n      - { name: a, path: '{.x}' }\n      - { name: b, path: '{range .l}{end}' }\n"
        _, err = self.expect(1, "import", "json-exporter", "-", "--out", "odd", stdin=odd)
        self.assertRegex(err, r"(?m)^left out: standard input:5:27: `\{range .*`range` is translated if it has one path in it")
        self.assertIn("1 collector, 0 notes, 1 left out", err)
        self.expect(0, "check", "odd/targets.yaml")
        _, err = self.expect(2, "import", "json-exporter", "-", "--out", "none", stdin="targets: []\n")
        self.assertIn("standard input:1:1: this is no configuration of json_exporter; expected `modules:`", err)
        self.assertFalse(os.path.exists(self.path("none")))
        _, err = self.expect(2, "import", "json-exporter", "nowhere.yml")
        self.assertIn("nowhere.yml: cannot be read: No such file", err)
        secret = "modules: { m: { http_client_config: { bearer_token: hush }, metrics: [{ name: a, path: '{.x}' }] } }\n"
        _, err = self.expect(0, "import", "json-exporter", "-", "--out", "clear", stdin=secret)
        self.assertIn("standard input:1:53: warning: a secret is copied in clear to targets.yaml, which only its owner may read", err)
        self.assertNotIn("hush", err)
        self.assertEqual(os.stat(self.path("clear/targets.yaml")).st_mode & 0o777, 0o600)
        out, _ = self.expect(0, "import", "json-exporter", "--help")
        self.assertIn("1 something was left out", out)
        self.expect(2, "import")
        self.expect(2, "import", "no-such-exporter", source)

    def test_check_finds_the_other_mistakes_of_a_rule_without_a_request(self):
        """Also when it is a target that names the collector."""
        text = "collector: one\nabout: x\nrequests: { r: {} }\nworkers: { from: q, each: \"$.w[\", worker: \"@.n\", load: \"@.l[*]\" }\n"
        one = self.write("mine/one.yaml", text)
        _, err = self.expect(2, "check", one)
        expected = {"4:18: unknown request `q`", "4:27: bad query `$.w[`", "4:56: `@.l[*]` may select several nodes"}
        for where in (one, self.config([{"name": "a", "collector": "one", "url": "http://h"}], collector_paths=["mine"])):
            _, err = self.expect(2, "check", where)
            for place in expected:
                self.assertIn(f"{one}:{place}", err)
            self.assertEqual(len(err.splitlines()), 5, err)  # their count, and that there may be warnings then

    def test_check_finds_the_other_mistakes_of_a_file_without_requests(self):
        one = self.write("mine/one.yaml", "collector: one\nabout: x\nworkers: { each: \"$.w[\", worker: \"@.n\" }\nservice: { load: \"$.l\" }\n")
        _, err = self.expect(2, "check", one)
        self.assertIn(f"{one}:1:1: `requests` is missing", err)
        self.assertIn(f"{one}:3:18: bad query `$.w[`", err)

    def test_what_cannot_be_read_is_named_with_what_was_expected(self):
        targets = self.config([{"name": "a", "collector": "flat", "url": "http://127.0.0.1"}])
        os.mkdir(self.path("folder"))
        os.mkdir(self.path("mine"))
        os.mkdir(self.path("mine/odd.yaml"))
        os.makedirs(self.path("cases/one/case.yaml"))
        os.mkfifo(self.path("pipe"))
        of_configuration = "it is a directory, a file is expected"
        rows = [
            (2, "folder: cannot be read: it is a directory; expected a JSON file, or - for standard input",
             "jsonpath", "$", "folder"),
            (2, "none: cannot be read: No such file or directory; expected a JSON file", "jsonpath", "$", "none"),
            (1, "read: %s is a directory; expected a regular file" % self.path("folder"), "probe", "--collector", "flat", "folder"),
            (2, "`none` is neither a file that exists nor a url, which begins with http://, https://, unix:, tcp://, file: or dummy:",
             "probe", "--collector", "flat", "none"),
            (1, "connect to %s: it is a directory; expected a socket" % self.path("folder"),
             "probe", "--collector", "flat", "unix:%s:/x" % self.path("folder")),
            (2, "--timeout: `0s`: expected a duration of at least 1ms, such as 10s",
             "probe", "--collector", "flat", "--timeout", "0s", targets),
            (2, "--timeout: `5`: expected a duration of at least 1ms", "probe", "--collector", "flat", "--timeout", "5", targets),
            (2, f"folder: cannot be read: {of_configuration}", "check", "folder"),
            (2, "pipe: cannot be read: it is a pipe, a file is expected", "check", "pipe"),
            (2, "none: cannot be read: No such file or directory; expected targets or a collector (YAML)", "check", "none"),
            (2, f"folder: cannot be read: {of_configuration}", "run", "--config", "folder"),
            (2, f"mine/odd.yaml: cannot be read: {of_configuration}", "run", "--config", targets, "--collectors", "mine"),
            (2, f"mine/odd.yaml: cannot be read: {of_configuration}", "collectors", "--collectors", "mine"),
            (2, "pipe: cannot be read: it is no directory, one is expected; expected a folder with collectors (*.yaml)",
             "collectors", "--collectors", "pipe"),
            (2, "none: there is no such folder; expected a folder with collectors (*.yaml)", "check", "--collectors", "none", targets),
            (2, "pipe: cannot be read: Not a directory; expected a folder with cases", "test", "pipe"),
            (2, "none: cannot be read: No such file or directory; expected a folder with cases", "test", "none"),
            (1, f"cases/one/case.yaml: cannot be read: {of_configuration}", "test", "cases"),
        ]
        for code, expected, *arguments in rows:
            with self.subTest(arguments):
                out, err = self.expect(code, *arguments)
                self.assertIn(expected, out if arguments[0] == "test" and code == 1 else err)
        folder = os.open(self.path("folder"), os.O_RDONLY)
        self.addCleanup(os.close, folder)
        done = subprocess.run([binary(), "jsonpath", "$"], stdin=folder, capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("standard input: cannot be read: it is a directory", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "only root can be somebody else")
    def test_folders_that_may_not_be_looked_into_are_not_empty(self):
        targets = self.config([{"name": "a", "collector": "flat", "url": "http://127.0.0.1"}],
                              collector_paths=["locked"], include=["locked/*.yaml"])
        os.mkdir(self.path("locked"))
        os.makedirs(self.path("cases/locked"))
        self.write("locked/a.json", "{}")
        os.chmod(self.folder, 0o755)
        os.chmod(targets, 0o644)
        program = shutil.copy(binary(), self.path("tallyman"))  # where the other user finds it
        os.chmod(program, 0o755)

        def said(*arguments):
            for locked in ("locked", "cases/locked"):
                os.chmod(self.path(locked), 0)
            done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", program, *arguments], cwd=self.folder,
                                  capture_output=True, text=True, timeout=30)
            for locked in ("locked", "cases/locked"):
                os.chmod(self.path(locked), 0o755)  # for the test's own end
            self.assertEqual(done.returncode, 1 if arguments[0] == "probe" else 2, done.stderr)
            return done.stderr

        denied = "cannot be read: Permission denied"
        self.assertEqual(said("collectors", "--collectors", "locked"),
                         f"locked: {denied}; expected a folder with collectors (*.yaml)\n")
        self.assertRegex(said("check", targets),
                         rf"(?m)^\S+:\d+:\d+: `{self.path('locked')}` {denied}; expected a folder with collectors"
                         rf"[^\0]*^\S+:\d+:\d+: `{self.path('locked/')}` {denied}$")
        self.assertIn(f"cases/locked: {denied}", said("test", "cases"))
        self.assertEqual(said("probe", "--collector", "flat", "locked/a.json"),
                         f"failed: read: no permission to read {self.path('locked/a.json')} as user 65534\n")

    def test_parameters_are_as_in_a_targets_file(self):
        """Lists too, without which collectors such as temporal cannot be looked at by hand; `nan` and `inf` are texts."""
        self.write("mine/p.yaml", textwrap.dedent("""\
            collector: p
            about: shows its parameters
            with: { many: [], word: x, number: 1, flag: false }
            requests: { page: { for_each: { as: { one: "{many}" } } } }
            service: { labels: { one: "{one}", word: "{word}", flag: "{flag}" }, metrics: { n: { gauge: "{number}", help: t } } }
            """))
        body = self.write("a.json", "{}")
        def probe(code, *arguments):
            given = [part for argument in arguments for part in ("--with", argument)]
            return self.expect(code, "probe", "--collectors", "mine", "--collector", "p", *given, body)
        out, _ = probe(0, "many=[a, \"b c\", 3]", "word=nan", "number=2.5", "flag=true")
        self.assertEqual(re.findall(r'(?m)^n\{system="p",target="probe",(.*)$', out),
                         [f'one="{one}",word="nan",flag="true"}} 2.5' for one in ("a", "b c", "3")])
        _, err = probe(2, "many=a")
        self.assertIn("the parameter `many` of `p` must be a list, as its default is; found a text", err)
        for wrong in ("many=[a", "many=[{a: 1}]"):
            _, err = probe(2, wrong)
            self.assertIn(f"--with {wrong}: a value that begins with `[` is a list; expected such as [a, b]", err)

    def test_one_value_an_option(self):
        """What follows it is not its second one."""
        os.mkdir(self.path("mine"))
        self.write("c/case.yaml", "nonsense: 1\n")
        out, _ = self.expect(1, "test", "--collectors", "mine", "c")
        self.assertIn("FAILED  c\n", out)

    def test_wrong_words_are_named_with_the_right_ones(self):
        rows = [
            ("a command is missing; expected one of run, check, probe, explain, collectors, test, infer, jsonpath",),
            ("unknown command `chekc`; did you mean `check`?", "chekc"),
            ("unknown option `--verison`; did you mean `--version`?", "--verison"),
            ("unknown option `--config`; `tallyman --help` lists them", "--config", "x"),
            ("unknown option `--confg`; did you mean `--config`?", "run", "--confg=x"),
            ("unknown option `--colector`; did you mean `--collector`?", "probe", "--colector", "flat", "x.json"),
            ("--collector is required; `tallyman probe --help`", "probe", "x.json"),
            ("--config.auto-reload-interval requires --config.auto-reload", "run", "--config.auto-reload-interval", "1s"),
            ("unknown collector `./my.yaml`; expected a name, not a file: `collector_paths` and --collectors take folders",
             "probe", "--collector", "./my.yaml", "http://127.0.0.1:1"),
            ("one argument too many: `b`; `tallyman run --help`", "run", "b"),
        ]
        for expected, *arguments in rows:
            with self.subTest(arguments):
                _, err = self.expect(2, *arguments)
                self.assertIn(expected, err)

    def test_output_that_cannot_be_written_is_a_failure(self):
        figures = self.write("a.json", '{"a": 1}')
        commands = [("--version",), ("--help",), ("run", "--help"), ("collectors",), ("jsonpath", "$", figures),
                    ("probe", "--collector", "flat", figures), ("check", os.path.join(REPO, "targets.yaml")),
                    ("test", os.path.join(REPO, "tests", "collectors"))]
        for arguments in commands:
            with self.subTest(arguments), open("/dev/full", "w") as full:
                done = subprocess.run([binary(), *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("standard output cannot be written", done.stderr)

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
        odd = self.write("odd.prom", "\x1b[2Jfoo bar\n")
        _, err = self.expect(1, "probe", "--collector", "prometheus", odd)
        self.assertIn("in `\\x1b[2Jfoo bar`", err, "a terminal is not cleared by what a service sends")
        other = self.write("other.json", "{}")  # well formed, but not that service's
        _, err = self.expect(1, "probe", "--collector", "uwsgi", other)
        self.assertEqual("failed: refused: the body says no: `expect: $.workers` is false of it\n", err)
        _, err = self.expect(0, "probe", "--collector", "crew", "--collectors", COLLECTORS, other)  # a collector that expects nothing
        self.assertIn("workers[0]: 1 x absent (nothing in the answer where `each` looks; is this the collector's service?)\n", err)

    def test_probe_and_explain_have_the_limits_of_the_collector(self):
        """Over the default of 16 MiB, and under what the collector says: as a target of it that runs."""
        large = self.write("large.json", '{"load": 1, "note": "' + "x" * (17 << 20) + '"}')
        text = "collector: large\nabout: A large answer\nlimits: { body: %s }\nrequests: { a: { path: / } }\nservice: { from: a, load: $.load }\n"
        for limit, code in (("20MiB", 0), ("16MiB", 1)):
            self.write("mine/large.yaml", text % limit)
            for command in ("probe", "explain"):
                out, err = self.expect(code, command, "--collectors", self.path("mine"), "--collector", "large", large)
                self.assertEqual("limit: " in err, code == 1, err)

    def explained(self, code, *arguments):
        """What `explain` prints, without how long it took: that is some time, and is checked to be one."""
        out, err = self.expect(code, "explain", "--collectors", COLLECTORS, *arguments)
        times = r", \d+(\.\d)? (µs|ms)$"
        for line in out.splitlines():
            if re.match(r"(workers|queues|service|tables|passthrough)\S*: ", line):
                self.assertRegex(line, times)
        return re.sub("(?m)" + times, "", out), err

    def test_explain(self):
        """A body in which something is wrong with each rule: what was found, what was lost, where, and why."""
        body = {"workers": [{"name": "w1", "up": True, "load": "many", "max_load": 2}, {"nam": "w2", "load": 1},
                            {"name": "w3", "up": None, "laod": 1, "max_load": 4}],
                "queue": [{"name": "mail", "ready": 3}]}
        server = Server(answer(body))
        self.addCleanup(server.stop)
        out, err = self.explained(0, "--collector", "crew", server.url)
        self.assertEqual(err, "")
        self.assertEqual(out, "\n".join([
            "workers[0]: 3 items, 3 samples",
            "  reads $.workers[*] of request `crew`, 1 answer",
            "  load: 1 of a wrong type (type)",
            "    $['workers'][0]['load'] is the text \"many\"; a number is wanted",
            "  worker: 1 missing, and the item is skipped (skipped)",
            "    $['workers'][1] has no member `name`; nearest is `nam`; it has: nam, load",
            "  up: 1 missing",
            "    $['workers'][2]['up'] is null",
            "  load: 1 missing",
            "    $['workers'][2] has no member `load`; nearest is `laod`; it has: name, up, laod, max_load",
            "queues[0]: 0 items, 0 samples",
            "  reads $.queues[*] of request `crew`, 1 answer",
            "  found nothing: $ has no member `queues`; nearest is `queue`; it has: workers, queue",
            # 8 states of each worker, and 8 of all together.
            "24 samples more follow from all rules together (states, what was not said)",
            ""]))

    def test_check_shows_warnings_beside_errors(self):
        """Errors first; what only a whole file tells is said to be left for later."""
        text = """collector: two
about: an error and a warning
requests: { r: {} }
service:
  each: "$.a[*]"
  labels: { task_id: "@.id" }
  metrics:
    m: { gauge: "@.x[", help: h }
"""
        warning = ("mine/two.yaml:6:13: warning: the label `task_id` may have values without end: every task has another, and each "
                   "makes series that stay; expected something of which there are few (`extract` takes a part)")
        self.write("mine/two.yaml", text)
        _, err = self.expect(2, "check", "mine/two.yaml")
        lines = err.splitlines()
        self.assertTrue(lines[0].startswith("mine/two.yaml:8:17: bad query `@.x[`"), err)
        self.assertEqual(lines[1:], [warning, "mine/two.yaml: warnings that go by all of it are looked for once the errors are gone"])
        # Of a targets file, its collectors are looked at too.
        self.write("t.yaml", "collector_paths: [mine]\ntargets:\n  - { name: a, collector: two, url: 'http://h/' }\n"
                   "  - { name: b, collector: two, url: 'nonsense' }\n")
        _, err = self.expect(2, "check", "t.yaml")
        lines = err.splitlines()
        self.assertEqual([line.split(":")[0] for line in lines], ["mine/two.yaml", "t.yaml", "mine/two.yaml", "2 errors", "t.yaml"])
        self.assertEqual(lines[2], warning)
        self.write("mine/two.yaml", text.replace("@.x[", "@.x"))
        out, err = self.expect(0, "check", "mine/two.yaml")
        self.assertEqual((out, err), ("mine/two.yaml: ok (collector, 1 warning)\n", warning + "\n"))

    def test_explain_of_a_filter_and_a_table(self):
        self.write("mine/shop.yaml", """collector: shop
about: A filter that keeps nothing, and a table that lacks a key
requests: { r: {} }
tables: { zone: { each: "$.zones[*]", key: "@.id", value: "@.name" } }
service:
  - each: "$.things[?@.kind == 'worker']"
    metrics: { shop_a: { gauge: "@.n", help: h } }
  - each: "$.things[*]"
    labels: { id: "@.id", zone: { path: "@.zone", map: zone } }
    metrics: { shop_b: { gauge: { path: "@.zone", map: zone }, help: h } }
""")
        path = self.write("shop.json", json.dumps({"zones": [{"id": "z1", "name": 1}, {"ident": "z2"}], "things": [
            {"id": 1, "kind": "Worker", "zone": "z1"}, {"id": 2, "kind": "Worker", "zone": "z2"}]}))
        out, _ = self.explained(0, "--collectors", self.path("mine"), "--collector", "shop", path)
        self.assertEqual(out, "\n".join([
            "tables.zone: 2 items, 1 entry",
            "  reads $.zones[*] of request `r`, 1 answer",
            "  key: 1 missing",
            "    $['zones'][1] has no member `id`; it has: ident",
            "  value: 1 missing",
            "    $['zones'][1] has no member `name`; it has: ident",
            "service[0]: 0 items, 0 samples",
            "  reads $.things[?@.kind == 'worker'] of request `r`, 1 answer",
            "  found nothing: $['things'] `[?@.kind == 'worker']` keeps none of its 2 elements; the first is "
            '{"id":1,"kind":"Worker","zone":"z1"}',
            "service[1]: 2 items, 1 sample",
            "  reads $.things[*] of request `r`, 1 answer",
            "  labels.zone: 1 that no map or list of words knows (map)",
            "    $['things'][1]['zone'] is the text \"z2\", which is no key of `tables.zone`, which has 1 entry",
            "  metrics.shop_b: 1 that no map or list of words knows (map)",
            "    $['things'][1]['zone'] is the text \"z2\", which is no key of `tables.zone`, which has 1 entry",
            ""]))

    def test_explain_fails_as_probe_does(self):
        server = Server(answer("x", 500))
        self.addCleanup(server.stop)
        out, err = self.explained(1, "--collector", "crew", server.url)
        self.assertEqual(out, "")
        self.assertIn("failed: status: ", err)
        self.assertIn("500", err)
        _, err = self.explained(1, "--collector", "crew", f"http://127.0.0.1:{free_port()}")
        self.assertIn("failed: connect: ", err)
        _, err = self.explained(2, "--collector", "crwe", server.url)
        self.assertIn("did you mean `crew`?", err)
        _, err = self.explained(2, "--collector", "crew", server.url, "--timeout", "soon")
        self.assertIn("--timeout", err)
        hostile = self.write("hostile.json", json.dumps({"workers": [{"name": "w", "load": "\x1b[2J"}], "\x1b[1mq": []}))
        out, _ = self.explained(0, "--collector", "crew", hostile)
        self.assertNotIn("\x1b", out, "a terminal is not cleared by what a service sends")

    def test_explain_shows_the_rules_of_what_was_answered(self):
        """One file cannot be the answer to every request; of a service one request may be forbidden."""
        self.write("mine/three.yaml", """collector: three
about: Two required requests, and one for each item of the first
requests:
  a: { path: /a, expect: $.items }
  b: { path: /b, expect: $.load }
  c: { path: "/c/{id}", for_each: { from: a, each: "$.items[*]", as: { id: "@" } } }
service:
  - { from: a, metrics: { n: { gauge: { count: "$.items[*]" }, help: h } } }
  - { from: b, load: "$.load" }
  - { from: c, metrics: { x: { gauge: "$.x", help: h } } }
""")
        three = ("--collectors", self.path("mine"), "--collector", "three")
        of_b = ["service[1]: 1 item, 1 sample", "  reads $ of request `b`, 1 answer"]
        out, err = self.explained(1, *three, self.write("b.json", '{"load": 1}'))
        refused = "refused: /a: the body says no: `expect: $.items` is false of it"
        self.assertEqual(out.splitlines(), [
            "the file stands for the answer to each request; it was read as the answer to `b`",
            "request `a` failed: " + refused, "not asked after that: `c`", *of_b])
        self.assertEqual(err, f"failed: {refused}\n")
        out, _ = self.explained(1, *three, self.write("none.json", "{}"))
        self.assertEqual(out.splitlines()[0],
                         "the file stands for the answer to each request; it was read as the answer to none")
        out, _ = self.explained(0, *three, self.write("all.json", '{"load": 1, "items": ["i"], "x": 2}'))
        self.assertEqual(out.splitlines()[0],
                         "the file stands for the answer to each request; it was read as the answer to `a`, `b`, `c`")

        server = Server(lambda r: answer("no", 403) if r.path == "/a" else answer({"load": 1}))
        self.addCleanup(server.stop)
        out, err = self.explained(1, *three, server.url)
        lines = out.splitlines()
        self.assertRegex(lines[0], r"^request `a` failed: auth: .*403")
        self.assertEqual(lines[1:], ["not asked after that: `c`", *of_b])
        self.assertIn("failed: auth: ", err)

    def test_explain_names_an_optional_request_that_fails(self):
        self.write("mine/two.yaml", """collector: two
about: An optional request beside one that is required
requests: { a: { path: /a }, b: { path: /b, optional: true } }
service:
  - { from: a, load: "$.load" }
  - { from: b, max_load: "$.max" }
""")
        server = Server(lambda r: answer({"load": 1}) if r.path == "/a" else answer("no", 503))
        self.addCleanup(server.stop)
        out, _ = self.explained(0, "--collectors", self.path("mine"), "--collector", "two", server.url)
        lines = out.splitlines()
        self.assertRegex(lines[0], r"^request `b` failed, and is optional: status: .*503")
        self.assertEqual(lines[1:], [
            "service[0]: 1 item, 1 sample",
            "  reads $ of request `a`, 1 answer",
            "service[1]: 0 items, 0 samples",
            "  reads $ of request `b`, 0 answers",
            "  found nothing: there is no answer of request `b`"])

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
        # A part is never shown as the whole.
        out, err = self.expect(1, "jsonpath", "$" + "[0,0]" * 40, stdin="[" * 50 + "]" * 50)
        self.assertEqual(out, "")
        self.assertIn("the query looked at 50000000 nodes, or took that long in its regular expressions, and was given up", err)
        _, err = self.expect(2, "jsonpath", "$.w[", path)
        self.assertTrue(err)
        self.expect(2, "jsonpath", "$", self.path("none.json"))
        _, err = self.expect(1, "jsonpath", "$", stdin="{")
        self.assertTrue(err)

    def test_test(self):
        goldens = os.path.join(REPO, "tests", "collectors")
        out, _ = self.expect(0, "test", "--collectors", os.path.join(goldens, "examples"), goldens)
        self.assertRegex(out, r"\d+ passed, 0 failed")
        self.write("c/case.yaml", "collector: ilmo\nnow: 1\nanswers: { figures: [{ file: a.json }] }\n")
        self.write("c/a.json", '{"users": 3}')
        self.write("c/expected.prom", '# TYPE ilmo_users gauge\nilmo_users{system="ilmo",target="t"} 4\n')
        out, _ = self.expect(1, "test", self.path("c"))
        self.assertIn("ilmo_users", out)
        self.expect(2, "test", self.path("no-such-folder"))

    def test_goldens_are_written_and_shown(self):
        """A newcomer's way: a collector, a case beside it, and --update."""
        def read(name):
            with open(self.path(name)) as file:
                return file.read()

        self.write("mine/shop.yaml", textwrap.dedent("""\
            collector: shop
            about: workers of a shop
            requests: { page: {} }
            workers: { each: "$.w[*]", worker: "@.n", load: "@.l" }
            """))
        self.write("mine/shop/first/case.yaml", "collector: shop\nanswers: { page: [{ file: a.json }] }\n")
        self.write("mine/shop/first/a.json", '{"w": [{"n": "a", "l": 1}, {"n": "b", "l": 2}]}')
        out, _ = self.expect(1, "test", "mine")
        self.assertIn("expected.prom: there is no such file; `tallyman test --update` writes it, with ", out)
        self.assertFalse(os.path.exists(self.path("mine/shop/first/expected.prom")), "nothing is written unasked")
        out, _ = self.expect(0, "test", "--update", "mine")
        self.assertRegex(out, r"(?m)^written mine/shop/first \(\d+ samples\)$")
        self.assertIn("1 passed, 0 failed, 1 of them written: read what they say", out)
        golden = read("mine/shop/first/expected.prom")
        self.assertIn('# TYPE tally_worker_load gauge\ntally_worker_load{system="shop",target="t",worker="a"} 1\n', golden)
        self.assertNotIn("# HELP", golden)
        out, _ = self.expect(0, "test", "mine")
        self.assertRegex(out, r"^ok      mine/shop/first")
        out, _ = self.expect(0, "test", "mine/shop/first")  # the collector lies two folders above
        self.assertRegex(out, r"^ok      mine/shop/first")

        # What differs stands together, by series.
        self.write("mine/shop/first/a.json", '{"w": [{"n": "a", "l": 7}, {"n": "c", "l": 2}]}')
        out, _ = self.expect(1, "test", "mine")
        self.assertIn('    - tally_worker_load{system="shop",target="t",worker="a"} 1\n'
                      '    + tally_worker_load{system="shop",target="t",worker="a"} 7\n'
                      '    - tally_worker_load{system="shop",target="t",worker="b"} 2\n'
                      '    + tally_worker_load{system="shop",target="t",worker="c"} 2\n', out)
        self.assertEqual(read("mine/shop/first/expected.prom"), golden)
        out, _ = self.expect(0, "test", "--update", "mine")
        self.assertIn("updated mine/shop/first", out)
        self.assertIn('+ tally_worker_load{system="shop",target="t",worker="a"} 7', out, "what changed is shown")
        self.expect(0, "test", "mine")

        # What no golden settles is not settled: an error of a rule, an answer that nobody asks for.
        self.write("mine/shop/first/a.json", '{"w": [{"n": "a", "l": "much"}]}')
        self.write("mine/shop/first/case.yaml",
                   "collector: shop\nanswers: { page: [{ file: a.json }, { file: a.json }] }\n")
        out, _ = self.expect(1, "test", "--update", "mine")
        self.assertIn("errors of `workers[0] type`: expected none, got 1", out)
        self.assertIn("the answer a.json of request `page` was never asked for", out)
        self.write("mine/shop/first/case.yaml", "collector: shop\nanswers: { pages: [{ file: a.json }] }\n")
        golden = read("mine/shop/first/expected.prom")
        out, _ = self.expect(1, "test", "--update", "mine")
        self.assertIn("the collector has no request `pages`", out)
        self.assertEqual(read("mine/shop/first/expected.prom"), golden, "a case that does not run writes nothing")

        # Many differences are not a screen each.
        self.write("mine/shop/first/case.yaml", "collector: shop\nanswers: { page: [{ file: a.json }] }\n")
        self.write("mine/shop/first/a.json",
                   json.dumps({"w": [{"n": f"w{i}", "l": i} for i in range(100)]}))
        out, _ = self.expect(1, "test", "mine")
        self.assertRegex(out, r"(?m)^    and \d+ lines more$")
        self.assertLess(len(out.splitlines()), 70)


if __name__ == "__main__":
    unittest.main()
