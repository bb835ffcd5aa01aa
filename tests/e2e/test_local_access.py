"""probe, explain and infer of services that ask who is there: the options that stand for `auth`, `headers`, `tls`."""
import base64
import os

from support.agent import Test
from support.fakes import Server, answer
from support.tls import TlsServer, certificates

BODY = {"workers": [{"name": "w1", "busy": True}]}


def guarded(header, value):
    def script(request):
        return answer(BODY) if request.headers.get(header) == value else answer({"error": "who?"}, status=401)
    return script


class Access(Test):
    def serve(self, script):
        server = Server(script)
        self.addCleanup(server.stop)
        return server.url + "/api/workers"

    def setUp(self):
        super().setUp()
        self.write("mine/hub.yaml", "collector: hub\nabout: a hub\nrequests: { page: {} }\n"
                                    'workers: { each: "$.workers[*]", worker: "@.name", busy: "@.busy" }\n')
        self.write("secret", "s3cret\n")

    def all_three(self, url, *arguments, env=None):
        """[(code, stdout, stderr)] of probe, explain and infer."""
        mine = ("--collectors", self.path("mine"), "--collector", "hub")
        return [self.tallyman(*command, *arguments, url, env=env) for command in
                (("probe", *mine), ("explain", *mine), ("infer", "--name", "hub"))]

    def well(self, url, *arguments, env=None):
        probe, explain, infer = self.all_three(url, *arguments, env=env)
        self.assertEqual([code for code, _, _ in (probe, explain, infer)], [0, 0, 0], (probe, explain, infer))
        self.assertIn('tally_worker_busy{system="hub",target="probe",worker="w1"} 1\n', probe[1])
        self.assertIn("workers[0]: 1 item", explain[1])
        self.assertIn('each: "$.workers[*]"', infer[1])
        for _, out, err in (probe, explain, infer):
            self.assertNotIn("s3cret", out + err)

    def test_user_and_password(self):
        url = self.serve(guarded("authorization", "Basic " + base64.b64encode(b"me:s3cret").decode()))
        self.well(url, "--user", "me", "--password", "s3cret")
        self.well(url, "--user", "me", "--password", "file:" + self.path("secret"))
        self.well(url, "--user", "me", "--password", "env:HUB", env={"HUB": "s3cret"})
        for code, out, err in self.all_three(url, "--user", "me", "--password", "f4lse"):
            self.assertEqual(code, 1, out)
            self.assertIn("401", err)
            self.assertNotIn("f4lse", err)

    def test_tokens_and_headers(self):
        url = self.serve(guarded("authorization", "Bearer s3cret"))
        self.well(url, "--bearer", "env:HUB", env={"HUB": "s3cret"})
        self.well(url, "--header", "authorization: Bearer s3cret")
        url = self.serve(guarded("x-api-key", "s3cret"))
        self.well(url, "--header", "X-Api-Key: s3cret", "--header", "X-Other: 1")
        self.well(url, "--header", "X-Api-Key: file:" + self.path("secret"))

    def test_certificates(self):
        certificates(self.folder, ["localhost", "hub.test"])
        server = TlsServer(answer(BODY), self.path("server.crt"), self.path("server.key"))
        self.addCleanup(server.stop)
        url = f"https://localhost:{server.port}/api/workers"
        self.well(url, "--ca", self.path("ca.crt"))
        self.well(url, "--insecure")
        self.well(f"https://127.0.0.1:{server.port}/", "--ca", self.path("ca.crt"), "--server-name", "hub.test")
        for arguments in ((), ("--ca", self.path("other.crt"))):
            for code, out, err in self.all_three(url, *arguments):
                self.assertEqual(code, 1, out)
                self.assertRegex(err, "certificate|self-signed|issuer")

    def test_wrong_use_is_named(self):
        url = self.serve(answer(BODY))
        rows = (
            ("--user and --bearer: expected one of them", ("--user", "a", "--password", "b", "--bearer", "c")),
            ("--password: expected --user NAME beside it", ("--password", "b")),
            ("--user: expected --password env:NAME or file:PATH beside it", ("--user", "a")),
            ("--user: the name contains `:`", ("--user", "a:b", "--password", "c")),
            ("--password: the secret env:NOT_THERE is not set", ("--user", "a", "--password", "env:NOT_THERE")),
            ("--bearer: the secret file:/none cannot be read: ", ("--bearer", "file:/none")),
            ('--header: expected "Name: value"', ("--header", "hush")),
            ("--header X-A: a value is missing", ("--header", "X-A:")),
            ("--header Content-Length: the agent sets it", ("--header", "Content-Length: 3")),
            ("--user or --bearer say already who asks", ("--bearer", "a", "--header", "Authorization: b")),
            ("--cert and --key: expected both or neither", ("--cert", "x")),
            ("are for https://; expected a url of it", ("--insecure",)),
        )
        for words, arguments in rows:
            with self.subTest(words):
                for code, out, err in self.all_three(url, *arguments):
                    self.assertEqual((code, out), (2, ""), err)
                    self.assertIn(words, err)
                    self.assertNotIn("hush", err)
        body = self.write("a.json", "{}")
        for code, _, err in self.all_three(body, "--bearer", "x"):
            self.assertEqual(code, 2)
            self.assertIn("--user, --bearer and --header are for HTTP", err)
