//! What an exchange says, however it is written.

use super::body::Body;
use super::exchange::{ANSWER, NO_ANSWER};

/// Whether two exchanges, as text, say the same: bodies as JSON, XML or text, headers in any order.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one == other || read(one) == read(other)
}

/// A request or an answer.
#[derive(Debug, PartialEq)]
struct Message {
    line: String,
    headers: Vec<String>,
    body: Body,
}

fn read(text: &str) -> Vec<Message> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let begins = |line: &&str| line.starts_with(ANSWER) || line.starts_with(NO_ANSWER);
    let at = lines.iter().position(begins).unwrap_or(lines.len());
    let (request, answer) = lines.split_at(at);
    [request, answer].into_iter().map(message).collect()
}

fn message(lines: &[&str]) -> Message {
    let (head, body) = lines.split_at(lines.iter().position(|line| line.is_empty()).unwrap_or(lines.len()));
    let mut head = head.iter().map(|line| (*line).to_owned());
    let line = head.next().unwrap_or_default();
    let mut headers: Vec<String> = head.collect();
    headers.sort();
    Message { line, headers, body: Body::read(body.join("\n").trim()).canonical() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "POST /x\ncontent-type: a\n\n{\"a\": 1,\n\"b\": 2}\n\nHTTP 200 OK\nb: 1\na: 2\n\n<r><x/><y/></r>";

    #[test]
    fn only_the_meaning_counts() {
        let other = "POST /x\ncontent-type: a\n\n{\"b\":2,\"a\":1}\n\nHTTP 200 OK\na: 2\nb: 1\n\n<r>\n  <y/>\n  <x></x>\n</r>\n";
        assert!(same(ONE, other));
        for (from, to) in [
            ("/x\n", "/y\n"),
            ("200 OK", "201 Created"),
            ("b: 1", "b: 2"),
            ("\"b\": 2", "\"b\": 3"),
            ("<y/>", "<y>1</y>"),
            ("\nHTTP 200 OK", "\nno answer: timeout"),
        ] {
            assert!(!same(ONE, &ONE.replace(from, to)), "{from}");
        }
        assert!(!same(ONE, "") && !same(ONE, &ONE[..40]));
    }
}
