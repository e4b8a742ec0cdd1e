"""Writes a report as text that a person can review and that is the same for every run: `digest.py SERVER REPORT`."""

import json
import re
import sys
import textwrap

LONGEST = 400
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def cut(text):
    text = "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def wrapped(name, text):
    lines = textwrap.wrap(cut(text), 118, break_on_hyphens=False, drop_whitespace=False) or [""]
    return [f"  {name:<9} {lines[0]}".rstrip()] + [f"{'':<12}{line}".rstrip() for line in lines[1:]]


def outcome(operation):
    words = operation["outcome"]
    if words == "lacking":
        return f"{operation['operation']}: {words}, {operation['reason']}"
    counts = ["cases", "valid", "succeeded", "refused"]
    parts = [words] + [operation["reason"]] * bool(operation["reason"])
    parts += [f"{operation[count]} {count}" for count in counts]
    parts += [f"{count} {code}" for code, count in sorted(operation["environmental"].items())]
    return f"{operation['operation']}: {', '.join(parts)}"


def title(finding):
    about = finding["about"] or "the operation"
    disputed = ", disputed" * finding["disputed"]
    return f"{finding['code']}: {finding['operation']}, {about} ({finding['strength']}{disputed}, {finding['count']} cases)"


def short(finding):
    sides = ((side, UUID.sub("UUID", finding[side])) for side in ("expected", "actual"))
    return [title(finding)] + [line for side, text in sides for line in wrapped(side, text)]


def whole(finding):
    lines = short(finding)
    lines += wrapped("citation", "; ".join(finding["citation"]))
    lines += wrapped("request", finding["evidence"][0]["line"])
    lines += wrapped("", finding["evidence"][0]["body"]) if finding["evidence"][0]["body"] else []
    return lines


def digest(server, report):
    findings, notes, operations = report["findings"], report["notes"], report["server"]["operations"]
    lacking = sum(operation["outcome"] == "lacking" for operation in operations)
    lines = [server, f"{len(findings)} findings, {len(notes)} notes, {lacking} of {len(operations)} operations lacking"]
    lines += ["", "# Operations", ""] + [outcome(operation) for operation in operations]
    for heading, items, render in (("Findings", findings, whole), ("Notes", notes, short)):
        lines += ["", f"# {heading}"]
        for item in items:
            lines += [""] + render(item)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as report:
        sys.stdout.reconfigure(encoding="utf-8")
        sys.stdout.write(digest(sys.argv[1], json.load(report)))
