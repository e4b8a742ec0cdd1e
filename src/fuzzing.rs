//! What the fuzz targets in `fuzz/` call: each takes bytes from outside, and holds what must hold whatever they are. No part of
//! the library's interface: it changes with what it calls.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::{Request, Response};
use jiff::civil::Date;

use crate::generate::Token;
use crate::judge::Target;
use crate::net::http1::{Direction, Message, Reader};
use crate::report::{Baseline, Report};
use crate::snapshot::{Body, Snapshot, same};
use crate::spec::{SourceText, SpecProblem};
use crate::{Contract, ContractError, Mock};

static CONTRACT: LazyLock<Arc<Contract>> = LazyLock::new(|| Arc::new(Contract::builtin()));

/// A request as it is on the wire: the mock answers it, and the same way each time.
pub fn request(bytes: &[u8]) {
    let Some(request) = first(Direction::Requests, bytes).and_then(Message::into_request) else { return };
    let mock = Mock::new(Arc::clone(&CONTRACT));
    let (one, other) = (mock.answer(&request), mock.answer(&request));
    assert_eq!(one.response.body(), other.response.body(), "the same request has the same answer");
    let values = one.response.headers().values();
    assert!(values.into_iter().all(|value| value.to_str().is_ok()), "headers are text");
}

/// An answer as it is on the wire, to an operation that the first byte chooses: each codec reads it or says why not.
pub fn answer(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let Some(response) = first(Direction::Responses, bytes).and_then(Message::into_response) else { return };
    let operations = CONTRACT.operations();
    let operation = &operations[usize::from(*choice) % operations.len()];
    for codec in crate::codec::CODECS {
        let _ = codec.decode_response(operation, &response);
    }
}

/// The spec of an operation: it is compiled, or each problem has a place in it.
pub fn spec(text: &str) {
    static SERVICE: LazyLock<SourceText> = LazyLock::new(|| {
        let service = |known: &&Arc<SourceText>| known.name.ends_with("cbr/service.yaml");
        CONTRACT.texts().iter().find(service).map(|known| SourceText::clone(known)).expect("it is built in")
    });
    let text = SourceText { name: "cbr/operation.yaml".to_owned(), text: text.to_owned() };
    let Err(error) = Contract::from_texts([SERVICE.clone(), text]) else { return };
    assert!(!error.to_string().is_empty(), "an error says what is wrong");
    if let ContractError::Broken(problems) = error {
        let is_placed = |problem: &SpecProblem| problem.source.text.get(problem.span.clone()).is_some();
        assert!(problems.iter().all(is_placed), "a problem is in the text");
    }
}

/// A target file: it is read, or each problem has a place in it.
pub fn target(text: &str) {
    let source = Arc::new(SourceText { name: "target.yaml".to_owned(), text: text.to_owned() });
    if let Err(problems) = Target::parse(source, &CONTRACT, |_| None) {
        assert!(!problems.is_empty(), "an error says what is wrong");
        assert!(problems.iter().all(|problem| text.get(problem.span.clone()).is_some()), "a problem is in the text");
    }
}

/// A token: what is read is what was written.
pub fn token(text: &str) {
    let Ok(token) = text.parse::<Token>() else { return };
    assert_eq!(token.to_string().parse().as_ref(), Ok(&token), "a token is read as it is written");
}

/// A baseline in TOML: a problem is in the text, and what a run writes that finds nothing accepts the same.
pub fn baseline(text: &str) {
    let parse = |text: &str| Baseline::parse("baseline.toml", text, &CONTRACT);
    match parse(text) {
        Ok(baseline) => {
            let written = baseline.updated(&Report::new(Vec::new(), false), Date::constant(2026, 1, 1));
            let again = parse(&written).expect("what is written is read");
            assert_eq!(again.accepted(), baseline.accepted(), "what is not touched stays");
        }
        Err(error) => assert!(error.line <= text.lines().count() + 1, "a problem is in the text"),
    }
}

/// The bytes of one direction of a connection: the messages are the same however the bytes come, and no more is held than there
/// was.
pub fn framing(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let direction = if choice & 1 == 0 { Direction::Requests } else { Direction::Responses };
    let size = usize::from(choice >> 1) % 16 + 1;
    let (whole, pieces) = (messages(direction, bytes, bytes.len().max(1)), messages(direction, bytes, size));
    assert_eq!(whole, pieces, "messages do not depend on how bytes come");
}

/// Two texts with a NUL between them: being the same does not depend on the order, and a snapshot is read as it was written.
pub fn snapshot(text: &str) {
    let (one, other) = text.split_once('\0').unwrap_or((text, text));
    assert_eq!(same(one, other), same(other, one), "what is the same is so both ways");
    assert!(same(one, one), "a text is the same as itself");
    let body = Body::read(one);
    assert_eq!(Body::read(&body.render()), body, "a body is read as it is written");
    if let Ok(snapshot) = Snapshot::parse(one) {
        assert_eq!(Snapshot::parse(&snapshot.render()).as_ref(), Ok(&snapshot), "a snapshot is read as it is written");
    }
}

/// What is read of a message, without what cannot be compared.
type Read = (Option<Request<Bytes>>, Option<Response<Bytes>>);

fn first(direction: Direction, mut bytes: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(direction);
    reader.next(&mut bytes, false).or_else(|| reader.end(false))
}

fn messages(direction: Direction, bytes: &[u8], size: usize) -> Vec<String> {
    let mut reader = Reader::new(direction);
    let mut read = Vec::new();
    for mut piece in bytes.chunks(size) {
        while let Some(message) = reader.next(&mut piece, false) {
            read.push(message);
        }
        assert!(reader.held() <= 4 * bytes.len() + 1024, "no more is held than has come");
    }
    read.extend(reader.end(false));
    read.into_iter().map(shown).collect()
}

fn shown(message: Message) -> String {
    let extent = message.extent;
    let read: Read = (message.clone().into_request(), message.into_response());
    format!("{extent:?} {read:?}")
}
