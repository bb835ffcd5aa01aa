"""infer: from an unknown JSON API to labelled metrics, the way a person goes: infer, check, probe."""
import json
import os
import re

from support.agent import Test
from support.fakes import Server, answer

HUB = {
    "version": "4.2", "jobs_done": 100,
    "agents": [
        {"hostname": "a1", "status": "busy", "slots": 4, "used_slots": 3, "heartbeat": 1795309776, "jobs": 10, "pid": 71},
        {"hostname": "a2", "status": "offline", "slots": 4, "used_slots": 0, "heartbeat": 1795309000, "jobs": 12, "pid": 72},
    ],
    "queues": {"mail/send": {"depth": 7, "workers": 1}, "it's: #2": {"depth": 0, "workers": 2}},
}


class Infer(Test):
    def serve(self, script):
        server = Server(script)
        self.addCleanup(server.stop)
        return server

    def infer(self, *arguments, name, source, **options):
        code, yaml, err = self.tallyman("infer", "--name", name, *arguments, source, **options)
        self.assertEqual((code, err), (0, ""), yaml[-500:])
        os.makedirs(self.path("found"), exist_ok=True)
        file = self.write(f"found/{name}.yaml", yaml)
        code, out, err = self.tallyman("check", file)
        self.assertEqual(code, 0, out + err + yaml)
        self.assertNotIn("warning", out + err)
        self.assertTrue(yaml.startswith("# yaml-language-server: $schema=collector.schema.json\n"))
        return yaml

    def probe(self, name, source):
        code, text, err = self.tallyman("probe", "--collectors", self.path("found"), "--collector", name, source)
        self.assertEqual(code, 0, err)
        return text

    def test_a_file_and_a_url_give_metrics(self):
        body = json.dumps(HUB).encode()
        server = self.serve(answer(body))
        sources = {"file": self.write("hub.json", body.decode()), "page": f"{server.url}/api/v1/hub?token=s3cret"}
        for name, source in sources.items():
            with self.subTest(name):
                yaml = self.infer(name=name, source=source)
                self.assertNotIn("s3cret", yaml)
                text = self.probe(name, source)
                for line in ('tally_worker_load{%s,worker="a1"} 3',
                             'tally_worker_max_load{%s,worker="a1"} 4',
                             'tally_worker_up{%s,worker="a2"} 0',
                             'tally_worker_last_seen_timestamp_seconds{%s,worker="a1"} 1795309776',
                             'tally_queue_tasks{%s,queue="mail/send",state="ready"} 7',
                             'tally_queue_consumers{%s,queue="it\'s: #2"} 2'):
                    self.assertIn("\n" + line % f'system="{name}",target="probe"' + "\n", text)
                self.assertNotRegex(text, r" 7[12]\n", "a process id is no figure")

    def test_twice_tells_counters_from_gauges(self):
        asked = []

        def grow(request):
            asked.append(request)
            n = len(asked)
            return answer(json.dumps({"workers": [{"name": "w", "busy": True, "beans": 5 + n, "hits": 9 - n}]}).encode())

        url = self.serve(grow).url + "/x"
        self.infer("--twice", "10ms", name="twice", source=url)
        self.assertEqual(len(asked), 2)
        text = self.probe("twice", url)
        self.assertIn("# TYPE twice_worker_beans_total counter\n", text)
        self.assertIn("# TYPE twice_worker_hits gauge\n", text)

    def test_standard_input_and_names(self):
        code, yaml, err = self.tallyman("infer", "-", stdin=json.dumps(HUB))
        self.assertEqual((code, err), (0, ""))
        self.assertIn("\ncollector: mine\n", yaml)
        file = self.write("9 lives.v2.json", json.dumps(HUB))
        self.assertIn("\ncollector: api-9-lives-v2\n", self.tallyman("infer", file)[1])

    def test_what_cannot_be_looked_at_is_said(self):
        rows = (
            ("metrics.txt", "# HELP a b\n# TYPE a gauge\na 1\n", 1, "use the collector `prometheus`"),
            ("a.csv", "a,b,c\n1,2,3\n", 1, "csv"),
            ("a.html", "<!DOCTYPE html><html>", 1, "HTML"),
            ("cut.json", '{"a": [1, 2', 1, "line 1"),
            ("empty.json", "", 1, "empty"),
            ("nothing.json", "{}", 1, "nothing to measure: the object is empty"),
        )
        for file, body, code, words in rows:
            with self.subTest(file):
                got, out, err = self.tallyman("infer", self.write(file, body))
                self.assertEqual((got, out), (code, ""))
                self.assertIn(words, err)
                self.assertEqual(err.count("\n"), 1, err)
        for code, words, arguments in (
                (2, "neither a file that exists nor a url", ("no-such-file",)),
                (2, "--twice", ("--twice", "soon", "no-such-file")),
                (2, "only once", ("--twice", "1s", "-")),
                (2, "such as `my-hub`", ("--name", "My Hub", self.write("b.json", "{}"))),
                (2, "--timeout", ("--timeout", "0s", "b.json"))):
            with self.subTest(arguments):
                got, out, err = self.tallyman("infer", *arguments)
                self.assertEqual((got, out), (code, ""), err)
                self.assertIn(words, err)

    def test_a_refusing_service_is_named(self):
        code, out, err = self.tallyman("infer", self.serve(answer(b"no", status=401)).url)
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, r"status 401.*standard input")
