"""The HTTP server around the front: threads, kept connections, no log line per request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

Write = Callable[[bytes], object]


class Handler(MotoRequestHandler):
    """Keeps connections, sends at once, says nothing: the call log says it better."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one segment

    def handle_expect_100(self) -> bool:
        """Ask for the body at once: the SDK waits a second for this."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def run_wsgi(self) -> None:
        """Answer one request and keep the connection; the application reads every body to its end.

        Werkzeug's own closes it, and looks for ten milliseconds whether the client sends more.
        """
        said: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _trace: Any = None, /) -> Write:
            said[:] = [status, headers]
            return said.append  # nobody here writes that way

        try:
            content = b"".join(self.server.app(self.make_environ(), start_response))
            code, _, phrase = said[0].partition(" ")
            self.send_response(int(code), phrase)
            for name, value in said[1]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
        except (ConnectionError, TimeoutError) as error:
            self.connection_dropped(error)
            self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: see calls.jsonl."""

    def log_error(self, format: str, *args: Any) -> None:
        """Nothing: a client that hangs up is no event."""


class Server:
    """Serves a WSGI application on a loopback port, in threads; a context manager.

    Args:
        app: what to serve.
        port: 0 for any free one.
    """

    def __init__(self, app: Any, port: int = 0) -> None:
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, app, threaded=True, request_handler=Handler
        )
        self._server.daemon_threads = True  # type: ignore[attr-defined] # threaded: it is a ThreadingMixIn
        self._thread = threading.Thread(target=self.serve, daemon=True)

    @property
    def endpoint(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        """Serve until stopped."""
        self._server.serve_forever(poll_interval=0.2)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
