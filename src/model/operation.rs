//! The compiled contract: services, operations and their errors, ready to be spoken and judged.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderName, Method};
use indexmap::IndexMap;
use serde_json::Value;

use super::body_form::BodyForm;
use super::citation::{Citation, Sources};
use super::id::OperationId;
use super::protocol::Protocol;
use super::reaction::{ErrorDef, Errors};
use super::shape::Shape;
use super::shapes::Shapes;
use super::template::Template;
use super::test::Test;
use super::{
    AuthScheme, AuthSpec, ClientSpec, Dialect, DisputeSpec, EnvelopeFact, Fold, RecogniseSpec, TimestampFormat,
};

/// A service, without its operations.
#[derive(Debug)]
pub struct Service {
    /// Short name.
    pub name: String,
    /// Full name.
    pub title: String,
    /// API version requests carry.
    pub version: Option<String>,
    /// Native protocol.
    pub protocol: Protocol,
    /// XML namespace of responses.
    pub namespace: Option<String>,
    /// How timestamps travel in bodies, where the spec says.
    pub timestamps: Option<TimestampFormat>,
    /// Whether a null member of a JSON body is an absent one.
    pub null_is_absent: bool,
    /// Response header with the request id.
    pub request_id: Option<HeaderName>,
    /// Error shapes; the first is written, all are understood.
    pub error_shapes: Vec<ErrorShape>,
    /// The documented dialect.
    pub documented: Option<DocumentedDialect>,
    /// What stands around outputs and errors, with its sources.
    pub envelope: IndexMap<EnvelopeFact, Vec<Citation>>,
    /// What tells its requests from others.
    pub recognise: RecogniseSpec,
    /// Ways to authenticate.
    pub auth: Vec<Auth>,
    /// Clients that speak to it.
    pub clients: Vec<ClientSpec>,
    /// Errors of all operations and of requests that reach none.
    pub errors: Errors,
    /// Where the facts of the protocol come from, by keyword; `*` for the rest.
    pub protocol_citations: HashMap<String, Vec<Citation>>,
    /// Names of everything that may be cited.
    pub sources: Sources,
    /// The nodes of its operations' schemas.
    pub shapes: Arc<Shapes>,
}

impl Service {
    /// The documented dialect, where it is the one that is spoken.
    #[must_use]
    pub fn documented_in(&self, dialect: Dialect) -> Option<&DocumentedDialect> {
        self.documented.as_ref().filter(|_| dialect == Dialect::Documented)
    }

    /// The error that a dialect answers in the place of another.
    #[must_use]
    pub fn shown<'e>(&'e self, error: &'e ErrorDef, dialect: Dialect) -> &'e ErrorDef {
        self.documented_in(dialect).map_or(error, |documented| &documented.error)
    }

    /// Where a fact of the protocol comes from: `request_id`, `error`, …
    #[must_use]
    pub fn protocol_fact(&self, keyword: &str) -> &[Citation] {
        let found = self.protocol_citations.get(keyword).or_else(|| self.protocol_citations.get("*"));
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

/// The documented dialect, as far as it is the same for all operations of a service.
#[derive(Debug)]
pub struct DocumentedDialect {
    /// Its protocol.
    pub protocol: Protocol,
    /// Status of a success.
    pub status: u16,
    /// The body of a success; its words are members of each operation's output.
    pub success: BodyForm,
    /// The body of a failure, with the words `code` and `message`.
    pub failure: BodyForm,
    /// The one error that the documents show.
    pub error: ErrorDef,
}

/// A way to authenticate.
#[derive(Debug, Clone)]
pub struct Auth {
    /// The scheme.
    pub scheme: AuthScheme,
    /// Header, or scheme word of the `Authorization` header.
    pub name: String,
    /// Other headers that only requests with such credentials have.
    pub headers: Vec<String>,
    /// Other headers and parameters that carry a secret of this scheme.
    pub secrets: Vec<String>,
    /// Where this comes from.
    pub citations: Vec<Citation>,
}

impl Auth {
    /// A way as a spec states it, without where it comes from. The word of a signature of AWS needs no name.
    #[must_use]
    pub fn unsourced(spec: AuthSpec) -> Self {
        let name = spec.name.unwrap_or_else(|| match spec.scheme {
            AuthScheme::Sigv4 => SIGV4.to_owned(),
            AuthScheme::Header | AuthScheme::Authorization => String::new(),
        });
        Self { scheme: spec.scheme, name, headers: spec.headers, secrets: spec.secrets, citations: Vec::new() }
    }
}

/// The word before a signature of AWS.
const SIGV4: &str = "AWS4-HMAC-SHA256";

/// How an error response looks.
#[derive(Debug)]
pub struct ErrorShape {
    /// Headers.
    pub headers: Vec<(HeaderName, Template)>,
    /// JSON body.
    pub body: Template,
}

/// An operation of a service.
#[derive(Debug)]
pub struct Operation {
    /// Its service.
    pub service: Arc<Service>,
    /// Its name within the service, as the protocol has it.
    pub name: String,
    /// Its name as people write it in this contract: bare where that is unique, `service/Operation` where it is not.
    pub label: String,
    /// Other names of it.
    pub aliases: Vec<String>,
    /// What it does.
    pub summary: Option<String>,
    /// Method, path and success status.
    pub http: Http,
    /// The documented dialect.
    pub documented: Option<Documented>,
    /// Compiled input schema.
    pub input: Shape,
    /// Compiled output schema.
    pub output: Shape,
    /// Errors: its own, then its service's.
    pub errors: Arc<Errors>,
    /// How many of the errors are its own.
    pub own_errors: usize,
    /// Output members that repeat input members.
    pub echo: Vec<Echo>,
    /// Rules about an output and its input.
    pub output_rules: Vec<OutputRule>,
    /// What the mock answers.
    pub answer: Template,
    /// Output members that differ from call to call.
    pub volatile: Vec<String>,
    /// Member that makes a repeated call harmless.
    pub idempotency: Option<Idempotency>,
    /// Inputs, and outputs where a source shows them.
    pub examples: Vec<Example>,
    /// Facts on which sources disagree.
    pub disputes: Vec<DisputeSpec>,
    /// Facts a single input cannot show.
    pub remarks: Vec<Remark>,
    /// Names of everything that it may cite: its own sources and its service's.
    pub sources: Sources,
    /// What identifies it in tokens: a hash of its spec, of its service's, and of the version that reads them.
    pub fingerprint: u32,
}

impl Operation {
    /// Whether a name or alias, bare or in full, is the operation's.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let (service, bare) = name.split_once('/').map_or((None, name), |(service, bare)| (Some(service), bare));
        service.is_none_or(|service| self.service.name == service)
            && (self.name == bare || self.aliases.iter().any(|alias| alias == bare))
    }

    /// The status of a success in a dialect.
    #[must_use]
    pub fn status(&self, dialect: Dialect) -> u16 {
        self.service.documented_in(dialect).map_or(self.http.status, |documented| documented.status)
    }

    /// Its name in full.
    #[must_use]
    pub fn id(&self) -> OperationId {
        OperationId { service: self.service.name.clone(), name: self.name.clone() }
    }
}

/// Method, path and success status.
#[derive(Debug)]
pub struct Http {
    /// Method.
    pub method: Method,
    /// Path template.
    pub path: String,
    /// The names of its labels, greedy ones without their `+`.
    pub labels: Vec<String>,
    /// Constant query parameters of the path template.
    pub query: Vec<(String, String)>,
    /// Success status.
    pub status: u16,
    /// Where method and path come from.
    pub citations: Vec<Citation>,
    /// Where the status comes from.
    pub status_citations: Vec<Citation>,
}

/// The documented dialect of an operation.
#[derive(Debug)]
pub struct Documented {
    /// Method.
    pub method: Method,
    /// Path.
    pub path: String,
    /// Output members as paths, by the words that the service's page has for them.
    pub output: Vec<(String, Vec<String>)>,
    /// Where this comes from.
    pub citations: Vec<Citation>,
}

/// An output member that repeats an input member.
#[derive(Debug)]
pub struct Echo {
    /// Output path.
    pub to: Vec<String>,
    /// Input path.
    pub from: Vec<String>,
    /// How it may change on the way.
    pub fold: Option<Fold>,
    /// What says so.
    pub citations: Vec<Citation>,
}

/// A rule about an output and its input.
#[derive(Debug)]
pub struct OutputRule {
    /// Its name.
    pub id: String,
    /// What must be so, as a sentence.
    pub says: String,
    /// The members that it is about: paths behind `input` or `output`, by the names of their variables.
    pub over: Vec<(String, Vec<String>)>,
    /// Whether it holds for an object with an input and an output.
    pub test: Arc<dyn Test>,
    /// What says so.
    pub citations: Vec<Citation>,
}

/// The member that makes repeated calls one.
#[derive(Debug)]
pub struct Idempotency {
    /// Path of the token in the input.
    pub token: Vec<String>,
    /// Output members that are the same again.
    pub same: Vec<String>,
    /// What says so.
    pub citations: Vec<Citation>,
}

/// An example.
#[derive(Debug)]
pub struct Example {
    /// Name.
    pub name: String,
    /// Input.
    pub input: Value,
    /// Output, where a source shows it.
    pub output: Option<Value>,
    /// Where it comes from.
    pub citations: Vec<Citation>,
}

/// A fact that a single input cannot show.
#[derive(Debug)]
pub struct Remark {
    /// The fact.
    pub says: String,
    /// The error it leads to.
    pub error: Option<String>,
    /// Where it comes from.
    pub citations: Vec<Citation>,
}
