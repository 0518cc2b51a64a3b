//! Log files of a topology's containers, wherever they are: in the sandboxes of its tasks, which their hosts serve.
//!
//! Pure: [`process`] knows what Heron calls its files (`docs/heron.md#log-files`), [`series`] puts rotated ones in order, [`target`]
//! says which of them words mean, [`lines`] cuts bytes into lines, and [`stamp`] reads the times in front of them. [`attempts`]
//! tells present and previous tasks apart. With I/O: [`subject`] reads what is known of the topology, [`open`] opens sandboxes, [`reader`] reads a series up to its present end, [`merge`] brings lines of several into the order of
//! their times, and [`follow`] goes on from there.

pub mod attempts;
pub mod error;
pub mod follow;
pub mod lines;
pub mod merge;
pub mod open;
pub mod process;
pub mod reader;
pub mod series;
pub mod stamp;
pub mod subject;
pub mod target;
pub mod tell;

pub use error::LogsError;
