"""The collectors that the language was tried on give, on the answers of the goldens, the samples that a person derives.

They lie outside the project (TALLYMAN_EXAMPLES, or shared/language-examples beside it); without them the tests are skipped, and that is
said. Where an example differs from the collector of its name here, tests/language-examples/NAME says how, and has its samples;
the others are held against the goldens of that collector as they are.
"""
import glob
import os
import unittest

from support.agent import REPO, Test

FOLDER = os.environ.get("TALLYMAN_EXAMPLES") or os.path.join(REPO, "..", "shared", "language-examples")
GOLDENS = os.path.join(REPO, "tests", "collectors")
OWN = os.path.join(REPO, "tests", "language-examples")

# Cases of what an example does not know.
UNFIT = {
    "ilmo": {"release_2021_03"},  # the shape of an older release
}


@unittest.skipUnless(os.path.isdir(FOLDER), f"no language examples in {FOLDER} (set TALLYMAN_EXAMPLES)")
class Examples(Test):
    def cases_of(self, name):
        if os.path.isdir(os.path.join(OWN, name)):
            return [os.path.join(OWN, name)]
        found = sorted(os.path.dirname(path) for path in glob.glob(os.path.join(GOLDENS, name, "*", "case.yaml")))
        return [case for case in found if os.path.basename(case) not in UNFIT.get(name, ())]

    def test_each_gives_the_samples_derived_by_hand(self):
        names = sorted(os.path.basename(path)[:-5] for path in glob.glob(os.path.join(FOLDER, "*.yaml")))
        self.assertEqual(len(names), 17, names)
        for name in names:
            cases = self.cases_of(name)
            self.assertTrue(cases, f"no case for {name}")
            for case in cases:
                with self.subTest(os.path.relpath(case, REPO)):
                    code, out, err = self.tallyman("test", "--collectors", FOLDER, case)
                    self.assertEqual(code, 0, out + err)
                    self.assertRegex(out, r"(?m)^ok .* \([1-9]\d* samples\)$")

    def test_own_cases_are_all_of_examples(self):
        for name in os.listdir(OWN):
            self.assertTrue(os.path.exists(os.path.join(FOLDER, name + ".yaml")), name)


if __name__ == "__main__":
    unittest.main()
