# A script of somebody's, with nothing wrong in it.
set -eu
aws backup start-backup-job --backup-vault-name Default --iam-role-arn arn:aws:iam::123456789012:role/backup \
    --resource-arn arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0
