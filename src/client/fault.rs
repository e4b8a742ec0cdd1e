//! What is sent to a request that meets a fault.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::codec::{Outcome, Reply};
use crate::exchange::{Fault, Observation};
use crate::mock::{Pace, Sending};
use crate::model::{Cited, ErrorDef, ErrorKind, Operation, Strength, Table};
use crate::value::view::View;
use crate::value::walk::{Next, Places, walk_mut};

/// How long a slow answer waits.
const SLOW: Duration = Duration::from_secs(2);
/// In how many pieces an answer drips.
const PIECES: usize = 20;
/// What lies between two of them.
const DRIP: Duration = Duration::from_millis(100);
/// Name of a member, and value of a list, that no contract has.
const UNHEARD_OF: &str = "AccordantUnheardOf";
/// What a gateway says that cannot reach its service.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>Gateway</h1></body></html>\n";

impl Fault {
    /// What is sent to a request that would have had a success; nothing where the fault has no meaning for it.
    #[must_use]
    pub fn send(&self, observation: &Observation<'_>, good: &Response<Bytes>) -> Option<Sending> {
        let operation = observation.operation?;
        let paced = |pace| Some(Sending { response: good.clone(), pace });
        let response = match self {
            Self::Slow => return paced(Pace::After(SLOW)),
            Self::Dripped => {
                let piece = good.body().len().div_ceil(PIECES);
                return paced(Pace::Dripped { piece, pause: DRIP });
            }
            Self::ConnectionReset => return paced(Pace::Reset),
            Self::TruncatedBody => return (good.body().len() > 1).then_some(()).and_then(|()| paced(Pace::Cut)),
            Self::Throttling => failure(observation, &of_kind(operation, ErrorKind::Throttling, "Throttling", 429)),
            Self::ServerError => failure(observation, &of_kind(operation, ErrorKind::Server, "InternalFailure", 500)),
            Self::Unavailable => failure(observation, &undeclared("ServiceUnavailable", 503)),
            Self::Error(code) => {
                let error = operation.errors.all.iter().find(|error| error.code == *code)?;
                failure(observation, error)
            }
            Self::WrongContentType => {
                let mut response = good.clone();
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
                Some(response)
            }
            Self::HtmlGateway => Some(page(StatusCode::BAD_GATEWAY)),
            Self::HtmlSuccess => Some(page(StatusCode::OK)),
            Self::UnknownMembers | Self::UnknownEnumValue | Self::MissingOptionalMembers => {
                self.altered(observation, good)
            }
        };
        response.map(Sending::from)
    }

    /// The success with another output.
    fn altered(&self, observation: &Observation<'_>, good: &Response<Bytes>) -> Option<Response<Bytes>> {
        let (operation, codec) = (observation.operation?, observation.codec()?);
        let received = codec.decode_response(operation, good).ok()?;
        let Outcome::Output(mut output) = received.outcome else { return None };
        let shape = &operation.output;
        let changed = match self {
            Self::UnknownMembers => {
                output.as_object_mut()?.insert(UNHEARD_OF.to_owned(), "unheard of".into());
                true
            }
            Self::UnknownEnumValue => replace_listed(shape, &mut output),
            _ => drop_optional(shape, &mut output),
        };
        let reply = Reply::Output { operation, status: good.status().as_u16(), output: &View::from(&output) };
        let id = received.request_id.unwrap_or_default();
        changed.then(|| codec.encode_response(&operation.service, &reply, &id))
    }
}

/// Puts a value that is not listed in the place of the first that is.
fn replace_listed(shape: &Table, value: &mut Value) -> bool {
    let mut is_done = false;
    walk_mut(&Places::of(shape), value, &mut |places, value| {
        if !is_done && value.is_string() && places.iter().any(|place| !place.limits.choices.is_empty()) {
            *value = UNHEARD_OF.into();
            is_done = true;
        }
        if is_done { Next::Past } else { Next::Below }
    });
    is_done
}

/// Leaves out the members that need not be there.
fn drop_optional(shape: &Table, value: &mut Value) -> bool {
    let mut is_changed = false;
    walk_mut(&Places::of(shape), value, &mut |places, value| {
        let Value::Object(members) = value else { return Next::Below };
        if places.iter().any(|place| !place.properties.is_empty()) {
            let before = members.len();
            members.retain(|name, _| places.iter().any(|place| place.limits.required.contains(name)));
            is_changed |= members.len() < before;
        }
        Next::Below
    });
    is_changed
}

/// The operation's error of a kind, or one that no spec declares.
fn of_kind(operation: &Operation, kind: ErrorKind, code: &str, status: u16) -> ErrorDef {
    let declared =
        operation.errors.all.iter().find(|error| error.kind == kind && (status < 500 || error.status >= 500));
    declared.map_or_else(|| undeclared(code, status), |error| ErrorDef::clone(error))
}

fn undeclared(code: &str, status: u16) -> ErrorDef {
    ErrorDef {
        code: code.to_owned(),
        shape: None,
        status,
        kind: ErrorKind::Server,
        message: None,
        when: None,
        citations: Cited::default(),
        strength: Strength::Assumed,
        status_citations: Cited::default(),
        body: None,
    }
}

/// A failure as the protocol writes it; the documented dialect has but one code, with any status.
fn failure(observation: &Observation<'_>, error: &ErrorDef) -> Option<Response<Bytes>> {
    let (service, codec) = (observation.service?, observation.codec()?);
    let shown = service.shown(error, observation.dialect);
    let message = "trouble that Accordant was asked for";
    let reply = Reply::Error { error: shown, status: error.status, message };
    Some(codec.encode_response(service, &reply, "00000000-0000-4000-8000-000000000000"))
}

fn page(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(PAGE.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

#[cfg(test)]
mod tests {
    use http::Request;
    use serde_json::json;

    use super::*;
    use crate::client::observe;
    use crate::{Contract, Mock};

    const INPUT: &str = r#"{"BackupVaultName": "vault", "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1",
        "IamRoleArn": "arn:aws:iam::123456789012:role/r"}"#;

    fn sent_by(fault: &Fault) -> Option<Sending> {
        let contract = Contract::builtin();
        let request = Request::put("/backup-jobs").header("x-amz-date", "x").header("content-type", "application/json");
        let request = request.header("authorization", "AWS4-HMAC-SHA256 Credential=A, SignedHeaders=h, Signature=0");
        let request = request.body(Bytes::from_static(INPUT.as_bytes())).expect("a request");
        let good = Mock::new(contract.clone()).answer(&request).response;
        assert_eq!(good.status(), 200, "{good:?}");
        fault.send(&observe(&contract, &request), &good)
    }

    #[test]
    fn each_fault_is_what_it_says() {
        let status = |fault: &Fault| sent_by(fault).expect("it applies").response.status().as_u16();
        assert_eq!(status(&Fault::ServerError), 500);
        assert_eq!(status(&Fault::Unavailable), 503);
        assert_eq!(status(&Fault::HtmlGateway), 502);
        assert_eq!(status(&Fault::HtmlSuccess), 200);
        let error = sent_by(&Fault::Error("LimitExceededException".into())).expect("it applies").response;
        assert_eq!(error.headers()["x-amzn-errortype"], "LimitExceededException");
        let unknown = sent_by(&Fault::UnknownMembers).expect("it applies").response;
        assert!(String::from_utf8_lossy(unknown.body()).contains(UNHEARD_OF) && unknown.status() == 200);
        let bare = sent_by(&Fault::MissingOptionalMembers).expect("it applies").response;
        let bare = String::from_utf8_lossy(bare.body()).into_owned();
        assert!(bare.contains("BackupJobId") && !bare.contains("IsParent"), "{bare}");
        assert_eq!(sent_by(&Fault::TruncatedBody).expect("it applies").pace, Pace::Cut);
        assert!(sent_by(&Fault::Error("DBClusterNotFoundFault".into())).is_none(), "of another operation");
    }
    #[test]
    fn parts_of_values_are_changed_whichever_schema_describes_them() {
        let texts = [
            ("parts/service.yaml", include_str!("../../fixtures/specs/parts/service.yaml")),
            ("parts/put-parts.yaml", include_str!("../../fixtures/specs/parts/put-parts.yaml")),
        ];
        let texts = texts.map(|(name, text)| crate::spec::SourceText { name: name.to_owned(), text: text.to_owned() });
        let contract = Contract::from_texts(texts).unwrap_or_else(|error| panic!("{error}"));
        let shape = contract.operation("PutParts").expect("an operation").output.table();
        let mut output = json!({"pair": ["a", "left", "b"], "apart": {"secret": "b", "mode": "slow"}});
        assert!(replace_listed(shape, &mut output));
        assert_eq!(output["pair"], json!(["a", UNHEARD_OF, "b"]), "of a list's first items");
        output = json!({"apart": {"secret": "b", "mode": "slow"}});
        assert!(replace_listed(shape, &mut output));
        assert_eq!(output["apart"]["mode"], UNHEARD_OF, "of a part of an allOf");
        let mut whole = json!({"apart": {"mode": "slow"}, "pair": []});
        assert!(drop_optional(shape, &mut whole));
        assert_eq!(whole, json!({}));
    }
}
