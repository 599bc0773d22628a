"""An MLflow tracking server on this machine's loopback, for tests: keeps experiments and runs in memory, checks what the
real one checks, and misbehaves as told.

    server = MlflowServer()
    server.fault("runs/log-batch", status=500)            # the next such request
    server.fault("runs/create", body=b"<html>", times=3)
    ... bantam export mlflow --url server.url ...
    server.runs["r1"].params, server.asked
    server.close()
"""
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

INTERFACE = "/api/2.0/mlflow/"
KEY = re.compile(r"^[/\w.\- :]*$")
LIMITS = {"metrics": 1000, "params": 100, "tags": 100}


@dataclass
class Run:
    run_id: str
    experiment: str
    name: str
    status: str = "RUNNING"
    start_time: int = 0
    end_time: int = 0
    params: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    metrics: dict = field(default_factory=dict)  # key -> {(timestamp, value, step)}


class Refused(Exception):
    def __init__(self, status, code, message=""):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class MlflowServer:
    def __init__(self, authorization=None):
        self.authorization = authorization  # the header that every request needs
        self.experiments, self.runs = {}, {}  # by name: id; by id
        self.asked, self.faults, self.lock = [], [], threading.Lock()
        handler = type("Handler", (_Handler,), {"mlflow": self})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def fault(self, endpoint, status=200, body=b"", times=1, after=0):
        """`after` requests of this endpoint are answered first."""
        self.faults.append({"endpoint": endpoint, "status": status, "body": body, "times": times, "after": after})

    def take_fault(self, endpoint):
        for fault in self.faults:
            if fault["endpoint"] != endpoint or not fault["times"]:
                continue
            if fault["after"]:
                fault["after"] -= 1
                continue
            fault["times"] -= 1
            return fault
        return None

    def answer(self, endpoint, query, body):
        name = "on_" + re.sub(r"\W", "_", endpoint)
        if not hasattr(self, name):
            raise Refused(404, "ENDPOINT_NOT_FOUND", endpoint)
        return getattr(self, name)(query if body is None else body)

    def on_experiments_get_by_name(self, query):
        name = query["experiment_name"][0]
        if name not in self.experiments:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", f"no experiment {name}")
        return {"experiment": {"experiment_id": self.experiments[name], "name": name, "lifecycle_stage": "active"}}

    def on_experiments_create(self, body):
        if body["name"] in self.experiments:
            raise Refused(400, "RESOURCE_ALREADY_EXISTS")
        self.experiments[body["name"]] = str(len(self.experiments) + 1)
        return {"experiment_id": self.experiments[body["name"]]}

    def on_runs_search(self, body):
        key, value = re.fullmatch(r"tags\.`([\w.]+)` = '(\w+)'", body["filter"]).groups()
        found = [run for run in self.runs.values() if run.experiment in body["experiment_ids"] and run.tags.get(key) == value]
        return {"runs": [self.shown(run) for run in found]} if found else {}

    def on_runs_create(self, body):
        run = Run(f"r{len(self.runs) + 1}", body["experiment_id"], body["run_name"], start_time=body["start_time"])
        run.tags.update({tag["key"]: tag["value"] for tag in body["tags"]})
        self.runs[run.run_id] = run
        return {"run": self.shown(run)}

    def on_runs_log_batch(self, body):
        run = self.run(body)
        entries = {kind: body.get(kind, []) for kind in LIMITS}
        for kind, most in LIMITS.items():
            if len(entries[kind]) > most:
                raise Refused(400, "INVALID_PARAMETER_VALUE", f"{len(entries[kind])} {kind}")
        if sum(map(len, entries.values())) > 1000 or len(json.dumps(body)) > 1_000_000:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "the batch is too large")
        for kind in LIMITS:
            for entry in entries[kind]:
                if not KEY.match(entry["key"]) or len(entry["key"]) > 250 or ".." in entry["key"].split("/"):
                    raise Refused(400, "INVALID_PARAMETER_VALUE", f"invalid key {entry['key']}")
        for param in entries["params"]:
            if run.params.setdefault(param["key"], param["value"]) != param["value"]:
                raise Refused(400, "INVALID_PARAMETER_VALUE", f"{param['key']} cannot change")
        run.tags.update({tag["key"]: tag["value"] for tag in entries["tags"]})
        for metric in entries["metrics"]:
            if not isinstance(metric["value"], (int, float)):
                raise Refused(400, "INVALID_PARAMETER_VALUE", f"{metric['key']} is no number")
            run.metrics.setdefault(metric["key"], set()).add((metric["timestamp"], metric["value"], metric["step"]))
        return {}

    def on_runs_update(self, body):
        run = self.run(body)
        run.status, run.end_time = body["status"], body["end_time"]
        return {"run_info": self.shown(run)["info"]}

    def run(self, body):
        if body["run_id"] not in self.runs:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "no such run")
        return self.runs[body["run_id"]]

    @staticmethod
    def shown(run):
        return {"info": {"run_id": run.run_id, "status": run.status}, "data": {}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mlflow: MlflowServer

    def do_GET(self):
        self.respond(None)

    def do_POST(self):
        self.respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def respond(self, body):
        address = urlsplit(self.path)
        endpoint = address.path.removeprefix(INTERFACE)
        with self.mlflow.lock:
            self.mlflow.asked.append(endpoint)
            status, answer = self.answer(endpoint, parse_qs(address.query), body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def answer(self, endpoint, query, body):
        if self.mlflow.authorization and self.headers.get("Authorization") != self.mlflow.authorization:
            return 401, b"You are not authenticated."
        if fault := self.mlflow.take_fault(endpoint):
            return fault["status"], fault["body"]
        try:
            return 200, json.dumps(self.mlflow.answer(endpoint, query, body)).encode()
        except Refused as refused:
            return refused.status, json.dumps({"error_code": refused.code, "message": refused.message}).encode()

    def log_message(self, *_):
        pass
