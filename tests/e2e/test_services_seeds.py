"""The systems Tallyman comes from, all at once, scraped by Debian's own Prometheus. What each must show is in
expected/seeds/<target>.tsv, written by hand from the captured answers; then they change, one after the other."""
import json
import os
import signal
import unittest

from support.agent import Test, eventually, yaml
from support.fakes import Server, answer
from support.kobo import captured_hub
from support.scraped import Scraped
from support.seeds import ConfigMap, Indico, Rock, Xcloud, captured


class Seeds(Scraped, Test):
    seconds = 200
    expected_in = "seeds"

    @classmethod
    def setUpClass(cls):
        cls.make_folder()
        cls.hub, cls.rock, cls.cloud = captured_hub(), Rock(), Xcloud()
        cls.indico, cls.double = Indico("openmetrics", token="t0ken"), Indico("double")
        cls.ilmo = Server(answer(captured("ilmo", "metrics.json")))
        for server in (cls.hub, cls.rock, cls.cloud, cls.indico, cls.double, cls.ilmo):
            cls.addClassCleanup(server.stop)
        cls.mounted = ConfigMap(os.path.join(cls.root, "revad"), "metrics.json", captured("reva", "metrics.json"))
        held = {"max_age": "1h"}
        cls.targets = [
            {"name": "kobo", "collector": "kobo", "url": cls.hub.url},
            {"name": "kobo-page", "collector": "kobo-exporter", "url": cls.hub.url + "/kobo_exporter/metrics"},
            {"name": "ilmo", "collector": "ilmo", "url": cls.ilmo.url + "/library/metrics/"},
            {"name": "indico", "collector": "indico", "url": cls.indico.url, "auth": {"bearer": "t0ken"}, **held},
            {"name": "indico-double", "collector": "indico", "url": cls.double.url},
            {"name": "rock", "collector": "prometheusrock", "url": cls.rock.url},
            {"name": "reva", "collector": "reva", "url": "file:" + cls.mounted.path, **held},
            {"name": "xcloud", "collector": "xcloud", "url": cls.cloud.url, **held},
        ]
        cls.poll_and_scrape(cls.targets)

    def variables(self):
        return {"failed": 0}

    def reasons(self, m, target):
        return {dict(k[1])["reason"] for k, v in m.find("tally_target_errors_total", target=target).items() if v}

    def down(self, target, reason):
        """The metrics of a moment in which the last poll of `target` failed, and had failed for that reason."""
        return eventually(lambda: (m := self.agent.metrics()).value("tally_target_up", target=target) == 0
                          and reason in self.reasons(m, target) and m, 60, f"{target} down: {reason}")

    def back(self, target):
        type(self).known_errors |= set(self.agent.metrics().find("tally_target_errors_total", target=target))
        type(self).known_errors |= set(self.agent.metrics().find("tallyman_rule_errors_total", target=target))
        self.check(target, 60)

    def edit(self, target, **settings):
        next(t for t in self.targets if t["name"] == target).update(settings)
        with open(os.path.join(self.root, "targets.yaml"), "w") as f:
            f.write(yaml({"defaults": {"interval": "1s"}, "targets": self.targets}))
        self.agent.process.send_signal(signal.SIGHUP)

    def data_of(self, m, target):
        return {k: float(v) for k, v in m.of_target(target).items() if not k[0].startswith(("tally_target_", "tallyman_"))}

    def test_5_the_help_and_type_of_the_exporter(self):
        """Whoever polls the hub itself has the families of django-kobo-exporter, with its words and types."""
        m = self.agent.metrics()
        page = captured("kobo-exporter", "metrics.prom").decode()
        heads = [line for line in page.splitlines() if line.startswith("# ") and " kobo_worker_" in line]
        self.assertEqual(len(heads), 12)
        lines = self.agent.get("/metrics").text.splitlines()
        for head in heads:
            self.assertEqual(lines.count(head), 1, head)
        for name in {head.split()[2] for head in heads}:
            ours, theirs = ({dict(k[1])["worker"]: float(v) for k, v in m.find(name, target=t).items()} for t in ("kobo", "kobo-page"))
            never = {w for w, v in theirs.items() if name == "kobo_worker_last_seen_seconds" and v == 0}
            self.assertEqual(ours, {w: v for w, v in theirs.items() if w not in never}, name)

    def test_6_a_hub_changes(self):
        """It gains, loses and disables workers: each poll that begins after that shows it, over both ways."""
        self.hub.add("newcomer", channels=(2,), max_load=7)
        self.hub.remove("localhost")
        self.hub.change("arbeiter-ü", enabled=False)
        polls = self.hub.polls()
        # One may have begun before the change; the one after the next has asked after it.
        eventually(lambda: self.hub.polls() >= polls + 3, 20, "further polls")
        for target in ("kobo", "kobo-page"):
            m = eventually(lambda: (m := self.agent.metrics()).value("tally_worker_max_load", target=target, worker="newcomer") == 7 and m, 20, target)
            self.assertEqual(m.value("tally_worker_up", target=target, worker="localhost"), 0)
            self.assertEqual(m.value("tally_worker_state", target=target, worker="localhost", state="offline"), 1)
            self.assertFalse(m.find("tally_worker_load", target=target, worker="localhost"), "nothing is known of its load")
            self.assertFalse(m.find("kobo_worker_load", target=target, worker="localhost"))
            self.assertEqual(m.value("tally_worker_enabled", target=target, worker="arbeiter-ü"), 0)
            self.assertEqual(m.value("tally_worker_state", target=target, worker="arbeiter-ü", state="paused"), 1)
        self.assertFalse([method for method in self.hub.methods() if method.startswith("worker.")])

    def test_7_one_large_number_costs_one_worker(self):
        """Over 2^31 - 1 the hub faults the whole multicall: then the workers are asked one by one, and one is lost."""
        self.hub.change("pub-dev-pubd7", max_load=3_000_000_000)
        m = eventually(lambda: (m := self.agent.metrics()).value("tally_target_errors_total", target="kobo", reason="refused") and m, 20, "the lost item")
        self.assertEqual(m.value("tally_target_up", target="kobo"), 1)
        self.assertEqual(m.value("tally_worker_max_load", target="kobo", worker="newcomer"), 7)
        self.assertFalse(m.find("tally_worker_load", target="kobo", worker="pub-dev-pubd7"), "its own values are not known")
        self.assertEqual(m.value("kobohub_tasks", target="kobo", state="FREE", method="Scan", channel="default", arch="noarch"), 4)
        self.hub.change("pub-dev-pubd7", max_load=61)
        eventually(lambda: self.agent.metrics().value("tally_worker_max_load", target="kobo", worker="pub-dev-pubd7") == 61, 20, "mended")

    def test_8_indico_refuses_and_is_switched_off(self):
        """It is asked every 5 minutes only: an edited configuration makes the next question come at once."""
        figures = self.data_of(self.agent.metrics(), "indico")
        self.assertEqual(len(figures), 22)
        self.edit("indico", auth={"bearer": "an0ther"})
        self.assertEqual(self.data_of(self.down("indico", "auth"), "indico"), figures, "held")
        self.indico.enabled = False
        self.assertEqual(self.data_of(self.down("indico", "status"), "indico"), figures, "held")
        self.indico.enabled = True
        self.edit("indico", auth={"bearer": "t0ken"})
        self.back("indico")
        self.assertEqual(self.agent.metrics().value("tally_target_up", target="indico-double"), 1)

    def test_8_reva_s_file_is_swapped_torn_missing_and_odd(self):
        whole = json.loads(captured("reva", "metrics.json"))
        users, storage = ("cs3_org_sciencemesh_site_total_" + n for n in ("num_users", "amount_storage"))

        def shown():
            return {k[0].removeprefix("revad_"): v for k, v in self.data_of(self.agent.metrics(), "reva").items()}
        new = {**whole, users: 20743}
        self.mounted.swap(json.dumps(new).encode())
        eventually(lambda: shown() == new, 20, "the swapped file")
        words, nulls = (json.dumps({k: v for k in whole}).encode() for v in ("many", None))
        for content, reason in ((json.dumps(new).encode()[:60], "decode"), (b"", "decode"), (None, "read"),
                                (words, "refused"), (nulls, "refused")):
            self.mounted.swap(content)
            self.down("reva", reason)
            self.assertEqual(shown(), new, "the last good figures, never zeros")
        self.mounted.swap(captured("reva", "bad_types.json"))
        # A word and a list are no figures: theirs stay, beside the one that is.
        eventually(lambda: shown() == {**new, storage: 7}, 60, "each figure by itself")
        self.assertEqual(self.agent.metrics().value("tally_target_up", target="reva"), 1)
        self.mounted.swap(captured("reva", "metrics.json"))
        self.back("reva")

    def test_8_xcloud_goes_and_comes_back(self):
        figures = self.data_of(self.agent.metrics(), "xcloud")
        self.cloud.body = b"[]"  # what the app says without its settings
        self.assertEqual(self.data_of(self.down("xcloud", "refused"), "xcloud"), figures)
        self.cloud.body = captured("xcloud", "internal_metrics.json")
        self.back("xcloud")

    def test_8_z_prometheus_saw_all_of_it(self):
        """No scrape failed meanwhile, and every target is up again."""
        eventually(lambda: sorted(v for _, v in self.prometheus.query("tally_target_up")) == ["1"] * 8, 60, "all up")
        self.assertEqual([v for _, v in self.prometheus.query('min_over_time(up{job="tallyman"}[5m])')], ["1"])
        self.assertEqual(self.prometheus.query('count_over_time(tally_worker_load{target="kobo",worker="newcomer"}[1m]) < 1'), [])


if __name__ == "__main__":
    unittest.main()
