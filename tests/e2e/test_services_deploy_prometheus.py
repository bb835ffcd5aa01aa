"""deploy/prometheus: promtool takes the files, each alert has its cases, and pods are found by the port's name."""
import json
import os
import unittest

from support.agent import REPO, Test
from support.services import promtool

try:
    import yaml
except ImportError:
    yaml = None

FOLDER = os.path.join(REPO, "deploy", "prometheus")


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        return yaml.safe_load(f)


def alerts():
    return {rule["alert"]: rule for group in read("alerts.yml")["groups"] for rule in group["rules"]}


class Rules(Test):
    @classmethod
    def setUpClass(cls):
        if not yaml:
            raise unittest.SkipTest("python3-yaml is not installed")

    def test_1_promtool_takes_the_files(self):
        for arguments in (("check", "rules", "alerts.yml"), ("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")):
            with self.subTest(arguments):
                code, text = promtool(*arguments, cwd=FOLDER)
                self.assertEqual(code, 0, text)
                self.assertIn("SUCCESS", text)

    def test_2_each_alert_is_seen_to_fire_and_to_be_silent(self):
        fires, silent = set(), set()
        for test in read("alerts.test.yml")["tests"]:
            for case in test["alert_rule_test"]:
                (fires if case.get("exp_alerts") else silent).add(case["alertname"])
        names = set(alerts())
        self.assertEqual(len(names), sum(len(g["rules"]) for g in read("alerts.yml")["groups"]), "a name twice")
        self.assertEqual(fires, names)
        self.assertEqual(silent, names)

    def test_3_the_cases_can_fail(self):
        """Each threshold or duration moved: some case notices."""
        with open(os.path.join(FOLDER, "alerts.yml"), encoding="utf-8") as f:
            text = f.read()
        with open(os.path.join(FOLDER, "alerts.test.yml"), encoding="utf-8") as f:
            self.write("alerts.test.yml", f.read())
        moved = [(f"for: {rule['for']}", "for: 3m", name) for name, rule in alerts().items()]
        moved += [("tally_target_up == 0", "tally_target_up != 1.5", None), (" unless tally_worker_enabled == 0\n", "\n", "TallyWorkerOffline"),
                  (" unless tally_worker_enabled == 0\n", "\n", "TallyWorkerNotSeen"), ("> 900", "> 800", "TallyQueueOld"), (" and ignoring (state)", " or ignoring (state)", None),
                  ("(tally_worker_load and tally_worker_max_load)", "(tally_worker_load)", None), ("> 100\n", "> 50\n", None), ("> 0.95", "> 0.99", None),
                  ("[15m])) > 5", "[15m])) > 0", None), (" and tally_target_up == 1", "", None), ("and deriv(", "or deriv(", None), ("absent(up{", "(up{", None)]
        for old, new, after in moved:
            with self.subTest(after or old, new=new):
                at = text.index(f"alert: {after}") if after else 0
                at = text.index(old, at)
                self.write("alerts.yml", text[:at] + new + text[at + len(old):])
                code, answer = promtool("test", "rules", "alerts.test.yml", cwd=self.folder)
                self.assertNotEqual(code, 0, "no case noticed")
                self.assertIn("FAILED", answer)

    def test_4_pods_are_found_by_the_port(self):
        """Debian's Prometheus has no Kubernetes: the pods are given as it would find them, and it relabels them."""
        config = read("kubernetes.yml")
        job = config["scrape_configs"][0]
        self.assertEqual(job.pop("kubernetes_sd_configs"), [{"role": "pod"}])

        def pod(address, port, phase="Running", **more):
            return {"targets": [address], "labels": {"__meta_kubernetes_namespace": "shop", "__meta_kubernetes_pod_name": "web-1",
                                                     "__meta_kubernetes_pod_container_port_name": port, "__meta_kubernetes_pod_phase": phase, **more}}
        job["static_configs"] = [
            pod("10.0.0.1:10780", "tally", __meta_kubernetes_pod_container_init="true"),
            pod("10.0.0.1:8080", "http"),
            pod("10.0.0.2:10780", "tally", "Succeeded"),
            pod("10.0.0.3:10780", "tally2"),
        ]
        config["rule_files"] = [os.path.join(FOLDER, name) for name in config["rule_files"]]
        path = self.write("kubernetes.json", json.dumps(config))
        code, text = promtool("check", "config", path)
        self.assertEqual(code, 0, text)
        code, text = promtool("check", "service-discovery", path, "tallyman")
        self.assertEqual(code, 0, text)
        kept = [found["labels"] for found in json.loads(text) if found["labels"]]
        self.assertEqual([{k: v for k, v in labels.items() if not k.startswith("__")} for labels in kept],
                         [{"instance": "10.0.0.1:10780", "job": "tallyman", "kubernetes_namespace": "shop", "pod": "web-1"}])

    def test_5_both_configurations_are_of_one_mind(self):
        one, other = read("prometheus.yml"), read("kubernetes.yml")
        for config in (one, other):
            self.assertEqual([job["job_name"] for job in config["scrape_configs"]], ["tallyman"], "alerts select it")
        self.assertEqual(one["scrape_configs"][0]["static_configs"], [{"targets": ["localhost:10780"]}])
        self.assertEqual((one["global"], one["rule_files"]), (other["global"], other["rule_files"]))


if __name__ == "__main__":
    unittest.main()
