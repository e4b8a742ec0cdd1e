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

/// Reads what a command says until it ends, each of its outputs apart, so that no word of one is torn by the other.
#[derive(Debug, Default)]
pub struct Listening {
    readers: Vec<(JoinHandle<()>, Arc<Mutex<Said>>)>,
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
        let said = Arc::<Mutex<Said>>::default();
        let kept = Arc::clone(&said);
        let reader = tokio::spawn(async move {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = from.read(&mut buffer).await {
                said.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..length]);
            }
        });
        self.readers.push((reader, kept));
    }

    /// What was said, once the command has ended.
    pub async fn end(self) -> Said {
        let mut all = Said::default();
        for (mut reader, said) in self.readers {
            if timeout(DRAIN, &mut reader).await.is_err() {
                reader.abort();
            }
            all.join(std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner)));
        }
        all
    }
}
