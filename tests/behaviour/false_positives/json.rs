//! Answers in JSON, written in other ways.

use http::HeaderName;
use serde_json::{Map, Value, json};

use super::{Variant, native, silent};

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

pub const JSON: &[Variant] = &[
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
    silent("the error with a request id", |sent| {
        sent.shaped("cbr", |code, _, _| json!({"request_id": "b", "error_code": code, "error_msg": "anything", "x": 1}))
    }),
    silent("the error as a title", |sent| {
        sent.shaped("cbr", |code, status, _| json!({"error": {"code": status, "message": "no", "title": code}}))
    }),
];
