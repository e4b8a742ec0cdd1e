//! The yardstick: hyper with the mock's settings and no work but reading the request and sending one stored answer.

use std::{
    convert::Infallible,
    io::{self, ErrorKind, Read, Write},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::client::parse_head;

/// The answer that every request gets.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    dated: bool,
}

impl Answer {
    /// Reads the raw bytes of the mock's answer. `Date` and `Content-Length` are left to hyper, which writes both anew.
    fn parse(raw: &[u8]) -> Result<Self, Box<dyn std::error::Error>> {
        let head = parse_head(raw)?.ok_or("the sample ends within its head")?;
        let mut headers = HeaderMap::new();
        for line in std::str::from_utf8(&raw[..head.length])?.lines().skip(1) {
            let Some((name, value)) = line.split_once(':') else { continue };
            headers.append(HeaderName::try_from(name)?, HeaderValue::try_from(value.trim())?);
        }
        headers.remove(header::CONTENT_LENGTH);
        let dated = headers.remove(header::DATE).is_some();
        let body = Bytes::copy_from_slice(&raw[head.length..]);
        Ok(Self { status: StatusCode::from_u16(head.status)?, headers, body, dated })
    }

    async fn give(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let mut body = request.into_body();
        while let Some(frame) = body.frame().await {
            drop(frame?);
        }
        let mut response = Response::new(Full::new(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        Ok(response)
    }
}

/// Reads the answer from standard input, says where it listens, and serves until it is killed. Without a number of
/// `workers`, Tokio starts one for each processor that the process may use.
///
/// # Errors
/// The sample is no HTTP answer, or the system gives no socket or thread.
pub fn serve(workers: Option<usize>) -> Result<Infallible, Box<dyn std::error::Error>> {
    let mut raw = Vec::new();
    io::stdin().read_to_end(&mut raw)?;
    let answer = Arc::new(Answer::parse(&raw)?);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = workers {
        runtime.worker_threads(workers);
    }
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        io::stdout().flush()?;
        accept(&listener, &answer).await
    })
}

async fn accept(listener: &TcpListener, answer: &Arc<Answer>) -> Result<Infallible, Box<dyn std::error::Error>> {
    let mut http = http1::Builder::new();
    // A mock that bounds the time of a head pays for hyper's timer, so the yardstick has it too.
    http.timer(TokioTimer::new()).auto_date_header(answer.dated);
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error.into()),
        };
        stream.set_nodelay(true)?;
        let (http, answer) = (http.clone(), Arc::clone(answer));
        tokio::spawn(async move {
            let service = service_fn(|request| answer.give(request));
            // The generator notices a broken connection itself, and says so.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
