//! The attacks, each one connection's worth; all only on the address that they are given.

use std::{io, net::SocketAddr, pin::Pin, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    task::JoinSet,
    time::sleep,
};

use crate::victim::request;

/// Between two bytes of a dribble.
const DRIBBLE: Duration = Duration::from_millis(500);
/// Connections that one task of `reset` makes.
const RESETS: usize = 400;
/// The largest body that the mock takes.
const LARGEST: usize = 1024 * 1024;

/// What one attacker does.
type Step = fn(SocketAddr, usize) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// An attack.
pub struct Attack {
    pub name: &'static str,
    /// Attackers at a time.
    pub count: usize,
    step: Step,
}

/// All attacks.
pub const ATTACKS: [Attack; 7] = [
    Attack { name: "header-dribble", count: 1000, step: |peer, _| Box::pin(dribble(peer, 40)) },
    Attack { name: "body-dribble", count: 1000, step: |peer, _| Box::pin(dribble(peer, 400)) },
    Attack { name: "idle", count: 10_000, step: |peer, _| Box::pin(idle(peer)) },
    Attack { name: "half-bodies", count: 300, step: |peer, _| Box::pin(half_a_body(peer)) },
    Attack { name: "pipelining", count: 500, step: |peer, _| Box::pin(pipeline(peer)) },
    Attack { name: "width-bombs", count: 60, step: |peer, number| Box::pin(width_bomb(peer, number)) },
    Attack { name: "resets", count: 50, step: |peer, _| Box::pin(reset(peer)) },
];

/// Lets all attackers begin; they end when what is given out is dropped. An attacker whom the mock has closed out does not come
/// again.
pub fn start(runtime: &Runtime, attack: &Attack, peer: SocketAddr) -> JoinSet<io::Result<()>> {
    assert!(peer.ip().is_loopback(), "attacks are for loopback alone");
    let _inside = runtime.enter();
    (0..attack.count).map(|number| (attack.step)(peer, number)).collect()
}

/// Sends the head of a request, which is longer than `sent` bytes or is followed by a body, and then byte by byte.
async fn dribble(peer: SocketAddr, sent: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(peer).await?;
    let whole = request(&" ".repeat(1000));
    stream.write_all(&whole[..sent]).await?;
    for byte in &whole[sent..] {
        sleep(DRIBBLE).await;
        stream.write_all(&[*byte]).await?;
    }
    Ok(())
}

async fn idle(peer: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(peer).await?;
    stream.read(&mut [0]).await.map(drop)
}

async fn half_a_body(peer: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(peer).await?;
    let whole = request(&" ".repeat(LARGEST));
    stream.write_all(&whole[..LARGEST / 2]).await?;
    stream.read(&mut [0]).await.map(drop)
}

async fn pipeline(peer: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(peer).await?;
    let one = String::from_utf8_lossy(&request("{}")).replace("Connection: close\r\n", "");
    let many = one.repeat(100);
    loop {
        stream.write_all(many.as_bytes()).await?;
    }
}

/// A body of as many members as fit: unknown ones in JSON, parameters in a form, items of a list.
async fn width_bomb(peer: SocketAddr, number: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(peer).await?;
    let bomb = match number % 3 {
        0 => {
            let members = (0..80_000).map(|member| format!("\"{member:x}\":1"));
            request(&format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
        }
        1 => request(&format!("{{\"BackupOptions\": [{}{{}}]}}", "{},".repeat(LARGEST / 3 - 20))),
        _ => {
            let members = (0..60_000).fold(String::new(), |text, member| text + &format!("&N.member.{member}=x"));
            let body = format!("Action=CopyDBClusterSnapshot&Version=2014-10-31{members}");
            let body = &body[..body.len().min(LARGEST)];
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Authorization: AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/rds/aws4_request, SignedHeaders=host, Signature=00\r\n";
            format!("{head}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
        }
    };
    stream.write_all(&bomb).await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

async fn reset(peer: SocketAddr) -> io::Result<()> {
    for _ in 0..RESETS {
        let mut stream = TcpStream::connect(peer).await?;
        stream.set_zero_linger()?;
        stream.write_all(b"PUT /backup-jobs HTTP/1.1\r\n").await?;
    }
    Ok(())
}
