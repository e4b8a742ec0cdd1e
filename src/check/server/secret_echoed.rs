//! `secret-echoed`: a secret of the request comes back in the answer.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::check::{Check, Complaint, Party};
use crate::codec::Outcome;
use crate::exchange::{Exchange, Observation, texts};
use crate::model::citation::strength_of;
use crate::model::{Occurrence, Strength, Table};
use crate::value::pointer;
use crate::value::walk::{Next, Places, walk};

/// The check.
pub struct SecretEchoed;

const PAGE: &str = "\
# secret-echoed

## What it does

Complains when credentials of the request, or the value of a sensitive input member, stand in the
answer: in a header, in the output, in the text of an error.

## Why it matters

Answers are logged and shown where requests are not: in browsers, in bug reports, by proxies. A
password that comes back is a password that leaks (CWE-200, CWE-209).

## Example

`MasterUserPassword: hunter2/hunter2` is refused with a message that quotes it. Due is the same
error without the value.

## Remedy

Name the member in messages, not its value; leave secrets out of outputs, or write `****` for
them.

## When it is a note

When only an assumption says that the member is sensitive. There is no complaint of texts that may
stand in an answer by chance (short ones, plain words and numbers, regions, times, ARNs), of
values that other members have too, of what the contract echoes, of sensitive members that the
output itself has, and of tags and other lists of sensitive values, which answers show by design.
";

/// Shortest text that is not found by chance.
const MIN_LENGTH: usize = 8;
/// Fewest characters of a part that is neither a word nor a number.
const MIN_PART: usize = 7;
/// From this length on, and with so many different characters, a text is not found by chance whatever it is made of.
const LONG: (usize, usize) = (24, 12);
/// The same of credentials, which are nobody's everyday text.
const LONG_CREDENTIAL: (usize, usize) = (16, 8);

impl Check for SecretEchoed {
    fn code(&self) -> &'static str {
        "secret-echoed"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        if exchange.response().is_none() {
            return Vec::new();
        }
        let Secrets { credentials, members } = Secrets::of(exchange);
        if credentials.is_empty() && members.is_empty() {
            return Vec::new();
        }
        let answer = texts_of(exchange);
        let shown = |secret: &&str| answer.iter().any(|text| text.contains(*secret));
        let leaked = credentials.iter().find(|secret| shown(secret)).map(|_| {
            let complaint =
                Complaint::new("an answer without the request's credentials", "one that shows a secret of them");
            complaint.standard("CWE-200").at_most(Strength::Model)
        });
        let members = members.into_iter().filter(|(_, secret)| shown(secret)).map(|(node, _)| {
            let at = &node.pointer;
            let complaint =
                Complaint::new(format!("an answer without the value of {at}"), format!("one that shows {at}"));
            complaint
                .about(at)
                .standard("CWE-209")
                .and(&node.citations, strength_of(&node.citations))
                .at_most(Strength::Model)
        });
        leaked.into_iter().chain(members).collect()
    }
}

/// What must not come back.
struct Secrets<'e> {
    credentials: Vec<&'e str>,
    members: Vec<(&'e Occurrence, &'e str)>,
}

impl<'e> Secrets<'e> {
    fn of(exchange: &Exchange<'e>) -> Self {
        let shape = &exchange.operation().input;
        let input = exchange.input;
        let (mut members, mut open) = (sensitive_members(shape, input), Vec::new());
        texts(&Places::of(shape), input, &mut |sensitive, text| open.extend(sensitive.is_none().then_some(text)));
        let hidden = |secret: &str, long| is_telling(secret, long) && !open.iter().any(|text| text.contains(secret));
        members.retain(|(node, secret)| hidden(secret, LONG) && !is_echoed(exchange, node));
        let credentials = exchange.secrets().iter().map(String::as_str);
        Self { credentials: credentials.filter(|secret| hidden(secret, LONG_CREDENTIAL)).collect(), members }
    }
}

/// The sensitive members that are texts; tags and the like, whose parts are sensitive as a whole, are shown by design.
fn sensitive_members<'v>(shape: &'v Table, value: &'v Value) -> Vec<(&'v Occurrence, &'v str)> {
    let mut found = Vec::new();
    walk(&Places::of(shape), value, |places, value, _| {
        let Some(sensitive) = places.certain().find(|place| place.sensitive) else { return Next::Below };
        found.extend(value.as_str().map(|text| (sensitive, text)));
        Next::Past
    });
    found
}

fn is_echoed(exchange: &Exchange<'_>, node: &Occurrence) -> bool {
    exchange.operation().echo.iter().any(|echo| pointer::segments(&node.pointer).eq(echo.from.iter().cloned()))
}

/// Whether a text does not stand in an answer by chance, as words, numbers, regions, times and names of resources may.
fn is_telling(secret: &str, long: (usize, usize)) -> bool {
    let length = secret.trim().chars().count();
    if length < MIN_LENGTH || secret.starts_with("arn:") {
        return false;
    }
    let different = secret.chars().filter(|character| !character.is_whitespace()).collect::<BTreeSet<char>>().len();
    let mut parts = secret.split(|c: char| c.is_whitespace() || "-_.:/,;=".contains(c));
    (length >= long.0 && different >= long.1) || parts.any(is_no_word)
}

/// Whether a part of a text is neither a word nor a number, nor one character over and over.
fn is_no_word(part: &str) -> bool {
    let plain = part.chars().all(char::is_alphabetic) || part.chars().all(char::is_numeric);
    !plain && part.chars().count() >= MIN_PART && part.chars().any(|character| !part.starts_with(character))
}

/// The texts of the answer in which a secret has no place: headers, and the body as it is and as it is read. Of an
/// output without its sensitive members only what is read.
fn texts_of<'x>(exchange: &'x Exchange<'_>) -> Vec<Cow<'x, str>> {
    let Some(response) = exchange.response() else { return Vec::new() };
    let mut found: Vec<Cow<'x, str>> =
        response.headers().values().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    match exchange.received().and_then(|received| received.as_ref().ok()).map(|received| &received.outcome) {
        Some(Outcome::Output(output)) => {
            // The documented dialect's output has a schema of its own, in which nothing is sensitive.
            let shape = exchange.operation().output.table();
            let places = if exchange.is_native() { Places::of(shape) } else { Places::nowhere(shape) };
            texts(&places, output, &mut |sensitive, text| {
                found.extend(sensitive.is_none().then_some(Cow::Borrowed(text)));
            });
            return found;
        }
        Some(Outcome::Error { code, message }) => {
            found.extend(message.iter().chain([code]).map(|text| Cow::Borrowed(text.as_str())));
        }
        None => {}
    }
    found.push(String::from_utf8_lossy(response.body()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_answers_every_day_is_no_secret() {
        for secret in ["hunter2/hunter2", "Tr0ub4dor&3", "aB3$x%Q9", "correct horse battery staple"] {
            assert!(is_telling(secret, LONG), "{secret:?}");
        }
        let everyday = [
            "        ",
            "--------",
            "!!!!!!!!",
            "password",
            "123456789012",
            "us-east-1",
            "sun:05:00-sun:05:30",
            "2024-02-29T23:59:59.999Z",
            "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0",
            "alias/aws/rds",
        ];
        for chance in everyday {
            assert!(!is_telling(chance, LONG), "{chance:?}");
        }
        assert!(is_telling("a-token-of-the-caller", LONG_CREDENTIAL) && !is_telling("a-token-of-the-caller", LONG));
    }
}
