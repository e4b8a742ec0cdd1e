import re
import urllib.request

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from table import OPERATIONS, URL, agree, errors, minimal_input, successes, violations

AWS = ("rds", "backup")


def connect(service, prefer=None, url=URL, **config):
    client = boto3.client(
        service, region_name="us-east-1", endpoint_url=url,
        config=Config(retries={"total_max_attempts": 1}, **config))
    if prefer:
        client.meta.events.register(
            "before-send", lambda request, **_: request.headers.update(Prefer=prefer))
    return client


def call(operation, sent, service=None, **options):
    """Calls the operation by the name the service gives it."""
    client = connect(service or OPERATIONS[operation]["service"], **options)
    answer = getattr(client, xform_name(operation))(**sent)
    metadata = answer.pop("ResponseMetadata")
    assert metadata["HTTPStatusCode"] == 200
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", metadata["RequestId"])
    return answer


def refused(operation, sent, code, status, name=None, **options):
    """Calls the operation and expects its exception class, the class of any error where `name` is None."""
    with pytest.raises(ClientError) as caught:
        call(operation, sent, **options)
    assert (type(caught.value).__name__, caught.value.response["Error"]["Code"]) == (name or "ClientError", code)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("operation, sent, expected", successes(*AWS))
def test_success(operation, sent, expected):
    agree(expected, call(operation, sent), sent)


@pytest.mark.parametrize("operation, sent, violation", violations("boto3", *AWS))
def test_violation(operation, sent, violation):
    refused(operation, sent, violation["code"], 400, violation.get("class"), parameter_validation=False)


@pytest.mark.parametrize("operation, sent, name, code, status", errors(*AWS))
def test_error(operation, sent, name, code, status):
    refused(operation, sent, code, status, name, prefer=f"code={code}")


@pytest.mark.parametrize("operation", [name for name, cases in OPERATIONS.items() if cases["service"] in AWS])
def test_through_a_proxy(operation):
    """The request line then carries the whole URL, and Host the service's name."""
    service = OPERATIONS[operation]["service"]
    call(operation, minimal_input(operation), url=f"http://{service}.us-east-1.amazonaws.com", proxies={"http": URL})


@pytest.mark.parametrize("operation", ["StartDBInstanceAutomatedBackupsReplication", "CopyDBClusterSnapshot"])
def test_source_region_becomes_a_presigned_url(operation):
    call(operation, minimal_input(operation) | {"SourceRegion": "us-west-2"})


def test_presigned_get():
    sent = minimal_input("CopyDBClusterSnapshot")
    url = connect("rds").generate_presigned_url("copy_db_cluster_snapshot", sent)
    with urllib.request.urlopen(url) as answer:
        assert answer.headers["Content-Type"] == "text/xml"
        assert sent["TargetDBClusterSnapshotIdentifier"] in answer.read().decode()


def test_idempotency_token():
    def job(token):
        return call("StartBackupJob", minimal_input("StartBackupJob") | {"IdempotencyToken": token})["BackupJobId"]

    assert job("one") == job("one") != job("another")


@pytest.mark.parametrize("service, operation, sent, code, status", [
    ("backup", "DescribeBackupJob", {"BackupJobId": "12345678-1234-1234-1234-123456789012"},
     "UnknownOperationException", 404),
    ("backup", "ListBackupJobs", {}, "UnknownOperationException", 404),
    ("rds", "DescribeDBInstances", {}, "InvalidAction", 400),
])
def test_operation_unknown_to_the_mock(service, operation, sent, code, status):
    """An error that the client parses, not a failure to parse one."""
    refused(operation, sent, code, status, service=service)


def test_required_is_checked_before_sending():
    with pytest.raises(ParamValidationError):
        call("StartBackupJob", {})
