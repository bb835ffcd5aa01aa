"""deploy/kustomize: the manifests say what they must; and, where kubectl is, what they become."""
import json
import os
import shutil
import subprocess
import unittest

from support.agent import REPO, Test
from support.services import promtool

try:
    import yaml
except ImportError:
    yaml = None

KUSTOMIZE = os.path.join(REPO, "deploy", "kustomize")
BASE, OVERLAY = os.path.join(KUSTOMIZE, "base"), os.path.join(KUSTOMIZE, "overlays", "podmonitor")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return yaml.safe_load(f)


def breaches(pod):
    """Where a pod does not fit Pod Security "restricted", as Kubernetes 1.29+ defines it; and two rules of ours."""
    out = []
    of_pod = pod.get("securityContext", {})
    for container in pod.get("initContainers", []) + pod["containers"]:
        own = container.get("securityContext", {})

        def effective(key):
            return own.get(key, of_pod.get(key))
        rules = {
            "runAsNonRoot": effective("runAsNonRoot") is True,
            "runAsUser": isinstance(effective("runAsUser"), int) and effective("runAsUser") > 0,
            "seccompProfile": (effective("seccompProfile") or {}).get("type") in ("RuntimeDefault", "Localhost"),
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "capabilities.drop": own.get("capabilities", {}).get("drop") == ["ALL"],
            "capabilities.add": own.get("capabilities", {}).get("add", []) in ([], ["NET_BIND_SERVICE"]),
            "privileged": not own.get("privileged"),
            "procMount": own.get("procMount", "Default") == "Default",
            "hostPort": not any("hostPort" in p for p in container.get("ports", [])),
            "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,      # ours
            "resources": {"cpu", "memory"} <= set(container["resources"]["requests"]) and "memory" in container["resources"]["limits"],  # ours
        }
        out += [f"{container['name']}: {rule}" for rule, kept in rules.items() if not kept]
    out += [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    allowed = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    out += [f"volume {v['name']}" for v in pod.get("volumes", []) if set(v) - {"name"} - allowed]
    return out


class Kubernetes(Test):
    @classmethod
    def setUpClass(cls):
        if not yaml:
            raise unittest.SkipTest("python3-yaml is not installed")

    def check_deployment(self, deployment):
        self.assertEqual((deployment["apiVersion"], deployment["kind"]), ("apps/v1", "Deployment"))
        template = deployment["spec"]["template"]
        selector = deployment["spec"]["selector"]["matchLabels"]
        self.assertEqual(selector, {k: v for k, v in template["metadata"]["labels"].items() if k in selector})
        self.assertEqual(template["metadata"]["annotations"],
                         {"prometheus.io/scrape": "true", "prometheus.io/port": "10780", "prometheus.io/path": "/metrics"})
        pod = template["spec"]
        self.assertIs(pod["automountServiceAccountToken"], False)
        self.assertEqual([c["name"] for c in pod["initContainers"]], ["tallyman"])
        self.assertEqual([c["name"] for c in pod["containers"]], ["web"])
        sidecar = pod["initContainers"][0]
        self.assertEqual(sidecar["restartPolicy"], "Always", "what makes an init container a sidecar")
        self.assertEqual(sidecar["args"], ["run", "--config", "/etc/tallyman/targets.yaml"])
        self.assertEqual(sidecar["ports"], [{"name": "tally", "containerPort": 10780}])
        probes = {kind: sidecar[kind + "Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
        self.assertEqual(probes, {"startup": {"path": "/livez", "port": "tally"}, "readiness": {"path": "/readyz", "port": "tally"},
                                  "liveness": {"path": "/livez", "port": "tally"}})
        self.assertEqual(pod["containers"][0]["readinessProbe"]["httpGet"], {"path": "/healthz/web", "port": 10780})
        self.assertEqual(pod["securityContext"]["runAsUser"], 65532)
        self.assertEqual(sidecar["volumeMounts"], [{"name": "tallyman-targets", "mountPath": "/etc/tallyman", "readOnly": True}])
        self.assertEqual(breaches(pod), [])
        return pod

    def test_1_the_pod(self):
        pod = self.check_deployment(read(BASE, "deployment.yaml"))
        self.assertEqual(pod["volumes"], [{"name": "tallyman-targets", "configMap": {"name": "tallyman-targets"}}])

    def test_2_what_breaches_says(self):
        """The check above sees each thing it is for."""
        good = json.dumps(read(BASE, "deployment.yaml")["spec"]["template"]["spec"])
        rows = {
            "web: runAsNonRoot": lambda p: p["containers"][0]["securityContext"].update(runAsNonRoot=False),
            "web: runAsUser": lambda p: p["containers"][0]["securityContext"].update(runAsUser=0),
            "tallyman: seccompProfile": lambda p: p["initContainers"][0]["securityContext"].update(seccompProfile={"type": "Unconfined"}),
            "tallyman: allowPrivilegeEscalation": lambda p: p["initContainers"][0]["securityContext"].pop("allowPrivilegeEscalation"),
            "web: capabilities.drop": lambda p: p["containers"][0]["securityContext"].pop("capabilities"),
            "tallyman: readOnlyRootFilesystem": lambda p: p["initContainers"][0]["securityContext"].pop("readOnlyRootFilesystem"),
            "hostNetwork": lambda p: p.update(hostNetwork=True),
            "volume tallyman-targets": lambda p: p["volumes"][0].update(hostPath={"path": "/"}),
        }
        for breach, spoil in rows.items():
            pod = json.loads(good)  # without the sharing of YAML's aliases
            spoil(pod)
            self.assertEqual(breaches(pod), [breach])

    def test_3_its_targets(self):
        """The ConfigMap is made of targets.yaml, and the agent takes it: port, and the target of the probe."""
        kustomization = read(BASE, "kustomization.yaml")
        self.assertEqual(kustomization["configMapGenerator"], [{"name": "tallyman-targets", "files": ["targets.yaml"]}])
        self.assertEqual(kustomization["resources"], ["deployment.yaml"])
        self.assertEqual({i["name"] for i in kustomization["images"]}, {"example-web", "tallyman"})
        code, out, err = self.tallyman("check", os.path.join(BASE, "targets.yaml"))
        self.assertEqual(code, 0, out + err)
        config = read(BASE, "targets.yaml")
        self.assertEqual(config["listen"], ":10780")
        self.assertEqual([t["name"] for t in config["targets"]], ["web"])
        agent = self.run_agent(os.path.join(BASE, "targets.yaml")).ready()
        self.assertEqual(agent.get("/healthz/web").status, 503, "nobody listens on the application's port here")

    def test_4_the_overlay(self):
        kustomization = read(OVERLAY, "kustomization.yaml")
        self.assertEqual(kustomization["resources"], ["../../base", "podmonitor.yaml"])
        monitor = read(OVERLAY, "podmonitor.yaml")
        self.assertEqual((monitor["apiVersion"], monitor["kind"]), ("monitoring.coreos.com/v1", "PodMonitor"))
        labels = read(BASE, "deployment.yaml")["spec"]["template"]["metadata"]["labels"]
        self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(), labels.items())
        self.assertEqual([(e["port"], e["path"]) for e in monitor["spec"]["podMetricsEndpoints"]], [("tally", "/metrics")])

        # As Prometheus sees the pod then: the operator's own labels first, the endpoint's relabelings after them.
        self.assertNotIn("jobLabel", monitor["spec"])
        key = {"sourceLabels": "source_labels", "targetLabel": "target_label"}
        ours = [{key.get(k, k): v for k, v in rule.items()} for rule in monitor["spec"]["podMetricsEndpoints"][0]["relabelings"]]
        theirs = {"job": "shop/tallyman", "namespace": "shop", "pod": "web-1", "container": "tallyman", "endpoint": "tally"}
        path = self.write("operator.json", json.dumps({"scrape_configs": [{
            "job_name": "podMonitor/shop/tallyman/0", "relabel_configs": [{"target_label": k, "replacement": v} for k, v in theirs.items()] + ours,
            "static_configs": [{"targets": ["10.0.0.1:10780"]}]}]}))
        code, text = promtool("check", "service-discovery", path, "podMonitor/shop/tallyman/0")
        self.assertEqual(code, 0, text)
        self.assertEqual([{k: v for k, v in found["labels"].items() if not k.startswith("__")} for found in json.loads(text)],
                         [{"instance": "10.0.0.1:10780", "job": "tallyman", "kubernetes_namespace": "shop", "pod": "web-1", "container": "tallyman",
                           "endpoint": "tally"}])

    def test_5_what_kustomize_makes_of_it(self):
        if not shutil.which("kubectl"):
            self.skipTest("KUSTOMIZE NOT RUN: no kubectl")

        def build(folder):
            done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, timeout=60, env={**os.environ, "HOME": self.folder})
            self.assertEqual(done.returncode, 0, done.stderr)
            return {d["kind"]: d for d in yaml.safe_load_all(done.stdout)}
        base = build(BASE)
        self.assertEqual(set(base), {"ConfigMap", "Deployment"})
        with open(os.path.join(BASE, "targets.yaml")) as f:
            self.assertEqual(base["ConfigMap"]["data"], {"targets.yaml": f.read()})
        name = base["ConfigMap"]["metadata"]["name"]
        self.assertRegex(name, r"^tallyman-targets-[a-z0-9]{10}$")
        pod = self.check_deployment(base["Deployment"])
        self.assertEqual(pod["volumes"], [{"name": "tallyman-targets", "configMap": {"name": name}}])
        self.assertEqual(pod["initContainers"][0]["image"], "registry.example.org/tallyman:0.1.0")
        self.assertEqual(set(build(OVERLAY)), {"ConfigMap", "Deployment", "PodMonitor"})


if __name__ == "__main__":
    unittest.main()
