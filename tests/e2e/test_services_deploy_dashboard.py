"""deploy/grafana: Debian's Prometheus, configured by deploy/prometheus, scrapes the demonstration; every query of the
dashboard must then give what EXPECTED says. EXPECTED is written by hand, from what the demonstration plays
(agent/transport/dummy_*.cpp) and what each panel says it shows."""
import json
import os
import re
import shutil
import tempfile
import unittest

from support.agent import REPO, Agent, Test, eventually, free_port
from support.services import Prometheus

try:
    import yaml
except ImportError:
    yaml = None

GRAFANA = os.path.join(REPO, "deploy", "grafana")
DASHBOARD = os.path.join(GRAFANA, "dashboards", "tallyman.json")

INSTANCE = {"instance": "{agent}"}
JOB = {"instance": "{agent}", "job": "tallyman"}
HUB, BROKER, SITE = ({**INSTANCE, "system": s, "target": t} for s, t in (("kobo", "demo-hub"), ("rabbitmq", "demo-broker"), ("reva", "demo-site")))
TARGETS = [HUB, BROKER, SITE]
BUILDERS = [{**HUB, "worker": f"builder-{n:02}.hub.example.org"} for n in range(1, 11)]  # 8 and 9 are disabled, 10 was never seen
NODES = [{**BROKER, "worker": f"rabbit@broker-{n}"} for n in (1, 2, 3)]
USED = [{**BROKER, "namespace": n, "queue": q} for n, q in (("/", "celery"), ("/", "celery.slow"), ("prod", "orders"), ("prod", "mail/send"),
                                                            ("prod", "thumbnails"), ("prod", "reports"))]
UNUSED = [{**BROKER, "namespace": n, "queue": q} for n, q in (("/", "unused"), ("prod", "orders.dlq"))]  # without consumers
CHANNELS = [{**HUB, "queue": q} for q in ("default", "heavy", "images")]
STATES = [{"state": s} for s in ("idle", "busy", "draining", "paused", "starting", "offline", "failed", "unknown")]


class Some:
    """At least so many of these, and no others: which ones moves with the demonstration."""

    def __init__(self, least, series):
        self.least, self.series = least, series


# (panel, query): the label sets of its result, and where they do not move, the values.
EXPECTED = {
    ("Targets", "A"): ([{}], [3]),
    ("Targets down", "A"): ([{}], [0]),
    ("Workers offline", "A"): ([{}], None),                     # builder-09; a node while it restarts
    ("Tasks ready", "A"): ([{}], None),
    ("Oldest task", "A"): ([{}], None),
    ("Oldest data", "A"): ([{}], None),
    ("Workers by state", "A"): (STATES, None),
    ("Load and capacity", "A"): ([HUB], None),                  # the broker's nodes have no load
    ("Load and capacity", "B"): ([HUB], [258]),                 # 60 + 60 + 40 + 16 + 16 + 8 + 8 + 20 + 20 + 10
    ("Utilisation", "A"): (BUILDERS, None),
    ("Last seen", "A"): (BUILDERS[:9], None),
    ("Workers enabled and ready", "A"): ([HUB], [8]),
    ("Workers enabled and ready", "B"): ([HUB], None),
    ("Workers", "F"): (BUILDERS[:9] + NODES, None),             # nothing says whether one that was never seen is up
    ("Workers", "A"): (BUILDERS, [1, 1, 1, 1, 1, 1, 1, 0, 0, 1]),
    ("Workers", "B"): (BUILDERS, None),
    ("Workers", "C"): (BUILDERS, None),
    ("Workers", "D"): (BUILDERS, [60, 60, 40, 16, 16, 8, 8, 20, 20, 10]),
    ("Workers", "E"): (BUILDERS, None),
    ("Workers", "G"): (BUILDERS[:9], None),
    ("Tasks by state", "A"): ([{"state": "ready"}, {"state": "active"}], None),
    ("Ready tasks", "A"): (Some(10, USED + UNUSED + CHANNELS), None),
    ("Oldest waiting task", "A"): (Some(4, USED + CHANNELS), None),
    ("Throughput", "A"): ([BROKER], None),
    ("Throughput", "B"): ([BROKER], None),
    ("Consumers", "A"): (USED + UNUSED, [4, 1, 6, 2, 3, 1, 0, 0]),
    ("Up", "A"): (TARGETS, [1, 1, 1]),
    ("Poll duration", "A"): (TARGETS, None),
    ("Age of the data", "A"): (TARGETS, None),
    ("Errors by reason", "A"): (TARGETS, [0, 0, 0]),
    ("Polls", "A"): ([INSTANCE], None),
    ("Polls", "B"): ([INSTANCE], [0]),
    ("Polls", "C"): ([INSTANCE], None),
    ("Poll duration, 95th percentile", "A"): ([{**INSTANCE, "collector": c} for c in ("kobo-demo", "rabbitmq", "reva")], None),
    ("Loop lag", "A"): ([{**INSTANCE, "loop": "0"}], None),
    ("Memory", "A"): ([{**JOB, "version": "{version}"}], None),
    ("CPU", "A"): ([JOB], None),
    ("Open files", "A"): ([JOB], None),
    ("Open files", "B"): ([JOB], None),
    ("Rule errors", "A"): ([{}], [0]),
    ("Agents", "A"): ([{"version": "{version}"}], [1]),
}
VARIABLES = {"instance": ["{agent}"], "system": ["kobo", "rabbitmq", "reva"], "target": ["demo-broker", "demo-hub", "demo-site"]}
# Of the demonstration: a queue of dead letters has no consumers, a node is down for 45 s of each quarter of an hour.
MAY_BE_PENDING = {("TallyQueueWithoutConsumers", "orders.dlq"), ("TallyWorkerOffline", "rabbit@broker-3")}


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as f:
        return json.load(f)


def panels():
    return [p for p in dashboard()["panels"] if p["type"] != "row"]


def queries():
    return {(p["title"], t["refId"]): t["expr"] for p in panels() for t in p["targets"]}


def filled(text, instance=".+", system=".+", target=".+"):
    """As Grafana writes the variables: `All` is their allValue."""
    for name, value in (("$__rate_interval", "10s"), ("$instance", instance), ("$system", system), ("$target", target)):
        text = text.replace(name, value)
    assert "$" not in text, text
    return text


class TheFiles(unittest.TestCase):
    def test_panels(self):
        board = dashboard()
        every = board["panels"]
        self.assertEqual(len({p["id"] for p in every}), len(every), "an id twice")
        self.assertEqual(len({p["title"] for p in panels()}), len(panels()), "a title twice")
        self.assertTrue(board["uid"] and board["title"] and board["schemaVersion"] >= 39)
        taken = {}
        for p in every:
            grid = p["gridPos"]
            self.assertLessEqual(grid["x"] + grid["w"], 24, p["title"])
            for cell in ((x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])):
                self.assertNotIn(cell, taken, f"{p['title']} lies over {taken.get(cell)}")
                taken[cell] = p["title"]
        for p in panels():
            with self.subTest(p["title"]):
                self.assertTrue(p["fieldConfig"]["defaults"]["unit"])
                self.assertTrue(p["description"].endswith("."))
                self.assertTrue(p["targets"])
                self.assertEqual(len({t["refId"] for t in p["targets"]}), len(p["targets"]))
                for source in (p["datasource"], *(t["datasource"] for t in p["targets"])):
                    self.assertEqual(source, {"type": "prometheus", "uid": "${datasource}"})
                seconds = any("_seconds" in t["expr"] and "seconds_total" not in t["expr"] for t in p["targets"]) and p["type"] != "table"
                self.assertEqual(p["fieldConfig"]["defaults"]["unit"] == "s", seconds, "seconds are shown as seconds")

    def test_every_query_is_expected_below_and_filtered(self):
        self.assertEqual(set(queries()), set(EXPECTED))
        for key, expr in queries().items():
            count = sum(expr.count(f"{family}") for family in ("tally_target_", "tally_worker", "tally_queue_"))
            self.assertEqual(expr.count('{instance=~"$instance",system=~"$system",target=~"$target"'), count, key)
            self.assertEqual(len(re.findall(r'tallyman_\w+{instance=~"\$instance"', expr)), expr.count("tallyman_"), key)

    def test_two_agents_are_told_apart(self):
        """Targets of two agents may have one name: a sidecar's in each replica. Only totals are of all agents."""
        for p in panels():
            for t in p["targets"]:
                groups = [group.split(", ") for group in re.findall(r"\b(?:by|on) \(([^)]+)\)", t["expr"])]
                with self.subTest(p["title"], query=t["refId"]):
                    told = [group for group in groups if group not in (["state"], ["version"])]
                    for group in told:
                        self.assertIn("instance", group)
                    if told and p["type"] == "table":
                        self.assertIn("instance", p["transformations"][-1]["options"]["indexByName"])
                    elif told:
                        self.assertIn("{{instance}}", t["legendFormat"])

    def test_variables(self):
        variables = {v["name"]: v for v in dashboard()["templating"]["list"]}
        self.assertEqual(list(variables), ["datasource", "instance", "system", "target"])
        self.assertEqual((variables["datasource"]["type"], variables["datasource"]["query"]), ("datasource", "prometheus"))
        for name in ("instance", "system", "target"):
            v = variables[name]
            self.assertEqual((v["type"], v["multi"], v["includeAll"], v["allValue"], v["datasource"]["uid"]), ("query", True, True, ".+", "${datasource}"))
            self.assertEqual(v["definition"], v["query"]["query"])

    @unittest.skipUnless(yaml, "python3-yaml is not installed")
    def test_provisioning(self):
        def read(*path):
            with open(os.path.join(GRAFANA, "provisioning", *path), encoding="utf-8") as f:
                return yaml.safe_load(f)
        sources = read("datasources", "tallyman.yaml")
        self.assertEqual((sources["apiVersion"], [(d["type"], d["access"], d["url"]) for d in sources["datasources"]]),
                         (1, [("prometheus", "proxy", "${PROMETHEUS_URL}")]))
        with open(os.path.join(REPO, "deploy", "prometheus", "prometheus.yml")) as f:
            self.assertEqual(sources["datasources"][0]["jsonData"]["timeInterval"], yaml.safe_load(f)["global"]["scrape_interval"])
        providers = read("dashboards", "tallyman.yaml")
        self.assertEqual((providers["apiVersion"], [(p["type"], p["options"]["path"]) for p in providers["providers"]]),
                         (1, [("file", "/var/lib/grafana/dashboards/tallyman")]))


class OverTheDemonstration(Test):
    seconds = 150

    @classmethod
    def setUpClass(cls):
        if not yaml:
            raise unittest.SkipTest("python3-yaml is not installed")
        cls.root = tempfile.mkdtemp(prefix="tallyman-dashboard-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        cls.agent = Agent(os.path.join(REPO, "targets.yaml"), cls.root)
        cls.addClassCleanup(cls.agent.stop)
        cls.agent.ready()
        cls.other = ("127.0.0.1", free_port())  # an agent that test_5 starts; it is down until then
        folder = os.path.join(REPO, "deploy", "prometheus")
        with open(os.path.join(folder, "prometheus.yml"), encoding="utf-8") as f:
            config = yaml.safe_load(f)
        # The file as it is, but for the addresses and the beat.
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [os.path.join(folder, name) for name in config["rule_files"]]
        config["scrape_configs"][0]["static_configs"] = [{"targets": ["%s:%d" % a for a in (cls.agent.address, cls.other)]}]
        cls.prometheus = Prometheus(cls.root)
        cls.addClassCleanup(cls.prometheus.stop)
        cls.prometheus.start(cls.agent.address, config)
        cls.known = {"agent": "%s:%d" % cls.agent.address,
                     "version": next(dict(labels)["version"] for _, labels in cls.agent.metrics().find("tallyman_build_info"))}

    def differs(self, key, **variables):
        """What is wrong with the answer to this query now; None if nothing is."""
        expected, values = EXPECTED[key]
        known = [{k: v.format(**self.known) for k, v in labels.items()} for labels in (expected.series if isinstance(expected, Some) else expected)]
        found = [({k: v for k, v in metric.items() if k != "__name__"}, float(value)) for metric, value in self.prometheus.query(filled(queries()[key], **variables))]
        labels = [labels for labels, _ in found]
        if variables:  # one target: of the series that name a target, those that name it
            mine = [k for k in known if k.get("target", variables["target"]) == variables["target"]]
            wrong = [k for k in labels if k not in mine]
            return f"{key}: {wrong} is not of {variables}" if wrong else f"{key}: nothing" if mine and not labels else None
        if isinstance(expected, Some):
            wrong = [k for k in labels if k not in known]
            return f"{key}: unexpected {wrong}" if wrong else f"{key}: {len(labels)} series" if len(labels) < expected.least else None
        missing, more = [k for k in known if k not in labels], [k for k in labels if k not in known]
        if missing or more or len(labels) != len(known):
            return f"{key}: missing {missing}, unexpected {more}"
        by_labels = [next(v for k, v in found if k == k0) for k0 in known]
        if any(v != v for v in by_labels):
            return f"{key}: NaN in {by_labels}"
        return f"{key}: {by_labels}, expected {values}" if values is not None and by_labels != values else None

    def all_agree(self, keys, **variables):
        def agree():
            wrong = [w for w in (self.differs(k, **variables) for k in keys) if w]
            assert not wrong, "\n  ".join(["", *wrong])
            return True
        eventually(agree, 60, f"the dashboard's queries {variables}")

    def test_1_every_panel_has_its_series(self):
        self.all_agree(EXPECTED)

    def test_2_one_target_at_a_time(self):
        """Queries that select by target, with one chosen: only its series, and those. A hub and a broker together have them all."""
        selecting = [k for k, expr in queries().items() if "$target" in expr]
        for series in (HUB, BROKER):
            labels = {k: series[k] for k in ("system", "target")}
            self.all_agree([k for k in selecting if labels in self.targets_of(k)], **labels)

    def targets_of(self, key):
        expected = EXPECTED[key][0]
        series = expected.series if isinstance(expected, Some) else expected
        return [{k: s[k] for k in ("system", "target")} for s in series if "target" in s]

    def test_3_the_variables(self):
        for v in dashboard()["templating"]["list"]:
            if v["type"] != "query":
                continue
            inner = v["query"]["query"].removeprefix("label_values(").removesuffix(")")
            selector, _, label = inner.rpartition(", ")
            self.assertEqual(label, v["name"])
            values = self.prometheus.api(f"label/{label}/values", **{"match[]": filled(selector)})
            self.assertEqual(values, [v.format(**self.known) for v in VARIABLES[label]])
            if label == "target":  # it follows $system
                self.assertEqual(self.prometheus.api("label/target/values", **{"match[]": filled(selector, system="reva")}), ["demo-site"])

    def test_4_the_alerts_run_and_none_fires(self):
        groups = eventually(lambda: (g := self.prometheus.api("rules")["groups"]) and all(r["health"] != "unknown" for x in g for r in x["rules"]) and g, 30, "rules evaluated")
        for rule in (r for g in groups for r in g["rules"]):
            self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""), rule["name"])
            for alert in rule["alerts"]:
                labels = alert["labels"]
                self.assertEqual(alert["state"], "pending", alert)
                if rule["name"] != "TallymanDown":  # of the agent that is not started
                    self.assertIn((rule["name"], labels.get("queue") or labels.get("worker")), MAY_BE_PENDING)

    def test_5_a_second_agent_and_a_target_that_fails(self):
        """The panels that are about failures, with one; and a target of the same name that the other agent polls too."""
        config = self.config([{"name": "gone", "collector": "flat", "with": {"prefix": "e2e_"}, "url": "file:" + self.path("missing"), "interval": "200ms"},
                              {"name": "demo-hub", "collector": "kobo-demo", "url": "dummy:kobo", "interval": "1s"}], "gone.yaml")
        other = Agent(config, self.folder, address=self.other)
        self.addCleanup(self.end, other)
        other.ready()
        first, second = self.known["agent"], "%s:%d" % self.other
        polled = {(first, t["target"]) for t in TARGETS} | {(second, "gone"), (second, "demo-hub")}

        def ask(title, query="A", **variables):
            return self.prometheus.query(filled(queries()[title, query], **variables))

        def seen():
            assert [v for _, v in ask("Targets") + ask("Targets down")] == ["5", "1"], (ask("Targets"), ask("Targets down"))
            up = {(m["instance"], m["target"]): v for m, v in ask("Up")}
            assert up == {key: "0" if key[1] == "gone" else "1" for key in polled}, up
            errors = {(m["instance"], m["target"]): (m.get("reason"), float(v)) for m, v in ask("Errors by reason")}
            reason, count = errors.pop((second, "gone"), (None, 0))
            assert reason == "read" and count > 0, (reason, count)
            assert errors == {key: (None, 0) for key in polled if key[1] != "gone"}, errors
            assert [v for _, v in ask("Agents")] == ["2"], ask("Agents")
            capacity = {m["instance"]: v for m, v in ask("Load and capacity", "B")}
            assert capacity == {first: "258", second: "258"}, capacity
            workers = [(m["instance"], m["worker"]) for m, _ in ask("Workers", "D")]
            assert sorted(workers) == sorted((agent, b["worker"]) for agent in (first, second) for b in BUILDERS), workers
            assert [v for _, v in ask("Targets", instance=second.replace(".", r"\\."))] == ["2"], ask("Targets", instance=second)
            return True
        eventually(seen, 40, "two agents, and one target down")


if __name__ == "__main__":
    unittest.main()
