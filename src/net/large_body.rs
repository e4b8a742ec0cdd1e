//! The bytes of a large body, in memory of their own.

use std::io;

use bytes::Bytes;
use memmap2::MmapMut;

/// Bytes that are collected. Their memory comes from the system and goes back to it with them; an allocator would keep it for
/// the next ones, and a server that many large bodies have come to at once would be large from then on.
#[derive(Debug)]
pub struct LargeBody {
    memory: MmapMut,
    length: usize,
}

impl LargeBody {
    /// Room for so many bytes. What is not filled takes no memory.
    ///
    /// # Errors
    /// When the system has none.
    pub fn with_room(bytes: usize) -> io::Result<Self> {
        // There is no memory of no bytes.
        Ok(Self { memory: MmapMut::map_anon(bytes.max(1))?, length: 0 })
    }

    /// Adds bytes; nothing of them where there is no room for all.
    pub fn push(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length.checked_add(bytes.len())?;
        self.memory.get_mut(self.length..end)?.copy_from_slice(bytes);
        self.length = end;
        Some(())
    }

    /// The bytes, not copied.
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for LargeBody {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_what_there_is() {
        let mut body = LargeBody::with_room(5).expect("memory");
        assert_eq!((body.push(b"abc"), body.push(b"def"), body.push(b"de")), (Some(()), None, Some(())));
        assert_eq!(body.freeze(), "abcde");
        assert_eq!(LargeBody::with_room(0).expect("memory").freeze(), "");
    }
}
