"""A real web server on this machine that keeps what is posted to it, and answers as it is told."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Receiver:
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, tuple[int, bytes]] = field(
        default_factory=dict
    )  # by path; else 200 {"errcode":0,"code":0}
    hanging: set[str] = field(default_factory=set)
    dripping: set[str] = field(default_factory=set)  # a byte of the answer every tenth of a second

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextlib.contextmanager
def web_server() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append(Call(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            path = self.path.partition("?")[0]
            if path in receiver.hanging:
                time.sleep(3)
            status, answer = receiver.answers.get(path, (200, b'{"errcode": 0, "code": 0}'))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", answer.decode())
            self.send_header("Content-Length", "1000" if path in receiver.dripping else str(len(answer)))
            self.end_headers()
            if path in receiver.dripping:
                for _byte in range(100):
                    time.sleep(0.1)
                    with contextlib.suppress(OSError):
                        self.wfile.write(b" ")
                return
            self.wfile.write(answer)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
