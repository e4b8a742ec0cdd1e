//! What the judge needs of a sender: a request goes out, an answer or the reason for none comes back.

use std::future::Future;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;

use crate::exchange::{Reply, TransportFailure};
use crate::probe::Manner;

/// Sends requests.
pub trait Send: Sync {
    /// Sends a request and reads the answer to its end, within the sender's bounds.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Reply, TransportFailure>> + std::marker::Send;

    /// Sends a request in another manner. A sender without connections has one manner only.
    fn send_as(
        &self,
        request: Request<Bytes>,
        manner: Manner,
    ) -> impl Future<Output = Result<Reply, TransportFailure>> + std::marker::Send {
        let _ = manner;
        self.send(request)
    }

    /// Waits before something is sent again.
    fn pause(&self, time: Duration) -> impl Future<Output = ()> + std::marker::Send;

    /// The time that signatures bear.
    fn now(&self) -> SystemTime;
}
