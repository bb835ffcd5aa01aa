"""Reads one exposition in both formats with parsers that are not ours.

  compare.py TEXT OPENMETRICS...  a line for each pair: `7 series` if both are well formed and say
                                  the same, else what is wrong

The judge of OpenMetrics is python3-prometheus-client's parser, which agrees with all cases of the
OpenMetrics suite. Text 0.0.4 is read by the same package (`promtool check metrics` reads it too,
from the test). Then both must have the same series and values, each once.
"""
import math
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text


def series(samples, of):
    out = {}
    for s in samples:
        key = (s.name, tuple(sorted(s.labels.items())))
        if key in out:
            raise ValueError(f"{of}: {key} stands twice")
        out[key] = "NaN" if math.isnan(s.value) else float(s.value)
    return out


def read(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        return f.read()


def compare(plain, strict):
    heads = [line.split(" ")[2] for line in plain.split("\n") if line.startswith("# TYPE ")]
    if len(heads) != len(set(heads)):
        raise ValueError("text: a family has two heads")
    families = list(text.text_string_to_metric_families(plain))
    # Line by line: the family parser renames counters that lack `_total`.
    lines = [text._parse_sample(line) for line in plain.split("\n") if line and line[0] != "#"]
    a = series(lines, "text")
    if sum(len(f.samples) for f in families) != len(lines):
        raise ValueError("text: the families do not have all samples")
    b = series((s for f in openmetrics.text_string_to_metric_families(strict) for s in f.samples), "openmetrics")
    if a != b:
        only = [k for k in a if a[k] != b.get(k)] + [k for k in b if k not in a]
        raise ValueError(f"{len(only)} series differ, first {only[0]}: {a.get(only[0])} and {b.get(only[0])}")
    return f"{len(a)} series"


for at in range(1, len(sys.argv), 2):
    try:
        print(compare(read(sys.argv[at]), read(sys.argv[at + 1])))
    except ValueError as e:
        print(str(e).replace("\n", " "))
