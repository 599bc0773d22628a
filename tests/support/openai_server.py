"""A server of the OpenAI-compatible interface on loopback, whose answers follow a known schedule, and which misbehaves as told.

    server = OpenAiServer(ttft_s=0.05, gap_s=0.01)
    ... run something with --engine openai --base-url server.url --models tiny ...
    server.requests    # bodies, in their order
    server.close()

`kind`: "plain" tells `usage` at the end and nothing of single tokens; "llama-server" says so in /props and tells its timings
with each event. `usage(tokens)` makes the member of that name; None: it is not told. `misbehave(handler, body)` may answer in the
server's place, and says so by returning True. `reply(body)` makes the text of an answer, which comes word by word; without it
answers are " w0 w1 w2...". `score(text)` makes what an echoed prompt has: a list of (token, log-probability or None, the greatest
one at its place); without it a prompt that is to be echoed is refused.
"""
import json
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_):
        pass

    def page(self, body, status=200, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def begin_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def event(self, data):
        text = data if isinstance(data, str) else json.dumps(data)
        self.wfile.write(f"data: {text}\n\n".encode())
        self.wfile.flush()

    def do_GET(self):
        self.server.openai.keys.append(self.headers.get("Authorization"))
        self.server.openai.show(self)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        openai = self.server.openai
        with openai.lock:
            openai.requests.append({"path": self.path, **body})
            openai.keys.append(self.headers.get("Authorization"))
        try:
            if not (openai.misbehave and openai.misbehave(self, body)):
                openai.answer(self, body)
        except (BrokenPipeError, ConnectionResetError):
            pass


class OpenAiServer:
    def __init__(self, kind="plain", ttft_s=0.03, gap_s=0.005, tokens=None, models=("tiny",), build="b1234",
                 usage=lambda tokens: {"prompt_tokens": 7, "completion_tokens": tokens}, misbehave=None, reply=None, score=None):
        self.kind, self.ttft_s, self.gap_s, self.tokens, self.models, self.build = kind, ttft_s, gap_s, tokens, models, build
        self.usage, self.misbehave, self.reply, self.score = usage, misbehave, reply, score
        self.requests, self.keys, self.lock = [], [], threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.openai = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def show(self, handler):
        if handler.path == "/v1/models":
            handler.page({"object": "list", "data": [{"id": model, "object": "model"} for model in self.models]})
        elif handler.path == "/props" and self.kind == "llama-server":
            build = self.build() if callable(self.build) else self.build
            handler.page({"build_info": build, "total_slots": 4, "default_generation_settings": {"n_ctx": 2048}})
        else:
            handler.page({"error": "not found"}, 404)

    def chunk(self, body, text, finish=None, count=None):
        choice = {"index": 0, "finish_reason": finish}
        if "messages" in body:
            choice["delta"] = {"content": text} if text else {}
        else:
            choice["text"] = text
        chunk = {"object": "chunk", "choices": [choice]}
        if count and self.kind == "llama-server":
            chunk["timings"] = {"cache_n": 0, "prompt_n": 7, "predicted_n": count}
        return chunk

    def echo(self, handler, body):
        if self.score is None:
            return handler.page({"error": {"message": "echo is not supported"}}, 400)
        scored = [*self.score(body["prompt"]), (" more", -1.0, -1.0)]
        tops = [None if value is None else {token: value, **({} if greatest == value else {" other": greatest})}
                for token, value, greatest in scored]
        logprobs = {"tokens": [token for token, _, _ in scored], "token_logprobs": [value for _, value, _ in scored], "top_logprobs": tops}
        handler.page({"object": "text_completion", "usage": {"prompt_tokens": len(scored) - 1, "completion_tokens": 1},
                      "choices": [{"index": 0, "text": body["prompt"] + " more", "logprobs": logprobs, "finish_reason": "length"}]})

    def answer(self, handler, body):
        if body.get("echo"):
            return self.echo(handler, body)
        begin = time.monotonic()
        words = re.findall(r"\s*\S+|\s+$", self.reply(body)) if self.reply else None
        tokens = min(len(words), body["max_tokens"]) if words is not None else self.tokens or body["max_tokens"]
        handler.begin_stream()
        if "messages" in body:
            handler.event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
        for i in range(tokens):
            time.sleep(max(0.0, begin + self.ttft_s + i * self.gap_s - time.monotonic()))
            handler.event(self.chunk(body, words[i] if words is not None else f" w{i}", count=i + 1))
        is_whole = tokens == len(words) if words is not None else bool(self.tokens)
        handler.event(self.chunk(body, "", "stop" if is_whole else "length", count=tokens))
        usage = self.usage(tokens)
        if usage is not None:
            handler.event({"choices": [], "usage": usage})
        handler.event("[DONE]")
