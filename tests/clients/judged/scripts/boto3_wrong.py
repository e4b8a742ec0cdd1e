"""A test suite of somebody's, with mistakes that its own tests do not see."""

import json
import uuid

import boto3
import pytest
from boto3_right import ROLE, VOLUME
from botocore.exceptions import ClientError


def client(change):
    """A client that changes its requests' bodies before each attempt."""
    def before_send(request, **_):
        body = change(json.loads(request.body))
        request.body = json.dumps(body).encode()
        request.headers["Content-Length"] = str(len(request.body))

    backup = boto3.client("backup")
    backup.meta.events.register("before-send", before_send)
    return backup


def start(backup, **more):
    return backup.start_backup_job(BackupVaultName="Default", ResourceArn=VOLUME, IamRoleArn=ROLE, **more)


def test_window_too_short():
    with pytest.raises(ClientError):
        start(boto3.client("backup"), StartWindowMinutes=59)


def test_unknown_member():
    try:
        start(client(lambda body: body | {"ResourceName": "volume"}))
    except ClientError:
        pass


def test_token_for_each_attempt():
    start(client(lambda body: body | {"IdempotencyToken": str(uuid.uuid4())}), Index="ENABLED")
