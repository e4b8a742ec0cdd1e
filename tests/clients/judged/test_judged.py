"""`accordant client` over scripts of each client: silent about right ones, and it finds what wrong ones have wrong."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
SCRIPTS = HERE / "scripts"
TABLE = HERE.parents[2] / "docs" / "faults.md"
BIN = os.environ["ACCORDANT_BIN"]
FAULTS = (
    "throttling,server-error,unavailable,slow,dripped,connection-reset,truncated-body,wrong-content-type,"
    "unknown-members,unknown-enum-value,missing-optional-members,html-gateway,html-success"
)
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
COMMANDS = {
    "boto3": lambda kind: [*PYTEST, f"boto3_{kind}.py"],
    "awscli": lambda kind: ["sh", f"awscli_{kind}.sh"],
    "js": lambda kind: ["node", "--test", f"js_{kind}.test.js"],
    "huawei": lambda kind: [sys.executable, f"huawei_{kind}.py"],
}
AWS_MISTAKES = {
    ("request-schema", "/StartWindowMinutes#minimum"),
    ("unknown-member", "/ResourceName"),
    ("unknown-operation", "CopyDBClusterSnapshot"),
    ("wrong-content-type", None),
    ("credentials-missing", None),
    ("secret-in-url", "/MasterUserPassword"),
    ("documentation-url-sent-literally", None),
    ("token-not-reused-on-retry", "/IdempotencyToken"),
    ("retry-storm", None),
}
WRONG_ANSWER = ("wrong-answer-taken", "unavailable")
MISTAKES = {
    # Its tests fail under the fault, as they should.
    "boto3": AWS_MISTAKES,
    "awscli": AWS_MISTAKES | {WRONG_ANSWER},
    "js": AWS_MISTAKES | {WRONG_ANSWER},
    # Its service has neither actions nor idempotency tokens.
    "huawei": {
        ("request-schema", "/replicate/name#maxLength"),
        ("unknown-member", "/replicate/cross_account_urn"),
        ("wrong-content-type", None),
        ("credentials-missing", None),
        ("secret-in-url", "X-Auth-Token"),
        ("documentation-url-sent-literally", None),
        ("retry-storm", None),
        WRONG_ANSWER,
    },
}

# A declared error of each kind, as each client's service has it.
BACKUP_ERRORS = {
    "validation": "InvalidParameterValueException",
    "state": "ResourceNotFoundException",
    "quota": "LimitExceededException",
    "auth": "AccessDeniedException",
    "server": "ServiceUnavailableException",
}
CBR_ERRORS = {
    "validation": "BackupService.9900",
    "state": "BackupService.6200",
    "quota": "BackupService.6129",
    "auth": "BackupService.8600",
    "server": "BackupService.9910",
}
ERRORS = {"boto3": BACKUP_ERRORS, "awscli": BACKUP_ERRORS, "js": BACKUP_ERRORS, "huawei": CBR_ERRORS}

# What the clients themselves do wrong, whoever uses them.
KNOWN = {"awscli": {("wrong-answer-taken", "html-success")}}


def judged(tmp_path, client, kind, *options):
    report = tmp_path / "report.json"
    command = [BIN, "client", "--timeout", "120s", "--report", report, *options, "--", *COMMANDS[client](kind)]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, timeout=900)
    assert report.exists(), done.stderr
    return done, json.loads(report.read_text())


def found(report):
    return {(finding["code"], finding["about"]) for finding in report["findings"]}


@pytest.mark.parametrize("client", COMMANDS)
def test_wrong(tmp_path, client):
    done, report = judged(tmp_path, client, "wrong", "--faults", "unavailable")
    assert (found(report), report["notes"]) == (MISTAKES[client], []), done.stderr
    assert done.returncode == 1, done.stderr
    assert "hunter22" not in json.dumps(report) + done.stderr


def tables(rows):
    """Faults by clients, then declared errors by clients, as Markdown."""
    clients = list(rows)
    yield from header("fault", clients)
    for fault in FAULTS.split(","):
        yield line(fault, (cell(rows[client][fault]) for client in clients))
    yield BETWEEN
    yield from header("kind", clients)
    for kind in BACKUP_ERRORS:
        yield line(kind, (f"`{code}`: {cell(rows[client]['error:' + code])}"
                          for client in clients for code in [ERRORS[client][kind]]))


def header(first, clients):
    return line(first, clients), "|---" * (len(clients) + 1) + "|"


def line(first, cells):
    return f"| {first} | {' | '.join(cells)} |"


def cell(row):
    """What a client did, what it said of the error, and what is remarkable of its attempts."""
    said = {"named": ", naming the error", "not named": ", without naming the error", None: ""}[row["error"]]
    remarks = [f"token {row['token']}"] if row["token"] else []
    if "though" in (row["retry"] or ""):
        remarks.append(row["retry"])
    behaviour = row["behaviour"].replace("after retries", f"after {row['attempts']} attempts")
    return behaviour + said + (f" ({'; '.join(remarks)})" if remarks else "")


def test_faults(tmp_path):
    """Right clients are silent under faults too, and take each as the table in the documentation says."""
    rows = {}
    for client in COMMANDS:
        faults = ",".join([FAULTS, *(f"error:{code}" for code in ERRORS[client].values())])
        done, report = judged(tmp_path, client, "right", "--faults", faults)
        known = KNOWN.get(client, set())
        assert (found(report), report["notes"]) == (known, []), f"{client}: {done.stderr}"
        assert done.returncode == (1 if known else 0), f"{client}: {done.stderr}"
        rows[client] = {row["fault"]: row for row in report["client"]["faults"]}
    text = HEAD + "\n".join(tables(rows)) + "\n"
    if os.environ.get("ACCORDANT_WRITE_DOCS"):
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(text)
    assert TABLE.read_text() == text, f"the table has changed; ACCORDANT_WRITE_DOCS=1 writes it:\n{text}"


HEAD = """\
# How clients take trouble

Generated by `tests/clients/run judged`, which compares it: `accordant client --faults` over a right script of each client
in `tests/clients/judged/scripts/`, in the versions that `tests/clients` pins. Every attempt of every request meets the fault.

"""

BETWEEN = """
A declared error of each kind:
"""
