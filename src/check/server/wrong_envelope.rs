//! `wrong-envelope`: what stands around an output or an error is not the protocol's.

use crate::check::{Check, Complaint, Party};
use crate::codec::{Oddity, Outcome, Received};
use crate::exchange::{Exchange, Observation};
use crate::model::EnvelopeFact;

/// The check.
pub struct WrongEnvelope;

const PAGE: &str = "\
# wrong-envelope

## What it does

Complains of an answer that can be read, but around whose output or error something is missing or
wrong: the namespace of the root element, the metadata with the request id, a request id that is
another one in the header, the word for whose fault an error is, the message of an error. Also of
members of a JSON object that are there twice, and of an XML declaration that names another encoding
than the bytes have.

## Why it matters

One client passes over it, the next one fails: parsers that know namespaces find no element, SDKs
print exceptions without a message, and of two members each parser takes another one.

## Example

`CopyDBClusterSnapshot` answers without `ResponseMetadata`. Due is
`<ResponseMetadata><RequestId>…</RequestId></ResponseMetadata>` behind the result.

## Remedy

Write all answers by one function, errors included, and compare one with the answer that `accordant
mock` gives.

## When it is a note

When the source of the fact is only observed or assumed. What a service's spec does not state of its
envelope is not judged.
";

/// Encodings that UTF-8 is read as where all characters are of ASCII.
const LIKE_ASCII: [&str; 5] = ["us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"];

impl Check for WrongEnvelope {
    fn code(&self) -> &'static str {
        "wrong-envelope"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let Some(Ok(received)) = exchange.received() else { return Vec::new() };
        if !exchange.is_native() || exchange.coding().is_some() || !matches!(received.status, 200..300 | 400..500) {
            return Vec::new();
        }
        let departures = received.oddities.iter().filter_map(|oddity| departure(exchange, oddity));
        departures.chain(without_message(exchange, received)).chain(other_encoding(exchange)).collect()
    }
}

fn departure(exchange: &Exchange<'_>, oddity: &Oddity) -> Option<Complaint> {
    match oddity {
        Oddity::Envelope(fact, found) => {
            let found = found.as_deref().map_or("none".to_owned(), |found| exchange.foreign(found));
            of_fact(exchange, *fact, &found)
        }
        Oddity::Duplicate(name) if matches!(exchange.status(), Some(200..300)) => {
            let name = exchange.foreign(name);
            let complaint = Complaint::new("objects without a member twice", format!("{name} is there twice"));
            Some(complaint.about(format!("/{name}")).standard("RFC 8259, section 4"))
        }
        _ => None,
    }
}

/// A complaint about a fact, where the service's spec states it.
fn of_fact(exchange: &Exchange<'_>, fact: EnvelopeFact, found: &str) -> Option<Complaint> {
    let service = &exchange.operation().service;
    let citations = service.envelope.get(&fact)?;
    let (expected, what) = match fact {
        EnvelopeFact::Namespace => {
            (format!("a root element in {}", service.namespace.as_deref().unwrap_or_default()), "namespace")
        }
        EnvelopeFact::Metadata => ("metadata with the request id behind the output".to_owned(), "metadata"),
        EnvelopeFact::RequestId => ("the request id of the header in the body".to_owned(), "request id of the body"),
        EnvelopeFact::Fault => ("an error that says whose fault it is".to_owned(), "word for it"),
        EnvelopeFact::Message => ("an error with a message".to_owned(), "message"),
    };
    let complaint = Complaint::new(expected, format!("{what}: {found}"));
    Some(complaint.about(format!("@{}", fact.name())).cite_all(citations))
}

fn without_message(exchange: &Exchange<'_>, received: &Received) -> Option<Complaint> {
    let Outcome::Error { message, .. } = &received.outcome else { return None };
    let is_blank = message.as_ref().is_none_or(|message| message.trim().is_empty());
    is_blank.then(|| of_fact(exchange, EnvelopeFact::Message, "none")).flatten()
}

/// An XML declaration that names another encoding than that of the bytes, which are UTF-8, or they could not be read.
fn other_encoding(exchange: &Exchange<'_>) -> Option<Complaint> {
    let body = exchange.response()?.body();
    let declaration = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}').strip_prefix("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let named = value.get(1..)?.split(['"', '\'']).next()?.to_ascii_lowercase();
    let fits = named == "utf-8" || named == "utf8" || body.is_ascii() && LIKE_ASCII.contains(&named.as_str());
    let complaint = || {
        let actual = format!("{} for bytes of UTF-8", exchange.foreign(&named));
        Complaint::new("an XML declaration with the encoding of the body", actual).about("@encoding")
    };
    (!fits).then(|| complaint().standard("XML 1.0, section 4.3.3"))
}
