//! The bridge to wiremock: the contract as a responder, and as a mock server of its own.

use bytes::Bytes;
use http::Uri;
use wiremock::matchers::any;
use wiremock::{MockServer, Respond, ResponseTemplate};

use crate::contract::Contract;
use crate::mock::Mock;

/// Answers wiremock's requests by the contract.
#[derive(Debug, Clone)]
#[must_use = "a responder answers nothing until it is mounted"]
pub struct Responder {
    mock: Mock,
}

impl Mock {
    /// This mock as a responder for `wiremock::Mock::respond_with`.
    pub fn responder(self) -> Responder {
        Responder { mock: self }
    }
}

impl Contract {
    /// The contract as a responder for `wiremock::Mock::respond_with`.
    ///
    /// ```
    /// # async fn example() {
    /// use accordant::Contract;
    /// use wiremock::matchers::path_regex;
    /// use wiremock::{Mock, MockServer};
    ///
    /// let server = MockServer::start().await;
    /// Mock::given(path_regex("^/v3/")).respond_with(Contract::builtin().responder()).mount(&server).await;
    /// # }
    /// ```
    pub fn responder(&self) -> Responder {
        Mock::new(self.clone()).responder()
    }

    /// A wiremock server that answers everything by the contract. Further mocks may be mounted on it
    /// with a higher priority.
    pub async fn mock_server(&self) -> MockServer {
        let server = MockServer::start().await;
        wiremock::Mock::given(any()).respond_with(self.responder()).with_priority(u8::MAX).mount(&server).await;
        server
    }
}

impl Respond for Responder {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let target = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut received = http::Request::new(Bytes::copy_from_slice(&request.body));
        *received.method_mut() = request.method.clone();
        *received.uri_mut() = Uri::try_from(target).unwrap_or(Uri::from_static("/"));
        *received.headers_mut() = request.headers.clone();
        let (parts, body) = self.mock.answer(&received).response.into_parts();
        let media_type = parts
            .headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("application/octet-stream")
            .to_owned();
        let mut template = ResponseTemplate::new(parts.status).set_body_raw(body.to_vec(), &media_type);
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_TYPE) {
            template = template.append_header(name, value);
        }
        template
    }
}
