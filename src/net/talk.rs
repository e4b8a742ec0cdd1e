//! What is said on a connection that a proxy passes on: which answer is to which request.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::EXPECT;
use http::{Method, Request, Response};

use super::http1::{Direction, Extent, Head, Loss, Message, Reader};
use super::proxy::Seen;
use crate::client::{Exchange, size};
use crate::exchange::TransportFailure;

/// Most requests of a connection that wait for their answers, and are still judged.
const PIPELINE: usize = 256;
/// Most bytes that all connections together hold of what is not complete; of one that needs more, nothing more is read.
const HELD: usize = 256 * 1024 * 1024;
/// A connection that the target ends later than this may have been ended for being idle.
const FRESH: Duration = Duration::from_secs(1);

/// What is said on a connection.
#[derive(Debug)]
pub(super) struct Talk {
    requests: Reader,
    responses: Reader,
    /// Requests whose answers are due.
    due: VecDeque<Due>,
    /// An answer that came before the end of its request.
    early: Option<Message>,
    seen: Arc<Seen>,
    /// Bytes that are held, as all connections together count them.
    held: usize,
    lost: bool,
    began: Instant,
    /// Whether an answer has come to its end.
    answered: bool,
    /// Who has said that no more will come.
    left: Left,
}

/// Who has ended its side of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Nobody,
    Client,
    /// The target, whatever the client does later.
    Target,
}

/// A request whose answer is due.
#[derive(Debug)]
struct Due {
    request: Request<Bytes>,
    /// Whether its body is too long to be judged.
    too_long: bool,
    /// Whether the target had ended its side before the request had come.
    crossed: bool,
    at: Instant,
}

/// Whatever ends a connection, what was said on it is kept.
impl Drop for Talk {
    fn drop(&mut self) {
        self.end();
    }
}

impl Talk {
    pub(super) fn new(seen: Arc<Seen>) -> Self {
        let (requests, responses) = (Reader::new(Direction::Requests), Reader::new(Direction::Responses));
        let (due, began, left) = (VecDeque::new(), Instant::now(), Left::Nobody);
        Self { requests, responses, due, early: None, seen, held: 0, lost: false, began, answered: false, left }
    }

    /// Reads what is passed on in a direction.
    pub(super) fn read(&mut self, direction: Direction, mut bytes: &[u8]) {
        while !self.lost {
            let message = match direction {
                Direction::Requests => self.requests.next(&mut bytes, false),
                Direction::Responses => self.responses.next(&mut bytes, self.asks_for_head()),
            };
            let Some(message) = message else { break };
            match direction {
                Direction::Requests => self.asked(message),
                Direction::Responses => self.answered(message),
            }
        }
        let many = self.due.len() > PIPELINE;
        if self.lost {
            return;
        }
        if let Some(Loss::Unreadable(why)) = self.responses.loss() {
            self.lose(Some(TransportFailure::Garbage(why.to_owned())));
        } else if self.requests.loss().is_some() || self.responses.loss().is_some() || many || !self.is_bearable() {
            self.lose(None);
        }
    }

    /// Whether a request or an answer is on its way, or may be.
    pub(super) fn is_busy(&self) -> bool {
        self.lost || !self.due.is_empty() || self.requests.is_within() || self.responses.is_within()
    }

    /// Whether one side has ended, and nothing is due from the other.
    pub(super) fn is_ended(&self) -> bool {
        match self.left {
            Left::Nobody => false,
            Left::Client => !self.is_busy(),
            Left::Target => true,
        }
    }

    /// Whether the next answer is to `HEAD`.
    fn asks_for_head(&self) -> bool {
        let unfinished = || match &self.requests.unfinished()?.head {
            Head::Request(method, _) => Some(method),
            Head::Response(_) => None,
        };
        self.due.front().map(|due| due.request.method()).or_else(unfinished) == Some(&Method::HEAD)
    }

    fn asked(&mut self, message: Message) {
        let too_long = message.extent == Extent::TooLong;
        let Some(request) = message.into_request() else { return };
        let crossed = self.left == Left::Target;
        self.due.push_back(Due { request, too_long, crossed, at: Instant::now() });
        if let Some(answer) = self.early.take() {
            self.answered(answer);
        }
    }

    fn answered(&mut self, message: Message) {
        self.complete(message, None);
    }

    /// Keeps the exchange that an answer completes, or fails to.
    fn complete(&mut self, message: Message, failure: Option<TransportFailure>) {
        if matches!(&message.head, Head::Response(status) if status.is_informational()) {
            return;
        }
        let Some(due) = self.due.pop_front() else {
            // A client that waits to be told to go on may now leave the body out; and what nobody asked for tells that
            // questions and answers are out of step.
            let waits = self.requests.unfinished().is_none_or(|request| request.headers.contains_key(EXPECT));
            if waits || self.early.replace(message).is_some() {
                self.lose(None);
            }
            return;
        };
        self.answered |= message.extent != Extent::Cut;
        if due.too_long || message.extent == Extent::TooLong {
            self.seen.too_long.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let whole = message.extent == Extent::Whole;
        self.keep(due, message.into_response(), (whole, failure));
    }

    /// Whether what all connections hold together is within bounds.
    fn is_bearable(&mut self) -> bool {
        let early = self.early.as_ref().map_or(0, |message| size(&message.headers, &message.body));
        let due: usize = self.due.iter().map(|due| size(due.request.headers(), due.request.body())).sum();
        let held = self.requests.held() + self.responses.held() + early + due;
        let others = self.seen.held.fetch_sub(self.held, Ordering::Relaxed) - self.held;
        self.seen.held.fetch_add(held, Ordering::Relaxed);
        self.held = held;
        others + held <= HELD
    }

    /// Nothing more can be read of what is said, or may be held.
    fn lose(&mut self, failure: Option<TransportFailure>) {
        self.unanswered(failure);
        self.lost = true;
        self.early = None;
        (self.requests, self.responses) = (Reader::new(Direction::Requests), Reader::new(Direction::Responses));
        self.is_bearable();
        self.seen.unread.fetch_add(1, Ordering::Relaxed);
    }

    /// A side says that no more will come.
    pub(super) fn closed(&mut self, direction: Direction) {
        match direction {
            Direction::Requests if self.left == Left::Nobody => self.left = Left::Client,
            Direction::Requests => {}
            Direction::Responses => self.target_left(false, "the connection was closed"),
        }
    }

    /// The target has broken the connection off.
    pub(super) fn broken(&mut self, how: &str) {
        self.target_left(true, how);
    }

    /// The target has left it without a word that nothing is missing, as many do with TLS.
    pub(super) fn vanished(&mut self) {
        if self.responses.is_until_close()
            && let Some(message) = self.responses.end(true)
        {
            self.answered(message);
        }
        self.target_left(true, "the TLS connection was closed");
    }

    /// An answer has been waited for so long that it is waited for no longer.
    pub(super) fn late(&mut self, time: Duration) {
        self.fail(true, TransportFailure::Timeout(time));
    }

    fn target_left(&mut self, cut: bool, how: &str) {
        let client_left = self.left == Left::Client;
        let idle = self.answered || self.began.elapsed() > FRESH;
        self.left = Left::Target;
        // A target may take the client's end for its leaving, and may end a connection that was idle in the moment in which
        // a request goes out on it (RFC 9112, section 9.3.1).
        match self.due.front() {
            Some(due) if client_left => self.fail(cut, TransportFailure::Abandoned(due.at.elapsed())),
            Some(_) if idle && !self.responses.is_within() => self.cross(),
            _ => self.fail(cut, TransportFailure::Closed(how.to_owned())),
        }
    }

    /// Keeps what broke off, and the first request without an answer, with the reason.
    fn fail(&mut self, cut: bool, failure: TransportFailure) {
        if self.lost {
            return;
        }
        match self.responses.end(cut) {
            Some(message) if message.extent == Extent::Whole => self.answered(message),
            Some(message) => self.complete(message, Some(failure)),
            None => self.unanswered(Some(failure)),
        }
        self.unanswered(None);
    }

    /// Keeps requests that met the end of their connection on its way.
    fn cross(&mut self) {
        self.seen.crossed.fetch_add(self.due.len() as u64, Ordering::Relaxed);
        self.unanswered(None);
    }

    /// Keeps what the connection's end breaks off, or leaves without an answer.
    fn end(&mut self) {
        match self.due.front() {
            Some(due) if due.crossed && (self.answered || self.began.elapsed() > FRESH) => self.cross(),
            Some(due) if due.crossed => {
                self.fail(true, TransportFailure::Closed("the connection was closed".to_owned()));
            }
            Some(due) => self.fail(true, TransportFailure::Abandoned(due.at.elapsed())),
            None => {}
        }
        self.seen.held.fetch_sub(std::mem::take(&mut self.held), Ordering::Relaxed);
    }

    /// Keeps the requests that get no answer, or none that can be read; the reason is one of the first.
    fn unanswered(&mut self, mut failure: Option<TransportFailure>) {
        while let Some(due) = self.due.pop_front() {
            if due.too_long {
                self.seen.too_long.fetch_add(1, Ordering::Relaxed);
            } else {
                self.keep(due, None, (false, failure.take()));
            }
        }
    }

    fn keep(&self, due: Due, response: Option<Response<Bytes>>, (whole, failure): (bool, Option<TransportFailure>)) {
        let Due { request, at, .. } = due;
        let unknown = Duration::ZERO;
        self.seen.keep(Exchange { request, response, whole, failure, at: unknown, elapsed: unknown, fault: None }, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUT: &str = "PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

    /// An exchange: method and body, status and body.
    type Short = (String, Option<(u16, String)>);

    /// Lets a talk be read, each part said by one side; gives out its exchanges, and on how many talks it was given up.
    fn said(parts: &[(Direction, &str)]) -> (Vec<Short>, u64) {
        let seen = Arc::new(Seen::nothing());
        let mut talk = Talk::new(Arc::clone(&seen));
        for (direction, text) in parts {
            talk.read(*direction, text.as_bytes());
        }
        drop(talk);
        assert_eq!(seen.held.load(Ordering::Relaxed), 0, "nothing is held any more");
        let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
        let exchanges = seen.take();
        let shown = exchanges.kept().iter().map(|exchange| {
            let answer = exchange.response.as_ref().map(|answer| (answer.status().as_u16(), text(answer.body())));
            (format!("{} {}", exchange.request.method(), text(exchange.request.body())), answer)
        });
        (shown.collect(), seen.unread())
    }

    fn whole(request: &str, status: u16, body: &str) -> Short {
        (request.to_owned(), Some((status, body.to_owned())))
    }

    #[test]
    fn answers_go_with_requests_in_their_order() {
        use Direction::{Requests, Responses};
        let requests = format!("HEAD /a HTTP/1.1\r\n\r\n{PUT}abcHEAD /a HTTP/1.1\r\n\r\n{PUT}def");
        let answers = format!("{OK}HTTP/1.1 100 Continue\r\n\r\n{OK}hi{OK}{OK}ho");
        let (exchanges, unread) = said(&[(Requests, &requests), (Responses, &answers)]);
        let due = [
            whole("HEAD ", 200, ""),
            whole("PUT abc", 200, "hi"),
            whole("HEAD ", 200, ""),
            whole("PUT def", 200, "ho"),
        ];
        assert_eq!((exchanges.as_slice(), unread), (due.as_slice(), 0));
    }

    #[test]
    fn an_answer_may_come_before_the_end_of_its_request() {
        use Direction::{Requests, Responses};
        let parts = [(Requests, PUT), (Responses, OK), (Responses, "no"), (Requests, "abc"), (Requests, PUT)];
        let (exchanges, unread) =
            said(&[&parts[..], &[(Requests, "def"), (Responses, OK), (Responses, "hi")]].concat());
        assert_eq!((exchanges, unread), (vec![whole("PUT abc", 200, "no"), whole("PUT def", 200, "hi")], 0));
        let (exchanges, unread) = said(&parts[..3]);
        assert_eq!((exchanges.len(), unread), (0, 0), "a request that broke off");
    }

    #[test]
    fn who_may_leave_a_body_out_is_not_read_any_more() {
        use Direction::{Requests, Responses};
        let waiting = PUT.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        let told = "HTTP/1.1 100 Continue\r\n\r\n";
        let (exchanges, unread) =
            said(&[(Requests, &waiting), (Responses, told), (Requests, "abc"), (Responses, OK), (Responses, "hi")]);
        assert_eq!((exchanges, unread), (vec![whole("PUT abc", 200, "hi")], 0));
        let refused = format!("{OK}no");
        let (exchanges, unread) =
            said(&[(Requests, &waiting), (Responses, &refused), (Requests, PUT), (Requests, "abc")]);
        assert_eq!((exchanges.len(), unread), (0, 1));
    }

    #[test]
    fn what_nobody_asked_for_ends_the_reading() {
        use Direction::{Requests, Responses};
        let unasked = format!("{OK}no");
        let request = format!("{PUT}abc");
        let (exchanges, unread) = said(&[(Responses, &unasked), (Requests, &request), (Responses, &unasked)]);
        assert_eq!((exchanges.len(), unread), (0, 1));
    }

    #[test]
    fn exchanges_are_told_in_the_order_of_their_requests() {
        let seen = Arc::new(Seen::nothing());
        let mut talks = ["PUT", "POST"].map(|method| {
            let mut talk = Talk::new(Arc::clone(&seen));
            talk.read(Direction::Requests, format!("{method} /a HTTP/1.1\r\n\r\n").as_bytes());
            talk
        });
        talks[1].read(Direction::Responses, b"HTTP/1.1 204 No Content\r\n\r\n");
        drop(talks);
        let exchanges = seen.take();
        let methods: Vec<_> = exchanges.kept().iter().map(|exchange| exchange.request.method().as_str()).collect();
        assert_eq!(methods, ["PUT", "POST"]);
    }

    #[test]
    fn many_connections_hold_no_more_than_they_may() {
        let seen = Arc::new(Seen::nothing());
        let piece = vec![b'x'; 4 * 1024 * 1024];
        let talks: Vec<Talk> = (0..80)
            .map(|_| {
                let mut talk = Talk::new(Arc::clone(&seen));
                talk.read(Direction::Requests, b"PUT /a HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n");
                talk.read(Direction::Requests, &piece);
                talk
            })
            .collect();
        assert!(seen.held.load(Ordering::Relaxed) <= HELD && seen.unread() >= 16, "{seen:?}");
        drop(talks);
        assert_eq!(seen.held.load(Ordering::Relaxed), 0);
    }
}
