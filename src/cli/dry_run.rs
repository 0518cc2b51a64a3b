//! Forms of a dry run.

use clap::ValueEnum;

/// Form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DryRunFormat {
    /// Heron's own text.
    Raw,
    /// A table.
    Table,
    /// A table with colours.
    #[value(name = "colored_table")]
    ColoredTable,
    /// JSON.
    Json,
}
