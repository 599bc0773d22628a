#!/usr/bin/env python3
"""`--meter http://...`: a smart plug on loopback with a known power, and what it may do wrong."""
import json
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from plug_server import Plug  # noqa: E402
from sensor_world import Curve, SensorTest  # noqa: E402

# 50 new values are the least window: 25 s, since a plug is asked twice per second.
DEVICE_S = 30
DISTURBED_S = 10
WAVE = Curve(30.0, 12.0, 12.0)
FAST = Curve(40.0, 5.0, 2.5)


class HttpMeterTest(SensorTest):
    def setUp(self):
        super().setUp()
        (self.folder / "empty").mkdir()

    def plug(self, *arguments, **more):
        plug = Plug(*arguments, **more)
        self.addCleanup(plug.close)
        return plug

    def sampling(self, plug, *flags):
        return self.start("device", "--power", DEVICE_S, "--sysfs-root", "empty", "-o", "json", "--meter", plug.url(), *flags)

    def sampled(self, process):
        code, out, errors = self.end_of(process)
        self.assertEqual(code, 0, errors)
        (source,) = json.loads(out)["sources"]
        return source

    def test_a_known_curve_gives_its_joules(self):
        """Three forms of answers at one time; one plug has new values every two seconds only."""
        known = self.plug(WAVE)
        named = self.plug(WAVE, text=lambda watts: json.dumps({"switch:0": {"mw": [1000 * watts]}}))
        slow = self.plug(Curve(30.0, 12.0, 11.3), update_s=2.0)
        processes = [self.sampling(known), self.sampling(named, "--meter-field", "/switch:0/mw/0:mW"), self.sampling(slow)]
        sources = [self.sampled(process) for process in processes]
        for plug, source in zip((known, named), sources):
            self.assertEqual((source["name"], source["scope"], source["grade"], source["standing"]), ("meter:127.0.0.1", "wall", "A", "ok"), source)
            first = plug.asked[1]  # the first request finds out what the plug is
            self.assert_near(source["joules"], WAVE.joules(first, first + source["window_s"]))
            self.assert_near(source["window_s"], plug.asked[-2] - first, 0.05)
            self.assertLess(len(plug.asked), 2 * DEVICE_S + 5, "twice per second at most")
            self.assertEqual(len(plug.connections), 1, "the connection is kept")
        self.assertEqual(sources[2]["standing"], "absent")
        self.assertRegex(sources[2]["reason"], "too short for this sensor, which needs (9[0-9]|10[0-9]|11[0-9]) s")

    def test_a_plug_that_goes_wrong_is_never_believed(self):
        cases = {"stalls": (lambda handler, watts: time.sleep(3), "gone"),
                 "html": (lambda handler, watts: handler.send("<html>42</html>"), "no number"),
                 "nan": (lambda handler, watts: handler.send('{"apower": NaN}'), "no number"),
                 "nan_text": (lambda handler, watts: handler.send('{"apower": "nan"}'), "NaN"),
                 "negative": (lambda handler, watts: handler.send(json.dumps({"apower": -watts})), "negative"),
                 "kilo": (lambda handler, watts: handler.send(json.dumps({"apower": 1000 * watts})), "not possible"),
                 "error": (lambda handler, watts: handler.send(json.dumps({"apower": watts}), status=500), "gone"),
                 "long": (lambda handler, watts: handler.send(json.dumps({"apower": watts, "more": "x" * 70_000})), "gone"),
                 "moved": (lambda handler, watts: handler.send("", status=302, Location="/elsewhere"), "gone")}
        plugs = {name: self.plug(WAVE, disturb=disturb, disturbed_after_s=DISTURBED_S)
                 for name, (disturb, _) in cases.items()}
        plugs["unplugged"] = self.plug(WAVE)
        processes = {name: self.sampling(plug) for name, plug in plugs.items()}
        time.sleep(DISTURBED_S)
        plugs["unplugged"].unplug()
        for name, process in processes.items():
            with self.subTest(name):
                source = self.sampled(process)
                self.assertEqual(source["standing"], "invalid", source)
                self.assertNotIn("joules", source)
                self.assertIn("gone" if name == "unplugged" else cases[name][1], source["reason"])
                self.assertNotIn("/elsewhere", plugs[name].paths)

    def test_a_run_takes_its_figures(self):
        """Three runs side by side; the second plug tells nothing good from the middle on, the third one always the same."""
        good = self.plug(FAST)
        bad = self.plug(FAST, disturb=lambda handler, watts: handler.send(json.dumps({"apower": -watts})), disturbed_after_s=20.0)
        stuck = self.plug(Curve(40.0, 0.0, 1.0))
        (self.folder / "plan.yaml").write_text(f"meter: {good.url('/status')}\nmeter_field: /apower:W\n")
        flags = ["--energy-seconds", "30", "--energy-idle", "0", "--sysfs-root", "empty"]
        runs = {"good": self.begin("good", "--plan", "plan.yaml", *flags),
                "bad": self.begin("bad", "--meter", bad.url(), *flags),
                "stuck": self.begin("stuck", "--meter", stuck.url(), *flags)}
        ends = {name: self.end_of(run) for name, run in runs.items()}
        self.assertEqual(ends["good"][0], 0, ends["good"][2])
        block, source = self.headline("good")
        self.assertEqual((source["name"], source["scope"], source["grade"]), ("meter:127.0.0.1", "wall", "A"))
        # The sine adds at most half a wave, 5 W x 2.5 s / pi.
        self.assert_near(source["joules"], 40.0 * block["window_s"])
        self.assertEqual(self.record("good")["settings"]["energy"]["meter"], good.url("/status"))
        for name, reason in (("bad", "negative"), ("stuck", "stuck")):
            with self.subTest(name):
                self.assertNotEqual(ends[name][0], 0)
                self.assert_invalid(name, reason)

    def test_a_plug_that_is_not_there_is_named(self):
        def refused(url, *words, flags=(), code=4):
            for command in (("device", "--power", "1"), ("run", "--models", "embedded:nano", "--tasks", "energy")):
                done = self.bantam(*command, "--sysfs-root", "empty", "--meter", url, *flags)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(done.stdout, "")
                for word in words:
                    self.assertIn(word, done.stderr)
            self.assertFalse((self.folder / "bantam.db").exists())

        gone = self.plug(WAVE)
        url = gone.url()
        gone.unplug()
        refused(url, url, "connect", "is it on")
        refused(self.plug(WAVE, text=lambda watts: "<html>").url(), "is no JSON", "Shelly")
        refused(self.plug(WAVE, text=lambda watts: '{"watts": 5}').url(), "no figure of a form that is known", "--meter-field")
        refused(self.plug(WAVE, disturb=lambda handler, watts: handler.send("", status=401)).url(), "status 401", "password")
        refused(self.plug(WAVE).url(), "no number at /nowhere", flags=("--meter-field", "/nowhere"))
        refused(self.plug(WAVE).url(), "no JSON pointer", flags=("--meter-field", "nowhere"), code=2)
        refused("http://me:secret@127.0.0.1:9/", "user name or password", code=2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
