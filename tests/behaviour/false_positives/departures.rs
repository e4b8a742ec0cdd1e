//! Wrong answers that are met in real servers: each has a check that says so.

use accordant::codec;
use accordant::exchange::Reply;
use accordant::generate::{Expected, Refusal, Variation, Verdict};
use accordant::model::{ErrorDef, ErrorKind};
use accordant::value::view::View;
use serde_json::{Value, json};

use super::any::times;
use super::xml::{Element, PLAIN};
use super::{Alter, Sent, cases, complaints, in_time, native, of_kind, page, refused};

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
    let plain = matches!(sent.case.variation, Variation::Plain | Variation::Twice);
    sent.is_success() && native(sent) && plain && matches!(sent.case.verdict, Verdict::Valid { .. })
}

/// What a departure of an error applies to: cases whose error is known.
fn fails(sent: &Sent<'_>) -> bool {
    !sent.is_success() && native(sent) && matches!(sent.case.expected(), Expected::Refusal(_))
}

fn replaced(sent: &Sent<'_>, applies: bool, from: &str, to: &str) -> Option<Reply> {
    let body = String::from_utf8_lossy(sent.response.body());
    (applies && body.contains(from)).then(|| sent.with_body(body.replacen(from, to, 1)))
}

/// The body without what stands from one text to the end of the next other one.
fn without(sent: &Sent<'_>, start: &str, end: &str) -> String {
    let body = String::from_utf8_lossy(sent.response.body()).into_owned();
    let (before, rest) = body.split_once(start).expect("it is there");
    let (_, after) = rest.split_once(end).expect("it ends");
    format!("{before}{after}")
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
    let Expected::Refusal(Refusal::Error { error, .. }) = sent.case.expected() else { return None };
    let error = ErrorDef { code: change(&error.code), ..error.clone() };
    fails(sent).then(|| sent.error(&error))
}

const DEPARTURES: &[Departure] = &[
    found("undecodable-response", "XML: no body", |sent| {
        (succeeds(sent) && !sent.is_json()).then(|| sent.with_body(""))
    }),
    found("output-not-found", "JSON: no body", |sent| (succeeds(sent) && sent.is_json()).then(|| sent.with_body(""))),
    found("wrong-envelope", "XML: no namespace", |sent| {
        (succeeds(sent) && !sent.is_json()).then(|| sent.with_body(without(sent, " xmlns=\"", "\"")))
    }),
    found("wrong-envelope", "XML: no metadata", |sent| {
        let (start, end) = ("<ResponseMetadata>", "</ResponseMetadata>");
        (succeeds(sent) && !sent.is_json()).then(|| sent.with_body(without(sent, start, end)))
    }),
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
        (fails(sent) && sent.case.variation == Variation::Plain).then(|| page(404, "<h1>Not Found</h1>"))
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
            .then(|| in_time(operation.service.codec().encode_response(&operation.service, &reply, "r-4")))
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
        let taken = || in_time(operation.service.codec().encode_response(&operation.service, &reply, "r-5"));
        (refused(sent, Variation::OtherMethod) && native(sent) && of(sent, "cbr")).then(taken)
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
