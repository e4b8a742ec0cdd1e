import pytest
from huaweicloudsdkcbr.v1 import (
    BackupReplicateReq, BackupReplicateReqBody, CbrClient, CopyBackupRequest, CopyBackupResponse, ShowBackupRequest,
)
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException, ServerResponseException
from huaweicloudsdkcore.http.http_handler import HttpHandler

from table import URL, agree, errors, minimal_input, successes, violations

CBR = ("cbr",)
MINIMAL = minimal_input("ReplicateBackup")


def keys(headers):
    """The SDK's own way: it has signed the request with an access key and a secret key."""


def token(headers):
    del headers["Authorization"], headers["X-Sdk-Date"]
    headers["X-Auth-Token"] = "MIIDkgYJKoZIhvcNAQcCoIIDgzCCXXXXX"


def nothing(headers):
    del headers["Authorization"], headers["X-Sdk-Date"]


def asking_for(code):
    return lambda headers: headers.update(Prefer=f"code={code}")


def connect(project, change_headers):
    handler = HttpHandler().add_request_handler(lambda request, **_: change_headers(request.header_params))
    return (CbrClient.new_builder()
            .with_credentials(BasicCredentials("AKEXAMPLE", "SKEXAMPLE", project))
            .with_endpoint(URL).with_http_handler(handler).build())


def copy_backup(sent, change_headers=keys):
    replicate = sent.get("replicate")
    body = BackupReplicateReq(BackupReplicateReqBody(**replicate) if isinstance(replicate, dict) else replicate)
    request = CopyBackupRequest(backup_id=sent["backup_id"], body=body)
    return connect(sent["project_id"], change_headers).copy_backup(request)


def refused(sent, status, code, change_headers=keys):
    expected = ClientRequestException if status < 500 else ServerResponseException
    with pytest.raises(expected) as caught:
        copy_backup(sent, change_headers)
    assert (caught.value.status_code, caught.value.error_code) == (status, code)
    assert caught.value.error_msg


@pytest.mark.parametrize("credentials", [keys, token])
@pytest.mark.parametrize("operation, sent, expected", successes(*CBR))
def test_success(operation, sent, expected, credentials):
    answer = copy_backup(sent, credentials)
    assert isinstance(answer, CopyBackupResponse) and answer.status_code == 200
    agree(expected, answer.to_dict(), sent)


@pytest.mark.parametrize("operation, sent, violation", violations("huawei", *CBR))
def test_violation(operation, sent, violation):
    refused(sent, 400, violation["code"])


@pytest.mark.parametrize("operation, sent, name, code, status", errors(*CBR))
def test_error(operation, sent, name, code, status):
    refused(sent, status, code, asking_for(code))


def test_missing_credentials():
    refused(MINIMAL, 401, "APIGW.0301", nothing)


def test_operation_unknown_to_the_mock():
    """An error that the client parses, not a failure to parse one."""
    with pytest.raises(ClientRequestException) as caught:
        connect(MINIMAL["project_id"], keys).show_backup(ShowBackupRequest(backup_id=MINIMAL["backup_id"]))
    assert (caught.value.status_code, caught.value.error_code) == (404, "APIGW.0101")
