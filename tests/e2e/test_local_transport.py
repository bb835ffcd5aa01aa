"""Ways to reach a target, and what servers do to those who ask."""
import gzip
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import unittest
import zlib

from support.agent import Test, eventually
from support.fakes import Server, answer, chunked, crew, gzipped

SITE = {"cs3_org_sciencemesh_site_total_num_users": 20742, "cs3_org_sciencemesh_site_total_num_groups": 165,
        "cs3_org_sciencemesh_site_total_amount_storage": 386887921664}


class Transport(Test):
    def serve(self, script, **options):
        server = Server(script, **options)
        self.addCleanup(server.stop)
        return server

    def up(self, url, **settings):
        """An agent with the one target `t`, after its first good poll."""
        agent = self.agent([{"name": "t", "collector": "crew", "url": url, "interval": "200ms", **settings}]).live()
        eventually(lambda: agent.metrics().value("tally_target_up", target="t") == 1 or
                   self.fail_with(agent), 20, f"up of {url}")
        return agent

    def fail_with(self, agent):
        raise AssertionError(str(agent.metrics().find("tally_target_errors_total")) + agent.log()[-600:])

    def load(self, agent, worker="w1"):
        return agent.metrics().value("tally_worker_load", target="t", worker=worker)

    def test_bodies(self):
        body = json.dumps(crew())
        packed = gzip.compress(body.encode())
        raw_deflate = zlib.compressobj(wbits=-15)
        raw = raw_deflate.compress(body.encode()) + raw_deflate.flush()
        rows = {
            "gzip_unasked": gzipped(body),
            "x_gzip": answer(packed, headers=[("Content-Encoding", "x-gzip")]),
            "two_members": answer(gzip.compress(body[:20].encode()) + gzip.compress(body[20:].encode()), headers=[("Content-Encoding", "gzip")]),
            "deflate_zlib": answer(zlib.compress(body.encode()), headers=[("Content-Encoding", "deflate")]),
            "deflate_raw": answer(raw, headers=[("Content-Encoding", "deflate")]),
            "identity": answer(body, headers=[("Content-Encoding", "identity")]),
            "chunked": chunked(body, [1, 2, 3, 50]),
            "chunked_gzip": chunked(packed, [7], headers=[("Content-Encoding", "gzip")]),
            "wrong_type": answer(body, headers=[("Content-Type", "image/png")]),
            "two_types": answer(body, headers=[("Content-Type", "text/html"), ("Content-Type", "application/json")]),
            "bom": answer(b"\xef\xbb\xbf" + body.encode()),
            "hundred_continue": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(body),
        }
        ends = {
            "http_1_0": b"HTTP/1.0 200 OK\r\n\r\n" + body.encode(),
            "until_close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body.encode(),
        }
        targets = [{"name": n, "collector": "crew", "url": self.serve(reply, close_each=n in ends).url, "interval": "300ms"}
                   for n, reply in {**rows, **ends}.items()]
        agent = self.agent(targets).ready()
        m = agent.metrics()
        for name in (*rows, *ends):
            with self.subTest(name):
                self.assertEqual(m.value("tally_worker_load", target=name, worker="w1"), 1,
                                 m.find("tally_target_errors_total", target=name))

    def test_keep_alive(self):
        a = self.serve(answer(crew()))
        self.up(a.url)
        eventually(lambda: len(a.requests) >= 12, 20, "twelve polls")
        self.assertEqual(a.accepts, 1, "one connection for all polls")

    def test_connection_close_is_obeyed(self):
        a = self.serve(answer(crew(), headers=[("Connection", "close")]))
        agent = self.up(a.url)
        eventually(lambda: len(a.requests) >= 4)
        self.assertLessEqual(a.accepts - len(a.requests), 1)
        self.assertGreaterEqual(a.accepts, len(a.requests))
        self.assertFalse([v for v in agent.metrics().find("tally_target_errors_total").values() if v])

    def test_connection_closed_while_idle_is_asked_again_once(self):
        """The server cuts the connection between polls: no poll fails for that."""
        a = self.serve(answer(crew()))
        agent = self.up(a.url)
        for _ in range(3):
            before = len(a.requests)
            a.drop_connections()
            eventually(lambda: len(a.requests) >= before + 2)
        self.assertGreaterEqual(a.accepts, 3)
        self.assertFalse([v for v in agent.metrics().find("tally_target_errors_total").values() if v])

    def test_closed_after_the_request_on_a_reused_connection_is_retried_once(self):
        seen = []

        def script(request):
            seen.append(request)
            return b"" if len(seen) == 3 else answer(crew())  # the third request: closed without a word

        class Third(Server):
            def _serve(self, connection):
                self.close_each = False
                super()._serve(connection)
        a = Third(lambda r: script(r))
        self.addCleanup(a.stop)
        # an empty answer leaves the connection open; cut it from here when it was given
        agent = self.up(a.url)
        eventually(lambda: len(seen) >= 3)
        a.drop_connections()
        eventually(lambda: len(seen) >= 6)
        self.assertFalse([v for v in agent.metrics().find("tally_target_errors_total").values() if v])

    def test_requests_look_right(self):
        a = self.serve(answer(crew()))
        self.up(a.url + "/base", headers={"X-Site": "berlin"})
        r = a.requests[0]
        self.assertEqual((r.method, r.path), ("GET", "/base/crew"))
        self.assertEqual(r.headers["host"], f"127.0.0.1:{a.port}")
        self.assertIn("tallyman", r.headers["user-agent"].lower())
        self.assertEqual(r.headers["x-site"], "berlin")
        self.assertIn("accept", r.headers)

    def test_the_url_alone_is_asked_for_as_it_is(self):
        """A collector without a path of its own adds nothing to the target's, no slash either."""
        page = self.serve(answer("# TYPE n gauge\nn 1\n"))
        urls = {"bare": ("", "/"), "root": ("/", "/"), "page": ("/metrics", "/metrics"), "slash": ("/library/metrics/", "/library/metrics/"),
                "query": ("/m?x=1&y=%20", "/m?x=1&y=%20"), "escaped": ("/a%2Fb", "/a%2Fb")}
        self.agent([{"name": n, "collector": "prometheus", "url": page.url + path, "interval": "500ms",
                     "headers": {"X-Name": n}} for n, (path, _) in urls.items()]).ready()
        asked = {r.headers["x-name"]: r.path for r in page.requests}
        self.assertEqual(asked, {n: path for n, (_, path) in urls.items()})

    def test_ipv6(self):
        a = self.serve(answer(crew()), host="::1")
        self.assertEqual(self.load(self.up(a.url)), 1)
        self.assertEqual(a.requests[0].headers["host"], f"[::1]:{a.port}")

    def test_localhost_by_name(self):
        a = self.serve(answer(crew()))
        self.assertEqual(self.load(self.up(f"http://localhost:{a.port}")), 1)

    def test_localhost_where_only_ipv4_or_only_ipv6_listens(self):
        a = self.serve(answer(crew()), host="::1")
        self.assertEqual(self.load(self.up(f"http://localhost:{a.port}")), 1)

    def test_unix_socket(self):
        a = self.serve(answer(crew()), unix=self.path("a.sock"))
        self.assertEqual(self.load(self.up("unix:" + self.path("a.sock") + ":/base")), 1)
        self.assertEqual(a.requests[0].path, "/base/crew")

    def test_redirects(self):
        a = self.serve(lambda r: answer(crew()) if r.path == "/there" else answer("", 302, [("Location", "/there")]))
        self.assertEqual(self.load(self.up(a.url)), 1)
        self.assertEqual([r.path for r in a.requests[:2]], ["/crew", "/there"])

    def test_redirect_to_another_host_carries_no_credentials(self):
        for status in (301, 302, 307, 308):
            with self.subTest(status):
                b = self.serve(answer(crew()), host="127.0.0.2")
                a = self.serve(answer("", status, [("Location", b.url + "/there")]))
                agent = self.up(a.url, auth={"bearer": "s3cret"}, headers={"X-Api-Key": "k3y"})
                self.assertEqual(self.load(agent), 1)
                self.assertEqual(a.requests[0].headers["authorization"], "Bearer s3cret")
                for request in b.requests:
                    self.assertNotIn("authorization", request.headers)
                    self.assertNotIn("k3y", str(request.headers))
                self.assertEqual(b.requests[0].path, "/there")
                agent.stop()

    def test_credentials(self):
        secret = self.write("secret", "old\n")
        a = self.serve(answer(crew()))
        os.environ["E2E_SECRET"] = "frömenv"
        self.addCleanup(os.environ.pop, "E2E_SECRET")
        rows = {
            "basic": ({"basic": {"user": "guest", "password": "pass"}}, "Basic Z3Vlc3Q6cGFzcw=="),
            "bearer": ({"bearer": "abc"}, "Bearer abc"),
            "scheme": ({"header": {"scheme": "Token", "value": "t1"}}, "Token t1"),
            "file": ({"bearer": "file:" + secret}, "Bearer old"),
        }
        self.agent([{"name": n, "collector": "crew", "url": a.url + "/" + n, "interval": "300ms", "auth": auth} for n, (auth, _) in rows.items()] +
                   [{"name": "query", "collector": "crew", "url": a.url + "/query", "interval": "300ms", "auth": {"query": {"token": "a b"}}}]).ready()

        def last(name):
            found = [r for r in a.requests if r.path.startswith(f"/{name}/")]
            return found[-1] if found else None
        for name, (_, expected) in rows.items():
            with self.subTest(name):
                self.assertEqual(last(name).headers["authorization"], expected)
        self.assertIn(last("query").path, ("/query/crew?token=a%20b", "/query/crew?token=a+b"))
        with open(secret + ".new", "w") as f:
            f.write("new\n")
        os.rename(secret + ".new", secret)
        eventually(lambda: last("file").headers["authorization"] == "Bearer new", 10, "the rotated secret")

    def test_secrets_are_nowhere(self):
        a = self.serve(answer("x", 401))
        agent = self.agent([{"name": "t", "collector": "crew", "url": a.url, "interval": "200ms", "auth": {"bearer": "hush-hush"}},
                            {"name": "u", "collector": "crew", "url": a.url, "interval": "200ms", "auth": {"query": {"key": "hush-hush"}}}]).ready()
        eventually(lambda: len(a.requests) >= 4)
        for path in ("/", "/metrics", "/readyz?verbose", "/healthz/t", "/healthz/u"):
            self.assertNotIn("hush-hush", agent.get(path).text)
        self.assertNotIn("hush-hush", agent.log())

    def serve_tls(self, script):
        """One that has a certificate of its own for localhost, in the file `cert`."""
        if not shutil.which("openssl"):
            self.skipTest("no openssl program")
        import ssl
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.path("key"), "-out", self.path("cert")],
                       check=True, capture_output=True, timeout=60)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("cert"), self.path("key"))

        class Tls(Server):
            def _serve(self, connection):
                try:
                    super()._serve(context.wrap_socket(connection, server_side=True))
                except OSError:
                    connection.close()
        server = Tls(script)
        self.addCleanup(server.stop)
        return server

    def test_proxy(self):
        """Plain requests are asked of the proxy, TLS goes through its tunnel and is verified at the far end."""
        behind, behind_tls = self.serve(answer(crew())), self.serve_tls(answer(crew()))

        class Proxy(Server):
            """Passes a tunnel's bytes on to the port it names, answers the rest itself."""
            def _serve(self, connection):
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    more = connection.recv(1)
                    if not more:
                        return connection.close()
                    head += more
                self.requests.append(head.decode())
                if not head.startswith(b"CONNECT "):
                    connection.sendall(answer(crew(), headers=[("Connection", "close")]))
                    return connection.close()
                port = int(head.split(b" ")[1].rpartition(b":")[2])
                far = socket.create_connection(("127.0.0.1", port))
                connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 x\r\n\r\n")
                threading.Thread(target=self.pump, args=(far, connection), daemon=True).start()
                self.pump(connection, far)

            @staticmethod
            def pump(a, b):
                try:
                    while data := a.recv(65536):
                        b.sendall(data)
                except OSError:
                    pass
                for s in (a, b):
                    try:
                        s.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
        proxy = Proxy(None)
        self.addCleanup(proxy.stop)
        secure = f"https://localhost:{behind_tls.port}"
        targets = {
            "plain": {"url": "http://inside.invalid:81", "proxy": proxy.url},
            "tunnel": {"url": secure, "proxy": {"url": proxy.url, "auth": {"basic": {"user": "u", "password": "p"}}}, "tls": {"ca": self.path("cert")}},
            "wrong_name": {"url": f"https://inside.invalid:{behind_tls.port}", "proxy": proxy.url, "tls": {"ca": self.path("cert")}},
            "direct": {"url": behind.url, "proxy": "none"},
        }
        agent = self.agent([{"name": n, "collector": "crew", "interval": "300ms", **t} for n, t in targets.items()]).ready()
        m = agent.metrics()
        for name in targets:
            with self.subTest(name):
                self.assertEqual(m.value("tally_target_up", target=name), 0 if name == "wrong_name" else 1,
                                 m.find("tally_target_errors_total", target=name))
        reasons = {dict(k[1])["reason"] for k, v in m.find("tally_target_errors_total", target="wrong_name").items() if v}
        self.assertEqual(reasons, {"tls"})
        self.assertIn(f"GET http://inside.invalid:81/crew HTTP/1.1\r\n", "".join(proxy.requests))
        self.assertIn(f"CONNECT localhost:{behind_tls.port} HTTP/1.1\r\nHost: localhost:{behind_tls.port}\r\n", "".join(proxy.requests))
        self.assertIn("\r\nProxy-Authorization: Basic dTpw\r\n", "".join(proxy.requests))
        self.assertNotIn("proxy-authorization", "".join(str(r.headers).lower() for r in behind_tls.requests))
        eventually(lambda: len(behind_tls.requests) >= 5)
        tunnels = [r for r in proxy.requests if r.startswith(f"CONNECT localhost:")]
        self.assertEqual(len(tunnels), 1, "the tunnel is kept between polls")

    def test_tls(self):
        """Verified by default: a certificate of nobody is refused, one of a known authority is taken."""
        a = self.serve_tls(answer(crew()))
        url = f"https://127.0.0.1:{a.port}"
        rows = {
            "unknown": ({}, "tls"), "known": ({"ca": self.path("cert")}, None), "insecure": ({"insecure": True}, None),
            "other_name": ({"ca": self.path("cert"), "server_name": "example.org"}, "tls"),
            "named": ({"ca": self.path("cert"), "server_name": "localhost"}, None),
        }
        agent = self.agent([{"name": n, "collector": "crew", "url": url, "interval": "500ms", "tls": tls} for n, (tls, _) in rows.items()]).ready()
        m = agent.metrics()
        for name, (_, reason) in rows.items():
            with self.subTest(name):
                self.assertEqual(m.value("tally_target_up", target=name), 0 if reason else 1)
                reasons = {dict(k[1])["reason"] for k, v in m.find("tally_target_errors_total", target=name).items() if v}
                self.assertEqual(reasons, {reason} if reason else set())
        before = a.accepts
        eventually(lambda: len(a.requests) >= 12)
        good_connections = 3
        self.assertLess(a.accepts - before, len(a.requests) + good_connections, "keep-alive over TLS")


class Files(Test):
    def up(self, path, **settings):
        agent = self.agent([{"name": "site", "collector": "reva", "url": "file:" + path, "interval": "200ms", **settings}]).live()
        eventually(lambda: self.users(agent) == 20742, what="the figures of the file")
        return agent

    def users(self, agent):
        m = agent.metrics()
        found = [v for k, v in m.of_target("site").items() if k[0].endswith("site_total_num_users")]
        return float(found[0]) if found else None

    def swap(self, folder, content):
        """As the kubelet does it: a new folder, then `..data` renamed over the old link."""
        version = f"..{time.monotonic_ns()}"
        os.mkdir(os.path.join(folder, version))
        with open(os.path.join(folder, version, "metrics.json"), "w") as f:
            f.write(content)
        os.symlink(version, os.path.join(folder, "..data_tmp"))
        os.rename(os.path.join(folder, "..data_tmp"), os.path.join(folder, "..data"))

    def test_configmap_swap(self):
        folder = self.path("config")
        os.mkdir(folder)
        self.swap(folder, json.dumps(SITE))
        os.symlink("..data/metrics.json", os.path.join(folder, "metrics.json"))
        agent = self.up(os.path.join(folder, "metrics.json"))
        old = os.path.realpath(os.path.join(folder, "..data"))
        self.swap(folder, json.dumps({**SITE, "cs3_org_sciencemesh_site_total_num_users": 7}))
        shutil.rmtree(old)
        eventually(lambda: self.users(agent) == 7, what="the new file")
        self.assertEqual(agent.metrics().value("tally_target_up", target="site"), 1)

    def test_truncated_or_missing_file_keeps_the_last_figures(self):
        path = self.write("metrics.json", json.dumps(SITE))
        agent = self.up(path, max_age="1h")
        whole = json.dumps({**SITE, "cs3_org_sciencemesh_site_total_num_users": 8})
        for content, reasons in ((whole[:40], {"decode"}), ("", {"decode"}), (None, {"read"})):
            before = sum(agent.metrics().find("tally_target_errors_total", target="site").values())
            if content is None:
                os.unlink(path)
            else:
                self.write("metrics.json", content)
            eventually(lambda: sum(agent.metrics().find("tally_target_errors_total", target="site").values()) > before, 30, "an error")
            m = agent.metrics()
            self.assertEqual(m.value("tally_target_up", target="site"), 0)
            self.assertEqual(self.users(agent), 20742, "kept, and never 0")
            found = {dict(k[1])["reason"] for k, v in m.find("tally_target_errors_total", target="site").items() if v}
            self.assertLessEqual(reasons, found)
        self.write("metrics.json", whole)
        eventually(lambda: self.users(agent) == 8, 60, "the file is whole again")
        self.assertEqual(agent.metrics().value("tally_target_up", target="site"), 1)


if __name__ == "__main__":
    unittest.main()
