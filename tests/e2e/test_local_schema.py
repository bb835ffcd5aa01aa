"""collector.schema.json, which editors use, against an implementation of JSON Schema that is not ours: it takes every collector
that is here, and refuses what `tallyman check` refuses of keys, types and words. (That both know the same keys: tests/config/schema.)
"""
import glob
import json
import os
import re
import unittest

from support.agent import REPO, Test

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = yaml = None

EXAMPLES = os.environ.get("TALLYMAN_EXAMPLES") or os.path.join(REPO, "..", "shared", "language-examples")  # if they are there
HEAD = "collector: x\nabout: t\nrequests: { r: {} }\n"
REFUSED = [
    HEAD + "servce: { load: 1 }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { pth: /a } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { path: \"/a?b=1\" } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { method: PUT } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { format: xml } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { batch: 0 } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { every: 5 minutes } }\nservice: { load: 1 }\n",
    "collector: X\nabout: t\nrequests: { r: {} }\nservice: { load: 1 }\n",
    "about: t\nrequests: { r: {} }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nservice: { load: 1 }\n",
    HEAD + "workers: { load: 1 }\n",
    HEAD + "queues: { tasks: { ready: 1 } }\n",
    HEAD + "queues: { queue: a, tasks: { waiting: 1 } }\n",
    HEAD + "service: { load: { path: $.a, as: minutes } }\n",
    HEAD + "service: { load: { path: $.a, sum: $.b } }\n",
    HEAD + "service: { load: { count: \"$.a[*]\", none: 0 } }\n",
    HEAD + "service: { load: { path: $.a, outer: 9 } }\n",
    HEAD + "service: { fold: mean, load: 1 }\n",
    HEAD + "service: { metrics: { a: { gauge: 1 } } }\n",
    HEAD + "service: { metrics: { a: { gauge: 1, counter: 2, help: h } } }\n",
    HEAD + "service: { metrics: { A: { gauge: 1, help: h } } }\n",
    HEAD + "service: { metrics: { a: { stateset: $.a, help: h } } }\n",
    HEAD + "service: { metrics: { a: { histogram: { le: 1 }, help: h } } }\n",
    HEAD + "service: { flatten: { max: 5 } }\n",
    HEAD + "service: { flatten: { prefix: tally_ } }\n",
    "collector: x\nabout: t\nrequests: { r: { pages: { last: $.n, next: $.n, query: p } } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { pages: { last: $.n } } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { body: { json: 1, text: a } } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { body: { xmlrpc: { args: [] } } } }\nservice: { load: 1 }\n",
    "collector: x\nabout: t\nrequests: { r: { for_each: { from: r } } }\nservice: { load: 1 }\n",
    HEAD + "service: { each: { keys: $.a }, load: 1 }\n",
    HEAD + "service: { each: [{ first: $.a }], load: 1 }\n",
    HEAD + "service: { load: { path: $.a, sep: x } }\n",
    HEAD + "service: { load: { diff: [$.a, $.b], extrct: x } }\n",
    HEAD + "service: { load: { none: 0 } }\n",
    HEAD + "service: { metrics: { a: { counter: 1, help: h } } }\n",
    HEAD + "service: { metrics: { a: { gauge: 1, states: [b], help: h } } }\n",
    HEAD + "service: { metrics: { tally_a: { gauge: 1, help: h } } }\n",
    HEAD + "workers: { worker: a, state: bussy }\n",
    HEAD + "workers: { worker: a, state: { path: $.s, map: { on: idle, off: down } } }\n",
    HEAD + "workers: { worker: a, state: { path: $.s, default: down } }\n",
    HEAD + "workers: { worker: a, state: { count: \"$.s[*]\" } }\n",
    HEAD + "queues: { queue: a, state: idle, tasks: 1 }\n",
    HEAD + "queues: { queue: a, tasks: 1 }\n",
    HEAD + "queues: { queue: a, state: ready, tasks: { ready: 1 } }\n",
    HEAD + "queues: { queue: a, state: ready }\n",
    HEAD + "limits: { body: 5 potatoes }\nservice: { load: 1 }\n",
    HEAD + "limits: { pages: 0 }\nservice: { load: 1 }\n",
]


def loader():
    """YAML's core schema, as the agent reads it: `yes` is a text, and so is a date."""
    class Core(yaml.SafeLoader):
        pass

    kept = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")
    Core.yaml_implicit_resolvers = {
        first: [(tag, regex) for tag, regex in rows if tag in kept] for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
    return Core


@unittest.skipUnless(jsonschema and yaml, "python3-jsonschema and python3-yaml are not installed")
class Schema(Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(os.path.join(REPO, "collectors", "collector.schema.json"), encoding="utf-8") as f:
            schema = json.load(f)
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)
        cls.loader = loader()

    def wrong(self, text):
        document = json.loads(json.dumps(yaml.load(text, self.loader)))  # keys are texts
        return [f"{list(e.absolute_path)}: {e.message[:300]}" for e in self.validator.iter_errors(document)]

    def test_every_collector_is_good(self):
        folders = ("collectors", "tests/collectors/examples", "tests/e2e/collectors", EXAMPLES)
        files = [path for folder in folders for path in sorted(glob.glob(os.path.join(REPO, folder, "*.yaml")))]
        self.assertGreater(len(files), 40)
        for path in files:
            with self.subTest(os.path.relpath(path, REPO)), open(path, encoding="utf-8") as f:
                self.assertEqual(self.wrong(f.read()), [])

    def test_editors_find_it(self):
        for folder in ("collectors", "tests/collectors/examples"):
            for path in sorted(glob.glob(os.path.join(REPO, folder, "*.yaml"))):
                with self.subTest(os.path.relpath(path, REPO)), open(path, encoding="utf-8") as f:
                    said = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)\n", f.readline())
                    self.assertTrue(said, "the first line names the schema")
                    named = os.path.join(os.path.dirname(path), said[1])
                    self.assertTrue(os.path.samefile(named, os.path.join(REPO, "collectors", "collector.schema.json")))

    def test_the_binary_has_it(self):
        code, out, err = self.tallyman("collectors", "--schema")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(json.loads(out), self.validator.schema)

    def test_it_refuses_what_check_refuses(self):
        for i, text in enumerate(REFUSED):
            with self.subTest(text):
                self.assertTrue(self.wrong(text))
                code, out, err = self.tallyman("check", self.write(f"{i}/x.yaml", text))
                self.assertEqual(code, 2, out + err)


if __name__ == "__main__":
    unittest.main()
