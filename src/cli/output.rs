//! What is shown: on standard output as long as somebody reads it, and on standard error. Nothing from outside reaches
//! either as it is: a name or a text of a peer may not steer the terminal.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

use accordant::text::shown;

use super::Failure;

/// Standard output. Once its reader has gone, as `head` does, what is written is lost, and that is no error: it ends the
/// printing, not the work.
#[derive(Debug)]
pub struct Output {
    out: BufWriter<Stdout>,
    /// Why nothing more is written.
    ended: Option<io::Error>,
}

impl Output {
    /// Standard output.
    pub fn new() -> Self {
        Self { out: BufWriter::new(io::stdout()), ended: None }
    }

    /// Whether nobody reads it any more.
    pub fn is_closed(&self) -> bool {
        self.ended.is_some()
    }

    /// Writes what is still kept back. It is a failure when something could not be written though somebody reads it.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.take(BufWriter::flush);
        match self.ended {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::io("cannot write to standard output")(error))
            }
            _ => Ok(()),
        }
    }

    fn take(&mut self, write: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>) {
        if self.ended.is_none() {
            self.ended = write(&mut self.out).err();
        }
    }
}

/// What is written is text, as `writeln!` does.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.take(|out| out.write_all(shown(&text).as_bytes()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.take(BufWriter::flush);
        Ok(())
    }
}

/// Shows a text on standard output.
pub fn print(text: fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut out = Output::new();
    // It keeps its own errors.
    let _ = out.write_fmt(text);
    out.finish()
}

/// Shows a text on standard error. Where nobody takes it, there is nobody left to be told.
pub fn tell(text: fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_all(shown(&text.to_string()).as_bytes());
}
