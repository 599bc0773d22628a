"""`bantam export wandb`, `mlflow` and `prometheus`, and `bantam run --wandb-enabled`: what trackers get, and what a server that
is away, closed or broken does to an export."""
import json
import shutil
import sqlite3
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, CliTest, environment  # noqa: E402
from mlflow_server import MlflowServer  # noqa: E402

MEASURED = Path(__file__).resolve().parents[1] / "files" / "measured.sql"


class StoreTest(CliTest):
    def setUp(self):
        super().setUp()
        with sqlite3.connect(self.folder / "bantam.db") as store:
            store.executescript(MEASURED.read_text(encoding="utf-8"))

    def assert_refused(self, done, code, words):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(done.stdout, "")


class MlflowTest(StoreTest):
    def serve(self, **options):
        server = MlflowServer(**options)
        self.addCleanup(server.close)
        return server

    def export(self, server, *flags, **changes):
        return self.bantam("export", "mlflow", "--url", server.url, *flags, env=environment(**changes))

    def test_runs_hold_what_the_store_holds(self):
        server = self.serve()
        done = self.export(server, "--experiment", "edge boards", "--tag", "board=rpi5")
        self.assert_ok(done)
        self.assertEqual(done.stdout.splitlines()[:3],
                         ["r1 nano fp16 (created)", "r2 nano int8 (created)", "r3 nano int4 (created)"])
        self.assertEqual(set(server.experiments), {"edge boards"})
        run = server.runs["r1"]
        self.assertEqual((run.status, run.name), ("FINISHED", "nano fp16"))
        self.assertEqual(run.params["performance.num_runs"], "30")
        self.assertEqual((run.tags["board"], run.tags["evidence"]), ("rpi5", "measured"))
        records = {(r["precision"], r["task"]): r for r in self.records()}
        for key, value in records[("fp16", "performance")]["metrics"].items():
            (_, sent, step), = run.metrics[f"performance/{key}"]
            self.assertEqual((sent, step), (value["value"], 0))
            if "interval" in value:
                (_, low, _), = run.metrics[f"performance/{key}_low"]
                self.assertEqual(low, value["interval"]["low"])
        self.assertEqual({step for _, _, step in run.metrics["rounds/ttft_s"]}, set(range(6)))
        failed = server.runs["r3"]
        self.assertTrue(failed.tags["outcome.nano_qa"].startswith("failed"))
        self.assertFalse([key for key in failed.metrics if key.startswith("nano_qa/")])
        self.assertEqual(failed.status, "FINISHED")
        skipped = server.runs["r4"]
        self.assertEqual((skipped.status, skipped.metrics), ("FAILED", {}))

    def test_the_same_results_are_sent_once(self):
        server = self.serve()
        self.assert_ok(self.export(server))
        before = len(server.asked)
        again = self.export(server)
        self.assert_ok(again)
        self.assertIn("r1 nano fp16 (there already)", again.stdout)
        self.assertEqual(set(server.asked[before:]), {"experiments/get-by-name", "runs/search"})
        self.assertEqual(len(server.runs), 4)

    def test_a_run_that_broke_off_is_completed(self):
        server = self.serve()
        server.fault("runs/log-batch", status=500, body=b'{"error_code": "INTERNAL_ERROR", "message": "disk"}', times=3, after=1)
        broken = self.export(server)
        self.assert_refused(broken, 4, "nano int8: ")
        self.assertIn("500: INTERNAL_ERROR: disk", broken.stderr)
        self.assertEqual([run.status for run in server.runs.values()], ["FINISHED", "RUNNING"])
        done = self.export(server)
        self.assert_ok(done)
        self.assertEqual(done.stdout.splitlines()[:3],
                         ["r1 nano fp16 (there already)", "r2 nano int8 (completed)", "r3 nano int4 (created)"])
        self.assertEqual(len(server.runs), 4)

    def test_a_short_hiccup_is_waited_for(self):
        server = self.serve()
        server.fault("runs/log-batch", status=503)
        self.assert_ok(self.export(server))

    def test_nobody_is_there(self):
        server = MlflowServer()
        server.close()
        done = self.export(server)
        self.assert_refused(done, 4, server.url)
        self.assertIn("is the server running?", done.stderr)

    def test_credentials(self):
        server = self.serve(authorization="Bearer let-me-in-12345")
        self.assert_refused(self.export(server), 4, "MLFLOW_TRACKING_TOKEN")
        wrong = self.export(server, MLFLOW_TRACKING_TOKEN="not-this-one-1")
        self.assert_refused(wrong, 4, "give no access")
        self.assertNotIn("not-this-one", wrong.stderr)
        self.assert_ok(self.export(server, MLFLOW_TRACKING_TOKEN="let-me-in-12345"))
        basic = self.serve(authorization="Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        self.assert_ok(self.export(basic, MLFLOW_TRACKING_USERNAME="Aladdin", MLFLOW_TRACKING_PASSWORD="open sesame"))

    def test_what_is_no_mlflow(self):
        for body in (b"<html>hello</html>", b"", b"[]", b'{"experiment": 7}', b"\xff\xfe"):
            server = self.serve()
            server.fault("experiments/get-by-name", body=body)
            self.assert_refused(self.export(server), 4, "MLflow")
            self.assertEqual(server.runs, {})

    def test_wrong_requests(self):
        server = self.serve()
        for flags, words in ((["--tag", "x"], "has no value"), (["--tag", "mlflow.user=x"], "cannot be a tag"),
                             (["--run-name", "{date}"], "{date}"), (["--experiment", ""], "experiment")):
            self.assert_refused(self.export(server, *flags), 2, words)
        self.assert_refused(self.bantam("export", "mlflow"), 2, "--url is missing")
        self.assert_refused(self.bantam("export", "mlflow", "--url", "sqlite:///x.db"), 2, "neither https nor http")
        self.assert_refused(self.bantam("export", "mlflow", "--url", "http://ada:secret-word@127.0.0.1"), 2, "user name")
        self.assertEqual(server.asked, [])
        self.assert_refused(self.bantam("export", "mlflow", "--store", "none.db", "--url", server.url), 5, "no store")

    def test_the_address_of_the_environment(self):
        server = self.serve()
        self.assert_ok(self.bantam("export", "mlflow", env=environment(MLFLOW_TRACKING_URI=server.url)))
        self.assertEqual(len(server.runs), 4)


class WandbTest(StoreTest):
    def test_more_results_replace_a_run_only_if_asked(self):
        self.assert_ok(self.bantam("export", "wandb", "--output-path", "out"))
        folders = sorted(path.name for path in (self.folder / "out" / "wandb").iterdir())
        with sqlite3.connect(self.folder / "bantam.db") as store:
            cell, text = store.execute("select cell, record from attempts order by cell limit 1").fetchone()
            record = json.loads(text)
            record["metrics"]["ttft_s"]["value"] = 0.05
            columns = {row[1] for row in store.execute("pragma table_info(attempts)")}
            reset = ", checksum = null" if "checksum" in columns else ""
            store.execute(f"update attempts set record = ?{reset} where cell = ?", (json.dumps(record), cell))
        self.assert_refused(self.bantam("export", "wandb", "--output-path", "out"), 2, "is there with other content")
        self.assert_ok(self.bantam("export", "wandb", "--output-path", "out", "--overwrite"))
        self.assertEqual(sorted(path.name for path in (self.folder / "out" / "wandb").iterdir()), folders)
        values = [json.loads(path.read_text())["performance/ttft_s"]
                  for path in (self.folder / "out" / "wandb").glob("*/files/wandb-summary.json")
                  if "performance/ttft_s" in json.loads(path.read_text())]
        self.assertIn(0.05, values)

    def test_nothing_of_this_machine_is_in_it(self):
        shutil.copytree(self.folder, self.folder / "deep" / "down", ignore=shutil.ignore_patterns("deep"))
        store = self.folder / "deep" / "down" / "bantam.db"
        self.assert_ok(self.bantam("export", "wandb", "--store", store, "--output-path", "out"))
        for path in (self.folder / "out").rglob("*"):
            if path.is_file():
                self.assertNotIn(str(self.folder).encode(), path.read_bytes(), path)


class RunTest(CliTest):
    def run_nano(self, *flags):
        return self.bantam("run", "embedded:nano", "--precisions", "fp16,int8", "--tasks", "performance", *QUICK, *flags)

    def test_a_run_leaves_its_runs_and_keys_do_not_change(self):
        self.assert_ok(self.run_nano("-q"))
        keys = sorted(record["cell_key"] for record in self.records())
        self.assertFalse((self.folder / "outputs" / "wandb").exists())
        done = self.run_nano("--wandb-enabled", "--wandb-project", "slim-eval", "--wandb-entity", "ada", "--wandb-name",
                             "{precision} {model}", "--wandb-tags", "edge", "--wandb-mode", "offline")
        self.assert_ok(done)
        self.assertIn("nothing to do", done.stderr)
        self.assertEqual(sorted(record["cell_key"] for record in self.records()), keys)
        folders = sorted((self.folder / "outputs" / "wandb").glob("offline-run-*"))
        self.assertEqual(len(folders), 2)
        for folder in folders:
            self.assertIn(f"wandb sync outputs/wandb/{folder.name}", done.stderr)
            log, = folder.glob("run-*.wandb")
            content = log.read_bytes()
            for text in (b"slim-eval", b"ada", b"edge"):
                self.assertIn(text, content)
            self.assertTrue(b"fp16 nano" in content or b"int8 nano" in content)
            self.assertIn("performance/ttft_s", json.loads((folder / "files" / "wandb-summary.json").read_text()))
        self.assertFalse([path for path in (self.folder / "outputs").rglob("*.tmp")])
        tables = self.bantam("analyze", "--input-dir", "outputs")
        self.assertIn(tables.returncode, (0, 1), tables.stderr)

    def test_a_plan_file_holds_them(self):
        (self.folder / "plan.yaml").write_text("models: [embedded:nano]\nprecisions: [fp16]\ntasks: [performance]\n"
                                               "wandb_enabled: true\nwandb_project: edge\nwandb_tags: [a, b]\n")
        self.assert_ok(self.bantam("run", "--plan", "plan.yaml", "-q", *QUICK))
        self.assertEqual(len(list((self.folder / "outputs" / "wandb").iterdir())), 1)
        self.assert_ok(self.bantam("run", "--plan", "plan.yaml", "--wandb-mode", "disabled", "--output-dir", "other", "-q",
                                   *QUICK))
        self.assertFalse((self.folder / "other" / "wandb").exists())

    def test_what_is_refused_before_any_work(self):
        for flags, words in ((["--wandb-mode", "online"], "wandb sync"), (["--wandb-mode", "never"], "offline"),
                             (["--wandb-enabled", "--wandb-project", "a/b"], "no project of W&B"),
                             (["--wandb-enabled", "--wandb-run-name", "{date}"], "{date}"),
                             (["--wandb-enabled", "--wandb-tags", "t" * 65], "no tag of W&B"),
                             (["--wandb-key", "x"], "does not belong on the command line")):
            done = self.run_nano(*flags)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertFalse((self.folder / "bantam.db").exists())
        done = self.run_nano("--wandb-project", "edge", "--dry-run")
        self.assert_ok(done)
        self.assertIn("--wandb-project has no effect: --wandb-enabled is not given", done.stderr)


class PrometheusTest(StoreTest):
    def test_only_a_file_of_ours_is_replaced(self):
        file = self.folder / "bantam.prom"
        for _ in range(2):
            self.assert_ok(self.bantam("export", "prometheus", "--output-path", file))
        self.assertEqual(file.stat().st_mode & 0o444, 0o444)  # the collector is another user
        file.write_text("node_load1 0.5\n")
        self.assert_refused(self.bantam("export", "prometheus", "--output-path", file), 2, "not a file of bantam")
        self.assertEqual(file.read_text(), "node_load1 0.5\n")
        self.assert_ok(self.bantam("export", "prometheus", "--output-path", file, "--overwrite"))
        self.assert_refused(self.bantam("export", "prometheus", "--output-path", "metrics.txt"), 2, ".prom")
        self.assert_refused(self.bantam("export", "prometheus", "--output-path", file / "x.prom"), 5, "bantam.prom")


if __name__ == "__main__":
    unittest.main()
