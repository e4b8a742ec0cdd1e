//! The load: a few threads, each with its share of the connections.
//!
//! A thread walks its connections in turn: wait for the answer of this one, send the next request on it, go on. All its
//! other connections have a request under way meanwhile, so the server is never idle for want of work, and a request
//! costs the generator two system calls and no readiness polling.

use std::{
    fmt,
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    client::{Connection, Head},
    error::{LoadError, while_doing},
    requests::{Call, SERIAL},
};

/// When a round ends.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// When this time is over.
    After(Duration),
    /// When this many requests were answered.
    Requests(u64),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(time) => write!(f, "{time:?}"),
            Self::Requests(count) => write!(f, "{count} requests"),
        }
    }
}

/// A request, and what its answer must look like.
pub struct Exchange {
    name: &'static str,
    request: Vec<u8>,
    serial: Option<usize>,
    /// The first answer to it, head and body.
    pub sample: Vec<u8>,
    head: Head,
}

impl Exchange {
    /// Sends `call` once to `peer` and keeps the answer as the sample.
    ///
    /// # Errors
    /// [`LoadError::Unexpected`] when the contract accepts the call and the answer is no `2xx`, or refuses it and the
    /// answer is no `4xx`; what [`Connection`] reports otherwise.
    pub fn sample(call: &Call, peer: SocketAddr) -> Result<Self, LoadError> {
        let request = call.encode();
        let mut connection = Connection::open(peer)?;
        connection.send(&request)?;
        let (head, answer) = connection.receive()?;
        let class = if call.valid { 2 } else { 4 };
        if head.status / 100 != class {
            return Err(LoadError::Unexpected {
                request: call.name,
                expected: format!("{class}xx"),
                got: String::from_utf8_lossy(answer).into_owned(),
            });
        }
        let serial = request.windows(SERIAL.len()).position(|window| window == SERIAL.as_bytes());
        Ok(Self { name: call.name, request, serial, sample: answer.to_vec(), head })
    }
}

/// A load to put on one server.
pub struct Load<'a> {
    /// The server.
    pub peer: SocketAddr,
    /// Sent in this order, again and again, on every connection.
    pub exchanges: &'a [Exchange],
    /// Open connections.
    pub connections: usize,
    /// Threads that share them.
    pub threads: usize,
    /// `Some`: every request gets the next number in its serial place, and only the status of its answer is compared.
    /// `None`: the bytes are always the same, and the length of the body is compared too.
    pub serial: Option<&'a AtomicU64>,
}

/// What one round of load came to.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Requests answered as expected.
    pub requests: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
}

impl Load<'_> {
    /// Loads the server until `stop`.
    ///
    /// # Errors
    /// The first answer that is late, unreadable, or other than the sample; a connection that was closed.
    pub fn run(&self, stop: Stop) -> Result<Sent, LoadError> {
        let threads = self.threads.clamp(1, self.connections.max(1));
        let mut lanes: Vec<Vec<Lane>> = (0..threads).map(|_| Vec::new()).collect();
        for index in 0..self.connections.max(1) {
            lanes[index % threads].push(Lane::open(self, index)?);
        }
        let begun = Instant::now();
        let requests = thread::scope(|scope| {
            let shares = share(stop, threads, begun);
            let workers: Vec<_> = lanes
                .into_iter()
                .zip(shares)
                .map(|(lanes, share)| {
                    let worker = move || drive(self, lanes, share);
                    thread::Builder::new().name("load".to_owned()).spawn_scoped(scope, worker)
                })
                .collect();
            let mut sum = 0;
            for worker in workers {
                let worker = worker.map_err(while_doing("start a thread"))?;
                sum += worker.join().expect("`drive` returns its errors and does not panic")?;
            }
            Ok(sum)
        })?;
        Ok(Sent { requests, elapsed: begun.elapsed() })
    }
}

/// What a thread may still send.
#[derive(Clone, Copy)]
enum Share {
    Until(Instant),
    Left(u64),
}

fn share(stop: Stop, threads: usize, begun: Instant) -> impl Iterator<Item = Share> {
    let parts = threads as u64;
    (0..parts).map(move |part| match stop {
        Stop::After(time) => Share::Until(begun + time),
        Stop::Requests(count) => Share::Left(count / parts + u64::from(part < count % parts)),
    })
}

impl Share {
    fn take(&mut self) -> bool {
        match self {
            Self::Until(deadline) => Instant::now() < *deadline,
            Self::Left(0) => false,
            Self::Left(left) => {
                *left -= 1;
                true
            }
        }
    }
}

/// A connection and its place in the cycle of exchanges.
struct Lane {
    connection: Connection,
    exchange: usize,
    busy: bool,
    /// The bytes of a request while its serial is written into it.
    scratch: Vec<u8>,
}

impl Lane {
    fn open(load: &Load<'_>, index: usize) -> Result<Self, LoadError> {
        let connection = Connection::open(load.peer)?;
        Ok(Self { connection, exchange: index % load.exchanges.len(), busy: false, scratch: Vec::new() })
    }

    fn send(&mut self, load: &Load<'_>) -> Result<(), LoadError> {
        self.busy = true;
        let exchange = &load.exchanges[self.exchange];
        let (Some(counter), Some(at)) = (load.serial, exchange.serial) else {
            return self.connection.send(&exchange.request);
        };
        let number = counter.fetch_add(1, Ordering::Relaxed);
        self.scratch.clear();
        self.scratch.extend_from_slice(&exchange.request);
        let place = &mut self.scratch[at..at + SERIAL.len()];
        place.copy_from_slice(&format!("{number:012}").as_bytes()[..SERIAL.len()]);
        self.connection.send(&self.scratch)
    }

    fn receive(&mut self, load: &Load<'_>) -> Result<(), LoadError> {
        self.busy = false;
        let exchange = &load.exchanges[self.exchange];
        self.exchange = (self.exchange + 1) % load.exchanges.len();
        let (head, answer) = self.connection.receive()?;
        let same_length = load.serial.is_some() || head.body == exchange.head.body;
        if head.status == exchange.head.status && same_length {
            return Ok(());
        }
        Err(LoadError::Unexpected {
            request: exchange.name,
            expected: format!("status {} and {} bytes of body", exchange.head.status, exchange.head.body),
            got: String::from_utf8_lossy(answer).into_owned(),
        })
    }
}

fn drive(load: &Load<'_>, mut lanes: Vec<Lane>, mut share: Share) -> Result<u64, LoadError> {
    for lane in &mut lanes {
        if share.take() {
            lane.send(load)?;
        }
    }
    let mut answered = 0;
    while lanes.iter().any(|lane| lane.busy) {
        for lane in lanes.iter_mut().filter(|lane| lane.busy) {
            lane.receive(load)?;
            answered += 1;
            if share.take() {
                lane.send(load)?;
            }
        }
    }
    Ok(answered)
}
