//! The pure parts, without sockets: reading specs, judging an input, answering a request.

use std::sync::Arc;

use accordant::mock::Mock;
use accordant::{Contract, codec::Codec};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const OPERATIONS: [&str; 5] = [
    "StartDBInstanceAutomatedBackupsReplication",
    "RestoreDBClusterFromS3",
    "CopyDBClusterSnapshot",
    "StartBackupJob",
    "ReplicateBackup",
];

#[divan::bench]
fn load_builtin() -> Contract {
    Contract::builtin()
}

#[divan::bench(args = OPERATIONS)]
fn judge(bencher: Bencher<'_, '_>, name: &str) {
    let contract = Contract::builtin();
    let operation = contract.operation(name).expect("a built-in operation");
    let input = &operation.examples[0].input;
    bencher.bench(|| operation.input.judge(black_box(input)));
}

#[divan::bench(args = OPERATIONS)]
fn respond(bencher: Bencher<'_, '_>, name: &str) {
    let contract = Arc::new(Contract::builtin());
    let operation = contract.operation(name).expect("a built-in operation");
    let codec: &dyn Codec = operation.service.codec();
    let mut request = codec.encode_request(operation, &operation.examples[0].input);
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0",
        operation.service.name
    );
    let credentials =
        if operation.service.name == "cbr" { ("x-auth-token", "token".to_owned()) } else { ("authorization", scope) };
    request.headers_mut().insert(credentials.0, credentials.1.parse().expect("a header value"));
    let mock = Mock::new(Arc::clone(&contract));
    assert!(mock.answer(&request).response.status().is_success());
    bencher.bench(|| mock.answer(black_box(&request)));
}
