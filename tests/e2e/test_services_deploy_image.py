"""deploy/docker: the image's root file system, made from this machine, run in a chroot as the image runs it."""
import hashlib
import json
import os
import shutil
import stat
import subprocess
import tempfile
import unittest

from support.agent import REPO, Test, binary, eventually
from support.dns import DnsServer
from support.fakes import answer
from support.jail import JailedAgent
from support.tls import TlsServer, certificates

DOCKER = os.path.join(REPO, "deploy", "docker")
BUILDERS = [f"builder-{n:02}.hub.example.org" for n in range(1, 11)]


def make_root(out):
    done = subprocess.run([os.path.join(DOCKER, "rootfs.sh"), out, binary()], capture_output=True, text=True, timeout=120,
                          env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr


def tree(root, times=True):
    """Everything below `root`, as {path: what would differ}."""
    out = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            s = os.lstat(path)
            content = ""
            if stat.S_ISLNK(s.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(s.st_mode):
                with open(path, "rb") as f:
                    content = hashlib.sha256(f.read()).hexdigest()
            out[os.path.relpath(path, root)] = (oct(s.st_mode), content, s.st_mtime if times else None)
    return out


class Image(Test):
    seconds = 180

    @classmethod
    def setUpClass(cls):
        if os.getuid() != 0:
            raise unittest.SkipTest("only root may chroot")
        cls.base = tempfile.mkdtemp(prefix="tallyman-image-")
        cls.addClassCleanup(shutil.rmtree, cls.base, True)
        os.chmod(cls.base, 0o755)  # user 65532 looks in
        cls.root = os.path.join(cls.base, "root")
        make_root(cls.root)

    def jail(self, root, *arguments):
        agent = JailedAgent(root, self.folder, arguments)
        self.addCleanup(self.end, agent)
        return agent

    def powerless(self, agent):
        status = agent.status()
        self.assertEqual(status["Uid"].split(), ["65532"] * 4)
        self.assertEqual(status["Gid"].split(), ["65532"] * 4)
        self.assertEqual({status[k].strip("0") for k in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}, {""})
        self.assertEqual(status["NoNewPrivs"], "1")

    def test_1_what_is_in_it(self):
        inside = tree(self.root)
        for path in ("usr/bin/tallyman", "etc/tallyman/targets.yaml", "etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo/Europe/Berlin",
                     "usr/share/zoneinfo/UTC", "usr/share/tallyman/collectors/rabbitmq.yaml", "usr/share/doc/tallyman/copyright", "etc/passwd"):
            self.assertIn(path, inside)
        for path, (mode, _, _) in inside.items():
            self.assertFalse(int(mode, 8) & 0o6022 and not stat.S_ISLNK(int(mode, 8)), f"{path} {mode}: setuid, or written by others")
        programs = [p for p, (mode, _, _) in inside.items() if stat.S_ISREG(int(mode, 8)) and int(mode, 8) & 0o111 and ".so" not in p]
        self.assertEqual(programs, ["usr/bin/tallyman"], "no shell, nothing else to run")
        with open(os.path.join(self.root, "etc/passwd")) as f:
            self.assertEqual(f.read(), "tallyman:x:65532:65532:tallyman:/:/sbin/nologin\n")
        size = sum(os.lstat(os.path.join(self.root, p)).st_size for p in inside)
        self.assertLess(size, 40 << 20, "measured on Debian 12: 17 MB")

    def test_2_it_is_the_same_each_time(self):
        again = os.path.join(self.base, "again")
        make_root(again)
        self.assertEqual(tree(again), tree(self.root))

    def test_3_refusals(self):
        def run(*arguments):
            done = subprocess.run([os.path.join(DOCKER, "rootfs.sh"), *arguments], capture_output=True, text=True, timeout=30)
            return done.returncode, done.stderr
        for arguments, word in (((), "usage"), ((self.root,), "not empty"), ((self.path("x"), "/nowhere/tallyman"), "no program at /nowhere/tallyman")):
            code, text = run(*arguments)
            self.assertEqual(code, 1)
            self.assertIn(word, text)

    def test_4_the_demonstration_runs_in_it(self):
        before = tree(self.root)
        agent = self.jail(self.root).ready()
        self.powerless(agent)
        self.assertEqual(agent.get("/livez").status, 200)
        metrics = eventually(lambda: len((m := agent.metrics()).find("tally_target_up")) == 3 and m, 20, "three targets")
        self.assertEqual({dict(labels)["target"]: v for (_, labels), v in metrics.find("tally_target_up").items()},
                         {"demo-hub": 1, "demo-broker": 1, "demo-site": 1})
        self.assertEqual(sorted(dict(labels)["worker"] for _, labels in metrics.find("tally_worker_load", target="demo-hub")), BUILDERS)
        self.assertEqual(len(metrics.find("tally_queue_consumers", target="demo-broker")), 8)
        # There is no /proc here. What it alone would tell is absent, and not 0.
        self.assertEqual({n for n, _ in metrics.series if n.startswith("process_")}, {"process_cpu_seconds_total", "process_max_fds"})
        self.assertLess(agent.stop(), 5)
        self.assertEqual(agent.exit_code, 0, agent.log())
        self.assertNotRegex(agent.log(), r" (error|warning) ")
        self.assertEqual(tree(self.root), before, "it writes nothing")

    def test_5_https_by_name(self):
        """Names by the chroot's /etc/hosts and, with a search list as in a pod, by DNS; authorities of `tls.ca` and of the bundle."""
        try:
            dns = DnsServer({"web.apps.svc.cluster.test": "127.0.0.1"})
        except OSError as e:
            self.skipTest(f"no DNS server on port 53 of a loopback address: {e}")
        self.addCleanup(dns.stop)
        certificates(self.folder, ["hub.tallyman.test", "web"])
        server = TlsServer(answer({"a": {"b": 7}}), self.path("server.crt"), self.path("server.key"))
        self.addCleanup(server.stop)
        root = os.path.join(self.base, "https")
        shutil.copytree(self.root, root, symlinks=True)

        def write(path, text, mode="w"):
            with open(os.path.join(root, path), mode) as f:
                f.write(text)
        write("etc/hosts", "127.0.0.1 localhost\n127.0.0.1 hub.tallyman.test\n")
        write("etc/resolv.conf", f"search apps.svc.cluster.test svc.cluster.test cluster.test\nnameserver {dns.address}\noptions ndots:5\n")
        for ca in ("ca.crt", "other.crt"):
            shutil.copy(self.path(ca), os.path.join(root, "etc/tallyman"))
        hub, web = f"https://hub.tallyman.test:{server.port}", f"https://web:{server.port}"
        ca = {"ca": "/etc/tallyman/ca.crt"}
        rows = {  # target: url, tls, reason of the failure
            "by-hosts": (hub, ca, None),
            "by-search-list": (web, ca, None),
            "unknown-authority": (hub, None, "tls"),
            "other-authority": (hub, {"ca": "/etc/tallyman/other.crt"}, "tls"),
            "unknown-name": (f"https://nowhere.tallyman.test:{server.port}", ca, "resolve"),
        }
        targets = [{"name": n, "collector": "flat", "with": {"prefix": "e2e_"}, "url": url, "interval": "500ms", **({"tls": tls} if tls else {})}
                   for n, (url, tls, _) in rows.items()]
        # A clock in the wrong zone: what is written without one is an hour or two older, in summer and in winter.
        targets.append({"name": "zone", "collector": "kobo-demo", "url": "dummy:kobo", "interval": "500ms", "timezone": "Europe/Berlin"})
        write("etc/tallyman/targets.yaml", json.dumps({"targets": targets}))
        agent = self.jail(root).ready()
        self.powerless(agent)
        for name, (_, _, reason) in rows.items():
            with self.subTest(name):
                def as_said():
                    metrics = agent.metrics()
                    assert metrics.value("tally_target_up", target=name) == (0 if reason else 1), metrics.of_target(name)
                    assert metrics.value("e2e_a_b", target=name) == (None if reason else 7), metrics.of_target(name)
                    reasons = {dict(k)["reason"] for _, k in metrics.find("tally_target_errors_total", target=name)}
                    assert reasons == ({reason} if reason else set()), reasons
                    return True
                eventually(as_said, 20, name)
        self.assertIn("web.apps.svc.cluster.test", dns.asked)
        self.assertNotIn("hub.tallyman.test", dns.asked, "a name in /etc/hosts is nobody else's business")
        eventually(lambda: [v for v in agent.metrics().find("tally_queue_oldest_age_seconds", target="zone").values() if 3600 <= v < 7200 + 300], 60,
                   "an age that the zone made larger")
        agent.stop()
        self.assertEqual(agent.exit_code, 0, agent.log())

        with open(self.path("ca.crt")) as f:
            write("etc/ssl/certs/ca-certificates.crt", f.read(), "a")
        write("etc/tallyman/targets.yaml", json.dumps({"targets": targets[2:3]}))
        agent = self.jail(root).ready()
        eventually(lambda: agent.metrics().value("e2e_a_b", target="unknown-authority") == 7, 20, "trusted by the image's own bundle")

    def test_6_the_dockerfile(self):
        """Without a builder of images: what it says. With buildah (next test): what it does."""
        with open(os.path.join(DOCKER, "Dockerfile")) as f:
            text = f.read().replace("\\\n", " ")
        lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
        self.assertEqual([word for word, _ in lines], ["FROM", "LABEL", "COPY", "USER", "EXPOSE", "ENTRYPOINT", "CMD"])
        said = dict(lines)
        self.assertEqual((said["FROM"], said["COPY"], said["USER"], said["EXPOSE"]), ("scratch", "root/ /", "65532:65532", "10780"))
        entry = json.loads(said["ENTRYPOINT"])
        self.assertTrue(os.access(self.root + entry[0], os.X_OK))
        self.assertEqual([*entry[1:], *json.loads(said["CMD"])], ["run"])

    def test_7_buildah_builds_it(self):
        if not shutil.which("buildah"):
            self.skipTest("NO IMAGE BUILT: no buildah")
        buildah = ["buildah", "--root", os.path.join(self.base, "storage"), "--runroot", os.path.join(self.base, "run"), "--storage-driver", "vfs"]

        def run(*arguments):
            return subprocess.run([*buildah, *arguments], capture_output=True, text=True, timeout=120, cwd=self.base)
        probe = run("from", "scratch")
        if probe.returncode != 0:
            self.skipTest(f"NO IMAGE BUILT: buildah cannot work here: {probe.stderr.strip()}")
        os.mkdir(os.path.join(self.base, "context"))
        os.rename(self.root, os.path.join(self.base, "context", "root"))
        type(self).root = os.path.join(self.base, "context", "root")
        done = run("bud", "--isolation", "chroot", "--timestamp", "0", "-t", "tallyman:e2e", "-f", os.path.join(DOCKER, "Dockerfile"), "context")
        self.assertEqual(done.returncode, 0, done.stderr)
        config = json.loads(run("inspect", "--type", "image", "tallyman:e2e").stdout)["OCIv1"]["config"]
        self.assertEqual((config["User"], config["Entrypoint"], config["Cmd"], list(config["ExposedPorts"])),
                         ("65532:65532", ["/usr/bin/tallyman"], ["run"], ["10780/tcp"]))
        container = run("from", "tallyman:e2e").stdout.strip()
        mounted = run("mount", container).stdout.strip()
        self.addCleanup(run, "rm", "--all")
        self.assertEqual(tree(mounted, times=False), tree(self.root, times=False))
        owners = {(s.st_uid, s.st_gid) for s in (os.lstat(os.path.join(mounted, p)) for p in tree(mounted))}
        self.assertEqual(owners, {(0, 0)})
        agent = self.jail(mounted).ready()
        self.powerless(agent)
        eventually(lambda: agent.metrics().value("tally_target_up", target="demo-hub") == 1, 20, "the demonstration")


if __name__ == "__main__":
    unittest.main()
