"""The systems Tallyman comes from, as stand-ins: Indico, prometheusrock, Reva's file and page. kobo: test_local_kobo.py."""
import json
import os
import unittest

from support import exposition
from support.agent import REPO, Test, eventually
from support.seeds import ConfigMap, Indico, Rock, Xcloud, captured


def golden(service, case):
    """(name, labels without system and target) -> value, as derived by hand for the goldens of the mapping."""
    with open(os.path.join(REPO, "tests", "collectors", service, case, "expected.prom"), encoding="utf-8") as f:
        series = exposition.parse(f.read()).series
    return {(k[0], bare(k[1])): float(v) for k, v in series.items()}


def bare(labels):
    return tuple(label for label in labels if label[0] not in ("system", "target"))


class Seeds(Test):
    def serve(self, server):
        self.addCleanup(server.stop)
        return server

    def reasons(self, m, target):
        return {dict(k[1])["reason"] for k, v in m.find("tally_target_errors_total", target=target).items() if v}

    def shown(self, m, target):
        return {(k[0], bare(k[1])): float(v) for k, v in m.of_target(target).items() if not k[0].startswith(("tally_target_", "tallyman_"))}

    def attempted(self, agent, *targets):
        def all_of_them():
            m = agent.metrics()
            return all(m.value("tally_target_up", target=t) is not None for t in targets) and m
        return eventually(all_of_them, 20, "a first attempt of each")


class IndicoPages(Seeds):
    def test_every_way_it_may_answer(self):
        """The answer's own headers decide how it is read: gzip nobody asked for, OpenMetrics, text/html beside text/plain."""
        token = self.write("token", "t0ken\n")
        figures = golden("indico", "metrics")
        self.assertEqual(len(figures), 22)
        rows = {  # name: (server, auth, reason; None: its figures are shown)
            "text": (Indico(), None, None),
            "another-client-s": (Indico("openmetrics"), None, None),
            "two-content-types": (Indico("double"), None, None),
            "token": (Indico(token="t0ken"), {"bearer": "t0ken"}, None),
            "token-of-a-file": (Indico("openmetrics", token="t0ken"), {"bearer": "file:" + token}, None),
            "no-token": (Indico(token="t0ken"), None, "auth"),
            "wrong-token": (Indico(token="t0ken"), {"bearer": "other"}, "auth"),
            "not-enabled": (Indico(enabled=False), None, "status"),
        }
        for server, _, _ in rows.values():
            self.serve(server)
        agent = self.agent([{"name": n, "collector": "indico", "url": s.url, "interval": "200ms", **({"auth": a} if a else {})} for n, (s, a, _) in rows.items()]).live()
        self.attempted(agent, *rows)
        eventually(lambda: sum(agent.metrics().find("tallyman_polls_total").values()) > 60, 30, "many polls")
        m = agent.metrics()
        for name, (server, _, reason) in rows.items():
            with self.subTest(name):
                if not reason:
                    self.assertEqual(len(server.requests), 1, "the plugin gives the same bytes for five minutes")
                self.assertEqual(m.value("tally_target_up", target=name), 0 if reason else 1)
                self.assertEqual(self.reasons(m, name), {reason} if reason else set())
                self.assertEqual(self.shown(m, name), {} if reason else figures)
                self.assertEqual({r.path for r in server.requests}, {"/metrics"}, "a query would be cached by the plugin")


class RockPages(Seeds):
    def test_headers_are_gone_and_their_series_summed(self):
        """Two clients, one path: without the label they are one histogram, whole, its buckets, sum and count those of both."""
        rock = self.serve(Rock())
        agent = self.agent([{"name": "rock", "collector": "prometheusrock", "url": rock.url}]).live()
        m = self.attempted(agent, "rock")
        self.assertEqual(self.shown(m, "rock"), golden("prometheusrock", "two_clients"))
        self.assertEqual(m.types["http_request_duration_seconds"], "histogram")
        self.assertFalse(m.find("tallyman_rule_errors_total", target="rock"))
        self.assertNotIn("user-agent", agent.get("/metrics").text)

    def test_a_filter_that_makes_two_series_one_says_so(self):
        """A target's filter sums nothing: the first series stays as it was, whole, and each other one is counted."""
        rock = self.serve(Rock())
        agent = self.agent([{"name": "rock", "collector": "prometheus", "url": rock.url + "/metrics",
                             "filter": {"keep": ["requests_total", "request_processing_time"], "drop_labels": ["headers"]}}]).live()
        m = self.attempted(agent, "rock")
        item = {"target": "rock", "path": "/item/"}
        self.assertEqual(m.value("requests_total", **item), 3)
        self.assertEqual(m.value("request_processing_time_count", **item), 3)
        self.assertEqual(m.value("request_processing_time_sum", **item), 0.0013229846954345703)
        self.assertEqual(set(m.find("request_processing_time_bucket", **item).values()), {3})
        duplicates = sum(v for k, v in m.find("tallyman_rule_errors_total", target="rock").items() if ("reason", "duplicate") in k[1])
        self.assertGreaterEqual(duplicates, 1 + 17, "a counter and a histogram of 15 buckets, sum and count")


class AnyJson(Seeds):
    def test_a_large_page(self):
        """The collector `flat` shows every number of it: here a list of 3000 counts and what else stands beside it."""
        page = self.write("page.json", json.dumps({"counts": list(range(3000)), "large": 2 ** 70, "on": True, "name": "x"}))
        agent = self.agent([{"name": "any", "collector": "flat", "url": "file:" + page, "with": {"prefix": "app_"}}]).live()
        expected = {(f"app_counts_{i}", ()): i for i in range(3000)} | {("app_large", ()): 2 ** 70, ("app_on", ()): 1}
        self.assertEqual(self.shown(self.attempted(agent, "any"), "any"), expected)


class RevaFigures(Seeds):
    FIGURES = json.loads(captured("reva", "metrics.json"))
    USERS, GROUPS, STORAGE = (f"cs3_org_sciencemesh_site_total_{n}" for n in ("num_users", "num_groups", "amount_storage"))

    def test_a_mounted_file(self):
        """Swapped by the kubelet, torn, missing, of bad types: the last good values stay, and no figure is ever 0 for it."""
        mounted = ConfigMap(self.path("revad"), "metrics.json", captured("reva", "metrics.json"))
        agent = self.agent([{"name": n, "collector": n, "url": "file:" + mounted.path, "interval": "200ms", "max_age": "1h"} for n in ("reva", "reva-plain")]).live()

        def figures():
            m = agent.metrics()
            sides = [{k[0].removeprefix("revad_"): v for k, v in self.shown(m, t).items()} for t in ("reva", "reva-plain")]
            self.assertNotIn(0, [v for side in sides for v in side.values()])
            return sides[0] if sides[0] == sides[1] else None

        def failed(reason):
            m = agent.metrics()
            return all(m.value("tally_target_up", target=t) == 0 and reason in self.reasons(m, t) for t in ("reva", "reva-plain"))
        eventually(lambda: figures() == self.FIGURES, 20, "the captured figures")
        m = agent.metrics()
        self.assertEqual(m.value("revad_" + self.STORAGE, target="reva"), 386887921664)
        self.assertEqual(m.value(self.STORAGE, target="reva-plain"), 386887921664)

        new = {**self.FIGURES, self.USERS: 20743}
        mounted.swap(json.dumps(new).encode())
        eventually(lambda: figures() == new, 20, "the new version")
        for content, reason in ((json.dumps(new).encode()[:60], "decode"), (b"", "decode"), (None, "read")):
            mounted.swap(content)
            eventually(lambda: failed(reason), 30, f"reason {reason}")
            self.assertEqual(figures(), new, "the last good ones")
        mounted.swap(captured("reva", "bad_types.json"))
        eventually(lambda: figures() == {**new, self.STORAGE: 7}, 60, "a word and a list are no figures; the third is one")
        m = agent.metrics()
        for t in ("reva", "reva-plain"):
            self.assertEqual(m.value("tally_target_up", target=t), 1)
            self.assertGreaterEqual(m.value("tally_target_errors_total", target=t, reason="refused"), 2)
        mounted.swap(json.dumps({self.USERS: 2 ** 70, self.GROUPS: "e", self.STORAGE: 8}).replace("1180591620717411303424", "1e400").encode())
        eventually(lambda: figures() == {**new, self.STORAGE: 8}, 60, "what only looks like a number is none either")
        mounted.swap(json.dumps({self.USERS: 2 ** 70, self.GROUPS: "1e400", self.STORAGE: 8}).encode())
        eventually(lambda: figures() == {**new, self.USERS: 2 ** 70, self.STORAGE: 8}, 60, "one over 64 bits is one")
        mounted.swap(captured("reva", "metrics.json"))
        eventually(lambda: figures() == self.FIGURES, 20, "whole again")

    def test_a_bad_figure_over_a_reload(self):
        """What is held beside good figures is held too when a setting of the target is edited."""
        mounted = ConfigMap(self.path("revad"), "metrics.json", captured("reva", "metrics.json"))
        settings = {"name": "site", "collector": "reva-plain", "url": "file:" + mounted.path, "interval": "200ms", "max_age": "1h"}
        agent = self.agent([settings], ["--web.enable-lifecycle"]).live()
        known = eventually(lambda: agent.metrics().value(self.USERS, target="site"), 20, "users")
        mounted.swap(json.dumps({**self.FIGURES, self.USERS: "many", self.STORAGE: 7}).encode())
        eventually(lambda: agent.metrics().value(self.STORAGE, target="site") == 7, 20, "the other figure")
        self.config([{**settings, "labels": {"edited": "yes"}}])
        self.assertEqual(agent.get("/-/reload", method="POST", timeout=30).status, 200)
        eventually(lambda: agent.metrics().value(self.STORAGE, target="site", edited="yes") == 7, 20, "a poll with the new label")
        self.assertEqual(agent.metrics().value(self.USERS, target="site", edited="yes"), known)

    def test_the_page_of_nextcloud(self):
        """Refused, gone, torn or without its settings: the last figures stay. Groups, which the app does not send, are no 0."""
        cloud = self.serve(Xcloud())
        agent = self.agent([{"name": n, "collector": n, "url": cloud.url, "interval": "200ms", "max_age": "1h"} for n in ("xcloud", "xcloud-plain")]).live()
        figures = {"num_users": 20742, "num_files": 1234567, "amount_storage": 386887921664}

        def shown():
            m = agent.metrics()
            return [{k[0]: v for k, v in self.shown(m, t).items()} for t in ("xcloud", "xcloud-plain")]
        both = [{f"{p}cs3_org_sciencemesh_site_total_{k}": v for k, v in figures.items()} for p in ("revad_", "")]
        eventually(lambda: shown() == both, 20, "the captured figures")
        whole = cloud.body
        for body, status, reason in ((b"[]", 200, "refused"), (whole[:50], 200, "decode"), (whole, 404, "status"), (b"<h1>Log in</h1>", 401, "auth")):
            cloud.body, cloud.status = body, status

            def failed():
                m = agent.metrics()
                return all(m.value("tally_target_up", target=t) == 0 and reason in self.reasons(m, t) for t in ("xcloud", "xcloud-plain"))
            eventually(failed, 30, f"reason {reason}")
            self.assertEqual(shown(), both)
        cloud.body, cloud.status = whole.replace(b"20742", b"20743"), 200
        again = [{k: 20743 if v == 20742 else v for k, v in side.items()} for side in both]
        eventually(lambda: shown() == again, 60, "it is well again")
        cloud.body = whole.replace(b"20742", b'"many"').replace(b"1234567", b"1234568")
        odd = [{k: 1234568 if v == 1234567 else v for k, v in side.items()} for side in again]
        eventually(lambda: shown() == odd, 60, "the odd figure stays, the others go on")
        cloud.body = cloud.body.replace(b'"numusers"', b'"users"').replace(b"1234568", b"1234569")
        less = [{k: 1234569 if v == 1234568 else v for k, v in side.items()} for side in odd]
        eventually(lambda: shown() == less, 60, "so does one that is gone")
        cloud.body = b'{"metrics": {"other": 1}}'
        eventually(lambda: agent.metrics().value("tally_target_up", target="xcloud") == 0, 60, "it has none of the figures")
        self.assertEqual(shown(), less)


if __name__ == "__main__":
    unittest.main()
