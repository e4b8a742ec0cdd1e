// A test suite of somebody's, with nothing wrong in it.
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { BackupClient, StartBackupJobCommand } = require("@aws-sdk/client-backup");

test("a backup", async () => {
  const answer = await new BackupClient().send(new StartBackupJobCommand({
    BackupVaultName: "Default",
    ResourceArn: "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0",
    IamRoleArn: "arn:aws:iam::123456789012:role/backup",
  })).catch((error) => {
    // Node's reporter leaves out the name.
    console.error(error);
    throw error;
  });
  assert.ok(answer.BackupJobId);
});
