"""bantam device --power on folders that stand for a machine's sensors."""
import json
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import CliTest  # noqa: E402


class PowerTest(CliTest):
    def put(self, file, text):
        path = self.folder / "root" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def gpu_of_15_watts(self):
        self.put("sys/class/hwmon/hwmon0/name", "amdgpu\n")
        self.put("sys/class/hwmon/hwmon0/power1_average", "15000000\n")

    def sample(self, seconds, *more):
        done = self.bantam("device", "--power", seconds, "--sysfs-root", "root", "-o", "json", *more)
        self.assert_ok(done)
        return {source["name"]: source for source in json.loads(done.stdout)["sources"]}

    def test_a_constant_power_times_the_time(self):
        self.gpu_of_15_watts()
        gpu = self.sample(5.5)["hwmon:amdgpu:power1"]
        self.assertEqual((gpu["scope"], gpu["grade"], gpu["is_estimate"]), ("gpu", "C", False))
        if gpu["standing"] == "invalid":
            self.skipTest("this machine is too busy: " + gpu["reason"])
        self.assertAlmostEqual(gpu["mean_w"], 15.0, places=6)
        self.assertAlmostEqual(gpu["peak_w"], 15.0, places=6)
        self.assertAlmostEqual(gpu["joules"], 15.0 * gpu["window_s"], places=6)
        self.assertGreater(gpu["window_s"], 5.4)

    def test_a_window_that_is_too_short_is_absent_with_the_reason(self):
        self.gpu_of_15_watts()
        gpu = self.sample(0.5)["hwmon:amdgpu:power1"]
        self.assertEqual(gpu["standing"], "absent")
        self.assertIn("needs 5 s", gpu["reason"])
        self.assertNotIn("joules", gpu)

    def test_a_counter_that_stands_still_is_invalid(self):
        self.put("sys/class/powercap/intel-rapl:0/name", "package-0\n")
        self.put("sys/class/powercap/intel-rapl:0/energy_uj", "123\n")
        package = self.sample(3)["intel-rapl:package-0"]
        self.assertEqual(package["standing"], "invalid")
        self.assertIn("stuck", package["reason"])

    def test_an_estimate_is_marked(self):
        self.gpu_of_15_watts()
        estimate = self.sample(0.5, "--tdp", "28")["tdp (estimate)"]
        self.assertEqual((estimate["grade"], estimate["is_estimate"]), ("D", True))
        self.assertAlmostEqual(estimate["mean_w"], 28.0, places=6)
        page = self.bantam("device", "--power", 0.5, "--sysfs-root", "root", "--tdp", "28").stdout
        self.assertIn("tdp (estimate) is no measurement", page)

    def test_vcgencmd_of_the_root_is_asked(self):
        self.put("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0")
        script = self.put("usr/bin/vcgencmd", "#!/bin/sh\necho 'VDD_CORE_A current(7)=2.0A'\necho 'VDD_CORE_V volt(15)=0.8V'\n")
        script.chmod(0o755)
        done = self.bantam("device", "--power", 6, "--sysfs-root", "root", "-o", "json")
        self.assert_ok(done)
        (board,) = json.loads(done.stdout)["sources"]
        self.assertEqual((board["name"], board["scope"]), ("raspberry_pi_pmic", "board"))
        if board["standing"] != "invalid":
            self.assertAlmostEqual(board["mean_w"], 1.6, places=6)

    def test_an_interrupt_ends_it_early_with_what_was_seen(self):
        self.gpu_of_15_watts()
        process = self.start("device", "--power", "600", "--sysfs-root", "root")
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertIn("interrupted", stderr)
        self.assertIn("hwmon:amdgpu:power1", stdout)

    def test_hostile_names_stay_harmless(self):
        self.put("sys/class/hwmon/hwmon0/name", "evil\x1b[2J")
        self.put("sys/class/hwmon/hwmon0/power1_average", "15000000\n")
        self.put("sys/class/hwmon/hwmon0/power1_label", "\x1b]0;title\x07")
        done = self.bantam("device", "--power", 0.3, "--sysfs-root", "root")
        self.assert_ok(done)
        self.assertNotIn("\x1b", done.stdout)


if __name__ == "__main__":
    unittest.main()
