//! What commands tell while they work; `ui` decides how it looks.

/// Listens to a command at work.
pub trait Reporter: Send + Sync {
    /// A step begins; in the present tense, without a period: "uploading the package".
    fn step(&self, text: &str);

    /// How far a step has come.
    fn progress(&self, progress: &Progress);

    /// What is waited for, where that takes longer than usual; nothing once that wait is over.
    fn waiting(&self, _what: Option<&str>) {}

    /// Something worth a line that is no step: nothing is under way because of it.
    fn note(&self, text: &str) {
        self.step(text);
    }

    /// Something the user should know and may want to change.
    fn warn(&self, text: &str);

    /// The same, however often it is noticed.
    fn warn_once(&self, text: &str) {
        self.warn(text);
    }

    /// A line of the topology's own program.
    fn program_output(&self, line: &str);

    /// Asks for a line of text, where somebody is there to answer.
    fn ask(&self, _question: &str) -> Option<String> {
        None
    }
}

/// How far a step has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Done.
    pub done: u64,
    /// Of how many.
    pub total: u64,
    /// What is counted: `containers`, `bytes`.
    pub unit: &'static str,
    /// What holds it up, in short.
    pub detail: String,
    /// All that is known beyond that, a line each: figures that change often.
    pub more: Vec<String>,
}
