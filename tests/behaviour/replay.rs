//! The recorded requests of real clients: each is decoded and answered as it should be.

use std::fmt::Write;
use std::fs;
use std::sync::Arc;

use accordant::Contract;
use accordant::codec::Outcome;
use accordant::mock::Mock;
use accordant::model::Dialect;

use crate::approved;
use crate::wire::parse_recording;

/// What the mock makes of each recording: status, operation, violations, the decoded input and the answer's code.
#[test]
fn recorded_requests_replay() {
    let mock = Mock::new(Arc::new(Contract::builtin()));
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/wire");
    let mut names: Vec<_> =
        fs::read_dir(directory).expect("the recordings").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    let recordings =
        names.iter().map(|name| name.to_string_lossy().into_owned()).filter(|name| !name.contains("presigned_get_url"));
    let mut text = String::new();
    let mut count = 0;
    for name in recordings {
        let bytes = fs::read(format!("{directory}/{name}")).expect("a recording");
        let request = parse_recording(&bytes);
        let answered = mock.answer(&request);
        let operation = answered.operation.as_deref().and_then(|name| mock.contract().operation(name).ok());
        let outcome = operation.filter(|_| answered.dialect == Dialect::Native).map(|operation| {
            operation.service.codec().decode_response(operation, &answered.response).expect("our own answer").outcome
        });
        let code = match outcome {
            Some(Outcome::Error { code, .. }) => code,
            Some(Outcome::Output(_)) => "success".to_owned(),
            None => String::from_utf8_lossy(answered.response.body()).into_owned(),
        };
        let status = answered.response.status().as_u16();
        let input =
            answered.input.as_ref().zip(operation).map(|(input, operation)| operation.input.mask(input).to_string());
        writeln!(text, "{name}").expect("text");
        writeln!(
            text,
            "  {} {} → {status} {code}",
            answered.dialect.name(),
            answered.operation.as_deref().unwrap_or("-")
        )
        .expect("text");
        for violation in &answered.violations {
            writeln!(text, "  breaks {violation}").expect("text");
        }
        if let Some(input) = input {
            writeln!(text, "  {input}").expect("text");
        }
        count += 1;
    }
    assert_eq!(count, 97, "recordings");
    approved(|| insta::assert_snapshot!("recorded_requests", text));
}

/// The facts that the snapshot must never drift away from, whoever approves it.
#[test]
fn recordings_of_correct_requests_succeed() {
    let mock = Mock::new(Arc::new(Contract::builtin()));
    for name in [
        "boto3_direct__CopyDBClusterSnapshot__min",
        "boto3_proxy__CopyDBClusterSnapshot__empty_tags",
        "boto3_proxy__RestoreDBClusterFromS3__empty_lists",
        "boto3_proxy__StartBackupJob__max",
        "boto3_proxy__StartBackupJob__empty_maps",
        "awscli__StartDBInstanceAutomatedBackupsReplication__flags",
        "awssdkjs3__StartDBInstanceAutomatedBackupsReplication__min",
        "awssdkrust__StartBackupJob__max",
        "curl_sigv4_form__CopyDBClusterSnapshot",
        "curl_otc_example__ReplicateBackup",
        "gophertelekomcloud_token__ReplicateBackup__max",
        "gophertelekomcloud_aksk__ReplicateBackup__min",
        "huaweicloudsdkcbr_aksk__CopyBackup__max",
        "huaweicloudsdkcbr_aksk_ststoken__CopyBackup__min",
        "otcextensions_token__replicate_raw_post__min",
    ] {
        let path = format!("{}/fixtures/wire/{name}.http", env!("CARGO_MANIFEST_DIR"));
        let answered = mock.answer(&parse_recording(&fs::read(path).expect(name)));
        assert_eq!(answered.response.status(), 200, "{name}: {:?}", answered.violations);
    }
}
