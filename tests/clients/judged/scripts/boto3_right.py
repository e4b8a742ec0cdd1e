"""A test suite of somebody's, with nothing wrong in it."""

import boto3

ROLE = "arn:aws:iam::123456789012:role/backup"
VOLUME = "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0"
SNAPSHOT = "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:sample"


def test_backup():
    answer = boto3.client("backup").start_backup_job(BackupVaultName="Default", ResourceArn=VOLUME, IamRoleArn=ROLE)
    assert answer["BackupJobId"]


def test_copy():
    boto3.client("rds").copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier=SNAPSHOT, TargetDBClusterSnapshotIdentifier="copy")
