//! A vector in both directions: what a client does with it, and what a server does.

use std::fmt;

use accordant::codec::{self, Codec, Outcome, Rejection, Reply};
use accordant::model::Operation;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::compare::{self, Body};
use crate::vectors::{Case, Shape, Side, Suite};
use crate::{spec, values};

/// From a value to bytes, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Encode,
    Decode,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encode => "encode",
            Self::Decode => "decode",
        })
    }
}

/// Nothing, or what differs.
pub type Verdict = Result<(), String>;

/// Runs a vector both ways.
pub fn judge(codec: &'static str, side: Side, suite: &Suite, case: &Case) -> [(Direction, Verdict); 2] {
    let verdicts = spec::contract(codec, suite, case).map_err(|error| error.to_string()).map(|contract| {
        let operation = &contract.operations()[0];
        let trial = Trial { codec: operation.service.codec(), operation, suite, case };
        match side {
            Side::Input => (trial.encode_request(), trial.decode_request()),
            Side::Output => (trial.encode_response(), trial.decode_response()),
        }
    });
    let (encoded, decoded) = verdicts.unwrap_or_else(|error| (Err(error.clone()), Err(error)));
    [(Direction::Encode, encoded), (Direction::Decode, decoded)]
}

struct Trial<'t> {
    codec: &'static dyn Codec,
    operation: &'t Operation,
    suite: &'t Suite,
    case: &'t Case,
}

impl Trial<'_> {
    fn encode_request(&self) -> Verdict {
        let expected = self.case.serialized.as_ref().ok_or("the vector states no request")?;
        let request = self.codec.encode_request(self.operation, &self.input());
        compare::text("method", expected.method.as_deref().unwrap_or("POST"), request.method().as_str())?;
        compare::target(&expected.uri, request.uri())?;
        compare::headers(&expected.headers, request.headers(), request.body())?;
        compare::presence(&expected.require_headers, &expected.forbid_headers, request.headers(), request.body())?;
        if let Some(body) = &expected.body {
            self.body(Side::Input).compare(body, request.body())?;
        }
        match &expected.host {
            Some(host) => compare::text("host", host, request.uri().host().unwrap_or_default()),
            None => Ok(()),
        }
    }

    fn decode_request(&self) -> Verdict {
        let stated = self.case.serialized.as_ref().ok_or("the vector states no request")?;
        let mut request = http::Request::builder().method(stated.method.as_deref().unwrap_or("POST")).uri(&stated.uri);
        for (name, value) in &stated.headers {
            request = request.header(name, value);
        }
        let body = Bytes::from(stated.body.clone().unwrap_or_default());
        let request = request.body(body).map_err(|error| error.to_string())?;
        let decoded = self.codec.decode_request(self.operation, &request).map_err(rejected)?;
        compare::value(&self.input(), &decoded.input)?;
        if decoded.oddities.is_empty() { Ok(()) } else { Err(format!("unplaced: {:?}", decoded.oddities)) }
    }

    fn encode_response(&self) -> Verdict {
        let expected = self.case.response.as_ref().ok_or("the vector states no response")?;
        let output = self.output();
        let message = self.case.error_message.as_deref().unwrap_or_default();
        let reply = match &self.case.error_code {
            None => Reply::Output {
                operation: self.operation,
                status: self.operation.http.status,
                output: &accordant::value::view::View::from(&output),
            },
            Some(code) => {
                let error = self.operation.errors.by_code(code).ok_or("the error is not declared")?;
                let error = &self.operation.errors.all[error];
                Reply::Error { error, status: error.status, message }
            }
        };
        let request_id = compare::request_id(expected.body.as_deref().unwrap_or_default());
        let response = self.codec.encode_response(&self.operation.service, &reply, &request_id);
        compare::text("status", &expected.status_code.to_string(), response.status().as_str())?;
        compare::headers(&expected.headers, response.headers(), response.body())?;
        match &expected.body {
            Some(body) => self.body(Side::Output).compare(body, response.body()),
            None => Ok(()),
        }
    }

    fn decode_response(&self) -> Verdict {
        let stated = self.case.response.as_ref().ok_or("the vector states no response")?;
        let mut response = http::Response::builder().status(stated.status_code);
        for (name, value) in &stated.headers {
            response = response.header(name, value);
        }
        let body = Bytes::from(stated.body.clone().unwrap_or_default());
        let response = response.body(body).map_err(|error| error.to_string())?;
        let received = self.codec.decode_response(self.operation, &response).map_err(rejected)?;
        match (received.outcome, &self.case.error_code) {
            (Outcome::Output(output), None) => compare::value(&self.output(), &output),
            (Outcome::Error { code, message }, Some(expected)) => {
                compare::text("error code", expected, &code)?;
                let expected = self.case.error.clone().unwrap_or_default();
                compare::value(&expected, &self.error_members(message))
            }
            (outcome, _) => Err(format!("the outcome is {outcome:?}")),
        }
    }

    /// What the codec reads of an error besides its code, as the error's members.
    fn error_members(&self, message: Option<String>) -> Value {
        let shape = self.case.given.errors.first().map(|error| &self.suite.shapes[&error.shape]);
        let member = shape.and_then(spec::message_member);
        let members = member.into_iter().zip(message).map(|(name, text)| (name.to_owned(), Value::String(text)));
        Value::Object(members.collect::<Map<_, _>>())
    }

    fn input(&self) -> Value {
        let params = self.case.params.clone().unwrap_or_else(|| Value::Object(Map::new()));
        values::of_structure(self.suite, self.case.given.input.as_ref(), &params)
    }

    fn output(&self) -> Value {
        let result = self.case.result.clone().unwrap_or_else(|| Value::Object(Map::new()));
        values::of_structure(self.suite, self.case.given.output.as_ref(), &result)
    }

    /// What the body of a message is.
    fn body(&self, side: Side) -> Body {
        let root = match side {
            Side::Input => self.case.given.input.as_ref(),
            Side::Output => self.case.given.output.as_ref(),
        };
        let root = root.map(|root| &self.suite.shapes[&root.shape]);
        let payload = |root: &Shape| Some(&self.suite.shapes[&root.members[root.payload.as_ref()?].shape]);
        let raw = root.and_then(payload).is_some_and(|payload| matches!(payload.kind.as_str(), "blob" | "string"));
        match (self.codec.name(), side) {
            ("aws-query", Side::Input) => Body::Form,
            ("aws-query", Side::Output) => Body::Xml,
            _ if raw => Body::Raw,
            (_, Side::Input) => Body::Json,
            (_, Side::Output) => Body::JsonOrNothing,
        }
    }
}

fn rejected(rejection: Rejection) -> String {
    format!("rejected: {rejection}")
}

/// The codec for a protocol's name in the vectors.
pub fn codec_of(protocol: &str) -> Option<&'static str> {
    let name = match protocol {
        "query" => "aws-query",
        other => other,
    };
    codec::by_name(name).map(Codec::name)
}
