import json
import re
import shlex
import subprocess
from datetime import datetime
from email import message_from_string
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from table import OPERATIONS, URL, agree, errors, minimal_input, successes, violations

ALL = ("rds", "backup", "cbr")
KEYS = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "X-Auth-Token: MIIDkgYJKoZIhvcNAQcCoIIDgzCCXXXXX"
ITEM = {
    "Tags": "Tag", "AvailabilityZones": "AvailabilityZone", "VpcSecurityGroupIds": "VpcSecurityGroupId",
    "EnableCloudwatchLogsExports": "member", "TagSpecifications": "item",
}
LISTS = {
    "AvailabilityZones", "ReadReplicaIdentifiers", "DBClusterMembers", "VpcSecurityGroups", "AssociatedRoles",
    "DomainMemberships", "TagList", "EnabledCloudwatchLogsExports", "DBInstanceAutomatedBackupsReplications",
}


class Answer(NamedTuple):
    status: int
    headers: object
    body: str

    def code(self):
        """The error's code, wherever the protocol puts it."""
        if self.headers["Content-Type"] == "text/xml":
            return ElementTree.fromstring(self.body).findtext("{*}Error/{*}Code")
        return self.headers["x-amzn-ErrorType"] or json.loads(self.body)["error_code"]


def curl(*arguments):
    command = ["curl", "--disable", "--silent", "--show-error", "--include", "--max-time", "20", *arguments]
    head, _, body = subprocess.run(command, capture_output=True, text=True, check=True).stdout.partition("\n\n")
    status, _, headers = head.partition("\n")
    return Answer(int(status.split()[1]), message_from_string(headers), body)


def call(operation, sent, *more):
    """Calls the operation as its service's protocol wants it."""
    match OPERATIONS[operation]["service"]:
        case "rds":
            fields = [("Action", operation), ("Version", "2014-10-31"), *form(sent)]
            data = [option for name, text in fields for option in ("--data-urlencode", f"{name}={text}")]
            return curl(f"{URL}/", *signed("rds"), *data, *more)
        case "backup":
            return curl(f"{URL}/backup-jobs", "-X", "PUT", *signed("backup"), *as_json(sent), *more)
        case "cbr":
            url = f"{URL}/v3/{sent['project_id']}/backups/{sent['backup_id']}/replicate"
            return curl(url, "-H", TOKEN, *as_json({"replicate": sent["replicate"]}), *more)


def signed(service):
    return "--aws-sigv4", f"aws:amz:us-east-1:{service}", "--user", KEYS


def as_json(value):
    return "-H", "Content-Type: application/json", "--data-binary", json.dumps(value)


def form(value, name=""):
    """The members of an input as pairs of an aws-query form."""
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from form(inner, f"{name}.{member}" if name else member)
    elif isinstance(value, list):
        for index, inner in enumerate(value, 1):
            yield from form(inner, f"{name}.{ITEM[name.rpartition('.')[2]]}.{index}")
    else:
        yield name, json.dumps(value) if isinstance(value, (bool, int, float)) else value


def parsed(answer, operation):
    if answer.headers["Content-Type"] != "text/xml":
        return json.loads(answer.body)
    return from_xml(ElementTree.fromstring(answer.body).find(f"{{*}}{operation}Result"))


def from_xml(element):
    name = element.tag.rpartition("}")[2]
    if name in LISTS:
        return [from_xml(child) for child in element]
    if len(element):
        return {child.tag.rpartition("}")[2]: from_xml(child) for child in element}
    return element.text or ""


def same_on_the_wire(expected, actual):
    """XML has only text; JSON has a number of seconds for a time."""
    if expected == "@datetime" and isinstance(actual, str):
        return bool(datetime.fromisoformat(actual)) and actual.endswith("Z")
    if expected == "@datetime":
        return isinstance(actual, (int, float))
    if isinstance(expected, str) and expected.startswith("~"):
        return re.fullmatch(expected[1:], actual) is not None
    if isinstance(expected, str) or type(expected) is type(actual):
        return expected == actual
    return actual == ("" if expected == {} else json.dumps(expected))


@pytest.mark.parametrize("operation, sent, expected", successes(*ALL))
def test_success(operation, sent, expected):
    answer = call(operation, sent)
    assert answer.status == 200, answer.body
    agree(expected, parsed(answer, operation), sent, same_on_the_wire)


@pytest.mark.parametrize("operation, sent, violation", violations("curl", *ALL))
def test_violation(operation, sent, violation):
    answer = call(operation, sent)
    assert (answer.status, answer.code()) == (400, violation["code"])


@pytest.mark.parametrize("operation, sent, name, code, status", errors(*ALL, first_only=True))
def test_error(operation, sent, name, code, status):
    answer = call(operation, sent, "-H", f"Prefer: code={code}")
    assert (answer.status, answer.code()) == (status, code)


RDS, JOBS, CBR = f"{URL}/", f"{URL}/backup-jobs", f"{URL}/v3/p/backups/b/replicate"
MINIMAL_FORM = ["--data", "&".join(
    ["Action=CopyDBClusterSnapshot", "Version=2014-10-31"]
    + [f"{name}={text}" for name, text in form(minimal_input("CopyDBClusterSnapshot"))])]


PROTOCOL = {
    "RDS, no signature": ([RDS, *MINIMAL_FORM], 403, "MissingAuthenticationToken"),
    "RDS, no action": ([RDS, *signed("rds"), "--data", "Version=2014-10-31"], 400, "MissingAction"),
    "RDS, unknown action": ([RDS, *signed("rds"), "--data", "Action=Nonsense&Version=2014-10-31"], 400, "InvalidAction"),
    "RDS, unknown version": (
        [RDS, *signed("rds"), "--data", "Action=CopyDBClusterSnapshot&Version=1999-01-01"], 400, "InvalidAction"),
    "Backup, no signature": (
        [JOBS, "-X", "PUT", *as_json(minimal_input("StartBackupJob"))], 403, "MissingAuthenticationTokenException"),
    "Backup, broken JSON": (
        [JOBS, *signed("backup"), "-X", "PUT", "-H", "Content-Type: application/json", "--data", "{"],
        400, "SerializationException"),
    "Backup, plain text": (
        [JOBS, *signed("backup"), "-X", "PUT", "-H", "Content-Type: text/plain", "--data", "{}"],
        415, "UnsupportedMediaTypeException"),
    "Backup, unknown method": ([JOBS, *signed("backup")], 404, "UnknownOperationException"),
    "CBR, no token": ([CBR, *as_json({})], 401, "APIGW.0301"),
    "CBR, JSON list": ([CBR, "-H", TOKEN, *as_json([])], 400, "BackupService.9900"),
    "CBR, unknown path": ([f"{URL}/v3/p/nonsense", "-H", TOKEN], 404, "APIGW.0101"),
}


@pytest.mark.parametrize("arguments, status, code", PROTOCOL.values(), ids=PROTOCOL.keys())
def test_protocol(arguments, status, code):
    answer = curl(*arguments)
    assert (answer.status, answer.code()) == (status, code), answer


# The lines of the documents, to the letter, and the failure that they show.
DOCUMENTED = [shlex.split(line)[1:] for line in r"""
curl --request GET --url 'http://rds.{region}.amazonaws.com/#Action=StartDBInstanceAutomatedBackupsReplication' --header 'accept: application/json' --header 'content-type: application/json'
curl --request POST --url 'http://rds.{region}.amazonaws.com/#Action=RestoreDBClusterFromS3' --header 'accept: application/json' --header 'content-type: application/json'
curl --request POST --url 'http://rds.{region}.amazonaws.com/#Action=CopyDBClusterSnapshot' --header 'accept: application/json' --header 'content-type: application/json'
curl --request PUT --url 'http://backup.{region}.amazonaws.com/backup-jobs' --header 'accept: application/json' --header 'content-type: application/json'
""".strip().splitlines()]
TO_THE_MOCK = ("--connect-to", f"::{urlsplit(URL).netloc}")


def explained(answer):
    """The reason that stands behind the text of the documented failure."""
    error = json.loads(answer.body)
    assert (answer.status, error["success"], error["error"].keys()) == (400, False, {"code", "message"})
    assert error["error"]["code"] == "VALIDATION_ERROR"
    text, _, reason = error["error"]["message"].partition(": ")
    assert text == "Invalid request parameters"
    return reason


@pytest.mark.parametrize("line", DOCUMENTED, ids=lambda line: line[3])
def test_documented_line(line):
    """The fragment never leaves curl, so a line for RDS names no action; that for AWS Backup has no members."""
    reason = explained(curl(*line, *TO_THE_MOCK))
    assert ("Action" if "rds" in line[3] else "BackupVaultName") in reason


EXAMPLE = """{
"replicate" : {
"description" : "backup_description",
"destination_project_id" : "68589cac08274b82b4e254268a3862d8",
"destination_region" : "region2",
"destination_vault_id" : "0ca3eb86-8800-46da-9c37-9d657a825274",
"name" : "backup_name"
}
}"""


def test_documented_example():
    """The page of CBR has a request in place of a curl line."""
    path = "/v3/f841e01fd2b14e7fa41b6ae7aa6b0594/backups/a5200268-74a5-4806-acc6-95793ab0228b/replicate"
    answer = curl("-X", "POST", URL + path, "-H", TOKEN, "-H", "Content-Type: application/json", "--data-raw", EXAMPLE)
    assert answer.status == 200, answer.body
    assert json.loads(EXAMPLE)["replicate"].items() - json.loads(answer.body)["replication"].items() == {
        ("description", "backup_description"), ("name", "backup_name")}


@pytest.mark.parametrize("operation", [name for name, cases in OPERATIONS.items() if cases["service"] != "cbr"])
def test_documented_dialect(operation):
    """The documents' lines with the members that they leave out."""
    answer = documented(operation, minimal_input(operation))
    assert answer.status == 200, answer.body
    result = json.loads(answer.body)
    assert result.keys() == {"success", "data"} and result["success"] is True
    assert result["data"].keys() == {"id", "created_at"} and result["data"]["id"]
    assert re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", result["data"]["created_at"])


@pytest.mark.parametrize("operation, sent, violation", violations("curl", "rds", "backup"))
def test_documented_violation(operation, sent, violation):
    assert explained(documented(operation, sent))


def documented(operation, sent):
    """GET has the members in the query, POST and PUT in the body; the action is always in the query."""
    host = OPERATIONS[operation]["service"]
    accept = ("--header", "accept: application/json", "--header", "content-type: application/json")
    url = f"http://{host}.us-east-1.amazonaws.com"
    match operation:
        case "StartBackupJob":
            return curl("--request", "PUT", f"{url}/backup-jobs", *accept, "--data", json.dumps(sent), *TO_THE_MOCK)
        case "StartDBInstanceAutomatedBackupsReplication":
            members = [o for name, text in form(sent) for o in ("--data-urlencode", f"{name}={text}")]
            return curl("--get", f"{url}/?Action={operation}", *accept, *members, *TO_THE_MOCK)
        case _:
            return curl("--request", "POST", f"{url}/?Action={operation}", *accept, "--data", json.dumps(sent),
                        *TO_THE_MOCK)
