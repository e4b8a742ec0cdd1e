//! A protocol for tests: `{"op": NAME, "with": INPUT}` to one path, `{"is": OUTPUT}` or `{"fails": CODE}` back.
//!
//! All that it takes to be spoken is this file and a line of [`super::CODECS`].

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response};
use serde_json::{Value, json};

use super::{Codec, Decoded, Incoming, Naming, Outcome, Received, Rejection, Reply, json};
use crate::model::{Cause, Operation, Service};

/// The codec.
#[derive(Debug)]
pub struct Toy;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/json");

impl Codec for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn naming(&self) -> Option<&'static dyn Naming> {
        Some(&Op)
    }

    fn media_types(&self) -> &'static [&'static str] {
        &["application/json"]
    }

    fn encode_request(&self, operation: &Operation, input: &Value) -> Request<Bytes> {
        let body = json!({"op": operation.name, "with": input});
        let mut request = Request::new(Bytes::from(body.to_string()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = super::target(&operation.http.path, &[]);
        request.headers_mut().insert(CONTENT_TYPE, MEDIA_TYPE);
        request
    }

    fn decode_incoming(&self, _: &Operation, incoming: &Incoming<'_>) -> Result<Decoded, Rejection> {
        let (mut body, oddities) = json::parse(incoming.request.body())?;
        Ok(Decoded { input: body["with"].take(), oddities })
    }

    fn encode_response(&self, service: &Service, reply: &Reply<'_>, request_id: &str) -> Response<Bytes> {
        let (status, body) = match reply {
            Reply::Output { status, output, .. } => (*status, json!({"is": output.to_value()})),
            Reply::Error { error, status, .. } => (*status, json!({"fails": error.code})),
        };
        super::response(status, "application/json", service, request_id, body.to_string().into())
    }

    fn decode_response(&self, operation: &Operation, response: &Response<Bytes>) -> Result<Received, Rejection> {
        let (mut body, oddities) = json::parse(response.body())?;
        let outcome = match body["fails"].as_str() {
            Some(code) => Outcome::Error { code: code.to_owned(), message: None },
            None => Outcome::Output(body["is"].take()),
        };
        let request_id = super::request_id(&operation.service, response.headers());
        Ok(Received { status: response.status().as_u16(), request_id, outcome, oddities })
    }
}

/// By the member `op` of the body.
#[derive(Debug)]
struct Op;

impl Naming for Op {
    fn methods(&self) -> &'static [Method] {
        const METHODS: &[Method] = &[Method::POST];
        METHODS
    }

    fn read<'r>(&self, incoming: &Incoming<'r>) -> Result<Cow<'r, str>, Rejection> {
        let (body, _) = json::parse(incoming.request.body())?;
        let name = body["op"].as_str().map(|name| Cow::Owned(name.to_owned()));
        name.ok_or_else(|| Rejection::new(Cause::MissingAction, "the body has no op"))
    }

    fn write(&self, request: &mut Request<Bytes>, name: &str) {
        let mut body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        body["op"] = name.into();
        *request.body_mut() = body.to_string().into();
    }
}

mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::generate::{Phase, Plan, Verdict};
    use crate::model::Dialect;
    use crate::spec::SourceText;
    use crate::{Contract, Mock};

    const SERVICE: &str = "
service: toys
title: Toys
sources: { x: { title: this test, strength: documented } }
protocol: { codec: toy }
errors:
  - { code: Wrong, status: 400, kind: validation, cite: x:y, on: { required: x:y, type: x:y, length: x:y } }
  - { code: NoToy, status: 404, kind: protocol, cite: x:y, on: { unknown-action: x:y, missing-action: x:y } }
  - { code: NoPlace, status: 404, kind: protocol, cite: x:y, on: { unknown-path: x:y, method-not-allowed: x:y } }
";

    const OPERATION: &str = "
operation: NAME
http: { method: POST, path: /toys, status: 200, cite: x:y }
input:
  type: object
  required: [Name]
  cite: x:y
  properties: { Name: { type: string, minLength: 1, maxLength: 8, cite: x:y } }
output: { type: object, cite: x:y, properties: { Kind: { type: string }, Name: { type: string } } }
echo: { /Name: { from: /Name, cite: x:y } }
answer: { Kind: NAME }
examples: [{ name: plain, input: { Name: a }, cite: x:y }]
";

    fn contract() -> Contract {
        let operation = |name: &str| (format!("toys/{name}.yaml"), OPERATION.replace("NAME", name));
        let texts = [("toys/service.yaml".to_owned(), SERVICE.to_owned()), operation("Wind"), operation("Throw")];
        let texts = texts.into_iter().map(|(name, text)| SourceText { name, text });
        Contract::from_texts(texts).unwrap_or_else(|error| panic!("{error}"))
    }

    fn answer(mock: &Mock, method: Method, path: &str, body: &str) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path).body(Bytes::copy_from_slice(body.as_bytes()));
        let response = mock.answer(&request.expect("a request")).response;
        (response.status().as_u16(), serde_json::from_slice(response.body()).expect("JSON"))
    }

    #[test]
    fn the_mock_speaks_it() {
        let mock = Mock::new(contract());
        let post = |body| answer(&mock, Method::POST, "/toys", body);
        assert_eq!(
            post(r#"{"op": "Throw", "with": {"Name": "ball"}}"#),
            (200, json!({"is": {"Kind": "Throw", "Name": "ball"}}))
        );
        assert_eq!(post(r#"{"op": "Wind", "with": {"Name": ""}}"#), (400, json!({"fails": "Wrong"})));
        assert_eq!(post(r#"{"op": "Break", "with": {}}"#), (404, json!({"fails": "NoToy"})));
        assert_eq!(post(r#"{"with": {}}"#), (404, json!({"fails": "NoToy"})));
        let put = answer(&mock, Method::PUT, "/toys", r#"{"op": "Wind", "with": {}}"#);
        assert_eq!(put, (404, json!({"fails": "NoPlace"})));
    }

    #[test]
    fn every_case_gets_the_answer_that_is_due() {
        let contract = contract();
        let mock = Mock::new(contract.clone());
        let operation = contract.operation("Wind").expect("an operation");
        let plan = Arc::new(Plan::new(operation, Dialect::Native));
        let cases: Vec<_> = (0..).map_while(|index| plan.case(Phase::Coverage, 0, index)).flatten().collect();
        assert!(cases.len() > 10, "{}", cases.len());
        for case in cases {
            let answered = mock.answer(&case.request);
            let broken = matches!(case.verdict, Verdict::Invalid { .. });
            assert_eq!(!answered.violations.is_empty(), broken, "{}: {:?}", case.token, answered.violations);
        }
    }

    #[test]
    fn the_name_of_an_operation_that_there_is_not_can_be_written() {
        let contract = contract();
        let operation = contract.operation("Wind").expect("an operation");
        let naming = operation.service.naming(Dialect::Native).expect("names");
        let mut request = Toy.encode_request(operation, &json!({"Name": "a"}));
        naming.write(&mut request, "Wind-no-such-operation");
        let answered = Mock::new(contract).answer(&request);
        assert_eq!((answered.operation, answered.violations), (None, vec!["#unknown-action".to_owned()]));
    }
}
