//! HTTP/1.0 and HTTP/1.1 as it passes through a proxy: messages out of the bytes of a connection.

mod message;
mod reader;

pub use message::{Direction, Extent, Head, Message};
pub use reader::{LONGEST_BODY, Loss, Reader};
