"""A smart plug on loopback: a web server whose answers tell the power of a known curve."""
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.plug.connections.append(self.connection)

    def do_GET(self):
        self.server.plug.reply(self)

    def send(self, text, status=200, **headers):
        body = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Plug:
    """`text(watts)` makes an answer. `disturb(handler, watts)`, once `disturbed_after_s` have passed, does otherwise."""

    def __init__(self, curve, text=lambda watts: json.dumps({"id": 0, "apower": watts, "aenergy": {"total": 1.0}}),
                 disturb=None, disturbed_after_s=0.0, update_s=0.0):
        self.curve, self.text, self.disturb, self.disturbed_after_s, self.update_s = curve, text, disturb, disturbed_after_s, update_s
        self.asked = []  # seconds since the begin
        self.paths = set()
        self.connections = []
        self.begin = time.monotonic()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.plug = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="/rpc/Switch.GetStatus?id=0"):
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def reply(self, handler):
        now = time.monotonic() - self.begin
        self.asked.append(now)
        self.paths.add(handler.path)
        seen = now - now % self.update_s if self.update_s else now
        watts = round(self.curve.watts(seen), 3)
        try:
            if self.disturb and now > self.disturbed_after_s:
                self.disturb(handler, watts)
            else:
                handler.send(self.text(watts))
        except OSError:
            pass  # the other side did not wait

    def unplug(self):
        """Nobody listens any more, and what is open breaks."""
        self.server.socket.shutdown(socket.SHUT_RDWR)  # at once, while the server's thread still waits for it
        threading.Thread(target=self.server.shutdown, daemon=True).start()
        self.server.socket.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.server.shutdown()
        self.server.server_close()
