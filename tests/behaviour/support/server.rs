//! A server in this process.

use std::net::SocketAddr;

use accordant::Mock;
use accordant::net::journal::Journal;
use accordant::net::serve::{self, Limits};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::requests::{self, REPLICATION};
use super::{Answer, Client, in_time, mock};

/// A running server; gone when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Server {
    pub async fn start(limits: Limits) -> Self {
        Self::start_with(mock(), limits, None).await
    }

    pub async fn start_with(mock: Mock, limits: Limits, journal: Option<Journal>) -> Self {
        let address = "127.0.0.1:0".parse().expect("an address");
        let server = serve::Server::bind(address, mock, limits, journal).await.expect("a free port");
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { address, stop: Some(stop), running }
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// The answer to a request on a connection of its own.
    pub async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    /// A client that comes now is answered.
    pub async fn expect_answers(&self) {
        assert_eq!(self.ask(requests::replicate(REPLICATION)).await.status, 200);
    }

    /// Tells the server to stop, without waiting for it.
    pub fn begin_stop(&mut self) {
        let stop = self.stop.take().expect("a server is stopped once");
        stop.send(()).expect("the server waits for this");
    }

    /// Waits for the server's end.
    pub async fn ended(mut self) {
        in_time("the server's end", &mut self.running).await.expect("the server does not panic");
    }

    pub async fn stop(mut self) {
        self.begin_stop();
        self.ended().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}
