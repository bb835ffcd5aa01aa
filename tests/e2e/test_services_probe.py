"""Debian's own Prometheus scrapes through /probe?target=&module= as json_exporter's README relabels it."""
import json

from support.agent import Test, eventually
from support.fakes import Server, answer
from support.services import Prometheus


class Probe(Test):
    seconds = 150

    def test_the_relabelling_that_json_exporter_documents(self):
        server = Server(answer({"values": [{"id": "id-A", "count": 1}, {"id": "id-C", "count": 3}]}))
        self.addCleanup(server.stop)
        self.write("config.yml", """
modules:
  default:
    metrics:
      - name: example_value
        type: object
        path: '{.values[*]}'
        labels: { id: '{.id}' }
        values: { count: '{.count}' }
""")
        path = self.write("targets.yaml", json.dumps({"probe": {"allow": {"networks": ["127.0.0.1"]}}}))
        agent = self.run_agent(path, ["--json-exporter.config", "config.yml"]).live()
        prometheus = Prometheus(self.folder)
        self.addCleanup(prometheus.stop)
        prometheus.start(agent.address, {"scrape_configs": [{
            "job_name": "json", "scrape_interval": "1s", "metrics_path": "/probe", "params": {"module": ["default"]},
            "static_configs": [{"targets": [server.url + "/data.json"]}],
            "relabel_configs": [
                {"source_labels": ["__address__"], "target_label": "__param_target"},
                {"source_labels": ["__param_target"], "target_label": "instance"},
                {"target_label": "__address__", "replacement": "%s:%d" % agent.address},
            ]}]})
        found = eventually(lambda: prometheus.query("example_value_count"), 60, "a scrape")
        self.assertEqual(sorted((m["instance"], m["id"], v) for m, v in found),
                         [(server.url + "/data.json", "id-A", "1"), (server.url + "/data.json", "id-C", "3")])
        self.assertEqual([v for _, v in prometheus.query("up")], ["1"])
        server.stop()
        eventually(lambda: [v for _, v in prometheus.query("up")] == ["0"], 60, "up 0")
