"""A strict reader of text 0.0.4 for the tests: it refuses what a scraper may shrug at."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,?)')
SAMPLE = re.compile(r"(%s)(?:\{(.*)\})? (\S+)$" % NAME)
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


class Exposition:
    def __init__(self):
        self.types, self.helps, self.order = {}, {}, []
        self.series = {}  # (name, ((label, value), ...) sorted) -> value as written

    def value(self, name, **labels):
        """The value of the one series with these labels among its own; None if there is none."""
        found = self.find(name, **labels)
        assert len(found) <= 1, f"{name}{labels} fits {len(found)} series: {list(found)}"
        return next(iter(found.values()), None)

    def find(self, name, **labels):
        want = {(k, str(v)) for k, v in labels.items()}
        return {k: float(v) for k, v in self.series.items() if k[0] == name and want <= set(k[1])}

    def of_target(self, target):
        return {k: v for k, v in self.series.items() if ("target", target) in k[1]}


def unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


def parse_labels(text):
    labels, at = [], 0
    while at < len(text):
        m = LABEL.match(text, at)
        assert m, f"bad label at {text[at:at+60]!r}"
        assert m[3] or m.end() == len(text), f"no comma in {text!r}"
        labels.append((m[1], unescape(m[2])))
        at = m.end()
    assert len(dict(labels)) == len(labels), f"a label twice in {text!r}"
    return tuple(sorted(labels))


def family_of(name, types):
    for base in (name, *(name[: -len(s)] for s in ("_bucket", "_sum", "_count") if name.endswith(s))):
        if base in types and (base == name or name[len(base):] in SUFFIXES.get(types[base], ())):
            return base
    raise AssertionError(f"sample {name} has no TYPE line before it")


def parse(text):
    assert text == "" or text.endswith("\n"), "the text does not end with a line feed"
    out = Exposition()
    current, closed = None, set()

    def enter(family):
        nonlocal current
        if family != current:
            assert family not in closed, f"family {family} is in two places"
            if current is not None:
                closed.add(current)
            current = family
            out.order.append(family)

    for line in text.split("\n")[:-1]:
        try:
            if line.startswith("# HELP "):
                name, _, words = line[7:].partition(" ")
                assert name not in out.helps, "HELP twice"
                enter(name)
                out.helps[name] = unescape(words)
            elif line.startswith("# TYPE "):
                name, kind = line[7:].split(" ")
                assert name not in out.types, "TYPE twice"
                assert kind in ("gauge", "counter", "histogram", "summary", "untyped"), kind
                enter(name)
                out.types[name] = kind
            else:
                assert not line.startswith("#") and line, "neither sample nor head"
                m = SAMPLE.match(line)
                assert m, "not a sample (or a timestamp)"
                assert family_of(m[1], out.types) == current, f"sample inside {current}"
                float(m[3])
                key = (m[1], parse_labels(m[2] or ""))
                assert key not in out.series, "series twice"
                out.series[key] = m[3]
        except (AssertionError, ValueError) as e:
            raise AssertionError(f"{e}: {line}") from None
    for name in out.types:  # what is passed through may have come without
        assert name in out.helps or not name.startswith(("tally_", "tallyman_", "process_")), f"family {name} has no HELP"
    return out
