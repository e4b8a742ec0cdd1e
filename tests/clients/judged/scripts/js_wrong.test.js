// A test suite of somebody's, with mistakes that its own tests do not see.
const { test } = require("node:test");
const { randomUUID } = require("node:crypto");
const { BackupClient, StartBackupJobCommand } = require("@aws-sdk/client-backup");

const input = {
  BackupVaultName: "Default",
  ResourceArn: "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0",
  IamRoleArn: "arn:aws:iam::123456789012:role/backup",
};

// Changes the body of each attempt, before it is signed.
function client(change) {
  const backup = new BackupClient();
  const changing = (next) => (step) => {
    const body = JSON.stringify({ ...JSON.parse(step.request.body), ...change() });
    step.request.body = body;
    step.request.headers["content-length"] = String(Buffer.byteLength(body));
    return next(step);
  };
  backup.middlewareStack.add(changing, { step: "finalizeRequest", priority: "low", name: "changing" });
  return backup;
}

test("a window too short", () =>
  new BackupClient().send(new StartBackupJobCommand({ ...input, StartWindowMinutes: 59 })).catch(() => {}));

test("an unknown member", () =>
  client(() => ({ ResourceName: "volume" })).send(new StartBackupJobCommand(input)).catch(() => {}));

test("a token for each attempt", () =>
  client(() => ({ IdempotencyToken: randomUUID() })).send(new StartBackupJobCommand({ ...input, Index: "ENABLED" })));
