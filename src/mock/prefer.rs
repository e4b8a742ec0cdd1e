//! The `Prefer` header (RFC 7240), by which a request steers its own answer: `code=…`, `example=…`, `dialect=…`.

use bytes::Bytes;
use http::{HeaderName, Request};

use super::Dialect;

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// What a request prefers.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Prefer {
    /// An error code, or a status.
    pub code: Option<String>,
    /// An example by name.
    pub example: Option<String>,
    /// A dialect.
    pub dialect: Option<Dialect>,
}

impl Prefer {
    /// Reads the header; preferences that are not understood are ignored, as the standard wants.
    pub fn of(request: &Request<Bytes>) -> Option<Self> {
        let mut values = request.headers().get_all(PREFER).iter().peekable();
        values.peek()?;
        let mut prefer = Self::default();
        for preference in values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split([',', ';'])) {
            let Some((name, value)) = preference.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "code" => prefer.code.get_or_insert_with(|| value.to_owned()),
                "example" => prefer.example.get_or_insert_with(|| value.to_owned()),
                "dialect" => {
                    prefer.dialect = prefer.dialect.or(value.parse().ok());
                    continue;
                }
                _ => continue,
            };
        }
        Some(prefer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_quotes_and_several_headers() {
        let request = Request::builder()
            .header("Prefer", "respond-async, code=\"400\"; x")
            .header("prefer", "dialect=documented, code=500");
        let prefer = Prefer::of(&request.body(Bytes::new()).expect("a request")).expect("preferences");
        let expected = Prefer { code: Some("400".into()), example: None, dialect: Some(Dialect::Documented) };
        assert_eq!(prefer, expected);
        assert_eq!(Prefer::of(&Request::new(Bytes::new())), None);
    }
}
