//! Captures the output of a command that is not shown, so that a line that is not read holds nothing up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accordant::client::CapturedOutput;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long output is waited for once the command has ended: another process may hold it open.
const DRAIN: Duration = Duration::from_millis(500);

/// Reads what a command writes until it ends, each of its outputs apart, so that no word of one is torn by the other.
#[derive(Debug, Default)]
pub struct Capture {
    readers: Vec<(JoinHandle<()>, Arc<Mutex<CapturedOutput>>)>,
}

impl Capture {
    /// To the outputs of a command that are ours to read.
    pub fn to(child: &mut Child) -> Self {
        let mut capture = Self::default();
        if let Some(out) = child.stdout.take() {
            capture.read(out);
        }
        if let Some(err) = child.stderr.take() {
            capture.read(err);
        }
        capture
    }

    fn read(&mut self, mut from: impl AsyncRead + Unpin + Send + 'static) {
        let output = Arc::<Mutex<CapturedOutput>>::default();
        let kept = Arc::clone(&output);
        let reader = tokio::spawn(async move {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = from.read(&mut buffer).await {
                output.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..length]);
            }
        });
        self.readers.push((reader, kept));
    }

    /// What was written, once the command has ended.
    pub async fn end(self) -> CapturedOutput {
        let mut all = CapturedOutput::default();
        for (mut reader, output) in self.readers {
            if timeout(DRAIN, &mut reader).await.is_err() {
                reader.abort();
            }
            all.join(std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner)));
        }
        all
    }
}
