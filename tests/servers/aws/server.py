"""Amazon RDS (three operations) and AWS Backup (one) on one port, written from the documents with the standard library alone.

    python3 server.py [--port N] [--defect ID]... | --list

Prints the address it listens on. Without a defect it keeps to the documents.
"""

import argparse
import http.server
import re
import socketserver
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import backup
import rds
from defects import KNOWN, declare, has, switch_on
from messages import Message

declare(
    """
    http-get-query-ignored           parameters of the query string are not read
    http-chunked-ignored             a chunked body is taken for an empty one
    http-second-request-fails        the second request on a connection is answered with 500
    http-large-value-fails           a body over 4,000 bytes is answered with 500
    http-head-of-html                errors of the protocol are pages of HTML
    http-drops-on-bad-body           a body that cannot be read closes the connection
    auth-unsigned-accepted           a request without credentials is carried out
    auth-garbage-accepted            any Authorization header is taken for credentials
    auth-missing-code                a request without credentials is answered with AccessDenied
    auth-missing-500                 a request without credentials is answered with 500
    auth-presigned-refused           credentials in the query string are not known
    """
)

BIGGEST = 1_000_000


def credentials(message):
    """`absent`, `broken` or `present`."""
    authorization = message.header("authorization")
    if authorization:
        if has("auth-garbage-accepted"):
            return "present"
        fields = ("Credential=", "SignedHeaders=", "Signature=")
        whole = authorization.startswith("AWS4-HMAC-SHA256 ") and all(field in authorization for field in fields)
        return "present" if whole else "broken"
    if "X-Amz-Signature=" in message.query and "X-Amz-Credential=" in message.query:
        return "absent" if has("auth-presigned-refused") else "present"
    return "absent"


def answer(message):
    """Finds the service and lets it answer."""
    scope = re.search(r"/([a-z0-9-]+)/aws4_request", message.header("authorization"))
    is_backup = message.path.startswith("/backup-jobs") or (scope is not None and scope.group(1) == "backup")
    service = backup if is_backup else rds
    state = credentials(message)
    if state == "absent" and has("auth-unsigned-accepted"):
        state = "present"
    if state == "absent" and has("auth-missing-500"):
        raise RuntimeError("no credentials")
    try:
        return service.answer(message, state, has("auth-missing-code"))
    except ConnectionAbortedError:
        raise
    except Exception:
        return service.crash(traceback.format_exc())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "documents/1"
    served = 0

    def handle_one_request(self):
        self.body_was_read = True
        super().handle_one_request()

    def read_body(self):
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            if has("http-chunked-ignored"):
                self.close_connection = True
                return b""
            return self.read_chunks()
        length = self.headers.get("content-length")
        if length is None:
            return b""
        return self.rfile.read(min(int(length), BIGGEST))

    def read_chunks(self):
        pieces, read = [], 0
        while True:
            size = int(self.rfile.readline(100).split(b";")[0] or b"0", 16)
            if size == 0:
                while self.rfile.readline(1000).strip():
                    pass
                return b"".join(pieces)
            read += size
            if read > BIGGEST:
                raise ConnectionAbortedError
            pieces.append(self.rfile.read(size))
            self.rfile.readline(10)

    def respond(self):
        path, _, query = self.path.partition("?")
        if has("http-get-query-ignored"):
            query = "&".join(pair for pair in query.split("&") if pair.startswith("X-Amz-"))
        message = Message(self.command, path, query, self.headers, self.read_body())
        Handler.served += 1
        self.count = getattr(self, "count", 0) + 1
        try:
            if has("http-second-request-fails") and self.count == 2:
                raise RuntimeError("the session is gone")
            if has("http-large-value-fails") and len(message.body) > 4000:
                raise RuntimeError("the buffer is full")
            self.write(answer(message))
        except ConnectionAbortedError:
            self.close_connection = True
        except Exception:
            self.write(rds.crash(traceback.format_exc()))

    def write(self, reply):
        self.send_response(reply.status)
        if reply.media_type:
            self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_PROPFIND = do_TRACE = respond

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--defect", action="append", default=[])
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        for identity, says in sorted(KNOWN.items()):
            print(f"{identity}\t{says}")
        return
    for identity in options.defect:
        switch_on(identity)
    server = Server(("127.0.0.1", options.port), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
