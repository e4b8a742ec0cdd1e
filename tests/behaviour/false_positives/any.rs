//! Other answers than the mock's, in any form.

use std::time::Duration;

use accordant::generate::{Expected, Refusal, Variation, Verdict};
use accordant::model::{ErrorKind, JsonType, Operation, Strength};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{Reply, Variant, in_time, native, of_kind, page, refused, silent};

/// Calls with each text of an output that is a time.
pub fn times(value: &mut Value, change: &dyn Fn(&str) -> String) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| times(member, change)),
        Value::Array(items) => items.iter_mut().for_each(|item| times(item, change)),
        Value::String(text) if text.len() >= 20 && text.parse::<jiff::Timestamp>().is_ok() => *text = change(text),
        _ => {}
    }
}

/// Leaves out of an output what neither its schema requires nor an echo of the contract shows.
fn without_optionals(operation: &Operation, output: &mut Value) {
    fn prune(operation: &Operation, at: &str, value: &mut Value) {
        let Some(node) = operation.output.node(at) else { return };
        let required = node.limits.required.clone();
        let Value::Object(members) = value else { return };
        let below = |name: &str| format!("{at}/{name}");
        members.retain(|name, _| {
            let own = below(name);
            let echoed = operation.echo.iter().any(|echo| format!("/{}", echo.to.join("/")).starts_with(&own));
            required.contains(name) || echoed
        });
        for (name, member) in members.iter_mut() {
            prune(operation, &below(name), member);
        }
    }
    prune(operation, "", output);
}

/// Shows absent texts as empty ones, which XML cannot tell apart.
fn empty_for_absent(operation: &Operation, output: &mut Value) {
    for (name, id) in &operation.output.root().properties {
        let Some(Value::Object(members)) = output.get_mut(name) else { continue };
        for (member, id) in &operation.output.nodes[*id].properties {
            let node = &operation.output.nodes[*id];
            let free = node.facts.iter().all(|fact| &*fact.keyword == "type");
            if node.types.contains(JsonType::String) && free && node.format.is_none() {
                members.entry(member.clone()).or_insert(json!(""));
            }
        }
    }
}

/// Draws volatile members anew, each a text of its own kind.
fn other_volatiles(operation: &Operation, output: &mut Value) {
    let echoed = |at: &String| operation.echo.iter().any(|echo| format!("/{}", echo.to.join("/")) == *at);
    for at in operation.volatile.iter().filter(|at| !echoed(at)) {
        match output.pointer_mut(at) {
            Some(Value::String(text)) if text.parse::<jiff::Timestamp>().is_ok() => {
                *text = "2031-12-31T23:59:59Z".into();
            }
            Some(Value::String(text)) => *text = "AN-Other_1".into(),
            _ => {}
        }
    }
}

fn folded(operation: &Operation, output: &mut Value) {
    for echo in operation.echo.iter().filter(|echo| echo.fold.is_some()) {
        if let Some(Value::String(text)) = output.pointer_mut(&format!("/{}", echo.to.join("/"))) {
            text.make_ascii_uppercase();
        }
    }
}

pub const ANY: &[Variant] = &[
    silent("the mock's own", |sent| Some(in_time(sent.response.clone()))),
    silent("more headers, some of them twice", |sent| {
        let mut reply = in_time(sent.response.clone());
        let headers = reply.response.headers_mut();
        for (name, value) in [
            ("date", "Fri, 20 Nov 2026 11:00:00 GMT"),
            ("server", "nginx"),
            ("vary", "Accept-Encoding"),
            ("vary", "Origin"),
            ("set-cookie", "a=b"),
            ("set-cookie", "c=d"),
            ("strict-transport-security", "max-age=31536000"),
            ("via", "1.1 varnish"),
            ("content-encoding", "identity"),
            ("x-odd", "\u{7f}"),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.append(name, value);
            }
        }
        headers.append("x-latin", HeaderValue::from_bytes(b"\xe9").expect("a value"));
        Some(reply)
    }),
    silent("only the headers that are needed", |sent| {
        let mut reply = in_time(sent.response.clone());
        let needed = |name: &HeaderName| {
            ["content-type", "x-amzn-requestid", "x-request-id", "x-amzn-errortype"].contains(&name.as_str())
        };
        let names: Vec<HeaderName> = sent.response.headers().keys().filter(|name| !needed(name)).cloned().collect();
        for name in names {
            reply.response.headers_mut().remove(name);
        }
        Some(reply)
    }),
    silent("HTTP/1.0, slow but in time", |sent| {
        let mut reply = Reply { response: sent.response.clone(), elapsed: Duration::from_millis(4900) };
        *reply.response.version_mut() = http::Version::HTTP_10;
        Some(reply)
    }),
    silent("other values where they differ from call to call", |sent| sent.output(other_volatiles)),
    silent("identifiers as they were not written", |sent| sent.output(folded)),
    silent("times of another offset", |sent| {
        sent.output(|_, output| times(output, &|_| "2025-01-05T05:45:00+05:45".into()))
    }),
    silent("times with nanoseconds", |sent| {
        sent.output(|_, output| times(output, &|_| "2025-01-05T00:00:00.123456789Z".into()))
    }),
    silent("times without decimals", |sent| sent.output(|_, output| times(output, &|_| "2025-01-05T00:00:00Z".into()))),
    silent("times long ago", |sent| sent.output(|_, output| times(output, &|_| "1960-02-29T23:59:59.5Z".into()))),
    silent("no optional members", |sent| sent.output(without_optionals)),
    silent("empty texts for absent ones", |sent| sent.output(empty_for_absent)),
    silent("state or quota, whatever is sent", |sent| {
        let valid = native(sent) && matches!(sent.case.verdict, Verdict::Valid { .. });
        of_kind(sent, &[ErrorKind::State, ErrorKind::Quota]).filter(|_| valid).map(|error| sent.error(&error))
    }),
    Variant {
        name: "state or quota, before what is broken",
        alter: |sent| {
            let broken = native(sent) && matches!(sent.case.verdict, Verdict::Invalid { .. });
            of_kind(sent, &[ErrorKind::State, ErrorKind::Quota]).filter(|_| broken).map(|error| sent.error(&error))
        },
        notes: &["wrong-error-code"],
    },
    silent("not authorised", |sent| {
        let plain = native(sent) && !matches!(sent.case.verdict, Verdict::Refused { .. });
        of_kind(sent, &[ErrorKind::Auth]).filter(|_| plain).map(|error| sent.error(&error))
    }),
    silent("throttled", |sent| {
        of_kind(sent, &[ErrorKind::Throttling]).filter(|_| native(sent)).map(|error| sent.error(&error))
    }),
    Variant {
        name: "another validation error, where only our reading says which",
        alter: |sent| {
            let Expected::Refusal(Refusal::Error { error: due, link: Some(link) }) = sent.case.expected() else {
                return None;
            };
            let assumed = link.strength > Strength::Model;
            let broken = assumed && matches!(sent.case.verdict, Verdict::Invalid { .. });
            let other = of_kind(sent, &[ErrorKind::Validation]).filter(|other| other.code != due.code);
            other.filter(|_| broken).map(|error| sent.error(&error))
        },
        notes: &["wrong-error-code"],
    },
    silent("405 to a method that nobody knows", |sent| {
        refused(sent, Variation::OtherMethod).then(|| page(405, "<h1>Method Not Allowed</h1>"))
    }),
    silent("501 to a method that nobody knows", |sent| {
        refused(sent, Variation::OtherMethod).then(|| page(501, "<h1>Unsupported method</h1>"))
    }),
    Variant {
        name: "400 to a method that nobody knows",
        alter: |sent| refused(sent, Variation::OtherMethod).then(|| page(400, "<h1>Bad Request</h1>")),
        notes: &["error-shape"],
    },
    Variant {
        name: "a gateway's 401",
        alter: |sent| refused(sent, Variation::NoCredentials).then(|| page(401, "<h1>Unauthorized</h1>")),
        notes: &["error-shape"],
    },
];
