# A script of somebody's that goes on whatever is answered.
backup() {
    aws backup start-backup-job --backup-vault-name Default --iam-role-arn arn:aws:iam::123456789012:role/backup \
        --resource-arn arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0 "$@"
}
by_hand() {
    service=$1
    shift
    curl --silent --fail --aws-sigv4 "aws:amz:us-east-1:$service" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"
}
input='{"BackupVaultName": "Default", "IamRoleArn": "arn:aws:iam::123456789012:role/backup",
    "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0", "IdempotencyToken": "mine"'

backup --start-window-minutes 59
backup --no-sign-request --index DISABLED
AWS_MAX_ATTEMPTS=1
export AWS_MAX_ATTEMPTS
for try in 1 2; do
    backup --idempotency-token "nightly-$try" && break
done

# What the command line has no option for.
by_hand backup --request PUT "$ACCORDANT_URL/backup-jobs" --data "$input}"
by_hand backup --request PUT "$ACCORDANT_URL/backup-jobs" --header 'content-type: application/json' \
    --data "$input, \"ResourceName\": \"volume\"}"
for try in 1 2 3 4 5 6 7 8 9 10 11 12; do
    by_hand backup --request PUT "$ACCORDANT_URL/backup-jobs" --header 'content-type: application/json' \
        --data "$input, \"Index\": \"ENABLED\"}" && break
done
by_hand rds "$ACCORDANT_URL/" --data 'Action=copyDBClusterSnapshot&Version=2014-10-31'
by_hand rds --request POST "$ACCORDANT_URL/#Action=CopyDBClusterSnapshot"
by_hand rds "$ACCORDANT_URL/?Action=RestoreDBClusterFromS3&Version=2014-10-31&DBClusterIdentifier=restored\
&Engine=aurora-mysql&MasterUsername=admin&SourceEngine=mysql&SourceEngineVersion=8.0.28&S3BucketName=backups\
&S3IngestionRoleArn=arn:aws:iam::123456789012:role/backup&MasterUserPassword=hunter22"
true
