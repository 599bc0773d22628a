#!/usr/bin/env python3
"""Checks `bantam export wandb`, `mlflow`, `prometheus` and `tensorboard` with the trackers themselves: what bantam writes of a
store is read back by the packages' own readers, and compared with the store.

- wandb: its messages give the run, config, history and summary of the store; its DataStore, in versions that have one, frames
  the records in the same bytes; `wandb sync` uploads all runs to a server on loopback that speaks as much of W&B's interface as
  that takes.
- mlflow: a tracking server with SQLite on loopback takes the runs, and gives them back; the same export again adds none.
- prometheus_client parses the file.
- tensorboard's loader reads the event files, where the package is there.

usage: tracker_check.py PYTHON [--binary PATH] [--only NAME ...]
  PYTHON  a Python with wandb, mlflow, prometheus_client and, for its part, tensorboard
Exit status: 0 when nothing differs, else 1 with a line for each difference.
"""
import argparse
import contextlib
import gzip
import json
import os
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "tests" / "golden" / "files" / "measured.sql"
UNITS = {"_per_s": "_per_second", "_s": "_seconds", "_j": "_joules", "_w": "_watts"}


class Differences(list):
    checked = 0

    def same(self, place, ours, theirs):
        self.checked += 1
        if ours != theirs:
            self.append(f"{place}: the store has {ours!r:.160}, it is read as {theirs!r:.160}")


def environment(folder, **changes):
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "BANTAM_CACHE": str(folder / "cache"), "LC_ALL": "C.UTF-8"} | changes


def bantam(arguments, folder, *words, **changes):
    done = subprocess.run([arguments.binary, *map(str, words)], cwd=folder, env=environment(folder, **changes),
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bantam {' '.join(map(str, words))} failed:\n{done.stderr}")
    return done.stdout


def make_store(folder):
    """The store of the tests, one record of which holds a prompt that goes on over several blocks of a log, and odd text."""
    with contextlib.closing(sqlite3.connect(folder / "bantam.db")) as store:
        store.executescript(MEASURED.read_text(encoding="utf-8"))
        cell, text = store.execute("select cell, record from attempts where record like '%\"performance\"%' limit 1").fetchone()
        record = json.loads(text)
        record["settings"]["performance"]["prompt"] = "Once upon a time, “ü” \u202e 🦊\n\t\\ " + "0123456789" * 10_000
        store.execute("update attempts set record = ? where cell = ?", (json.dumps(record, ensure_ascii=False), cell))
        store.commit()


def configurations(arguments, folder):
    """Precision -> task -> record, as bantam itself reads the store."""
    done = subprocess.run([arguments.binary, "analyze", "-o", "json"], cwd=folder, env=environment(folder), capture_output=True,
                          text=True, check=False)
    found = {}
    for record in json.loads(done.stdout)["records"]:
        found.setdefault(record["precision"], {})[record["task"]] = record
    return found


def figures(cells):
    """Names and values of all figures of a configuration, as trackers have them."""
    values = {}
    for task, record in cells.items():
        if record["status"] != "ok":
            continue
        for key, value in record["metrics"].items():
            name = f"{task}/{key.replace(',', '/')}"
            values[name] = value["value"]
            for end in ("low", "high"):
                if "interval" in value:
                    values[f"{name}_{end}"] = value["interval"][end]
            if "stderr" in value:
                values[f"{name}_stderr"] = value["stderr"]
    return values


def rounds(cells):
    record = cells.get("performance", {})
    return record.get("task_info", {}).get("blocks", []) if record.get("status") == "ok" else []


# --- wandb

def unnested(items):
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def frames(raw):
    """The records of a log in W&B's framing, checksums checked. Client and server of W&B's newer versions read it in Go; that
    this one reads the same is shown on a run that the client wrote (check_own_run)."""
    if struct.unpack("<4sHB", raw[:7]) != (b":W&B", 0xBEE1, 0):
        raise ValueError("not a log of W&B")
    at, record = 7, b""
    while at < len(raw):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        checksum, length, kind = struct.unpack("<IHB", raw[at:at + 7])
        data = raw[at + 7:at + 7 + length]
        if zlib.crc32(bytes([kind]) + data) != checksum:
            raise ValueError(f"the checksum at {at} is wrong")
        record = data if kind in (1, 2) else record + data
        if kind in (1, 4):
            yield record
        at += 7 + length


def copied(raw_records):
    """A log that W&B's own writer makes of these records; None where the package has none in Python."""
    try:
        import wandb
        from wandb.sdk.internal import datastore
    except ImportError:
        return None
    wandb._set_internal_process(disable=True)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "copy.wandb"
        writer = datastore.DataStore()
        writer.open_for_write(str(copy))
        for data in raw_records:
            writer._write_data(data)
        writer.close()
        return copy.read_bytes()


def read_log(path):
    """The records of a .wandb file."""
    from wandb.proto import wandb_internal_pb2

    records = []
    for data in frames(path.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        records.append(record)
    return records


def check_own_run(folder, differences):
    """A run that W&B's client writes itself, offline: our reader of its framing finds what was logged."""
    script = ("import wandb\nrun = wandb.init(project='p', config={'a': 1})\nrun.log({'x': 0.5})\n"
              "run.summary['text'] = 'y' * 70000\nrun.finish()")
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=300, check=False,
                          env=environment(folder, WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=str(folder / "own")))
    differences.same("wandb's own run", 0, done.returncode)
    log, = (folder / "own").glob("**/*.wandb")
    kinds = {record.WhichOneof("record_type") for record in read_log(log)}
    differences.same("wandb's own records", True, {"header", "run", "history", "summary", "exit"} <= kinds)
    theirs = copied(list(frames(log.read_bytes())))
    if theirs is not None:
        differences.same("wandb's own framing", True, theirs == log.read_bytes())


def check_wandb_run(folder, cells_of, differences):
    log, = folder.glob("run-*.wandb")
    records = read_log(log)
    theirs = copied(list(frames(log.read_bytes())))
    kinds = [record.WhichOneof("record_type") for record in records]
    by_kind = {kind: [getattr(r, kind) for r in records if r.WhichOneof("record_type") == kind] for kind in set(kinds)}
    run, = by_kind["run"]
    config = unnested(run.config.update)
    cells = cells_of[config["precision"]]
    place = f"wandb {config['precision']}"
    if theirs is not None:
        differences.same(f"{place} framing", True, theirs == log.read_bytes())
    expected = ["header", "run"] + ["history"] * len(rounds(cells)) + ["summary", "files", "exit", "final", "footer"]
    differences.same(f"{place} kinds", expected, kinds)
    differences.same(f"{place} id", folder.name.rsplit("-", 1)[1], run.run_id)
    differences.same(f"{place} unknown fields", [], [k for r in records for k in unknown_fields(r)])
    differences.same(f"{place} name", f"nano {config['precision']}", run.display_name)
    differences.same(f"{place} project", "edge", run.project)
    differences.same(f"{place} tags", ["nano", config["precision"], "measured", "a", "b"], list(run.tags))
    differences.same(f"{place} start", min(r["started_at"] for r in cells.values()),
                     time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.start_time.seconds)))
    differences.same(f"{place} exit", 0 if any(r["status"] == "ok" for r in cells.values()) else 1, by_kind["exit"][0].exit_code)
    for task, record in cells.items():
        differences.same(f"{place} settings of {task}", record.get("settings"), config["cells"][task].get("settings"))
        differences.same(f"{place} absent of {task}", record.get("absent") or None, config["cells"][task].get("absent"))
        differences.same(f"{place} outcome of {task}", record["status"], config["cells"][task]["outcome"].split(":")[0])
    differences.same(f"{place} summary", figures(cells), unnested(by_kind["summary"][0].update))
    for block, row in zip(rounds(cells), by_kind.get("history", [])):
        row_items = unnested(row.item)
        differences.same(f"{place} step", block["round"], row.step.num)
        differences.same(f"{place} step item", block["round"], row_items["_step"])
        expected = {f"rounds/{key}": value for key, value in block["values"].items()} if not block.get("reasons") else {}
        differences.same(f"{place} round {block['round']}", expected | {"rounds/counts": not block.get("reasons")},
                         {key: value for key, value in row_items.items() if not key.startswith("_")})
    import yaml
    written = yaml.safe_load((folder / "files" / "config.yaml").read_text(encoding="utf-8"))
    differences.same(f"{place} config.yaml", config, {key: value["value"] for key, value in written.items()})
    summary = json.loads((folder / "files" / "wandb-summary.json").read_text())
    differences.same(f"{place} wandb-summary.json", figures(cells), summary)
    return run.run_id, config["precision"]


def unknown_fields(message):
    try:
        from google.protobuf import unknown_fields as reader
        found = [field.field_number for field in reader.UnknownFieldSet(message)]
    except (ImportError, NotImplementedError):
        found = []
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        repeated = not hasattr(value, "ListFields")
        for one in value if repeated else [value]:
            found += unknown_fields(one)
    return found


class FakeWandb:
    """As much of W&B's server as `wandb sync` needs. Keeps what was uploaded: by run, its upserts and stream."""

    def __init__(self):
        self.upserts, self.streams, self.files, self.operations = {}, {}, {}, []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                answer = owner.graphql(json.loads(body)) if self.path == "/graphql" else owner.stream(self.path, json.loads(body))
                self.reply(json.dumps(answer).encode())

            def do_PUT(self):
                owner.files[self.path] = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.reply(b"")

            def do_GET(self):
                self.reply(b"{}")

            def reply(self, body):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def graphql(self, request):
        query, variables = request["query"], request.get("variables") or {}
        operation = re.search(r"(?:query|mutation)\s+(\w+)", query)
        self.operations.append(operation.group(1) if operation else query[:60])
        if "upsertBucket" in query:
            name = variables.get("name") or variables.get("id")
            self.upserts.setdefault(name, {}).update({key: value for key, value in variables.items() if value is not None})
            return {"data": {"upsertBucket": {"inserted": True, "bucket": {
                "id": "1", "name": name, "displayName": variables.get("displayName"), "description": "", "config": "{}",
                "sweepName": None, "historyLineCount": 0,
                "project": {"id": "1", "name": variables.get("project"),
                            "entity": {"id": "1", "name": variables.get("entity") or "ada"}}}}}}
        if "createRunFiles" in query:
            name = variables.get("run") or variables.get("runName") or ""
            return {"data": {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": [
                {"name": file, "uploadUrl": f"{self.url}/files/{name}/{file}"} for file in variables.get("files", [])]}}}
        if "viewer" in query:
            return {"data": {"viewer": {"id": "1", "entity": "ada", "username": "ada", "flags": "{}", "teams": {"edges": []}},
                             "serverInfo": {"cliVersionInfo": {"max_cli_version": "99.0.0"}, "features": []}}}
        return {"data": {"serverInfo": {"cliVersionInfo": {"max_cli_version": "99.0.0"}, "features": []},
                         "model": {"bucket": None}}}

    def stream(self, path, body):
        name = path.rstrip("/").split("/")[-2] if path.endswith("file_stream") else path
        self.streams.setdefault(name, []).append(body)
        return {"limits": {}}

    def lines(self, run, file):
        """The lines of a streamed file, by their offsets."""
        lines = {}
        for body in self.streams.get(run, []):
            chunk = (body.get("files") or {}).get(file)
            if chunk:
                for i, line in enumerate(chunk["content"]):
                    lines[chunk["offset"] + i] = line
        return [json.loads(lines[i]) for i in sorted(lines)]


def check_wandb_sync(out, folder, ids, cells_of, differences):
    server = FakeWandb()
    env = environment(folder, WANDB_BASE_URL=server.url, WANDB_API_KEY="0" * 40, WANDB_ERROR_REPORTING="false")
    command = [sys.executable, "-m", "wandb", "sync", *map(str, sorted(out.glob("offline-run-*")))]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
    differences.same("wandb sync", 0, done.returncode)
    if done.returncode:
        differences.append(done.stdout[-2000:] + done.stderr[-2000:])
    for run_id, precision in ids.items():
        cells = cells_of[precision]
        place = f"wandb sync {precision}"
        upsert = server.upserts.get(run_id, {})
        differences.same(f"{place} uploaded name", f"nano {precision}", upsert.get("displayName"))
        differences.same(f"{place} uploaded tags", ["nano", precision, "measured", "a", "b"], upsert.get("tags"))
        config = json.loads(upsert.get("config") or "{}")
        differences.same(f"{place} uploaded precision", precision, config.get("precision", {}).get("value"))
        history = server.lines(run_id, "wandb-history.jsonl")
        differences.same(f"{place} uploaded rounds", [block["round"] for block in rounds(cells)],
                         [row["_step"] for row in history])
        summaries = server.lines(run_id, "wandb-summary.json")
        uploaded = {}
        for summary in summaries:
            uploaded |= flat(summary)
        ours = figures(cells)
        differences.same(f"{place} uploaded summary", ours, {key: value for key, value in uploaded.items() if key in ours})
        ends = [body["exitcode"] for body in server.streams.get(run_id, []) if body.get("complete")]
        differences.same(f"{place} uploaded end", [0 if any(r["status"] == "ok" for r in cells.values()) else 1], ends)
        differences.same(f"{place} mark", True, any(out.glob(f"*-{run_id}/run-{run_id}.wandb.synced")))
    return server


def flat(json_object, path=""):
    found = {}
    for key, value in json_object.items():
        if isinstance(value, dict):
            found |= flat(value, f"{path}{key}.")
        else:
            found[path + key] = value
    return found


def check_wandb(arguments, folder, cells_of, differences):
    bantam(arguments, folder, "export", "wandb", "--output-path", "out", "--project", "edge", "--tags", "a", "b")
    out = folder / "out" / "wandb"
    ids = dict(check_wandb_run(run, cells_of, differences) for run in sorted(out.iterdir()))
    differences.same("wandb runs", sorted(cells_of), sorted(ids.values()))
    check_own_run(folder, differences)
    check_wandb_sync(out, folder, ids, cells_of, differences)


# --- mlflow

def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def mlflow_server(folder):
    port = free_port()
    log = open(folder / "mlflow.log", "wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
         "--default-artifact-root", str(folder / "artifacts"), "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
        cwd=folder, stdout=log, stderr=log, env=environment(folder, PATH=f"{sys.prefix}/bin:{os.environ['PATH']}"),
        start_new_session=True)
    try:
        for _ in range(240):
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).status == 200:
                    break
            if process.poll() is not None:
                break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(timeout=30)
        log.close()


def check_mlflow(arguments, folder, cells_of, differences):
    from mlflow.tracking import MlflowClient

    with mlflow_server(folder) as url:
        words = ("export", "mlflow", "--url", url, "--experiment", "edge boards & more", "--tag", "board=rpi5")
        bantam(arguments, folder, *words)
        client = MlflowClient(tracking_uri=url)
        experiment = client.get_experiment_by_name("edge boards & more")
        runs = client.search_runs([experiment.experiment_id])
        differences.same("mlflow runs", sorted(cells_of), sorted(run.data.params["precision"] for run in runs))
        for run in runs:
            cells = cells_of[run.data.params["precision"]]
            place = f"mlflow {run.data.params['precision']}"
            expected = figures(cells)
            found = {key: value for key, value in run.data.metrics.items() if not key.startswith("rounds/")}
            differences.same(f"{place} metrics", expected, found)
            differences.same(f"{place} status", "FINISHED" if any(r["status"] == "ok" for r in cells.values()) else "FAILED",
                             run.info.status)
            differences.same(f"{place} name", f"nano {run.data.params['precision']}", run.info.run_name)
            for task, record in cells.items():
                differences.same(f"{place} outcome of {task}", record["status"], run.data.tags[f"outcome.{task}"].split(":")[0])
            differences.same(f"{place} evidence", ("measured", "rpi5"), (run.data.tags["evidence"], run.data.tags["board"]))
            for key in rounds(cells)[0]["values"] if rounds(cells) else ():
                history = client.get_metric_history(run.info.run_id, f"rounds/{key}")
                differences.same(f"{place} rounds of {key}", [(b["round"], b["values"][key]) for b in rounds(cells)],
                                 sorted((one.step, one.value) for one in history))
        again = bantam(arguments, folder, *words)
        differences.same("mlflow again", len(runs), again.count("(there already)"))
        differences.same("mlflow runs after it", len(runs), len(client.search_runs([experiment.experiment_id])))
        half = runs[0].info.run_id
        client.update_run(half, status="RUNNING")
        differences.same("mlflow completed", 1, bantam(arguments, folder, *words).count("(completed)"))
        differences.same("mlflow status of it", runs[0].info.status, client.get_run(half).info.status)
        differences.same("mlflow metrics of it", runs[0].data.metrics, client.get_run(half).data.metrics)


# --- prometheus

def check_prometheus(arguments, folder, cells_of, differences):
    from prometheus_client.parser import text_string_to_metric_families

    bantam(arguments, folder, "export", "prometheus", "--output-path", "bantam.prom")
    text = (folder / "bantam.prom").read_text(encoding="utf-8")
    found, names = {}, []
    for family in text_string_to_metric_families(text):
        names.append(family.name)
        differences.same(f"prometheus {family.name} type", "gauge", family.type)
        differences.same(f"prometheus {family.name} help", True, bool(family.documentation))
        for sample in family.samples:
            labels = sample.labels
            place = (sample.name, labels.get("precision"), labels.get("task"), labels.get("filter"))
            differences.same(f"prometheus {place} stands once", False, place in found)
            found[place] = sample.value
    differences.same("prometheus families stand once", len(names), len(set(names)))
    expected = {}
    for precision, cells in cells_of.items():
        for task, record in cells.items():
            expected["bantam_cell_info", precision, task, None] = 1.0
            for key, value in record["metrics"].items() if record["status"] == "ok" else ():
                name, _, task_filter = key.partition(",")
                for ours, theirs in UNITS.items():
                    if name.endswith(ours):
                        stem, unit = name.removesuffix(ours), theirs
                        break
                else:
                    stem, unit = (name.removesuffix("_bytes"), "_bytes") if name.endswith("_bytes") else (name, "")
                for part, number in (("", value["value"]), ("_low", value.get("interval", {}).get("low")),
                                     ("_high", value.get("interval", {}).get("high"))):
                    if number is not None:
                        expected[f"bantam_{stem}{part}{unit}", precision, task, task_filter or None] = float(number)
    known = {(name.removesuffix("_items"), *place): value for (name, *place), value in found.items()
             if name != "bantam_finished_timestamp_seconds"}
    differences.same("prometheus samples", expected, known)


# --- tensorboard

def check_tensorboard(arguments, folder, cells_of, differences):
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        print("tensorboard: not checked, the package is not there")
        return
    bantam(arguments, folder, "export", "tensorboard", "--output-path", "logs")
    found = {}
    for run in sorted((folder / "logs").iterdir()):
        events = EventAccumulator(str(run))
        events.Reload()
        found[run.name] = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    differences.same("tensorboard runs", sorted(f"nano_{precision}" for precision in cells_of), sorted(found))
    for precision, cells in cells_of.items():
        run = found.get(f"nano_{precision}", {})
        expected = {name: [(0, single(value))] for name, value in figures(cells).items()}
        for block in rounds(cells):
            for key, value in block["values"].items() if not block.get("reasons") else ():
                expected.setdefault(f"rounds/{key}", []).append((block["round"], single(value)))
        differences.same(f"tensorboard {precision}", expected, run)


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


CHECKS = {"wandb": check_wandb, "mlflow": check_mlflow, "prometheus": check_prometheus, "tensorboard": check_tensorboard}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("python")
    parser.add_argument("--binary", default=str(ROOT / "build" / "release" / "bantam"))
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS))
    arguments = parser.parse_args()
    if "BANTAM_TRACKER_CHECK" not in os.environ:
        os.execve(arguments.python, [arguments.python, __file__, *sys.argv[1:]], os.environ | {"BANTAM_TRACKER_CHECK": "1"})
    arguments.binary = os.path.abspath(arguments.binary)
    differences = Differences()
    with tempfile.TemporaryDirectory(prefix="bantam-tracker-check-") as name:
        folder = Path(name)
        make_store(folder)
        cells_of = configurations(arguments, folder)
        for one in arguments.only:
            before = len(differences), differences.checked
            CHECKS[one](arguments, folder, cells_of, differences)
            print(f"{one}: {differences.checked - before[1]} comparisons, {len(differences) - before[0]} differences")
    print("\n".join(differences))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
