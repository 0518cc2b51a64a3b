//! `config check`: the configuration as `submit` would use it, judged as a whole.

use crate::config::check::{self, Quote, Severity};
use crate::config::{Need, Sources};
use crate::outcome::config::{CheckedConfig, Finding, Quoted};
use crate::outcome::error::ErrorMember;
use crate::outcome::exit::Exit;
use crate::outcome::{Outcome, SCHEMA};

/// Lists everything wrong or doubtful.
pub(super) fn check(sources: &Sources) -> Outcome {
    let report = check::check(sources, Need::Launch);
    let good = report.is_good();
    let findings: Vec<Finding> = report.findings.into_iter().map(finding).collect();
    let errors = findings.iter().filter(|finding| finding.severity == "error").count();
    let warnings = findings.len() - errors;
    let error = (!good).then(|| {
        let message = format!("errors in the configuration: {errors}");
        let hint = "see the findings".to_owned();
        ErrorMember::new(Exit::Configuration, message, Vec::new(), vec![hint])
    });
    Outcome::ConfigChecked(CheckedConfig {
        schema: SCHEMA,
        good,
        errors,
        warnings,
        findings,
        error,
    })
}

fn finding(found: check::Finding) -> Finding {
    Finding {
        severity: match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        key: found.key,
        origin: found.origin.as_ref().map(Into::into),
        message: found.text,
        quote: found.quote.map(quoted),
    }
}

fn quoted(quote: Quote) -> Quoted {
    let marked = quote.to_string();
    Quoted { text: quote.line, column: quote.before + 1, length: quote.length, marked }
}
