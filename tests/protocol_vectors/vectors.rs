//! The vectors' files: suites of cases over the shapes of a service model.

use std::fs;
use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

/// Which half of an exchange a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Input,
    Output,
}

impl Side {
    fn folder(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

/// Cases of one operation.
#[derive(Debug, Deserialize)]
pub struct Suite {
    pub metadata: Metadata,
    pub shapes: IndexMap<String, Shape>,
    pub cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub protocol: String,
    pub api_version: Option<String>,
}

/// A shape of the service model.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: String,
    pub members: IndexMap<String, Member>,
    pub member: Option<Member>,
    pub key: Option<Member>,
    pub value: Option<Member>,
    #[serde(rename = "enum")]
    pub enumeration: Vec<Value>,
    pub payload: Option<String>,
    pub document: bool,
    pub union: bool,
    pub flattened: bool,
    pub timestamp_format: Option<String>,
    pub error: Option<ErrorTrait>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorTrait {
    pub code: Option<String>,
    pub http_status_code: Option<u16>,
}

/// A reference to a shape, with what holds at the place of the reference only.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Member {
    pub shape: String,
    pub location: Option<String>,
    pub location_name: Option<String>,
    pub flattened: bool,
    pub timestamp_format: Option<String>,
    pub xml_namespace: Option<Value>,
    pub xml_attribute: bool,
    pub jsonvalue: bool,
}

/// One vector.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    pub id: String,
    pub given: Given,
    pub params: Option<Value>,
    pub serialized: Option<Request>,
    pub result: Option<Value>,
    pub error: Option<Value>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub response: Option<Response>,
}

/// The operation of a vector.
#[derive(Debug, Deserialize)]
pub struct Given {
    pub name: String,
    pub http: Http,
    pub input: Option<Member>,
    pub output: Option<Member>,
    #[serde(default)]
    pub errors: Vec<Member>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Http {
    pub method: String,
    pub request_uri: String,
    pub response_code: Option<u16>,
}

/// A request as the vector states it; what is absent is not stated.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub method: Option<String>,
    pub uri: String,
    pub body: Option<String>,
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    #[serde(default)]
    pub require_headers: Vec<String>,
    #[serde(default)]
    pub forbid_headers: Vec<String>,
    pub host: Option<String>,
}

/// A response as the vector states it; what is absent is not stated.
#[derive(Debug, Deserialize)]
pub struct Response {
    pub status_code: u16,
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    pub body: Option<String>,
}

/// The files of one side, by the name that reports and the list use: `query input`.
pub fn read(directory: &Path, side: Side) -> Vec<(String, Vec<Suite>)> {
    let folder = directory.join(side.folder());
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable directory").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: &Path| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let suites = serde_json::from_str(&text);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{name} {}", side.folder());
        (name, suites.unwrap_or_else(|error| panic!("{} holds no vectors: {error}", path.display())))
    };
    paths.iter().map(|path| read(path)).collect()
}
