//! `secret-echoed`: a secret of the request comes back in the answer.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::check::{Check, Complaint, Party};
use crate::codec::Outcome;
use crate::exchange::spelling::Haystack;
use crate::exchange::{Exchange, Observation, texts};
use crate::model::citation::strength_of;
use crate::model::{Occurrence, Strength, Table};
use crate::value::pointer;
use crate::value::walk::{self, Next, Places, walk};

/// The check.
pub struct SecretEchoed;

const PAGE: &str = "\
# secret-echoed

## What it does

Complains when credentials of the request, or the value of a sensitive input member, stand in the
answer: in a header, in the output, in the text of an error. A secret is found in other letters'
case, escaped for XML, HTML, JSON or a URL, in Base64 or hexadecimal, and over several lines.

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

When only an assumption says that the member is sensitive, and when the value stands in a member
that the output itself calls sensitive. There is no complaint of texts that may stand in an answer
by chance (short ones, plain words and numbers, regions, times, ARNs), of values that other members
have too, and of what the contract echoes.
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
        let answer = Answered::of(exchange);
        let leaked = credentials.iter().any(|secret| answer.open.shows(secret) || answer.sensitive.shows(secret));
        let leaked = leaked.then(|| {
            let complaint =
                Complaint::new("an answer without the request's credentials", "one that shows a secret of them");
            complaint.standard("CWE-200").at_most(Strength::Model)
        });
        let members = members.into_iter().filter_map(|(node, secret)| answer.complaint(node, secret));
        let mut complaints: Vec<Complaint> = leaked.into_iter().chain(members).collect();
        complaints.dedup_by(|one, other| one.about == other.about);
        complaints
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

/// The texts at and below the members that are sensitive for sure, whichever alternatives hold.
fn sensitive_members<'v>(shape: &'v Table, value: &'v Value) -> Vec<(&'v Occurrence, &'v str)> {
    let mut found = Vec::new();
    walk(&Places::of(shape), value, |places, value, _| {
        let Some(sensitive) = places.certain().find(|place| place.sensitive) else { return Next::Below };
        walk::texts(value, &mut |text| found.push((sensitive, text)));
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

/// The texts of an answer.
struct Answered {
    /// In which a secret has no place: headers, what is read of the body, and the body itself where nothing in it is sensitive.
    open: Haystack,
    /// Members that the output calls sensitive.
    sensitive: Haystack,
}

impl Answered {
    fn of(exchange: &Exchange<'_>) -> Self {
        let (mut open, mut sensitive) = (String::new(), String::new());
        let Some(response) = exchange.response() else { return Self::new(&open, &sensitive) };
        for value in response.headers().values() {
            push(&mut open, &String::from_utf8_lossy(value.as_bytes()));
        }
        match exchange.received().and_then(|received| received.as_ref().ok()).map(|received| &received.outcome) {
            Some(Outcome::Output(output)) => {
                // The documented dialect's output has a schema of its own, in which nothing is sensitive.
                let shape = exchange.operation().output.table();
                let places = if exchange.is_native() { Places::of(shape) } else { Places::nowhere(shape) };
                texts(&places, output, &mut |node, text| {
                    push(if node.is_some() { &mut sensitive } else { &mut open }, text);
                });
            }
            Some(Outcome::Error { code, message }) => {
                message.iter().chain([code]).for_each(|text| push(&mut open, text));
            }
            None => {}
        }
        if sensitive.is_empty() {
            push(&mut open, &String::from_utf8_lossy(response.body()));
        }
        Self::new(&open, &sensitive)
    }

    fn new(open: &str, sensitive: &str) -> Self {
        Self { open: Haystack::new(open), sensitive: Haystack::new(sensitive) }
    }

    /// What is to be said of the value of a sensitive member.
    fn complaint(&self, node: &Occurrence, secret: &str) -> Option<Complaint> {
        let is_open = self.open.shows(secret);
        if !is_open && !self.sensitive.shows(secret) {
            return None;
        }
        let at = &node.pointer;
        let complaint = Complaint::new(format!("an answer without the value of {at}"), format!("one that shows {at}"));
        let complaint = complaint.about(at).standard("CWE-209").and(&node.citations, strength_of(&node.citations));
        Some(complaint.at_most(if is_open { Strength::Model } else { Strength::Assumed }))
    }
}

/// Adds a text, apart from what stands before it.
fn push(texts: &mut String, text: &str) {
    texts.push_str(text);
    texts.push('\0');
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
