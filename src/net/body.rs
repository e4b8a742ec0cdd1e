//! The body of an answer, as fast as it is meant to come, and as far.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::mock::{Pace, Sending};

/// A body that comes at once, in pieces, or not to its end.
#[derive(Debug)]
pub struct Paced {
    rest: Bytes,
    pace: Pace,
    /// Runs between two pieces.
    pause: Option<Pin<Box<Sleep>>>,
}

/// The answer as it is sent. Of one that is cut, the header says how long it would have been.
pub fn paced(sending: Sending) -> Response<Paced> {
    let Sending { mut response, pace } = sending;
    if pace == Pace::Cut {
        let length = response.body().len();
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
        let half = response.body().slice(..length / 2);
        *response.body_mut() = half;
    }
    response.map(|rest| Paced { rest, pace, pause: None })
}

impl Body for Paced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        if self.rest.is_empty() {
            let cut = self.pace == Pace::Cut;
            return Poll::Ready(cut.then(|| Err(io::Error::other("the answer is cut here"))));
        }
        let piece = match self.pace {
            Pace::Dripped { piece, pause } => {
                let length = piece.clamp(1, self.rest.len());
                self.pause = Some(Box::pin(sleep(pause)));
                self.rest.split_to(length)
            }
            _ => std::mem::take(&mut self.rest),
        };
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.pace != Pace::Cut
    }

    fn size_hint(&self) -> SizeHint {
        if self.pace == Pace::Cut { SizeHint::default() } else { SizeHint::with_exact(self.rest.len() as u64) }
    }
}
