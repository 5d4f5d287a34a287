"""What stands in the serving image of the provider's tests: answers whatever it is asked."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


ThreadingHTTPServer(
    (os.environ["SERVE_HOST"], int(os.environ["SERVE_PORT"])), Handler
).serve_forever()
