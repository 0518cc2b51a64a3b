//! The checks of `coverage/` for a bounded number of inputs: random ones, and mutations of what people and Heron wrote.
//!
//! `HERON_FUZZ_SEED` repeats a run, `HERON_FUZZ_ROUNDS` makes it longer. A failure shows the input and the seed. For
//! fuzzing that learns from coverage there is `cargo +nightly fuzz run`, see `coverage/Cargo.toml`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

#[path = "coverage/checks.rs"]
mod checks;

/// Pieces that mean something to one of the parsers.
const PIECES: [&str; 40] = [
    "=",
    ":",
    "\\",
    "\\u00e4",
    "\\ud83d",
    "\\u12",
    "\"",
    "\\\"",
    "'",
    "#",
    "!",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\u{c}",
    "\0",
    "\u{feff}",
    "ä",
    "${HOME}",
    "${CLUSTER}",
    "${HERON_HOME}",
    "${",
    "}",
    "~",
    "//",
    "heron.config.cluster",
    "zk.connection.string",
    "- ",
    "&a",
    "*a",
    "---\n",
    "submit",
    "--",
    "--config-file",
    "--verbose",
    "True",
    "-",
    "t.jar",
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Every file below a folder of the recorded data.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder)];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(std::fs::read(path).unwrap());
            }
        }
    }
    found
}

fn random(rng: &mut StdRng) -> Vec<u8> {
    let length = rng.random_range(0..48);
    let mut bytes = Vec::new();
    while bytes.len() < length {
        if rng.random_bool(0.5) {
            bytes.extend_from_slice(PIECES.choose(rng).unwrap().as_bytes());
        } else {
            bytes.push(rng.random());
        }
    }
    bytes
}

fn place(rng: &mut StdRng, bytes: &[u8]) -> usize {
    rng.random_range(0..=bytes.len())
}

fn mutated(rng: &mut StdRng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds.choose(rng).cloned().unwrap_or_default();
    for _ in 0..rng.random_range(1..6) {
        let (a, b) = (place(rng, &bytes), place(rng, &bytes));
        let range = a.min(b)..a.max(b).min(a.min(b) + 64);
        match rng.random_range(0..5) {
            0 => drop(bytes.splice(a..a, PIECES.choose(rng).unwrap().bytes())),
            1 => drop(bytes.drain(range)),
            2 => drop(bytes.splice(a..a, bytes[range.clone()].to_vec())),
            3 => bytes.insert(a, rng.random()),
            _ => {
                let other = seeds.choose(rng).cloned().unwrap_or_default();
                let at = place(rng, &other);
                bytes.truncate(a);
                bytes.extend_from_slice(&other[at..]);
            }
        }
    }
    bytes
}

fn run(check: fn(&[u8]), seeds: &[Vec<u8>], rounds: u64) {
    for seed in seeds {
        check(seed);
    }
    let first = number("HERON_FUZZ_SEED", 1);
    for round in 0..number("HERON_FUZZ_ROUNDS", rounds) {
        let seed = first.wrapping_add(round);
        let mut rng = StdRng::seed_from_u64(seed);
        let input = if rng.random_bool(0.3) { random(&mut rng) } else { mutated(&mut rng, seeds) };
        if catch_unwind(AssertUnwindSafe(|| check(&input))).is_err() {
            let text = String::from_utf8_lossy(&input);
            panic!(
                "HERON_FUZZ_SEED={seed} HERON_FUZZ_ROUNDS=1 fails for {text:?} (bytes {input:?})"
            );
        }
    }
}

#[test]
fn properties() {
    let mut seeds = files("properties/files");
    seeds.extend(files("conf-2016"));
    run(checks::properties, &seeds, 6_000);
}

#[test]
fn overrides() {
    let text = files("overrides").into_iter().map(|bytes| String::from_utf8(bytes).unwrap());
    let mut seeds = Vec::new();
    for text in text {
        let recording: serde_json::Value = serde_json::from_str(&text).unwrap();
        for case in recording["cases"].as_array().unwrap() {
            seeds.extend(case["input"].as_str().map(|input| input.as_bytes().to_vec()));
        }
    }
    assert!(seeds.len() > 50);
    run(checks::overrides, &seeds, 6_000);
}

#[test]
fn yaml() {
    let mut seeds = files("yaml-0.20.5-mesos");
    seeds.push(
        b"heron.config.cluster: ${ROLE}\nheron.config.role: ${CLUSTER}/x\na: ${CLUSTER}\n".to_vec(),
    );
    run(checks::yaml, &seeds, 3_000);
}

#[test]
fn arguments() {
    let lines = [
        "submit\n\ntopo.jar\nMain\na\n--config-loader\nL\n--config-path\nf\n--tmp-dir\nd",
        "kill\n--config-fi\nf\nt\n--verbose\nTrue",
        "--config-property\na=b\nconfig\nshow\n--origin\n--redact=false\nx=y",
        "submit\nlocal/me/devel\nt.pex\n-\n--rate\n5\n--\n--verbose",
        "restart\nt\n-1\n-o\njson",
        "submit\n-Da=b\nk:v\nt.tar.gz\nC\n--deactivated\nFalse",
    ];
    let seeds: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    run(checks::arguments, &seeds, 1_000);
}
