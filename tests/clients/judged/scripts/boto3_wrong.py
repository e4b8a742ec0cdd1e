"""A test suite of somebody's, with mistakes that its own tests do not see."""

import json
import os
import uuid

import boto3
import pytest
import urllib3
from boto3_right import ROLE, VOLUME
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

RESTORED = {
    "DBClusterIdentifier": "restored", "Engine": "aurora-mysql", "MasterUsername": "admin", "SourceEngine": "mysql",
    "SourceEngineVersion": "8.0.28", "S3BucketName": "backups", "S3IngestionRoleArn": ROLE,
    "MasterUserPassword": "hunter22",
}


def changed(change):
    """A client that changes its requests before each attempt."""
    backup = boto3.client("backup")
    backup.meta.events.register("before-send", lambda request, **_: change(request))
    return backup


def body(more):
    def change(request):
        request.body = json.dumps(json.loads(request.body) | more()).encode()
        request.headers["Content-Length"] = str(len(request.body))
    return change


def start(backup, **more):
    return backup.start_backup_job(BackupVaultName="Default", ResourceArn=VOLUME, IamRoleArn=ROLE, **more)


def by_hand(path, form=""):
    """A request to RDS that is signed, but built without a client."""
    request = AWSRequest("POST", os.environ["ACCORDANT_URL"] + path, data=form,
                         headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(boto3.Session().get_credentials(), "rds", "us-east-1").add_auth(request)
    return urllib3.request("POST", request.url, body=form, headers=dict(request.headers), retries=False)


def test_window_too_short():
    with pytest.raises(ClientError):
        start(boto3.client("backup"), StartWindowMinutes=59)


def test_unknown_member():
    try:
        start(changed(body(lambda: {"ResourceName": "volume"})))
    except ClientError:
        pass


def test_token_for_each_attempt():
    start(changed(body(lambda: {"IdempotencyToken": str(uuid.uuid4())})), Index="ENABLED")


def test_content_type():
    with pytest.raises(ClientError):
        start(changed(lambda request: request.headers.update({"Content-Type": "text/plain"})))


def test_without_credentials():
    with pytest.raises(ClientError):
        start(boto3.client("backup", config=Config(signature_version=UNSIGNED)))


def test_loop_without_a_pause():
    backup = boto3.client("backup", config=Config(retries={"total_max_attempts": 1}))
    for _ in range(12):
        try:
            start(backup, Index="DISABLED", IdempotencyToken="mine")
            break
        except ClientError:
            pass


def test_presigned():
    url = boto3.client("rds").generate_presigned_url("restore_db_cluster_from_s3", Params=RESTORED)
    urllib3.request("GET", url, retries=False)


def test_action_in_other_letters():
    by_hand("/", "Action=copyDBClusterSnapshot&Version=2014-10-31")


def test_url_of_the_documentation():
    by_hand("/#Action=CopyDBClusterSnapshot")
