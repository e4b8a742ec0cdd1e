//! `internals-exposed`: an error shows what is inside of the server.

use std::sync::LazyLock;

use regex::bytes::{RegexBuilder, RegexSet, RegexSetBuilder};

use crate::check::{Check, Complaint, Party};
use crate::codec::Outcome;
use crate::exchange::escapes::unescaped;
use crate::exchange::spelling::Haystack;
use crate::exchange::{Exchange, Observation};

/// The check.
pub struct InternalsExposed;

const PAGE: &str = "\
# internals-exposed

## What it does

Complains of an error whose text shows a stack trace, a file and line of source code, a path on the
server's disk, a statement or an error of its database, or a framework's page for developers.

## Why it matters

It tells an attacker what the server is built of and where to look next, and tells the caller
nothing (CWE-209).

## Example

A tag that is too long is refused with `Traceback (most recent call last)` in the message. Due is
the same error with a sentence about the tag.

## Remedy

Write the exception into the log, under the request id, and answer with a sentence of your own.
Turn off the framework's debug mode.

## When it is a note

Never. There is no complaint of what the request itself says, which a message may quote.
";

/// What is found, and by what: patterns of the words that runtimes, databases and frameworks write, and people do not.
const SIGNS: &[(&str, &str)] = &[
    ("a stack trace", r"Traceback \(most recent call last\)"),
    ("a stack trace", r#"File "[^"\n]{1,300}", line \d+"#),
    ("a stack trace", r"\bat [\w.$<>/]+\([\w$]+\.(?:java|kt|scala|groovy|clj):\d+\)"),
    ("a stack trace", r"\bat [\w.$<>`\[\], ]+\([^()\n]{0,200}\) in \S[^\n]{0,200}:line \d+"),
    ("a stack trace", r"\bat (?:[\w.$<> ]{1,100}\()?(?:file://|node:|/|[A-Za-z]:\\)[^\s()]{1,200}:\d+:\d+"),
    ("a stack trace", r"--- End of (?:inner exception )?stack trace"),
    ("a stack trace", r"\bgoroutine \d+ \["),
    ("a stack trace", r"\bruntime error: (?:invalid memory address|index out of range|slice bounds|integer divide)"),
    ("a stack trace", r"\bthread '[^'\n]{1,100}' (?:\(\d+\) )?panicked at"),
    ("a stack trace", r"\bStack trace:\s*#0 "),
    ("a stack trace", r"\bException in thread \W"),
    (
        "a file and line of source code",
        r"[\w.@-]+[/\\][\w.@/\\-]*\.(?:py|rb|php|java|kt|scala|cs|go|rs|[cm]?[jt]s|[jt]sx|exs?|erl|p[lm]|cpp|cc|swift|lua|clj)(?::\d+|\(\d+\)|,? (?:on )?line \d+)",
    ),
    (
        "a path on the server's disk",
        r"(?:/(?:usr|home|var|srv|opt|app|root|Users)/|\b[A-Za-z]:\\)[\w.@/\\ -]{1,200}\.(?:py|rb|php|class|jar|dll|so|go|rs|[cm]?[jt]s|[jt]sx|exs?)\b",
    ),
    (
        "a class of the server's runtime",
        r"\bjavax?\.(?:lang|util|io|sql|time|net|persistence|validation)\.[\w.$]*[A-Z]\w+",
    ),
    (
        "a class of the server's framework",
        r"\b(?:org\.(?:springframework|hibernate|apache)|com\.fasterxml\.jackson|jakarta)\.[\w.$]+[A-Z]\w+",
    ),
    ("a class of the server's runtime", r"\bSystem\.(?:\w+\.){0,5}\w+Exception\b"),
    ("an exception of the server's language", r"'NoneType' object (?:has no attribute|is not)"),
    ("an exception of the server's language", r"Cannot read propert(?:y|ies) of (?:undefined|null)"),
    ("an exception of the server's language", r"\bundefined method [`'][^'\n]{1,100}' for nil\b"),
    ("an exception of the server's language", r"(?:Fatal error|Warning|Notice): [^\n]{1,300} in \S+\.php on line \d+"),
    ("a statement of SQL", r"\bSELECT\s[^;]{1,300}?\sFROM\s[^;]{1,300}?\sWHERE\s"),
    ("a statement of SQL", r"\bINSERT INTO [\w.`\x22\[\]]+ ?\("),
    ("a statement of SQL", r"\bUPDATE [\w.`\x22\[\]]+ SET [\w.`\x22\[\]]+ ?="),
    ("a statement of SQL", r"\bDELETE FROM [\w.`\x22\[\]]+ WHERE\b"),
    ("an error of the server's database", r"\bSQLSTATE[\[ :=(]{1,2}\w{5}\b|\bORA-\d{5}\b|\bE11000 duplicate key\b"),
    (
        "an error of the server's database",
        r"You have an error in your SQL syntax|Unclosed quotation mark after the character string",
    ),
    (
        "an error of the server's database",
        r#"syntax error at or near "|unterminated quoted string at or near|near "[^"\n]{0,100}": syntax error"#,
    ),
    (
        "an error of the server's database",
        r#"violates (?:unique|foreign key|not-null|check) constraint "|Duplicate entry '[^'\n]{0,200}' for key '"#,
    ),
    (
        "an error of the server's database",
        r"\b(?:sqlite3|psycopg2?|sqlalchemy\.exc|pymysql\.err|MySQLdb|PG|ActiveRecord|Mongo)(?:\.|::)(?:\w+\.)?\w+(?:Error|Exception|Violation|Invalid)\b",
    ),
    (
        "a page for developers",
        r"Werkzeug Debugger|You're seeing this error because you have|Action Controller: Exception caught|Whoops, looks like something went wrong",
    ),
    ("a page of HTML in the message", r"(?i)<!doctype html|<html[\s>]"),
];

static SET: LazyLock<RegexSet> = LazyLock::new(|| {
    let patterns = SIGNS.iter().map(|(_, pattern)| pattern);
    RegexSetBuilder::new(patterns).unicode(false).build().expect("each is a pattern")
});

impl Check for InternalsExposed {
    fn code(&self) -> &'static str {
        "internals-exposed"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let asked = LazyLock::new(|| asked(exchange));
        let found = texts_of(exchange).into_iter().find_map(|text| first_sign(&text, &asked));
        let complaint = found.map(|(what, shown)| {
            let actual = format!("{} with {what}: {}", exchange.answered(), exchange.foreign(shown.trim()));
            Complaint::new("an error that shows nothing of the server's inside", actual).standard("CWE-209")
        });
        complaint.into_iter().collect()
    }
}

/// The first thing in a text that is of the server's inside, and does not stand in the request.
fn first_sign(text: &str, asked: &Haystack) -> Option<(&'static str, String)> {
    SET.matches(text.as_bytes()).into_iter().find_map(|sign| {
        let (what, pattern) = SIGNS[sign];
        let pattern = RegexBuilder::new(pattern).unicode(false).build().expect("each is a pattern");
        let mut found = pattern.find_iter(text.as_bytes()).map(|found| String::from_utf8_lossy(found.as_bytes()));
        Some((what, found.find(|shown| !asked.shows(shown))?.into_owned()))
    })
}

/// The texts of an error: its message, and the body without its escapes. The tags of a page say nothing yet: gateways
/// answer so, and `error-shape` complains of it.
fn texts_of(exchange: &Exchange<'_>) -> Vec<String> {
    let Some(response) = exchange.response().filter(|_| exchange.coding().is_none()) else { return Vec::new() };
    let body = || unescaped(&String::from_utf8_lossy(response.body()));
    match exchange.received().and_then(|received| received.as_ref().ok()).map(|received| &received.outcome) {
        Some(Outcome::Error { code, message }) => {
            message.iter().chain([code]).cloned().chain([without_tags(&body())]).collect()
        }
        None if response.status().as_u16() >= 400 => vec![without_tags(&body())],
        _ => Vec::new(),
    }
}

fn without_tags(page: &str) -> String {
    let mut page = page.to_owned();
    for tag in ["<html", "<HTML", "<!doctype", "<!DOCTYPE"] {
        page = page.replace(tag, "");
    }
    page
}

/// All that the request says.
fn asked(exchange: &Exchange<'_>) -> Haystack {
    let request = exchange.request();
    let body = String::from_utf8_lossy(request.body());
    Haystack::new(&format!("{}\0{}\0{body}", request.uri(), unescaped(&exchange.input.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&'static str> {
        SET.matches(text.as_bytes()).into_iter().next().map(|sign| SIGNS[sign].0)
    }

    #[test]
    fn what_runtimes_write_is_told_from_what_people_write() {
        let inside = [
            "Traceback (most recent call last):\n  File \"/srv/x.py\", line 3, in f",
            "java.lang.NullPointerException\n\tat com.example.Jobs$1.start(Jobs.java:88)",
            "   at Api.Jobs.Start(String name) in /src/Jobs.cs:line 12",
            "Error: x\n    at Object.start (/app/dist/jobs.js:10:5)",
            "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:",
            "thread 'main' panicked at src/main.rs:4:5:",
            "PHP Fatal error: Uncaught Error: x in /var/www/a.php on line 3",
            "app/models/job.rb:12:in `start'",
            "** (MatchError) lib/app/jobs.ex:14: App.Jobs.start/1",
            "org.springframework.web.HttpMessageNotReadableException: JSON parse error",
            "ERROR: duplicate key value violates unique constraint \"jobs_pkey\"",
            "psycopg2.errors.UniqueViolation: x",
            "failed: SELECT id, name FROM jobs WHERE name = 'x'",
            "sqlite3.OperationalError: near \"x\": syntax error",
            "'NoneType' object has no attribute 'get'",
            "invalid: <html><body>",
        ];
        for text in inside {
            assert!(found(text).is_some(), "{text}");
        }
        let plain = [
            "1 validation error detected: Value 'a.b' at 'backupVaultName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9\\-\\_]{2,50}$",
            "com.amazonaws.backup#InvalidParameterValueException",
            "The parameter DBClusterIdentifier is not a valid identifier. Identifiers must begin with a letter",
            "Select a value from the list, where one is given",
            "arn:aws:s3:::bucket/path/file.js is at us-east-1:12",
            "no such file: backup.tar.gz, line up and wait at the gate (soon)",
            "Cannot update the set = of tags; delete from the console",
            "System.Backup is not a valid key",
            "The time 10:30:00 is at 2024/01/05:10",
        ];
        for text in plain {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
