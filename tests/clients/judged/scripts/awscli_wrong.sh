# A script of somebody's that goes on whatever is answered.
aws backup start-backup-job --backup-vault-name Default --iam-role-arn arn:aws:iam::123456789012:role/backup \
    --resource-arn arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0 || true
aws backup start-backup-job --backup-vault-name Default --iam-role-arn arn:aws:iam::123456789012:role/backup \
    --resource-arn arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0 --start-window-minutes 59 || true
curl --silent "$ACCORDANT_URL/?Action=RestoreDBClusterFromS3&Version=2014-10-31&MasterUserPassword=hunter22" || true
