"""A model hub on this machine's loopback, for tests: serves repositories from memory or disk, and misbehaves as told.

    hub = HubServer()
    commit = hub.add("user/repo", {"model-Q4_K_M.gguf": b"..."})
    hub.fault("/resolve/", cut_at=1000)          # the next such request is reset after 1000 bytes of body
    ... run something with HF_ENDPOINT=hub.url ...
    hub.requests, hub.body_bytes("/resolve/")
    hub.close()

What it knows of the hub's interface:
    GET /api/{models|datasets}/USER/REPO/revision/REV?blobs=true    names, sizes and hashes of a revision's files
    GET|HEAD /[datasets/]USER/REPO/resolve/REV/NAME                 a file; Range and If-Range are respected
    GET /rows?dataset=&config=&split=&offset=&length=               rows of a data set, at most 100
    GET /size?dataset=                                              its configurations and splits with their sizes
Files of `large_bytes` and more are "large": they have a SHA-256, and with `cdn=` their content comes by a redirect to that
other server. Smaller ones have the id that git gives them.

As a program it serves the data sets of hub_datasets.py until it is stopped:
    python3 tests/support/hub_server.py --datasets ../shared/data --port 8765
    HF_ENDPOINT=http://127.0.0.1:8765 bantam run --models embedded:nano --accuracy-tasks mmlu
"""
import argparse
import gzip
import hashlib
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BLOCK_BYTES = 64 * 1024
ROWS_PER_PAGE = 100


@dataclass
class File:
    content: bytes
    sha256: str
    git_id: str

    @staticmethod
    def of(content: bytes) -> "File":
        git_id = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        return File(content, hashlib.sha256(content).hexdigest(), git_id)


@dataclass
class Request:
    method: str
    path: str
    headers: dict
    status: int = 0
    body_bytes: int = 0  # that went into the socket


@dataclass
class Fault:
    """What goes wrong with requests whose path holds `path`. Fields that are not set leave the right behaviour."""
    path: str
    times: int | None = 1           # how many requests; None: all
    method: str | None = None
    status: int | None = None       # answer this status with a short body
    headers: dict = field(default_factory=dict)  # added to the answer, or replacing
    body: bytes | None = None       # instead of the file's content
    cut_at: int | None = None       # reset the connection after so many bytes of the body
    end_at: int | None = None       # close it in order after so many bytes
    ignore_range: bool = False
    etag: str | None = None
    length: int | None = None       # the Content-Length that is claimed
    chunked: bool = False
    gzip: bool = False
    redirect: str | None = None
    bytes_per_s: float | None = None
    wait_s: float = 0.0             # before the answer
    rows_total: int | None = None   # of a page of rows: the total that is claimed
    rows_left_out: int = 0          # rows that are missing at its end
    commit: str | None = None       # that it claims to be of
    truncated_cells: list = field(default_factory=list)


class HubServer:
    def __init__(self, host="127.0.0.1", large_bytes=1000, cdn=None, tls=None, bytes_per_s=None, port=0):
        """`tls`: (certificate file, key file). `bytes_per_s`: the pace of every body."""
        self.repositories = {}
        self.datasets = {}  # name -> {"commit": text, "splits": {(config, split): rows, or a function that gives them}}
        self.requests = []
        self.faults = []
        self.large_bytes = large_bytes
        self.cdn = cdn
        self.bytes_per_s = bytes_per_s
        self.lock = threading.Lock()
        owner = self

        class Handler(_Handler):
            hub = owner

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, tls))
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def add(self, repository, files, revision="main", kind="models", commit=None):
        """`files`: name -> bytes or path. Returns the commit, which follows from the content."""
        held = {}
        for name, content in files.items():
            held[name] = File.of(content.read_bytes() if isinstance(content, Path) else content)
        if commit is None:
            commit = hashlib.sha1("".join(f"{n}{f.sha256}" for n, f in sorted(held.items())).encode()).hexdigest()
        known = self.repositories.setdefault((kind, repository), {"revisions": {}, "commits": {}})
        known["revisions"][revision] = commit
        known["commits"][commit] = held
        return commit

    def add_rows(self, dataset, config, split, rows, commit="c" * 40):
        """`rows`: objects, or a function that gives them when they are first asked for."""
        held = self.datasets.setdefault(dataset, {"commit": commit, "splits": {}})
        held["commit"] = commit
        held["splits"][(config, split)] = rows

    def rows_of(self, dataset, config, split):
        """None when there is no such split."""
        splits = self.datasets.get(dataset, {"splits": {}})["splits"]
        rows = splits.get((config, split))
        if callable(rows):
            rows = splits[(config, split)] = rows()
        return rows

    def fault(self, path, **how):
        self.faults.append(Fault(path, **how))

    def take_fault(self, method, path):
        with self.lock:
            for fault in self.faults:
                if fault.path in path and (fault.method is None or fault.method == method):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self.faults.remove(fault)
                    return fault
        return None

    def seen(self, part):
        """The requests so far whose path holds `part`."""
        with self.lock:
            return [request for request in self.requests if part in request.path]

    def body_bytes(self, part):
        return sum(request.body_bytes for request in self.seen(part))

    def commit_files(self, kind, repository, revision):
        known = self.repositories.get((kind, repository))
        if not known:
            return None, None
        commit = known["revisions"].get(revision, revision)
        return commit, known["commits"].get(commit)

    def file_with_hash(self, sha256):
        for known in self.repositories.values():
            for files in known["commits"].values():
                for file in files.values():
                    if file.sha256 == sha256:
                        return file
        return None


class _Handler(BaseHTTPRequestHandler):
    hub = None
    protocol_version = "HTTP/1.1"
    server_version = "TestHub"

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        # What is "sent" should be little more than what the other side has read.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BLOCK_BYTES)

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        self.record = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
        with self.hub.lock:
            self.hub.requests.append(self.record)
        fault = self.hub.take_fault(self.command, self.path) or Fault("")
        if fault.wait_s:
            time.sleep(fault.wait_s)
        if fault.redirect is not None:
            return self.reply(fault.status or 302, {"Location": fault.redirect, **fault.headers}, b"")
        if fault.status is not None:
            return self.reply(fault.status, fault.headers, b"refused" if fault.body is None else fault.body)
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/api/"):
            return self.answer_listing(path, fault)
        if path == "/rows":
            return self.answer_rows(fault)
        if path == "/size":
            return self.answer_sizes(fault)
        if path.startswith("/content/"):
            file = self.hub.file_with_hash(path.split("/")[2])
            return self.answer_content(file, f'"{file.sha256}"', {}, fault) if file else self.reply(404, {}, b"")
        return self.answer_file(path, fault)

    def answer_listing(self, path, fault):
        parts = path.split("/")  # "", api, kind, user, repo, revision, REV...
        if len(parts) < 7 or parts[5] != "revision":
            return self.reply(404, {}, b"no such page")
        kind, repository, revision = parts[2], "/".join(parts[3:5]), "/".join(parts[6:])
        commit, files = self.hub.commit_files(kind, repository, revision)
        if files is None:
            return self.reply(404, {"X-Error-Code": "RepoNotFound"}, b'{"error":"Repository not found"}')
        siblings = []
        for name, file in files.items():
            entry = {"rfilename": name, "size": len(file.content), "blobId": file.git_id}
            if len(file.content) >= self.hub.large_bytes:
                entry["lfs"] = {"sha256": file.sha256, "size": len(file.content), "pointerSize": 134}
            siblings.append(entry)
        text = json.dumps({"id": repository, "sha": commit, "private": False, "siblings": siblings}).encode()
        headers = {"Content-Type": "application/json", **fault.headers}
        if fault.gzip:
            text = gzip.compress(text)
            headers["Content-Encoding"] = "gzip"
        return self.reply(200, headers, text if fault.body is None else fault.body)

    def query(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def reply_json(self, status, value, headers, fault):
        text = json.dumps(value).encode() if fault.body is None else fault.body
        return self.reply(status, {"Content-Type": "application/json", **headers, **fault.headers}, text, fault)

    def answer_rows(self, fault):
        asked = self.query()
        dataset, offset, length = asked["dataset"], int(asked["offset"]), int(asked.get("length", ROWS_PER_PAGE))
        rows = self.hub.rows_of(dataset, asked.get("config"), asked.get("split"))
        if rows is None or length > ROWS_PER_PAGE:
            return self.reply_json(404 if rows is None else 422, {"error": "no such rows"}, {}, fault)
        page = rows[offset:offset + length]
        page = page[:len(page) - fault.rows_left_out]
        entries = [{"row_idx": offset + i, "row": row, "truncated_cells": fault.truncated_cells} for i, row in enumerate(page)]
        total = len(rows) if fault.rows_total is None else fault.rows_total
        answer = {"features": [], "rows": entries, "num_rows_total": total, "num_rows_per_page": ROWS_PER_PAGE, "partial": False}
        return self.reply_json(200, answer, {"X-Revision": fault.commit or self.hub.datasets[dataset]["commit"]}, fault)

    def answer_sizes(self, fault):
        dataset = self.query()["dataset"]
        if dataset not in self.hub.datasets:
            return self.reply_json(404, {"error": "no such data set"}, {}, fault)
        splits = [{"dataset": dataset, "config": config, "split": split, "num_rows": len(self.hub.rows_of(dataset, config, split))}
                  for config, split in self.hub.datasets[dataset]["splits"]]
        return self.reply_json(200, {"size": {"splits": splits}, "partial": False}, {}, fault)

    def answer_file(self, path, fault):
        parts = path.strip("/").split("/")
        kind = "models"
        if parts[0] == "datasets":
            kind, parts = "datasets", parts[1:]
        if len(parts) < 5 or parts[2] != "resolve":
            return self.reply(404, {}, b"no such page")
        commit, files = self.hub.commit_files(kind, "/".join(parts[:2]), parts[3])
        file = (files or {}).get("/".join(parts[4:]))
        if file is None:
            return self.reply(404, {"X-Error-Code": "EntryNotFound"}, b"")
        large = len(file.content) >= self.hub.large_bytes
        headers = {"X-Repo-Commit": commit}
        etag = f'"{file.sha256 if large else file.git_id}"'
        if large:
            headers.update({"X-Linked-Size": str(len(file.content)), "X-Linked-Etag": etag})
        if large and self.hub.cdn:
            location = f"{self.hub.cdn.url}/content/{file.sha256}?Signature=not-to-be-shown"
            return self.reply(302, {"Location": location, **headers}, b"")
        return self.answer_content(file, etag, headers, fault)

    def answer_content(self, file, etag, headers, fault):
        etag = fault.etag or etag
        content = file.content if fault.body is None else fault.body
        headers = {"ETag": etag, "Accept-Ranges": "bytes", **headers}
        if fault.gzip:
            content = gzip.compress(content)
            headers["Content-Encoding"] = "gzip"
        status, body = 200, memoryview(content)
        span = None if fault.ignore_range else self.requested_span(etag, len(content))
        if span == "none":
            status, body = 416, memoryview(b"")
            headers["Content-Range"] = f"bytes */{len(content)}"
        elif span:
            status, body = 206, body[span[0]:span[1]]
            headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{len(content)}"
        headers.update(fault.headers)
        return self.reply(status, headers, body, fault)

    def requested_span(self, etag, size):
        """(begin, end), "none" when the range begins beyond the end, None when the whole is to be sent."""
        text = self.headers.get("Range", "")
        condition = self.headers.get("If-Range")
        if not text.startswith("bytes=") or (condition is not None and condition != etag):
            return None
        first, _, last = text[len("bytes="):].partition("-")
        begin = int(first)
        end = min(int(last) + 1, size) if last else size
        return "none" if begin >= size else (begin, end)

    def reply(self, status, headers, body, fault=None):
        fault = fault or Fault("")
        self.record.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        chunked = fault.chunked and self.command != "HEAD"
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body) if fault.length is None else fault.length))
        self.end_headers()
        if self.command != "HEAD":
            self.send_body(memoryview(body), fault, chunked)
        if fault.length is not None:
            self.close_connection = True

    def send_body(self, body, fault, chunked):
        pace = fault.bytes_per_s or self.hub.bytes_per_s
        block = min(BLOCK_BYTES, max(int(pace / 50), 1)) if pace else BLOCK_BYTES
        start = time.monotonic()
        sent = 0
        while sent < len(body):
            stop = min(limit for limit in (fault.cut_at, fault.end_at, len(body)) if limit is not None)
            part = body[sent:min(sent + block, stop)]
            if not part:
                return self.break_off(reset=fault.cut_at is not None)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), bytes(part)) if chunked else part)
            sent += len(part)
            self.record.body_bytes += len(part)
            if pace:
                time.sleep(max(0.0, start + sent / pace - time.monotonic()))
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def break_off(self, reset):
        self.wfile.flush()
        self.close_connection = True
        if reset:  # no lingering: the other side sees a reset, not an end
            time.sleep(0.05)  # what was written should be on its way first
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


def make_certificate(folder: Path, expired=False):
    """A self-signed certificate for 127.0.0.1: (certificate file, key file). Needs the openssl program."""
    certificate, key, request, rules = (folder / name for name in ("certificate.pem", "key.pem", "request.pem", "ca.cnf"))
    (folder / "index.txt").write_text("")
    rules.write_text(f"""
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = loopback
[any]
commonName = supplied
[loopback]
subjectAltName = IP:127.0.0.1
basicConstraints = critical, CA:true
""")

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1")
    openssl("ca", "-batch", "-selfsign", "-notext", "-config", rules, "-keyfile", key, "-in", request, "-out", certificate,
            "-startdate", "20200101000000Z", "-enddate", "20200102000000Z" if expired else "20991231000000Z")
    return certificate, key


def main():
    parser = argparse.ArgumentParser(description="Serves data sets made from ../shared/data on the loopback until it is stopped.")
    parser.add_argument("--datasets", type=Path, required=True, help="the folder that holds mmlu, gsm8k and so on")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    arguments = parser.parse_args()
    from hub_datasets import add_datasets
    hub = HubServer(port=arguments.port)
    add_datasets(hub, arguments.datasets)
    print(hub.url, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        hub.close()


if __name__ == "__main__":
    main()
