//! What a program reads from its standard input.

use std::io;

use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::ChildStdin;

/// How much is handed over at once.
const CHUNK: usize = 128 * 1024;

/// What a program reads from its standard input.
pub enum Input<'a> {
    /// A short text.
    Text(&'a str),
    /// A file, while `progress` is told how many bytes of it were taken.
    File {
        /// The file, at its beginning.
        file: File,
        /// Is told how many bytes are through.
        progress: &'a (dyn Fn(u64) + Send + Sync),
    },
}

/// Writes all of it. A program may end without reading it; that is not our failure but its status tells why.
pub(super) async fn feed(stdin: Option<ChildStdin>, input: Option<Input<'_>>) -> io::Result<()> {
    let (Some(mut stdin), Some(input)) = (stdin, input) else { return Ok(()) };
    let written = match input {
        Input::Text(text) => stdin.write_all(text.as_bytes()).await,
        Input::File { file, progress } => copy(file, &mut stdin, progress).await,
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

async fn copy(
    mut file: File,
    stdin: &mut ChildStdin,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> io::Result<()> {
    let (mut written, mut chunk) = (0_u64, vec![0; CHUNK]);
    loop {
        let length = file.read(&mut chunk).await?;
        let Some(filled @ [_, ..]) = chunk.get(..length) else { return Ok(()) };
        stdin.write_all(filled).await?;
        written += length as u64;
        progress(written);
    }
}
