//! Right answers that look otherwise than the mock's: none of them may be accused. And wrong ones that are met in real
//! servers: each has a check that says so.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use accordant::check::{CHECKS, Complaint, Exchange};
use accordant::codec::{Outcome, Received};
use accordant::contract::model::{ErrorKind, JsonType};
use accordant::contract::view::View;
use accordant::contract::{ErrorDef, Operation};
use accordant::generate::{Case, Expected, Phase, Plan, Probe, Verdict, fingerprint};
use accordant::judge::{Credentials, Reply, Send, Signer, TransportFailure, Wire};
use accordant::mock::Dialect;
use accordant::{Mock, codec};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use serde_json::{Map, Value, json};

use crate::support::mock;

/// Random cases of each operation.
const RANDOM: u64 = 100;
const SEED: u64 = 11;

/// What a server may answer instead of the mock's own answer; nothing where the variant does not apply.
type Alter = fn(&Sent<'_>) -> Option<Reply>;

/// A case with the mock's answer to it.
struct Sent<'c> {
    case: &'c Case,
    response: &'c Response<Bytes>,
}

/// A right answer in another form, and the notes that are right about it.
struct Variant {
    name: &'static str,
    alter: Alter,
    notes: &'static [&'static str],
}

const fn silent(name: &'static str, alter: Alter) -> Variant {
    Variant { name, alter, notes: &[] }
}

impl Sent<'_> {
    fn operation(&self) -> &Operation {
        &self.case.operation
    }

    fn is_json(&self) -> bool {
        self.response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json")
    }

    fn is_success(&self) -> bool {
        self.response.status().is_success()
    }

    /// The answer with another body.
    fn with_body(&self, body: impl Into<Bytes>) -> Reply {
        let mut response = self.response.clone();
        *response.body_mut() = body.into();
        in_time(response)
    }

    fn with_header(&self, name: &'static str, value: &str) -> Reply {
        let mut reply = in_time(self.response.clone());
        reply.response.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
        reply
    }

    /// The answer in a protocol's own XML, written in another way.
    fn xml(&self, write: impl Fn(&Element, &mut String)) -> Option<Reply> {
        if self.is_json() {
            return None;
        }
        let mut body = String::new();
        write(&parse(std::str::from_utf8(self.response.body()).expect("text")), &mut body);
        Some(self.with_body(body))
    }

    fn json(&self, write: impl Fn(Value) -> String) -> Option<Reply> {
        let value = self.is_json().then(|| serde_json::from_slice(self.response.body()).expect("JSON"))?;
        Some(self.with_body(write(value)))
    }

    /// A success whose output is another one.
    fn output(&self, change: impl Fn(&Operation, &mut Value)) -> Option<Reply> {
        if !self.is_success() || self.case.dialect == Dialect::Documented {
            return None;
        }
        let codec = self.case.codec();
        let received = codec.decode_response(self.operation(), self.response).expect("the mock's own");
        let Outcome::Output(mut output) = received.outcome else { return None };
        change(self.operation(), &mut output);
        let view = View::from(&output);
        let reply = codec::Reply::Output { operation: self.operation(), status: received.status, output: &view };
        Some(in_time(codec.encode_response(&self.operation().service, &reply, "r-2")))
    }

    /// An error of the contract instead.
    fn error(&self, error: &ErrorDef) -> Reply {
        let reply = codec::Reply::Error { error, status: error.status, message: "Something else." };
        in_time(self.operation().service.codec.encode_response(&self.operation().service, &reply, "r-3"))
    }

    /// The error that is answered, with its message, in another shape of JSON.
    fn shaped(&self, service: &str, shape: impl Fn(&str, u16, &mut HeaderMap) -> Value) -> Option<Reply> {
        if self.is_success() || self.case.dialect == Dialect::Documented || self.operation().service.name != service {
            return None;
        }
        let received = self.case.codec().decode_response(self.operation(), self.response).expect("the mock's own");
        let Outcome::Error { code, .. } = received.outcome else { return None };
        let mut reply = in_time(self.response.clone());
        reply.response.headers_mut().remove("x-amzn-errortype");
        let body = shape(&code, received.status, reply.response.headers_mut());
        *reply.response.body_mut() = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        Some(reply)
    }
}

fn in_time(response: Response<Bytes>) -> Reply {
    Reply { response, elapsed: Duration::from_millis(20) }
}

/// An answer of something in front of the service.
fn page(status: u16, body: &'static str) -> Reply {
    let response = Response::builder().status(status).header(CONTENT_TYPE, "text/html").body(Bytes::from(body));
    in_time(response.expect("a response"))
}

/// An element of the mock's XML.
#[derive(Clone)]
struct Element {
    name: String,
    namespace: Option<String>,
    children: Vec<Element>,
    text: String,
}

fn parse(text: &str) -> Element {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element { name: String::new(), namespace: None, children: Vec::new(), text: String::new() }];
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(start) => {
                let name = start.name().into_inner().to_owned();
                let namespace = start.attributes().map(|attribute| attribute.expect("an attribute").value.into_owned());
                open.push(Element { name, namespace: namespace.last(), children: Vec::new(), text: String::new() });
            }
            Event::End(_) => {
                let done = open.pop().expect("an open element");
                open.last_mut().expect("its parent").children.push(done);
            }
            Event::Text(piece) => open.last_mut().expect("an element").text.push_str(&piece),
            Event::GeneralRef(name) => {
                let resolved = unescape(&format!("&{};", &*name)).expect("a reference").into_owned();
                open.last_mut().expect("an element").text.push_str(&resolved);
            }
            Event::Eof => break,
            other => panic!("the mock writes no {other:?}"),
        }
    }
    open.remove(0).children.remove(0)
}

/// How XML may be written.
#[derive(Clone, Copy)]
struct Way {
    indent: &'static str,
    prefix: &'static str,
    attributes: &'static str,
    namespace: bool,
    closes_itself: bool,
    reversed: bool,
    between: &'static str,
    text: fn(&str) -> String,
}

const PLAIN: Way = Way {
    indent: "",
    prefix: "",
    attributes: "",
    namespace: true,
    closes_itself: false,
    reversed: false,
    between: "",
    text: escaped,
};

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).replace('\r', "&#13;")
}

impl Way {
    fn write(self, element: &Element, depth: usize, out: &mut String) {
        let Self { indent, prefix, .. } = self;
        out.extend([format!("<{prefix}{}{}", element.name, self.attributes)]);
        if let Some(namespace) = element.namespace.as_ref().filter(|_| self.namespace) {
            let name = if prefix.is_empty() { "xmlns" } else { "xmlns:n" };
            out.extend([format!(" {name}=\"{namespace}\"")]);
        }
        if element.children.is_empty() && element.text.is_empty() && self.closes_itself {
            out.push_str(" />");
            return;
        }
        out.push('>');
        let line = |depth: usize, out: &mut String| {
            if !indent.is_empty() {
                out.extend([format!("\r\n{}", indent.repeat(depth))]);
            }
        };
        let mut children: Vec<&Element> = element.children.iter().collect();
        if self.reversed {
            children.reverse();
        }
        for child in &children {
            line(depth + 1, out);
            out.push_str(self.between);
            self.write(child, depth + 1, out);
        }
        if children.is_empty() {
            out.push_str(&(self.text)(&element.text));
        } else {
            line(depth, out);
        }
        out.extend([format!("</{prefix}{}>", element.name)]);
    }
}

/// Writes a JSON value with other texts and numbers than serde has.
fn written(value: &Value, text: fn(&str) -> String, number: fn(f64) -> String, out: &mut String) {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, member)| {
                    let mut item = format!("{}:", text(name));
                    written(member, text, number, &mut item);
                    item
                })
                .collect();
            out.extend([format!("{{{}}}", members.join(","))]);
        }
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|value| {
                    let mut item = String::new();
                    written(value, text, number, &mut item);
                    item
                })
                .collect();
            out.extend([format!("[{}]", items.join(","))]);
        }
        Value::String(plain) => out.push_str(&text(plain)),
        Value::Number(plain) => out.push_str(&number(plain.as_f64().expect("a number"))),
        other => out.push_str(&other.to_string()),
    }
}

fn rewritten(text: fn(&str) -> String, number: fn(f64) -> String) -> impl Fn(Value) -> String {
    move |value| {
        let mut out = String::new();
        written(&value, text, number, &mut out);
        out
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn in_units(text: &str) -> String {
    let units: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    format!("\"{}\"", units.concat())
}

fn reversed(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().rev().map(|(name, member)| (name, reversed(member))).collect(),
        Value::Array(items) => items.into_iter().map(reversed).collect(),
        scalar => scalar,
    }
}

/// Calls with each text of an output that is a time.
fn times(value: &mut Value, change: &dyn Fn(&str) -> String) {
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
            let free = node.constraints.iter().all(|id| operation.output.constraints[*id].keyword == "type");
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

/// One of the operation's errors of a kind: all of them come in turn.
fn of_kind(sent: &Sent<'_>, kinds: &[ErrorKind]) -> Option<ErrorDef> {
    let (operation, nth) = (sent.operation(), usize::try_from(sent.case.token.index % 64).ok()?);
    let errors = operation.errors.all.iter().filter(|error| kinds.contains(&error.kind));
    errors.cycle().nth(nth).cloned()
}

fn native(sent: &Sent<'_>) -> bool {
    sent.case.dialect == Dialect::Native
}

fn refused(sent: &Sent<'_>, probe: Probe) -> bool {
    sent.case.probe == probe
}

const NAMESPACES: &[Variant] = &[
    silent("indented, declared, with CRLF", |sent| {
        sent.xml(|root, out| {
            out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n");
            Way { indent: "\t", ..PLAIN }.write(root, 0, out);
            out.push('\n');
        })
    }),
    silent("a byte order mark", |sent| {
        sent.xml(|root, out| {
            out.push_str("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>");
            PLAIN.write(root, 0, out);
        })
    }),
    silent("comments and instructions", |sent| {
        sent.xml(|root, out| {
            out.push_str("<!-- an answer --><?app a=\"b\"?>");
            Way {
                between: "<!-- a member > --><?x y?>",
                text: |text| format!("<!---->{}<!-- end -->", escaped(text)),
                ..PLAIN
            }
            .write(root, 0, out);
            out.push_str("<!-- the end -->");
        })
    }),
    silent("CDATA", |sent| {
        let text = |text: &str| format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"));
        let carries = !sent.response.body().windows(5).any(|window| window == b"&#13;");
        if carries { sent.xml(|root, out| Way { text, ..PLAIN }.write(root, 0, out)) } else { None }
    }),
    silent("references for all characters", |sent| {
        let text = |text: &str| {
            text.chars()
                .enumerate()
                .map(|(at, c)| if at % 2 == 0 { format!("&#x{:X};", c as u32) } else { format!("&#{};", c as u32) })
                .collect()
        };
        sent.xml(|root, out| Way { text, ..PLAIN }.write(root, 0, out))
    }),
    silent("prefixes", |sent| sent.xml(|root, out| Way { prefix: "n:", ..PLAIN }.write(root, 0, out))),
    silent("no namespace", |sent| sent.xml(|root, out| Way { namespace: false, ..PLAIN }.write(root, 0, out))),
    silent("attributes", |sent| {
        let attributes = " xsi:type='x' id=\"1 &lt; 2\"";
        sent.xml(|root, out| Way { attributes, ..PLAIN }.write(root, 0, out))
    }),
    silent("elements that close themselves", |sent| {
        sent.xml(|root, out| Way { closes_itself: true, ..PLAIN }.write(root, 0, out))
    }),
    silent("members in another order", |sent| {
        sent.xml(|root, out| Way { reversed: true, ..PLAIN }.write(root, 0, out))
    }),
    silent("text/xml with a charset", |sent| {
        (!sent.is_json()).then(|| sent.with_header("content-type", "text/xml;charset=utf-8"))
    }),
    silent("application/xml", |sent| {
        (!sent.is_json()).then(|| sent.with_header("content-type", "Application/XML; charset=\"UTF-8\""))
    }),
    Variant {
        name: "elements that the contract does not have",
        alter: |sent| {
            sent.xml(|root, out| {
                let mut root = root.clone();
                let extra = |text: &str| Element {
                    name: "Extra".into(),
                    namespace: None,
                    children: Vec::new(),
                    text: text.into(),
                };
                root.children.iter_mut().for_each(|child| child.children.push(extra("1")));
                root.children.push(extra("<2>"));
                PLAIN.write(&root, 0, out);
            })
        },
        notes: &["unknown-output-member"],
    },
    silent("no RequestId in the body, one in the header", |sent| {
        let remove = |root: &Element, out: &mut String| {
            let mut root = root.clone();
            root.children.retain(|child| child.name != "ResponseMetadata" && child.name != "RequestId");
            PLAIN.write(&root, 0, out);
        };
        sent.xml(remove)
    }),
    silent("no RequestId in the header, one in the body", |sent| {
        let mut reply = in_time(sent.response.clone());
        (!sent.is_json()).then(|| {
            reply.response.headers_mut().remove("x-amzn-requestid");
            reply
        })
    }),
];

const JSON: &[Variant] = &[
    silent("white space", |sent| {
        sent.json(|value| format!("\r\n\t {} \n", serde_json::to_string_pretty(&value).expect("JSON")))
    }),
    silent("members in another order", |sent| sent.json(|value| reversed(value).to_string())),
    silent("escapes for all characters", |sent| {
        sent.json(rewritten(in_units, |number| Value::from(number).to_string()))
    }),
    silent("escaped slashes, as PHP writes", |sent| {
        sent.json(rewritten(|text| quoted(text).replace('/', "\\/"), |number| Value::from(number).to_string()))
    }),
    silent("numbers with an exponent", |sent| sent.json(rewritten(quoted, |number| format!("{number:E}")))),
    silent("numbers with decimals", |sent| sent.json(rewritten(quoted, |number| format!("{number:.3}")))),
    silent("application/json with a charset", |sent| {
        sent.is_json().then(|| sent.with_header("content-type", "application/json; charset=utf-8"))
    }),
    silent("Application/JSON", |sent| {
        sent.is_json().then(|| sent.with_header("content-type", "Application/JSON;charset=UTF-8"))
    }),
    Variant {
        name: "members that the contract does not have",
        alter: |sent| {
            sent.json(|mut value| {
                value["Extra"] = json!({"a": [1, null]});
                value.to_string()
            })
        },
        notes: &["unknown-output-member"],
    },
    silent("null for members without a value", |sent| {
        let absent = sent.operation().service.null_is_absent && native(sent);
        let names: Vec<String> = sent.operation().output.root().properties.keys().cloned().collect();
        if !absent || !sent.is_success() {
            return None;
        }
        sent.json(move |mut value| {
            let members: &mut Map<String, Value> = value.as_object_mut().expect("an object");
            for name in &names {
                members.entry(name.clone()).or_insert(Value::Null);
            }
            value.to_string()
        })
    }),
    silent("a structure that names its type", |sent| {
        let own = sent.operation().service.name == "backup" && sent.is_success() && native(sent);
        own.then(|| {
            sent.json(|mut value| {
                value["__type"] = json!("com.amazonaws.backup#StartBackupJobOutput");
                value.to_string()
            })
        })?
    }),
    silent("the error in the header alone", |sent| {
        sent.shaped("backup", |code, _, headers| {
            headers.insert("x-amzn-errortype", code.parse().expect("a value"));
            Value::Null
        })
    }),
    silent("the error with a URI", |sent| {
        sent.shaped("backup", |code, _, headers| {
            let value = format!("{code}:http://internal.amazon.com/coral/com.amazon.coral.validate/");
            headers.insert("x-amzn-errortype", value.parse().expect("a value"));
            json!({"message": "1 validation error detected"})
        })
    }),
    silent("the error with a namespace and a URI", |sent| {
        sent.shaped("backup", |code, _, headers| {
            let value = format!("aws.backup#{code}:http://internal.amazon.com/coral/");
            headers.insert("X-Amzn-Errortype".parse::<HeaderName>().expect("a name"), value.parse().expect("a value"));
            json!({})
        })
    }),
    silent("the error as __type", |sent| {
        sent.shaped("backup", |code, _, _| json!({"__type": format!("com.amazonaws.backup#{code}"), "Message": null}))
    }),
    silent("the error as code", |sent| sent.shaped("backup", |code, _, _| json!({"code": code, "Message": "no"}))),
    silent("the error in header and body", |sent| {
        sent.shaped("backup", |code, _, headers| {
            headers.insert("x-amzn-errortype", code.parse().expect("a value"));
            json!({"__type": code, "Code": "ERROR_9101", "Type": "User", "Context": ["a"], "Message": "no"})
        })
    }),
    silent("the error without its message", |sent| sent.shaped("cbr", |code, _, _| json!({"error_code": code}))),
    silent("the error with a request id", |sent| {
        sent.shaped("cbr", |code, _, _| json!({"request_id": "b", "error_code": code, "error_msg": "anything", "x": 1}))
    }),
    silent("the error as a title", |sent| {
        sent.shaped("cbr", |code, status, _| json!({"error": {"code": status, "message": "no", "title": code}}))
    }),
];

const ANY: &[Variant] = &[
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
            let Expected::Error { error: due, link: Some(link) } = sent.case.expected() else { return None };
            let assumed = link.strength > accordant::contract::model::Strength::Model;
            let broken = assumed && matches!(sent.case.verdict, Verdict::Invalid { .. });
            let other = of_kind(sent, &[ErrorKind::Validation]).filter(|other| other.code != due.code);
            other.filter(|_| broken).map(|error| sent.error(&error))
        },
        notes: &["wrong-error-code"],
    },
    silent("405 to a method that nobody knows", |sent| {
        refused(sent, Probe::OtherMethod).then(|| page(405, "<h1>Method Not Allowed</h1>"))
    }),
    silent("501 to a method that nobody knows", |sent| {
        refused(sent, Probe::OtherMethod).then(|| page(501, "<h1>Unsupported method</h1>"))
    }),
    Variant {
        name: "400 to a method that nobody knows",
        alter: |sent| refused(sent, Probe::OtherMethod).then(|| page(400, "<h1>Bad Request</h1>")),
        notes: &["error-shape"],
    },
    Variant {
        name: "a gateway's 401",
        alter: |sent| refused(sent, Probe::NoCredentials).then(|| page(401, "<h1>Unauthorized</h1>")),
        notes: &["error-shape"],
    },
];

/// The cases of all operations, with the mock's answers to them.
fn cases() -> Vec<(Case, Response<Bytes>)> {
    let mock = mock();
    let fingerprint = fingerprint(mock.contract());
    let mut found = Vec::new();
    for operation in mock.contract().operations() {
        for dialect in [Dialect::Native, Dialect::Documented] {
            if dialect == Dialect::Documented
                && (operation.documented.is_none() || operation.service.documented.is_none())
            {
                continue;
            }
            let plan = Plan::new(operation, dialect, fingerprint);
            for phase in Phase::ALL {
                let numbered = 0..plan.count(phase, RANDOM);
                found.extend(numbered.filter_map(|index| plan.case(phase, SEED, index)?.ok()));
            }
        }
    }
    let wire = wire(Server { mock: &mock, count: AtomicU64::new(0), answers: |_, reply| Ok(reply) });
    found
        .into_iter()
        .map(|case| {
            let response = mock.answer(&wire.request(&case)).response;
            (case, response)
        })
        .collect()
}

/// What each check says of an answer to a case.
fn complaints(
    case: &Case,
    reply: Result<Reply, TransportFailure>,
    first: &Response<Bytes>,
) -> Vec<(&'static str, Complaint)> {
    let read = |response| case.codec().decode_response(&case.operation, response);
    let received = reply.as_ref().ok().map(|reply| read(&reply.response));
    let earlier: Option<Received> = (case.probe == Probe::Twice).then(|| read(first).ok()).flatten();
    let secrets = ["accordant-dummy-secret-9b1f6c27".to_owned()];
    let exchange = Exchange { case, secrets: &secrets, reply: &reply, received, earlier };
    let said =
        CHECKS.iter().flat_map(|check| check.judge(&exchange).into_iter().map(|complaint| (check.code(), complaint)));
    said.collect()
}

#[test]
fn right_answers_in_other_forms_are_not_accused() {
    let cases = cases();
    assert!(cases.len() > 1000, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for variant in NAMESPACES.iter().chain(JSON).chain(ANY) {
        let (mut applied, mut noted) = (0, BTreeSet::new());
        for (case, response) in &cases {
            let Some(reply) = (variant.alter)(&Sent { case, response }) else { continue };
            applied += 1;
            // Of a repeated request both answers have the form.
            let first = reply.response.clone();
            for (code, complaint) in complaints(case, Ok(reply), &first) {
                if complaint.is_finding() || !variant.notes.contains(&code) {
                    let told = || format!("{}: {code}: {}: {complaint:?}", variant.name, case.token);
                    wrong.extend((!noted.contains(code)).then(told));
                }
                noted.insert(code);
            }
        }
        let noted: Vec<&str> = noted.into_iter().collect();
        if applied == 0 || noted != variant.notes {
            wrong.push(format!("{}: tried {applied} times, {noted:?} instead of {:?}", variant.name, variant.notes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A server whose answers are the mock's, but for what a function makes of them; it sees how many requests came before.
struct Server<'m> {
    mock: &'m Mock,
    count: AtomicU64,
    answers: fn(u64, Reply) -> Result<Reply, TransportFailure>,
}

impl Send for Server<'_> {
    async fn send(&self, request: Request<Bytes>) -> Result<Reply, TransportFailure> {
        let reply = in_time(self.mock.answer(&request).response);
        (self.answers)(self.count.fetch_add(1, Ordering::Relaxed), reply)
    }

    async fn pause(&self, _: Duration) {}

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

fn wire<S>(sender: S) -> Wire<S> {
    let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
    let secrets = signer.secrets();
    Wire { sender, signer, host: "localhost".into(), headers: HeaderMap::new(), secrets, hidden: Vec::new() }
}

/// A wrong answer that is met in real servers, and the check that says so.
struct Departure {
    name: &'static str,
    says: &'static str,
    /// Whether that is a finding for at least one case, rather than a note.
    finding: bool,
    alter: Alter,
}

const fn found(says: &'static str, name: &'static str, alter: Alter) -> Departure {
    Departure { name, says, finding: true, alter }
}

const fn noted(says: &'static str, name: &'static str, alter: Alter) -> Departure {
    Departure { name, says, finding: false, alter }
}

/// What a departure of a success applies to: valid cases of the native dialect that the mock lets succeed.
fn succeeds(sent: &Sent<'_>) -> bool {
    let plain = matches!(sent.case.probe, Probe::Plain | Probe::Twice);
    sent.is_success() && native(sent) && plain && matches!(sent.case.verdict, Verdict::Valid { .. })
}

/// What a departure of an error applies to: cases whose error is known.
fn fails(sent: &Sent<'_>) -> bool {
    !sent.is_success() && native(sent) && matches!(sent.case.expected(), Expected::Error { .. })
}

fn replaced(sent: &Sent<'_>, applies: bool, from: &str, to: &str) -> Option<Reply> {
    let body = String::from_utf8_lossy(sent.response.body());
    (applies && body.contains(from)).then(|| sent.with_body(body.replacen(from, to, 1)))
}

fn of(sent: &Sent<'_>, service: &str) -> bool {
    sent.operation().service.name == service
}

fn with_status(mut reply: Reply, status: u16) -> Reply {
    *reply.response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    reply
}

/// Changes the code of an error wherever it stands.
fn recoded(sent: &Sent<'_>, change: fn(&str) -> String) -> Option<Reply> {
    let Expected::Error { error, .. } = sent.case.expected() else { return None };
    let error = ErrorDef { code: change(&error.code), ..error.clone() };
    fails(sent).then(|| sent.error(&error))
}

const DEPARTURES: &[Departure] = &[
    found("undecodable-response", "XML: no body", |sent| {
        (succeeds(sent) && !sent.is_json()).then(|| sent.with_body(""))
    }),
    // No source says for sure that a member is required, and both protocols let a client take no body for no members.
    noted("output-schema", "JSON: no body", |sent| (succeeds(sent) && sent.is_json()).then(|| sent.with_body(""))),
    found("undecodable-response", "JSON: null for an output", |sent| {
        (succeeds(sent) && sent.is_json()).then(|| sent.with_body("null"))
    }),
    found("undecodable-response", "JSON: a second value behind the first", |sent| {
        (succeeds(sent) && sent.is_json()).then(|| sent.with_body([sent.response.body(), &b"{}"[..]].concat()))
    }),
    found("undecodable-response", "JSON to a protocol of XML", |sent| {
        (succeeds(sent) && !sent.is_json()).then(|| sent.with_body(r#"{"DBCluster": {}}"#))
    }),
    found("error-shape", "an error in JSON to a protocol of XML", |sent| {
        (fails(sent) && !sent.is_json())
            .then(|| sent.with_body(r#"{"__type": "InvalidParameterValue", "message": "no"}"#))
    }),
    found("undecodable-response", "the Result is missing around the members", |sent| {
        let flat = |root: &Element, out: &mut String| {
            let mut root = root.clone();
            let result = root.children.remove(0);
            root.children.splice(0..0, result.children);
            PLAIN.write(&root, 0, out);
        };
        succeeds(sent).then(|| sent.xml(flat))?
    }),
    found("valid-rejected", "XML: an error with status 200", |sent| {
        let error = of_kind(sent, &[ErrorKind::Validation])?;
        (succeeds(sent) && !sent.is_json()).then(|| with_status(sent.error(&error), 200))
    }),
    found("valid-rejected", "JSON: an error with status 200", |sent| {
        let error = of_kind(sent, &[ErrorKind::Validation])?;
        (succeeds(sent) && sent.is_json()).then(|| with_status(sent.error(&error), 200))
    }),
    found("wrong-error-status", "the right error with status 200", |sent| {
        fails(sent).then(|| with_status(in_time(sent.response.clone()), 200))
    }),
    found("server-error", "the right error with status 500", |sent| {
        fails(sent).then(|| with_status(in_time(sent.response.clone()), 500))
    }),
    found("error-shape", "XML: the error of another protocol of XML", |sent| {
        let ec2 = |root: &Element, out: &mut String| {
            let mut root = root.clone();
            root.name = "Response".into();
            PLAIN.write(&root, 0, out);
        };
        fails(sent).then(|| sent.xml(ec2))?
    }),
    found("error-shape", "backup: the code in the member of another number", |sent| {
        fails(sent).then(|| sent.shaped("backup", |code, _, _| json!({"Code": code, "Message": "no"})))?
    }),
    found("error-shape", "cbr: the code in another member", |sent| {
        fails(sent).then(|| sent.shaped("cbr", |code, _, _| json!({"code": code, "message": "no"})))?
    }),
    found("error-shape", "HTML for what is not there", |sent| {
        (fails(sent) && sent.case.probe == Probe::Plain).then(|| page(404, "<h1>Not Found</h1>"))
    }),
    found("error-code-undeclared", "the code in another case", |sent| recoded(sent, str::to_lowercase)),
    found("error-code-undeclared", "a code with a space behind it", |sent| {
        (!sent.is_json()).then(|| recoded(sent, |code| format!("{code} ")))?
    }),
    found("error-code-undeclared", "the name of the shape for the code", |sent| {
        recoded(sent, |code| format!("{code}Fault"))
    }),
    found("invalid-accepted", "200 to every request", |sent| {
        let operation = sent.operation();
        let output = operation.examples.iter().find_map(|example| example.output.clone()).unwrap_or_else(|| json!({}));
        let view = View::from(&output);
        let reply = codec::Reply::Output { operation, status: operation.http.status, output: &view };
        let broken = native(sent) && matches!(sent.case.verdict, Verdict::Invalid { .. });
        (broken && fails(sent))
            .then(|| in_time(operation.service.codec.encode_response(&operation.service, &reply, "r-4")))
    }),
    found("echo-mismatch", "one member's value in another", |sent| {
        let given = sent.case.input.pointer("/replicate/destination_vault_id").cloned()?;
        (succeeds(sent) && sent.case.input["replicate"]["destination_region"] != given).then(|| {
            sent.json(|mut value| {
                value["replication"]["destination_region"] = given.clone();
                value.to_string()
            })
        })?
    }),
    found("output-schema", "XML: True", |sent| replaced(sent, succeeds(sent), "Upgrade>true<", "Upgrade>True<")),
    found("output-schema", "XML: a time as seconds", |sent| {
        let seconds = |output: &mut Value| times(output, &|_| "1516925490".into());
        (succeeds(sent) && of(sent, "rds")).then(|| sent.output(|_, output| seconds(output)))?
    }),
    found("output-schema", "XML: a time without its offset", |sent| {
        (succeeds(sent) && of(sent, "rds"))
            .then(|| sent.output(|_, output| times(output, &|_| "2019-06-04T09:16:42.649".into())))?
    }),
    found("output-schema", "XML: a list without its items' name", |sent| {
        let body = String::from_utf8_lossy(sent.response.body());
        let other = || sent.with_body(body.replace("AvailabilityZone>", "member>"));
        (succeeds(sent) && body.contains("<AvailabilityZone>")).then(other)
    }),
    found("output-schema", "XML: a text for a list", |sent| {
        replaced(sent, succeeds(sent), "<TagList></TagList>", "<TagList>none</TagList>")
    }),
    found("output-schema", "XML: a member twice", |sent| {
        replaced(sent, succeeds(sent), "<Engine>", "<Engine>mysql</Engine><Engine>")
    }),
    found("output-schema", "JSON: a time as text", |sent| {
        (succeeds(sent) && of(sent, "backup")).then(|| {
            sent.json(|mut value| {
                value["CreationDate"] = json!("2025-01-05T00:00:00Z");
                value.to_string()
            })
        })?
    }),
    found("output-schema", "JSON: a time in milliseconds", |sent| {
        (succeeds(sent) && of(sent, "backup")).then(|| {
            sent.json(|mut value| {
                value["CreationDate"] = json!(1_516_925_490_087_i64);
                value.to_string()
            })
        })?
    }),
    found("output-schema", "JSON: a boolean as text", |sent| {
        replaced(sent, succeeds(sent), "\"IsParent\":false", "\"IsParent\":\"false\"")
    }),
    noted("unknown-output-member", "JSON: a member in another case", |sent| {
        replaced(sent, succeeds(sent), "\"BackupJobId\"", "\"backupJobId\"")
    }),
    noted("output-schema", "JSON: a member in another case is an absent one", |sent| {
        replaced(sent, succeeds(sent), "\"BackupJobId\"", "\"backupJobId\"")
    }),
    found("undecodable-response", "JSON: NaN", |sent| {
        replaced(sent, succeeds(sent), "\"IsParent\":false", "\"IsParent\":NaN")
    }),
    found("undecodable-response", "JSON: Latin-1", |sent| {
        let body = [b"{\"a\": \"\xe9\"}".as_slice()].concat();
        (succeeds(sent) && sent.is_json()).then(|| sent.with_body(body))
    }),
    found("content-type", "JSON as text/plain", |sent| {
        (succeeds(sent) && sent.is_json()).then(|| sent.with_header("content-type", "text/plain"))
    }),
    found("content-type", "the media type of another protocol of JSON", |sent| {
        (succeeds(sent) && sent.is_json()).then(|| sent.with_header("content-type", "application/x-amz-json-1.1"))
    }),
    found("undecodable-response", "a page with status 200", |sent| {
        succeeds(sent).then(|| page(200, "<html>Welcome</html>"))
    }),
    found("server-error", "a gateway's page", |sent| succeeds(sent).then(|| page(502, "<h1>Bad Gateway</h1>"))),
    found("status-undeclared", "no content", |sent| succeeds(sent).then(|| with_status(sent.with_body(""), 204))),
    found("status-undeclared", "a redirect", |sent| succeeds(sent).then(|| page(302, "<a href=\"/login\">"))),
    noted("method-not-refused", "any method is taken", |sent| {
        let operation = sent.operation();
        let output = json!({"replication": {"backup_id": "a"}});
        let view = View::from(&output);
        let reply = codec::Reply::Output { operation, status: 200, output: &view };
        let taken = || in_time(operation.service.codec.encode_response(&operation.service, &reply, "r-5"));
        (refused(sent, Probe::OtherMethod) && native(sent) && of(sent, "cbr")).then(taken)
    }),
    found("error-shape", "the envelope's word as text", |sent| {
        let body = String::from_utf8_lossy(sent.response.body()).replace("\"success\":false", "\"success\":\"false\"");
        (!native(sent) && !sent.is_success() && body.contains("\"false\"")).then(|| sent.with_body(body))
    }),
];

#[test]
fn departures_of_real_servers_are_said_by_their_check() {
    let cases = cases();
    let mut wrong = Vec::new();
    for Departure { name, says, finding, alter } in DEPARTURES {
        let (mut applied, mut unseen, mut found) = (0, None, None);
        for (case, response) in &cases {
            let Some(reply) = alter(&Sent { case, response }) else { continue };
            applied += 1;
            let first = reply.response.clone();
            let said = complaints(case, Ok(reply), &first);
            if said.is_empty() {
                unseen = Some(case.token.to_string());
            }
            let own = said.iter().filter(|(code, _)| code == says).map(|(_, complaint)| complaint.is_finding()).max();
            found = found.max(own);
        }
        if found != Some(*finding) || unseen.is_some() {
            wrong.push(format!(
                "{name}: of {applied}, {says} is {found:?} (true for a finding); nothing was said of {unseen:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_passes_is_waited_for_and_a_method_nobody_knows_may_end_a_connection() {
    let mock = mock();
    let throttled = |number: u64, reply: Reply| {
        let page = page(503, "<h1>later</h1>");
        Ok(if number.is_multiple_of(3) { reply } else { page })
    };
    let plan = Plan::new(mock.contract().operation("StartBackupJob").expect("built in"), Dialect::Native, 0);
    let wire = wire(Server { mock: &mock, count: AtomicU64::new(1), answers: throttled });
    for index in 0..plan.count(Phase::Examples, 0) {
        let case = plan.case(Phase::Examples, 0, index).expect("an example").expect("it is sent");
        let judged = wire.judge(&case).await;
        assert!(judged.succeeded && judged.complaints.is_empty(), "{:?}", judged.complaints);
    }
    let method = (0..plan.count(Phase::Coverage, 0)).filter_map(|index| plan.case(Phase::Coverage, 0, index)?.ok());
    let method = method.into_iter().find(|case| case.probe == Probe::OtherMethod).expect("a probe");
    let said = complaints(&method, Err(TransportFailure::Closed("reset".into())), &Response::new(Bytes::new()));
    assert!(said.iter().all(|(_, complaint)| !complaint.is_finding()), "{said:?}");
}
