"""Answers that look honest and are within the limits of size, but take many times what they weigh: a row each, in an
agent of its own beside eight healthy neighbours. Peak resident memory is bounded, and the neighbours lose nothing."""
import os
import re
import unittest

from support import large
from support.agent import Test, binary, eventually
from support.fakes import Server, answer, crew

POLLS = 2  # the second meets what the first left: a snapshot that is held, memory that is kept


class Row:
    """`refused`: parts of what the target's page must say of the limit it is over; None: it must be shown.
    `peak`: what the agent may take, in MiB; 64 unless what is shown is honestly that large."""

    def __init__(self, collector, script, refused=None, peak=64, path="/", polls=POLLS):
        self.collector, self.script, self.refused, self.peak, self.path, self.polls = collector, script, refused, peak, path, polls


TEXT = ["more than 16777216 bytes of text"]

ROWS = {
    "1000_workers_of_1000_bytes": Row("uwsgi", large.uwsgi(1000, 1000), TEXT),
    "5000_workers_of_1000_bytes": Row("uwsgi", large.uwsgi(5000, 1000), TEXT),
    "200_labels_each": Row("prometheus", large.series_of_many_labels(8000, 200), ["takes more than 41943040", "line 6850"]),
    "50000_families": Row("prometheus", large.families(50_000), TEXT),
    "15000_families": Row("prometheus", large.families(15_000)),
    "1000_helps_of_14_kB": Row("prometheus", large.helps(1000, 14_000)),
    "15500_values_of_1000_bytes": Row("prometheus", large.long_values(15_500, 1000)),
    "a_family_name_of_5_MB": Row("prometheus", large.family_name(5_000_000)),
    "100000_ordinary_series": Row("prometheus", large.ordinary(100_000)),
    "11000_histograms": Row("prometheus", large.histograms(11_000)),
    # Not under 64: 72 to 98 MiB were seen, by how the answers fall together; 340 before they had a bound.
    "400_answers_of_140_kB": Row("kobo", large.hub(400, 140_000), ["the limit is 41943040", "ask for fewer pages or items"], peak=128),
    "1000_answers_of_10_kB": Row("kobo", large.hub(1000, 10_000)),
    # Not under 64: what is asked of each worker names it again, so the requests of a poll have 15 MB too: 89 were seen.
    "990_workers_of_3000_bytes": Row("kobo", large.hub_of_names(990, 3000), peak=112),
    "990_workers_of_900_bytes": Row("kobo", large.hub_of_names(990, 900)),
    # Another set of series at each poll: the old one is shown while the new one is made.
    "3000_fresh_workers": Row("crew", large.fresh_workers(3000), polls=5),
    "5500_workers_in_turn": Row("crew", large.in_turn(large.workers("a", 5500), large.workers("b", 5500)), polls=4),
    "99000_series_in_turn": Row("prometheus", large.in_turn(large.named("a", 99_000), large.named("b", 99_000)), polls=4),
    "90000_series_folded": Row("prometheusrock", large.rock(90_000), ["that is what the text leaves"]),
    "9000_histograms_folded": Row("prometheusrock", large.rock_histograms(9000), ["that is what the text leaves"]),
}


def peak_mib(agent):
    with open(f"/proc/{agent.process.pid}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read())[1]) / 1024


class LargeAnswers(Test):
    seconds = 240

    def test_the_table(self):
        with open(binary(), "rb") as f:
            sanitized = b"__asan_init" in f.read()  # it keeps shadows and what was freed
        only = os.environ.get("ROWS", "").split()
        for name, row in ROWS.items():
            if only and name not in only:
                continue
            with self.subTest(name):
                peak = self.run_row(name, row)
                if not sanitized:
                    self.assertLess(peak, row.peak)

    def run_row(self, name, row):
        server = Server(row.script)
        neighbours = {f"neighbour{i}": Server(answer(crew())) for i in range(8)}
        targets = [{"name": "large", "collector": row.collector, "url": server.url + row.path, "interval": "4s", "timeout": "4s"}]
        targets += [{"name": n, "collector": "crew", "url": s.url, "interval": "1s"} for n, s in neighbours.items()]
        agent = self.agent(targets)
        try:
            agent.ready(60)
            eventually(lambda: len(server.requests) >= row.polls, 60, "requests")

            def polled():
                text = agent.get("/metrics", timeout=20).text
                done = re.search(r'^tallyman_poll_duration_seconds_count\{collector="%s"\} (\d+)$' % row.collector, text, re.M)
                return done and int(done[1]) >= row.polls and text
            text = eventually(polled, 60, "polls")
            page = agent.get("/healthz/large").text
            peak = peak_mib(agent)
            samples = re.search(r'^tally_target_samples\{.*target="large"\} (\d+)$', text, re.M)
            print(f"\n{name}: peak {peak:.1f} MiB, {samples[1] if samples else 0} samples, {len(text)} bytes shown; {page[:400]}", flush=True)
            self.assertEqual(re.findall(r'^tally_target_errors_total\{.*target="neighbour.*', text, re.M), [])
            for neighbour in neighbours:
                self.assertRegex(text, r'(?m)^tally_target_up\{.*target="%s"\} 1$' % neighbour)
            if row.refused is None:
                self.assertNotIn("failed:", page)
            else:
                self.assertIn("failed: limit: ", page)
                for part in row.refused:
                    self.assertIn(part, page)
            return peak
        finally:
            agent.stop()
            for s in (server, *neighbours.values()):
                s.stop()


if __name__ == "__main__":
    unittest.main()
