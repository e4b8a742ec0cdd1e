//! What is said on a connection that a proxy passes on: which answer is to which request.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::EXPECT;
use http::{Method, Request, Response};

use super::proxy::Seen;
use crate::client::{Direction, Exchange, Extent, Head, Message, Reader, size};

/// Most requests of a connection that wait for their answers, and are still judged.
const PIPELINE: usize = 256;
/// Most bytes that all connections together hold of what is not complete; of one that needs more, nothing more is read.
const HELD: usize = 256 * 1024 * 1024;

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
}

/// A request whose answer is due.
#[derive(Debug)]
struct Due {
    request: Request<Bytes>,
    /// Whether its body is too long to be judged.
    too_long: bool,
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
        Self { requests, responses, due: VecDeque::new(), early: None, seen, held: 0, lost: false }
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
        if !self.lost && (self.requests.is_lost() || self.responses.is_lost() || many || !self.is_bearable()) {
            self.lose();
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
        self.due.push_back(Due { request, too_long, at: Instant::now() });
        if let Some(answer) = self.early.take() {
            self.answered(answer);
        }
    }

    /// Keeps the exchange that an answer completes.
    fn answered(&mut self, message: Message) {
        if matches!(&message.head, Head::Response(status) if status.is_informational()) {
            return;
        }
        let Some(due) = self.due.pop_front() else {
            // A client that waits to be told to go on may now leave the body out; and what nobody asked for tells that
            // questions and answers are out of step.
            let waits = self.requests.unfinished().is_none_or(|request| request.headers.contains_key(EXPECT));
            if waits || self.early.replace(message).is_some() {
                self.lose();
            }
            return;
        };
        if due.too_long || message.extent == Extent::TooLong {
            self.seen.too_long.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let whole = message.extent == Extent::Whole;
        self.keep(due, message.into_response(), whole);
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
    fn lose(&mut self) {
        self.unanswered();
        self.lost = true;
        self.early = None;
        (self.requests, self.responses) = (Reader::new(Direction::Requests), Reader::new(Direction::Responses));
        self.is_bearable();
        self.seen.unread.fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody says that no more will come.
    pub(super) fn closed(&mut self, direction: Direction) {
        if !self.lost
            && direction == Direction::Responses
            && let Some(message) = self.responses.end(false)
        {
            self.answered(message);
        }
    }

    /// Keeps what the connection's end breaks off, or leaves without an answer.
    fn end(&mut self) {
        if !self.lost {
            if let Some(message) = self.responses.end(true) {
                self.answered(message);
            }
            self.unanswered();
        }
        self.seen.held.fetch_sub(self.held, Ordering::Relaxed);
    }

    /// Keeps the requests that get no answer, or none that can be read.
    fn unanswered(&mut self) {
        while let Some(due) = self.due.pop_front() {
            if due.too_long {
                self.seen.too_long.fetch_add(1, Ordering::Relaxed);
            } else {
                self.keep(due, None, false);
            }
        }
    }

    fn keep(&self, due: Due, response: Option<Response<Bytes>>, whole: bool) {
        let Due { request, at, .. } = due;
        let unknown = Duration::ZERO;
        self.seen.keep(Exchange { request, response, whole, at: unknown, elapsed: unknown, fault: None }, at);
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
