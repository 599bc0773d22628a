"""An audit of the built-in model. What it says of this machine's times is not looked at: they never gate a test."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, UNDISTURBED, CliTest, environment  # noqa: E402

CHECKS = ["clock", "own_cost", "watching", "sensors", "outputs", "repeats", "tokens", "equal_models"]
SHORT_S = "4"
PLAIN = ["--threads", "1", *UNDISTURBED]
NOT_RUN = "audit: not run on this machine; run `bantam audit`"


class AuditTest(CliTest):
    def audit(self, *arguments, env=None, budget=SHORT_S):
        done = self.bantam("audit", "--time-budget", budget, *PLAIN, "-o", "json", *arguments, env=env)
        self.assertIn(done.returncode, (0, 1, 6), done.stderr)
        page = json.loads(done.stdout)
        standings = {check["check"]: check["standing"] for check in page["checks"]}
        worst = next((one for one in ("failed", "cannot tell") if one in standings.values()), "passed")
        self.assertEqual(page["verdict"], worst)
        self.assertEqual(done.returncode, {"passed": 0, "cannot tell": 1, "failed": 6}[worst])
        return page, standings

    def own_cache(self, **changes):
        return environment(BANTAM_CACHE=str(self.folder / "cache"), **changes)

    def test_audit_of_the_built_in_model_and_its_line_in_reports(self):
        env = self.own_cache()
        run = ["run", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", "--threads", "1", *QUICK]
        before = self.bantam(*run, env=env)
        self.assert_ok(before)
        self.assertIn(NOT_RUN, before.stdout)
        page, standings = self.audit(env=env)
        self.assertEqual(list(standings), CHECKS)
        self.assertEqual((page["model"], page["precision"]), ("embedded:nano", "fp16"))
        for check in ("outputs", "tokens"):  # no matter how busy the machine is
            self.assertEqual(standings[check], "passed", page)
        data = {check["check"]: check["data"] for check in page["checks"]}
        self.assertEqual(data["outputs"]["prompts"], 5)
        self.assertEqual(data["clock"]["backward_steps"], 0)
        self.assertEqual(data["repeats"]["cached_tokens"], 0)
        self.assertGreaterEqual(data["repeats"]["pairs"], 8)
        self.assertGreater(data["own_cost"]["token_s"], 0)
        for command in (["analyze"], ["analyze", "-o", "md"]):
            after = self.bantam(*command, env=env)
            self.assertIn(f"audit: {page['verdict']} {page['finished_at'][:10]}", after.stdout.replace("\\", ""))
            self.assertNotIn("not run", after.stdout)

    def test_some_of_the_checks_are_not_kept(self):
        env = self.own_cache()
        _, standings = self.audit("--only", "own-cost,clock", env=env)
        self.assertEqual(list(standings), ["clock", "own_cost"])
        self.assertFalse((self.folder / "cache" / "audit").exists())

    def test_the_sensors_of_the_machine_are_read(self):
        zone = self.folder / "tree/sys/class/powercap/intel-rapl:0"
        zone.mkdir(parents=True)
        (zone / "name").write_text("package-0\n")
        (zone / "energy_uj").write_text("1000\n")
        page, _ = self.audit("--only", "sensors", "--sysfs-root", "tree", budget="20")
        data = page["checks"][0]["data"]
        self.assertEqual(data["sources"], ["intel-rapl:package-0"])
        self.assertGreater(data["readings"], 10, "ten per second for more than a second")
        self.assertGreater(data["cpu_s"], 0)

    def test_an_engine_that_remembers_fails(self):
        page, standings = self.audit("--only", "repeats", env=environment(BANTAM_DRILL="audit/repeat=0.9"))
        self.assertEqual(standings, {"repeats": "failed"})
        self.assertIn("repeating one sample is faster", page["checks"][0]["meaning"])

    def test_a_clock_that_steps_back_fails(self):
        _, standings = self.audit("--only", "clock", env=environment(BANTAM_DRILL="audit/clock_back=3"))
        self.assertEqual(standings, {"clock": "failed"})

    def test_leaves_nothing_behind(self):
        (self.folder / "tmp").mkdir()
        self.audit("--only", "equal_models", env=environment(TMPDIR=str(self.folder / "tmp")))
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
