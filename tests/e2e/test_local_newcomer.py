"""The first five minutes: the targets.yaml of the repository, no network, no other program."""
import os
import unittest

from support.agent import REPO, Test, eventually


class Newcomer(Test):
    def test_workers_queues_and_loads_are_there_and_move(self):
        agent = self.run_agent(os.path.join(REPO, "targets.yaml")).ready(15)

        def all_there():
            m = agent.metrics()
            ups = m.find("tally_target_up")
            assert len(ups) >= 3 and set(ups.values()) == {1}, ups
            for name in ("tally_worker_load", "tally_worker_max_load", "tally_worker_up", "tally_worker_state", "tally_worker_ready",
                         "tally_worker_open_tasks", "tally_queue_tasks"):
                assert m.find(name), name
            assert m.find("kobo_worker_load"), "the names that users know"
            assert [k for k in m.series if k[0].endswith("site_total_num_users")], "the site's accounting"
            return m
        first = eventually(all_there, 15, "the dummies' series")
        for (name, labels), up in first.find("tally_worker_up").items():
            self.assertIn(up, (0, 1))
        states = {}
        for (name, labels), value in first.find("tally_worker_state").items():
            who = tuple(x for x in labels if x[0] in ("target", "worker"))
            states[who] = states.get(who, 0) + value
        self.assertEqual(set(states.values()), {1}, "exactly one state of each worker is 1")
        for key, load in first.find("tally_worker_load").items():
            labels = {k: v for k, v in key[1] if k in ("target", "worker")}
            limit = first.value("tally_worker_max_load", **labels)
            self.assertGreaterEqual(load, 0)
            if limit is not None:
                self.assertLessEqual(load, limit * 2)

        def moved():
            m = agent.metrics()
            return [n for n in ("tally_worker_load", "tally_queue_tasks") if m.find(n) and m.find(n) != first.find(n)] and m
        eventually(moved, 45, "loads and queues that move")

    def test_check_likes_it(self):
        code, out, err = self.tallyman("check", os.path.join(REPO, "targets.yaml"))
        self.assertEqual(code, 0, out + err)


if __name__ == "__main__":
    unittest.main()
