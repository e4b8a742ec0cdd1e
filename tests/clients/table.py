"""The table of cases that the clients share, and how a parsed answer is held against it.

An example is a JSON Merge Patch on the minimal one, and so is the `set` of a violation on the minimal input.
Expected values stand in the shape of the parsed answer. A string `@/pointer` is the input member that must
come back, `@datetime` a moment, `~pattern` a form; everything else is the value itself.
"""

import json
import os
import pathlib
import re
from datetime import datetime

import pytest

URL = os.environ.get("ACCORDANT_URL", "http://127.0.0.1:4010")
OPERATIONS = json.loads(pathlib.Path(__file__).with_name("cases.json").read_text())


def successes(*services):
    """(operation, input, expected answer) of every example of the services."""
    return [
        pytest.param(operation, example["input"], example["answer"], id=f"{operation} {name}")
        for operation, cases in of_services(services)
        for name, patch in cases["examples"].items()
        for example in [patched(cases["examples"]["minimal"], patch)]
    ]


def violations(client, *services):
    """(operation, input, violation) of every broken constraint that the client lets out."""
    return [
        pytest.param(operation, patched(minimal_input(operation), violation["set"]), violation,
                     id=f"{operation} {violation['kind']}: {violation['what']}")
        for operation, cases in of_services(services)
        for violation in cases["violations"] if client not in violation.get("cannot_send", [])
    ]


def errors(*services, first_only=False):
    """(operation, minimal input, exception class, code, status) of the errors that the operations declare.

    Where a client has no class for it, as for CBR, the class is what the error is about.
    """
    return [
        pytest.param(operation, minimal_input(operation), name, code, status, id=f"{operation} {code}")
        for operation, cases in of_services(services)
        for name, (code, status) in list(cases["errors"].items())[: 1 if first_only else None]
    ]


def minimal_input(operation):
    return OPERATIONS[operation]["examples"]["minimal"]["input"]


def of_services(services):
    return [(operation, cases) for operation, cases in OPERATIONS.items() if cases["service"] in services]


def patched(value, patch):
    """JSON Merge Patch, RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    members = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            members.pop(name, None)
        else:
            members[name] = patched(members.get(name), change)
    return members


def agree(expected, actual, sent, same=None):
    """Fails with every place where `actual` is not what the table expects, after `sent` was sent."""
    __tracebackhide__ = True
    if lines := mismatches(expected, actual, sent, same or same_parsed):
        pytest.fail("\n".join(lines))


def mismatches(expected, actual, sent, same, at=""):
    if isinstance(expected, str) and expected.startswith("@/"):
        expected = found(sent, expected[1:])
    if isinstance(expected, dict) and isinstance(actual, dict):
        pairs = [(name, expected.get(name), actual.get(name)) for name in sorted(expected.keys() | actual.keys())]
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = zip(range(len(expected)), expected, actual)
    else:
        return [] if same(expected, actual) else [f"{at or '/'}: expected {expected!r}, parsed {actual!r}"]
    return [line for name, *values in pairs for line in mismatches(*values, sent, same, f"{at}/{name}")]


def found(value, pointer):
    for name in pointer.split("/")[1:]:
        value = value[int(name) if isinstance(value, list) else name]
    return value


def same_parsed(expected, actual):
    if expected == "@datetime":
        return isinstance(actual, datetime) and actual.tzinfo is not None
    if isinstance(expected, str) and expected.startswith("~"):
        return isinstance(actual, str) and re.fullmatch(expected[1:], actual) is not None
    return type(expected) is type(actual) and expected == actual
