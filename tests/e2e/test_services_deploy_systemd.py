"""deploy/systemd: what systemd-analyze says of the unit; systemd itself need not run."""
import os
import shutil
import subprocess
import unittest

from support.agent import REPO, Test, binary

UNIT = os.path.join(REPO, "deploy", "systemd", "tallyman.service")


class Unit(Test):
    def analyze(self, *arguments):
        if not shutil.which("systemd-analyze"):
            self.skipTest("UNIT NOT VERIFIED: no systemd-analyze")
        done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, cwd=self.folder)
        return done.returncode, done.stdout + done.stderr

    def unit(self):
        with open(UNIT, encoding="utf-8") as f:
            return f.read()

    def test_verify(self):
        text = self.unit().replace("/usr/bin/tallyman", binary())
        code, said = self.analyze("verify", self.write("tallyman.service", text))
        self.assertEqual((code, said), (0, ""))
        code, said = self.analyze("verify", self.write("tallyman.service", text.replace("ProtectHome=yes", "ProtectHomme=yes")))
        self.assertIn("ProtectHomme", said, "it would say so")

    def test_exposure(self):
        """Of 10; measured: 1.4 with systemd 252. The threshold is in tenths."""
        code, said = self.analyze("security", "--offline=true", "--threshold=15", UNIT)
        self.assertEqual(code, 0, said)
        code, _ = self.analyze("security", "--offline=true", "--threshold=15",
                               self.write("tallyman.service", self.unit().replace("DynamicUser=yes\n", "").replace("CapabilityBoundingSet=\n", "")))
        self.assertNotEqual(code, 0)

    def test_it_starts_what_the_readme_says(self):
        command = next(line for line in self.unit().splitlines() if line.startswith("ExecStart=")).removeprefix("ExecStart=").split()
        self.assertEqual(command, ["/usr/bin/tallyman", "run", "--config", "/etc/tallyman/targets.yaml"])


if __name__ == "__main__":
    unittest.main()
