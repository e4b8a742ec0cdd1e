//! What a command says when nobody is shown it: the end of its output, so that a line that nobody reads holds nothing up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accordant::client::Said;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long output is waited for once the command has ended: another process may hold it open.
const DRAIN: Duration = Duration::from_millis(500);

/// Reads what a command says until it ends.
#[derive(Debug, Default)]
pub struct Listening {
    said: Arc<Mutex<Said>>,
    readers: Vec<JoinHandle<()>>,
}

impl Listening {
    /// To the outputs of a command that are ours to read.
    pub fn to(child: &mut Child) -> Self {
        let mut listening = Self::default();
        if let Some(out) = child.stdout.take() {
            listening.read(out);
        }
        if let Some(err) = child.stderr.take() {
            listening.read(err);
        }
        listening
    }

    fn read(&mut self, mut from: impl AsyncRead + Unpin + Send + 'static) {
        let said = Arc::clone(&self.said);
        self.readers.push(tokio::spawn(async move {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = from.read(&mut buffer).await {
                said.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..length]);
            }
        }));
    }

    /// What was said, once the command has ended.
    pub async fn end(self) -> Said {
        for mut reader in self.readers {
            if timeout(DRAIN, &mut reader).await.is_err() {
                reader.abort();
            }
        }
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
