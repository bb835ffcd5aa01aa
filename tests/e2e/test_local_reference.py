"""collectors/README.md, the reference of the language: what it shows loads, what it links to is there, every key is in it, and it
stays short enough to be read in a quarter of an hour."""
import json
import os
import re
import unittest

from support.agent import REPO, Test

FOLDER = os.path.join(REPO, "collectors")
WORDS = 4500  # 300 a minute
HEAD = "collector: x\nabout: t\n"


def page(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        return f.read()


def keys_of(schema):
    """All keys that the JSON Schema knows, of whatever map."""
    if isinstance(schema, list):
        return set().union(*map(keys_of, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", ())) | keys_of(list(schema.values()))


def blocks(text, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)


def completed(fragment):
    """A whole collector around an example that shows a part of one. Requests that it only names ask for the page itself."""
    if "collector:" in fragment:
        return re.sub("^collector: .*", "collector: x", fragment, flags=re.M)
    named = sorted(set(re.findall(r"from: ([a-z]+)", fragment)) or {"page"})
    if "requests:" in fragment:
        named = [name for name in named if not re.search(rf"^  {name}:|requests: {{ {name}:", fragment, re.M)]
        fragment = re.sub(r"^requests:\n", lambda found: found[0] + "".join(f"  {name}: {{}}\n" for name in named), fragment, flags=re.M)
    else:
        fragment = f"requests: {{ {', '.join(f'{name}: {{}}' for name in named)} }}\n{fragment}"
    if not re.search("^(workers|queues|service):", fragment, re.M):
        asked = (re.findall(r"^  ([a-z]+):(?! \{\}$)", fragment.partition("requests:\n")[2], re.M) or named)[-1]
        fragment += f"service: {{ from: {asked}, load: 1 }}\n"
    return HEAD + fragment


class Reference(Test):
    def check(self, text):
        code, out, err = self.tallyman("check", self.write("x.yaml", text))
        self.assertEqual(code, 0, f"{out}{err}\n{text}")

    def test_it_takes_fifteen_minutes(self):
        words = [word for word in page("README.md").split() if re.search("[A-Za-z0-9]", word)]  # the bars of tables are none
        self.assertLessEqual(len(words), WORDS)

    def test_every_key_is_in_it(self):
        keys = keys_of(json.loads(page("collector.schema.json")))
        self.assertGreater(len(keys), 100)
        text = page("README.md")
        self.assertEqual([key for key in sorted(keys) if not re.search(rf"(?<!\w){key}(?!\w)", text)], [])

    def test_its_examples_load(self):
        found = blocks(page("README.md"), "yaml") + blocks(page("DETAILS.md"), "yaml")
        self.assertGreater(len(found), 8)
        for example in found:
            with self.subTest(example):
                if example.startswith("for_each:"):  # one a line
                    for line in example.splitlines():
                        self.check(HEAD + "with: { task_queues: [a] }\nrequests:\n  runners: {}\n"
                                   f"  q:\n    {line}\nservice: [{{ from: runners, load: 1 }}, {{ from: q, max_load: 1 }}]\n")
                else:
                    self.check(completed(example))

    def test_its_examples_of_formats_load(self):
        text = page("README.md")
        found = re.findall(r"^\*\*(\w+)\*\*[^\n]*\n```\n(.*?)^```$", text, re.M | re.S)
        self.assertEqual([name for name, _ in found], ["csv", "kv", "fields", "text"])
        for name, lines in found:
            rules = re.findall(r"  ((?:requests|workers|queues|service): \{.*)", lines)
            requests = [] if "requests:" in lines else [f"requests: {{ r: {{ format: {name} }} }}"]
            for rule in (rules if name == "kv" else ["\n".join(rules)]):
                with self.subTest(rule):
                    self.check(HEAD + "\n".join(requests + [rule]) + "\n")

    def test_what_it_links_to_is_there(self):
        for name in ("README.md", "DETAILS.md", "BUILT_IN.md"):
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page(name)):
                with self.subTest(target):
                    self.assertTrue(target.startswith("http") or os.path.exists(os.path.join(FOLDER, target)))


if __name__ == "__main__":
    unittest.main()
