"""Holds `accordant proxy` against `accordant check`, before the same moto: `proxied.py ACCORDANT PORT TARGET`.

boto3 sends the very inputs that `check` has sent before, through the proxy and to a server that knows as little. The proxy
must change no byte and find of the answers what check found, as often, and of the requests what is wrong with them. Then
check itself is sent through the proxy, with all its looks, probes and shrinking.
"""

import collections
import contextlib
import io
import json
import pathlib
import re
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

import boto3
import yaml
from botocore.awsrequest import AWSResponse
from botocore.config import Config

OPERATION = "CopyDBClusterSnapshot"
SOURCE = "SourceDBClusterSnapshotIdentifier"
FIRST = f"/{SOURCE}#required"
# What is found of requests rather than of answers.
OF_REQUESTS = {"request-schema", "credentials-missing", "unknown-operation", "unknown-member"}
# What check finds by requests that no proxy can judge: without credentials, or sent twice.
OF_PROBES = {"auth-not-required", "idempotency-broken", "method-not-refused"}
# Probes have claims of their own, about requests that a proxy only sees pass.
PHASES = ["--phase", "examples", "--phase", "coverage", "--phase", "random"]
PATIENCE = 120


def pour(source, sink, said):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            said += piece
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Passing(socketserver.BaseRequestHandler):
    def handle(self):
        said = (bytearray(), bytearray())
        self.server.said.append(said)
        with socket.create_connection(("127.0.0.1", self.server.target)) as target:
            back = threading.Thread(target=pour, args=(target, self.request, said[1]))
            back.start()
            pour(self.request, target, said[0])
            back.join()


class Relay(socketserver.ThreadingTCPServer):
    """Passes connections on and keeps what is said on them, each way."""

    daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Passing)
        self.target, self.said, self.port = target, [], self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def spoken(self):
        # The proxy's own look whether somebody is there says nothing.
        return [said for said in self.said if any(said)]


@contextlib.contextmanager
def proxy(accordant, target, report):
    command = [accordant, "proxy", f"http://127.0.0.1:{target}", "--report", report]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield int(process.stdout.readline().rsplit(":", 1)[1])
        finally:
            process.send_signal(signal.SIGINT)


class Moto:
    """The server, and what its target file says of it."""

    def __init__(self, port, target):
        self.port, self.file = port, target
        self.target = yaml.safe_load(pathlib.Path(target).read_text(encoding="utf-8"))

    def reset(self):
        post(self.port, "/moto-api/reset")

    def prepare(self):
        """What `check` does first."""
        for given in self.target["givens"]:
            post(self.port, given["path"], given["form"])


def post(port, path, form=()):
    headers = {"authorization": "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/rds/aws4_request"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", urllib.parse.urlencode(form).encode(), headers)
    urllib.request.urlopen(request).close()


def form_of(body):
    return dict(urllib.parse.parse_qsl(body, keep_blank_values=True))


def value_of(form):
    """The input that a form has, for boto3."""
    value = {}
    for name, text in form.items():
        if tag := re.fullmatch(r"Tags\.Tag\.(\d+)\.(Key|Value)", name):
            tags = value.setdefault("Tags", [])
            tags.extend({} for _ in range(int(tag[1]) - len(tags)))
            tags[-1][tag[2]] = text
        elif name not in ("Action", "Version"):
            value[name] = text == "true" if name == "CopyTags" else text
    return value


class Sender:
    """Sends what boto3 makes of an input, where that is the form that is meant."""

    def __init__(self, port):
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "accordant-secret-key"}
        url = f"http://127.0.0.1:{port}"
        self.client = boto3.client("rds", "us-east-1", endpoint_url=url, config=config, **keys)
        self.client.meta.events.register("before-send.rds", self.look)

    def look(self, request, **_):
        self.same = form_of(request.body) == self.form
        return None if self.same and not self.dry else AWSResponse(request.url, 200, {}, io.BytesIO())

    def send(self, value, form, dry=False):
        self.form, self.dry, self.same = form, dry, False
        # Whatever boto3 says of an answer, or of an input that it cannot write.
        with contextlib.suppress(Exception):
            self.client.copy_db_cluster_snapshot(**value)
        return self.same


def sendable(accordant):
    """The cases of which boto3 makes the same request, and how many others there are."""
    command = [accordant, "cases", "--operation", OPERATION, *PHASES]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    cases = [json.loads(line) for line in printed.split("\n") if line]
    sender = Sender(9)
    # A cause is that of a request without credentials, or by another method.
    same = [case for case in cases if "cause" not in case["verdict"]
            and sender.send(case["input"], form_of(case["request"]["body"]), dry=True)]
    # One that no look sends is the first, so that it can be told where the cases begin.
    same.sort(key=lambda case: case["verdict"].get("constraint") != FIRST)
    return same, len(cases) - len(same)


def forms_of(said, count):
    """The forms of the cases among the requests of a check: looks go before them, shrinking after."""
    forms = [form_of(bytes(request).partition(b"\r\n\r\n")[2].decode()) for request, _ in said]
    first = next(at for at, form in enumerate(forms) if form.get("Action") == OPERATION and SOURCE not in form)
    # One case is sent twice.
    once = [form for form, before in zip(forms[first:], [None, *forms[first:]]) if form != before]
    return once[:count]


def run(*command):
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(command, timeout=PATIENCE, **silent).returncode


def read(report):
    return json.loads(pathlib.Path(report).read_text(encoding="utf-8"))


def found(findings):
    """What is found, with how often. A proxy cannot know that all else of a request is an example's, so it blames no
    constraint for a failure of the server."""
    counts = collections.Counter()
    for finding in findings:
        check, about = finding["code"], finding["about"]
        counts[finding["operation"], check, None if check == "server-error" else about] += finding["count"]
    return counts


def without(counts, checks):
    return collections.Counter({key: count for key, count in counts.items() if key[1] not in checks})


class Differences(list):
    def hold(self, what, due, seen):
        if due != seen:
            both = isinstance(due, (set, collections.Counter))
            due, seen = (due - seen, seen - due) if both else (due, seen)
            self.append(f"{what}:\n  only due   {due}\n  only seen  {seen}")


def send_again(accordant, moto, forms, report, differences):
    """Sends forms with boto3 through the proxy, and holds what its two sides said against each other."""
    moto.reset()
    moto.prepare()
    after = Relay(moto.port)
    with proxy(accordant, after.port, report) as listening:
        before = Relay(listening)
        sender = Sender(before.port)
        unlike = [form for form in forms if not sender.send(value_of(form), form)]
        sender.client.close()
    differences.hold("requests that boto3 writes otherwise", [], unlike)
    differences.hold("connections", len(before.spoken()), len(after.spoken()))
    # One changed connection says enough.
    pairs = zip(before.spoken(), after.spoken())
    differences.hold("bytes", *next((pair for pair in pairs if pair[0] != pair[1]), (None, None)))


def by_boto3(accordant, moto, scratch, differences):
    """Sends the requests of a check once more, by boto3 through the proxy; says what came of it."""
    cases, others = sendable(accordant)
    checked, proxied = f"{scratch}/check.json", f"{scratch}/proxy.json"
    recorder = Relay(moto.port)
    moto.reset()
    replays = [word for case in cases for word in ("--replay", case["token"])]
    url = f"http://127.0.0.1:{recorder.port}"
    run(accordant, "check", url, "--target", moto.file, "--report", checked, "--run-id", "1", *replays)
    send_again(accordant, moto, forms_of(recorder.spoken(), len(cases)), proxied, differences)
    checked, proxied = read(checked), read(proxied)
    differences.hold("requests judged", len(cases), proxied["client"]["requests"])
    for kind in ("findings", "notes"):
        due, seen = without(found(checked[kind]), OF_PROBES), without(found(proxied[kind]), OF_REQUESTS)
        differences.hold(f"{kind} of answers", due, seen)
    of_requests = [one for one in proxied["findings"] + proxied["notes"] if one["code"] in OF_REQUESTS]
    broken = (case["verdict"]["constraint"] for case in cases if case["verdict"]["kind"] == "invalid")
    due = collections.Counter((OPERATION, "request-schema", constraint) for constraint in broken)
    # Of a value that breaks several constraints, the proxy may name another one.
    differences.hold("findings of requests", due.total(), found(of_requests).total())
    same = len(found(checked["findings"])), len(found(checked["notes"]))
    if not all(same):
        differences.append("check has found nothing that the proxy could miss")
    words = f"boto3 sends {len(cases)} of {len(cases) + others} cases, no byte changed"
    return f"{words}, {same[0]} findings and {same[1]} notes as check has them"


def by_check(accordant, moto, scratch, differences):
    """Sends a whole check through the proxy."""
    checked, proxied = f"{scratch}/inner.json", f"{scratch}/outer.json"
    moto.reset()
    inner = f'exec "$0" check "$ACCORDANT_URL" --target "$1" --report "$2" --run-id 1 {" ".join(PHASES)}'
    command = ["sh", "-c", inner, accordant, moto.file, checked]
    run(accordant, "proxy", f"http://127.0.0.1:{moto.port}", "--report", proxied, "--", *command)
    checked, proxied = read(checked), read(proxied)
    due, seen = set(found(checked["findings"])), set(without(found(proxied["findings"]), OF_REQUESTS))
    # The proxy may have more: a check tells nothing of the requests by which it tries its claims again.
    differences.hold("findings that only the check has", set(), due - seen)
    notes = set(without(found(checked["notes"]), OF_PROBES))
    differences.hold("notes that only the check has", set(), notes - set(found(proxied["notes"])))


def main(accordant, port, target):
    moto, differences = Moto(int(port), target), Differences()
    with tempfile.TemporaryDirectory() as scratch:
        words = by_boto3(accordant, moto, scratch, differences)
        by_check(accordant, moto, scratch, differences)
    print("\n".join(differences) or words)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
