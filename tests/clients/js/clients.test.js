const assert = require("node:assert/strict");
const { test } = require("node:test");
const rds = require("@aws-sdk/client-rds");
const backup = require("@aws-sdk/client-backup");
const { operations, patched, mismatches } = require("./table.js");

const services = {
  rds: { module: rds, Client: rds.RDSClient, AnyError: rds.RDSServiceException },
  backup: { module: backup, Client: backup.BackupClient, AnyError: backup.BackupServiceException },
};

const connect = (service) => new services[service].Client({
  endpoint: process.env.ACCORDANT_URL, region: "us-east-1", maxAttempts: 1,
});

async function call(service, operation, sent, prefer) {
  const client = connect(service);
  if (prefer) {
    const asking = (next) => (step) => {
      step.request.headers.prefer = prefer;
      return next(step);
    };
    client.middlewareStack.add(asking, { step: "build", name: "prefer" });
  }
  const { $metadata, ...answer } = await client.send(new services[service].module[`${operation}Command`](sent));
  assert.equal($metadata.httpStatusCode, 200);
  assert.match($metadata.requestId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  return answer;
}

// Expects the SDK's class `name`, or its class for errors it does not know where `name` is undefined.
async function refused(service, operation, sent, { name, code, status, prefer }) {
  const error = await call(service, operation, sent, prefer).then(() => assert.fail("accepted"), (error) => error);
  const { module, AnyError } = services[service];
  assert.equal(error.constructor.name, name ?? AnyError.name, error.stack);
  assert.ok(error instanceof (name ? module[name] : AnyError));
  assert.equal(service === "rds" ? error.Code : error.name, code);
  assert.equal(error.$metadata.httpStatusCode, status);
  assert.ok(error.message);
}

for (const [operation, { service, examples, violations, errors }] of Object.entries(operations)) {
  if (!(service in services)) continue;
  const minimal = examples.minimal.input;

  for (const [name, example] of Object.entries(examples)) {
    const { input, answer } = patched(examples.minimal, example);
    test(`success ${operation} ${name}`, async () => {
      assert.deepEqual(mismatches(answer, await call(service, operation, input), input), []);
    });
  }
  for (const { kind, what, set, code, class: name, cannot_send = [] } of violations) {
    if (cannot_send.includes("js")) continue;
    test(`violation ${operation} ${kind}: ${what}`, () =>
      refused(service, operation, patched(minimal, set), { name, code, status: 400 }));
  }
  for (const [name, [code, status]] of Object.entries(errors)) {
    test(`error ${operation} ${code}`, () =>
      refused(service, operation, minimal, { name, code, status, prefer: `code=${code}` }));
  }
}

test("success CopyDBClusterSnapshot from another region, with a URL the SDK signs", async () => {
  const { minimal } = operations.CopyDBClusterSnapshot.examples;
  const source = "arn:aws:rds:us-west-2:123456789012:cluster-snapshot:other";
  const kms = "arn:aws:kms:us-east-1:123456789012:key/AKIAIOSFODNN7EXAMPLE";
  await call("rds", "CopyDBClusterSnapshot",
    { ...minimal.input, SourceDBClusterSnapshotIdentifier: source, KmsKeyId: kms });
});

test("operation unknown to the mock", () =>
  refused("backup", "DescribeBackupJob", { BackupJobId: "12345678-1234-1234-1234-123456789012" },
    { code: "UnknownOperationException", status: 404 }));
