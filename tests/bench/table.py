#!/usr/bin/python3
"""The table of what was measured: from the outputs of `./dev bench ROW` that are stored, of one commit.

  tests/bench/table.py FOLDER        FOLDER holds ROW.txt, each a row's output with a head `# row ROW, commit .., date`

A line counts that a bench ends a comparison with: `what: median (least to greatest); bar at least 0.6, aim 0.8: met`."""
import os
import re
import sys

VERDICT = re.compile(r"^(?P<what>.+): (?P<median>[0-9.]+) \((?P<least>[0-9.]+) to (?P<greatest>[0-9.]+)\); bar (?P<how>at least|at most) "
                     r"(?P<must>[0-9.]+)(?:, aim (?P<aim>[0-9.]+))?: (?P<word>.+)$")


def reaches(value, bound, how):
    return value <= bound if how == "at most" else value >= bound


def rows(folder):
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".txt"):
            continue
        with open(os.path.join(folder, name)) as f:
            text = f.read()
        found = [m for m in map(VERDICT.match, text.splitlines()) if m]
        if not found:
            yield name[:-4], "no comparison", "", "", "", ""
        for m in found:
            median = float(m["median"])
            aim = "" if m["aim"] is None else "yes" if reaches(median, float(m["aim"]), m["how"]) else "no"
            must = "noisy" if "no verdict" in m["word"] else "yes" if reaches(median, float(m["must"]), m["how"]) else "NO"
            bound = f"{m['how']} {m['must']}" + (f" ({m['aim']})" if m["aim"] else "")
            yield name[:-4], m["what"], f"{m['median']} ({m['least']} to {m['greatest']})", bound, must, aim


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        raise SystemExit("no results are stored for this commit; run ./dev bench ROW")
    print("| row | what | measured | must (aim) | must met | aim met |\n|---|---|---|---|---|---|")
    for row in rows(sys.argv[1]):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
