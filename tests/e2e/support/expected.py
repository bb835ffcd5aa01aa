"""Expected series, written by hand: `[?]name{label="value",...}<TAB>value`, `#` begins a comment.

All labels of a series are named. A label value may have one `*` at its end: any rest. `?` before the name: may be absent.
Values: a number (exact; `NaN`, `+Inf`), `low..high` where either may be `now`, `now+N` or `now-N`, `{expression}`
over the variables of the test, or `count`: the number of lines of this file that are not `tally_target_*`
(`tally_target_info` is counted)."""
import math
import re

from . import exposition


class Line:
    def __init__(self, name, labels, value, optional, where):
        self.name, self.labels, self.value, self.optional, self.where = name, dict(labels), value, optional, where

    def fits(self, series):
        name, labels = series
        if name != self.name or len(labels) != len(self.labels):
            return False
        for key, value in labels:
            want = self.labels.get(key)
            if want is None or not (value.startswith(want[:-1]) if want.endswith("*") else value == want):
                return False
        return True


def load(path, variables):
    lines = []

    def fill(text):
        return re.sub(r"\{([a-z_0-9+*-]+)\}", lambda m: str(eval(m[1], {"__builtins__": {}}, variables)), text)  # noqa: S307
    with open(path, encoding="utf-8") as f:
        for number, raw in enumerate(f, 1):
            if raw.startswith("#") or not raw.strip():
                continue
            series, _, value = raw.rstrip("\n").partition("\t")
            optional = series.startswith("?")
            name, _, labels = series.lstrip("?").partition("{")
            labels = tuple((k, fill(v)) for k, v in exposition.parse_labels(labels.rstrip("}")))
            lines.append(Line(name, labels, fill(value), optional, f"{path}:{number}"))
    count = sum(1 for line in lines if not line.name.startswith("tally_target_") or line.name == "tally_target_info")
    for line in lines:
        if line.value == "count":
            line.value = str(count)
    return lines


def number(text, now):
    m = re.match(r"now([+-]\d+)?$", text)
    return now + float(m[1] or 0) if m else float(text)


def right(expected, given, now):
    value = float(given)
    if ".." in expected:
        low, high = (number(t, now) for t in expected.split(".."))
        return low <= value <= high
    want = float(expected)
    if math.isnan(want):
        return math.isnan(value)
    if re.match(r"-?\d+$", expected) and abs(want) >= 2**53:
        return expected == given
    return want == value


def differences(lines, series, now):
    """Every missing, unexpected and wrong series, as lines of text."""
    out = []
    used = set()
    for line in lines:
        found = [s for s in series if line.fits(s)]
        used.update(found)
        if not found and not line.optional:
            out.append(f"missing: {line.name}{line.labels} ({line.where})")
        if len(found) > 1 and not any(v.endswith("*") for v in line.labels.values()):
            out.append(f"twice: {line.name}{line.labels}")
        for s in found:
            if not right(line.value, series[s], now):
                out.append(f"wrong: {s} is {series[s]}, expected {line.value} ({line.where})")
    out += [f"unexpected: {s} {v}" for s, v in series.items() if s not in used]
    return out
