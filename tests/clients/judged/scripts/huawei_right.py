"""A script of somebody's, with nothing wrong in it."""

import os

from huaweicloudsdkcbr.v1 import BackupReplicateReq, BackupReplicateReqBody, CbrClient, CopyBackupRequest
from huaweicloudsdkcore.auth.credentials import BasicCredentials

PROJECT = "0605767d5c8010eb2f6bc01fe4e0b6f8"
GOOD = {
    "description": "nightly",
    "destination_project_id": "4229d7a45436489f8c3dc2b1d35d4987",
    "destination_region": "eu-de",
    "destination_vault_id": "ff8ba2d4-ae3d-4f8f-9e0b-1f7a3d6c9b0e",
    "enable_acceleration": False,
    "name": "copy",
}


def copy(replicate, project=PROJECT):
    keys = BasicCredentials(os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"], project)
    client = CbrClient.new_builder().with_credentials(keys).with_endpoint(os.environ["ACCORDANT_URL"]).build()
    body = BackupReplicateReq(BackupReplicateReqBody(**replicate))
    return client.copy_backup(CopyBackupRequest(backup_id="3a9a5f4e-4c6e-4b5b-8e5f-0d5f2c9a6b1d", body=body))


if __name__ == "__main__":
    assert copy(GOOD).replication.backup_id
