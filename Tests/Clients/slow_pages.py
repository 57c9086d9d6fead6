"""Asks for a list, at a terminal, whose first page comes slowly and whose second is an error.

    slow_pages.py PROGRAM [ARGUMENT…]

The program gets a `--server` besides its arguments. Exit code 0 when the line that told of progress
was cleared before the error was told; else 1, with what the terminal got.
"""

import http.server
import json
import os
import pty
import sys
import threading
import time

# Longer than a verb takes that says nothing of its progress.
DELAY_SECONDS = 1.5
CLEARED = b"\r\x1b[K"


class Pages(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Pages.asked += 1
        if Pages.asked == 1:
            time.sleep(DELAY_SECONDS)
            item = {"asOf": "2018-01-02T21:00:00Z", "regime": "crisis", "rawRegime": "crisis"}
            return self.answer(200, {"items": [item], "nextPageToken": "next"})
        self.answer(400, {"code": 3, "message": "no second page", "details": []})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = sys.argv[1:] + ["--server", f"http://127.0.0.1:{server.server_port}"]
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", NO_COLOR="1")
        os.execv(command[0], command)
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.waitpid(process, 0)
    told, _, error = seen.rpartition(b"error:")
    if b"reading" not in told or not told.endswith(CLEARED) or b"no second page" not in error:
        sys.exit(f"not told and cleared:\n{seen!r}")


main()
