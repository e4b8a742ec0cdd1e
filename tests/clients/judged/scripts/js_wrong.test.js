// A test suite of somebody's, with mistakes that its own tests do not see.
const { test } = require("node:test");
const { randomUUID } = require("node:crypto");
const { BackupClient, StartBackupJobCommand } = require("@aws-sdk/client-backup");

const url = process.env.ACCORDANT_URL;
const input = {
  BackupVaultName: "Default",
  ResourceArn: "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0",
  IamRoleArn: "arn:aws:iam::123456789012:role/backup",
};

// Changes each attempt, before it is signed.
function changed(change, options = {}) {
  const backup = new BackupClient(options);
  const changing = (next) => (step) => {
    change(step.request);
    return next(step);
  };
  backup.middlewareStack.add(changing, { step: "finalizeRequest", priority: "low", name: "changing" });
  return backup;
}

const body = (more) => (request) => {
  request.body = JSON.stringify({ ...JSON.parse(request.body), ...more() });
  request.headers["content-length"] = String(Buffer.byteLength(request.body));
};
const start = (client, more) => client.send(new StartBackupJobCommand({ ...input, ...more })).catch(() => null);

test("a window too short", () => start(new BackupClient(), { StartWindowMinutes: 59 }));

test("an unknown member", () => start(changed(body(() => ({ ResourceName: "volume" })))));

test("a token for each attempt", () =>
  start(changed(body(() => ({ IdempotencyToken: randomUUID() }))), { Index: "ENABLED" }));

test("another content type", () =>
  start(changed((request) => { request.headers["content-type"] = "text/plain"; })));

test("no credentials", () => start(new BackupClient({ signer: { sign: async (request) => request } })));

test("a loop without a pause", async () => {
  const backup = new BackupClient({ maxAttempts: 1 });
  for (let attempt = 0; attempt < 12; attempt += 1) {
    if (await start(backup, { Index: "DISABLED", IdempotencyToken: "mine" })) break;
  }
});

// What somebody writes who does without a client.
const signed = { authorization: "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/rds/aws4_request, SignedHeaders=host, Signature=0" };

test("a password in the URL", () =>
  fetch(`${url}/?${new URLSearchParams({
    Action: "RestoreDBClusterFromS3", Version: "2014-10-31", DBClusterIdentifier: "restored", Engine: "aurora-mysql",
    MasterUsername: "admin", SourceEngine: "mysql", SourceEngineVersion: "8.0.28", S3BucketName: "backups",
    S3IngestionRoleArn: input.IamRoleArn, MasterUserPassword: "hunter22",
  })}`, { headers: signed }));

test("an action in other letters", () =>
  fetch(`${url}/`, {
    method: "POST", headers: signed, body: new URLSearchParams({ Action: "copyDBClusterSnapshot", Version: "2014-10-31" }),
  }));

test("a URL of the documentation", () =>
  fetch(`${url}/#Action=CopyDBClusterSnapshot`, { method: "POST", headers: signed }));
