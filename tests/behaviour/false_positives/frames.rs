//! Answers in every way in which HTTP lets them travel.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use accordant::generate::{Phase, Plan};
use accordant::judge::Wire;
use accordant::model::Dialect;
use accordant::net::send::{Client, SendLimits};
use bytes::Bytes;
use http::Response;

use super::wire;
use crate::support::mock;
use crate::wire::parse_recording;

/// Writes an answer.
type Frame = fn(&Response<Bytes>) -> Vec<u8>;

/// Ways in which HTTP lets an answer travel.
const FRAMES: [(&str, Frame); 4] = [
    ("HTTP/1.0 up to the end of the connection", |response| head(response, "HTTP/1.0 200 Fine", "", response.body())),
    ("in chunks with extensions and trailers", |response| {
        let chunks = response
            .body()
            .chunks(7)
            .map(|chunk| [format!("{:X};x=y\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        let body = [chunks.collect::<Vec<_>>().concat(), b"0\r\nx-checksum: 1\r\n\r\n".to_vec()].concat();
        head(response, "HTTP/1.1 200 OK", "TRANSFER-ENCODING: chunked\r\n", &body)
    }),
    ("after interim answers", |response| {
        let interim = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
        let length = format!("content-length: {}\r\n", response.body().len());
        [&interim[..], &head(response, "HTTP/1.1 200 OK", &length, response.body())].concat()
    }),
    ("closed after each, without a reason phrase", |response| {
        let length = format!("Content-Length:{}\r\nConnection: close\r\n", response.body().len());
        head(response, "HTTP/1.1 200 ", &length, response.body())
    }),
];

/// An answer with this start and end of its head, its names in capitals.
fn head(response: &Response<Bytes>, line: &str, framing: &str, body: &[u8]) -> Vec<u8> {
    let headers = response.headers().iter().map(|(name, value)| {
        let value = value.to_str().expect("text");
        format!("{}:  {value} \r\n", name.as_str().to_ascii_uppercase())
    });
    let headers: Vec<String> = headers.collect();
    [format!("{line}\r\n{}{framing}\r\n", headers.concat()).as_bytes(), body].concat()
}

/// Reads a request that announces its length, and gives the answer's bytes.
fn answer(stream: &mut TcpStream, frame: Frame) -> Option<()> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse::<usize>().ok());
        if bytes.len() >= head.len() + 4 + length.unwrap_or_default() {
            break;
        }
    }
    stream.write_all(&frame(&mock().answer(&parse_recording(&bytes)).response)).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_may_travel_in_every_way_that_http_has() {
    let contract = mock();
    for (name, frame) in FRAMES {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            listener.incoming().flatten().for_each(|mut stream| {
                answer(&mut stream, frame);
            });
        });
        let client = Client::new(&url.parse().expect("a URL"), SendLimits::default()).expect("a client");
        let wire = Wire { host: client.host().to_owned(), ..wire(client) };
        for operation in contract.contract().operations() {
            let plan = Plan::new(operation, Dialect::Native);
            for index in 0..plan.count(Phase::Examples, 0) {
                let case = plan.case(Phase::Examples, 0, index).expect("an example").expect("it is sent");
                let judged = wire.judge(&case).await;
                assert!(judged.succeeded && judged.complaints.is_empty(), "{name}: {judged:?}");
            }
        }
    }
}
