//! The good client: one thread, a connection for each request, a small body and one of 100 KiB in turn.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How long an answer may take before it is counted as none.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(10);

const BODY: &str = r#"{"BackupVaultName": "vault", "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1", "IamRoleArn": "arn:aws:iam::123456789012:role/r"}"#;

/// The longest waits, from connecting to the end of the answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waits {
    pub small: Duration,
    pub large: Duration,
    pub sent: usize,
    /// Requests without a `200`.
    pub failed: usize,
}

/// A good client at work.
pub struct Victim {
    stop: Arc<AtomicBool>,
    working: JoinHandle<Waits>,
}

impl Victim {
    /// Asks until it is stopped.
    pub fn start(peer: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let working = thread::spawn(move || work(peer, |_| !stopped.load(Ordering::Relaxed)));
        Self { stop, working }
    }

    /// Asks so often, and is done.
    pub fn ask(peer: SocketAddr, times: usize) -> Waits {
        work(peer, |asked| asked < times)
    }

    pub fn stop(self) -> Waits {
        self.stop.store(true, Ordering::Relaxed);
        self.working.join().unwrap_or_default()
    }
}

fn work(peer: SocketAddr, goes_on: impl Fn(usize) -> bool) -> Waits {
    let (small, large) = (request(BODY), request(&format!("{BODY}{}", " ".repeat(100 * 1024))));
    let mut waits = Waits::default();
    let mut asked = 0;
    while goes_on(asked) {
        asked += 1;
        for (request, longest) in [(&small, &mut waits.small), (&large, &mut waits.large)] {
            let start = Instant::now();
            let answered = exchange(peer, request).unwrap_or(false);
            *longest = (*longest).max(start.elapsed());
            waits.sent += 1;
            waits.failed += usize::from(!answered);
        }
        thread::sleep(PAUSE);
    }
    waits
}

/// A request of `StartBackupJob` with a body.
pub fn request(body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "PUT /backup-jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/backup/aws4_request, SignedHeaders=host, Signature=00\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// Whether a request on a connection of its own gets a `200`.
fn exchange(peer: SocketAddr, request: &[u8]) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&peer, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200 "))
}
