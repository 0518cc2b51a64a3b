//! Which Heron release the containers run, and what that release calls things.
//!
//! Names of binaries, classes, znodes and arguments changed over the years; a release that is given an argument it does
//! not know ends at once. Everything that depends on the release asks [`Release`]. Source of facts:
//! `docs/heron.md#executor-command-line` and the arguments that the tagged releases' own parsers take.

use std::fmt;

/// Why a release can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// The text is no version.
    #[error("\"{0}\" is not a Heron release; expected something like 0.20.5 or 0.17.8")]
    NotAVersion(String),
    /// A version that is too old to be driven by this tool.
    #[error("Heron {0} is not supported; the oldest supported release is 0.14.0")]
    TooOld(String),
}

/// A release of Heron: three numbers, and whether it is one of the odd candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    version: Version,
    text: String,
}

/// The three numbers that decide; Heron's fourth numbers were builds of one company.
pub(crate) type Version = (u32, u32, u32);

/// The rename of packages from Twitter's to Apache's.
const APACHE: Version = (0, 18, 0);
/// The rename from TMaster to TManager.
const TMANAGER: Version = (0, 20, 3);
/// The first release that understands `(61)`.
const NEW_ESCAPE: Version = (0, 17, 8);
/// The first release whose executor takes flags.
const FLAGS: Version = (0, 16, 4);
/// The first supported release.
const OLDEST: Version = (0, 14, 0);

impl Release {
    /// The newest release there is; Heron was retired after it.
    #[must_use]
    pub fn newest() -> Self {
        Self { version: (0, 20, 5), text: "0.20.5".to_owned() }
    }

    /// Reads a version such as `0.20.5`, `v-0.20.0-incubating` or `0.20.3-incubating-rc7`.
    pub fn parse(text: &str) -> Result<Self, ReleaseError> {
        let not_a_version = || ReleaseError::NotAVersion(text.to_owned());
        let trimmed = text.trim();
        let bare = match trimmed.strip_prefix(['v', 'V']) {
            Some(rest) => rest.strip_prefix('-').unwrap_or(rest),
            None => trimmed,
        };
        let (numbers, suffix) = bare.split_once('-').unwrap_or((bare, ""));
        let mut parts = numbers.split('.').map(|part| part.parse::<u32>().ok());
        let mut next = || parts.next().flatten().ok_or_else(not_a_version);
        let mut version = (next()?, next()?, next()?);
        if parts.any(|rest| rest.is_none()) {
            return Err(not_a_version());
        }
        if version == TMANAGER && is_before_tmanager(suffix) {
            version = (0, 20, 2);
        }
        if version < OLDEST {
            return Err(ReleaseError::TooOld(trimmed.to_owned()));
        }
        Ok(Self { version, text: trimmed.to_owned() })
    }

    /// Reads the setting `heron.release.version`; unset or empty means the newest.
    pub fn from_setting(text: Option<&str>) -> Result<Self, ReleaseError> {
        match text.map(str::trim) {
            None | Some("") => Ok(Self::newest()),
            Some(text) => Self::parse(text),
        }
    }

    /// Whether it says TManager; if not, it says TMaster.
    #[must_use]
    pub fn has_tmanager(&self) -> bool {
        self.version >= TMANAGER
    }

    /// The directory of the state tree that holds TManager locations.
    #[must_use]
    pub fn location_directory(&self) -> &'static str {
        if self.has_tmanager() { "tmanagers" } else { "tmasters" }
    }

    /// The name of the TManager's binary.
    #[must_use]
    pub fn tmanager_binary(&self) -> &'static str {
        if self.has_tmanager() { "heron-tmanager" } else { "heron-tmaster" }
    }

    /// The root of its Java packages.
    #[must_use]
    pub fn java_package(&self) -> &'static str {
        if self.version >= APACHE { "org.apache.heron" } else { "com.twitter.heron" }
    }

    /// The class that its executor must find in `statemgr.yaml` to use ZooKeeper (`docs/heron.md#heron-conf`).
    #[must_use]
    pub fn state_manager_class(&self) -> String {
        format!("{}.statemgr.zookeeper.curator.CuratorStateManager", self.java_package())
    }

    /// The same for state in files of one machine.
    #[must_use]
    pub fn local_state_manager_class(&self) -> String {
        format!("{}.statemgr.localfs.LocalFileSystemStateManager", self.java_package())
    }

    /// What stands for `=` in encoded JVM options.
    #[must_use]
    pub fn jvm_options_escape(&self) -> &'static str {
        if self.version >= NEW_ESCAPE { "(61)" } else { "&equals;" }
    }

    /// Whether its executor takes `--flag=value`; if not, it takes positional arguments.
    #[must_use]
    pub fn has_flags(&self) -> bool {
        self.version >= FLAGS
    }

    /// Whether its TManager reads the packing plan from the state tree, and starts anew when that changes.
    #[must_use]
    pub fn reads_packing_plan(&self) -> bool {
        self.version >= (0, 15, 0)
    }

    /// Whether its tracker can read a scheduler's location with pages about the job. That of 0.20.5 can't, and then knows no
    /// location at all (`docs/heron.md#scheduler-location`).
    #[must_use]
    pub fn has_tracker_of_pages(&self) -> bool {
        self.version != (0, 20, 5)
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }
}

/// 0.20.3 was renamed to TManager between its candidates 7 and 8.
fn is_before_tmanager(suffix: &str) -> bool {
    suffix
        .rsplit_once("rc")
        .and_then(|(_, number)| number.parse::<u32>().ok())
        .is_some_and(|candidate| candidate <= 7)
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_era_has_its_names() {
        let names = |text: &str| {
            let release = Release::parse(text).unwrap();
            (
                release.location_directory(),
                release.java_package(),
                release.jvm_options_escape(),
                release.has_flags(),
            )
        };
        for (text, pages) in [
            ("0.20.5", false),
            ("0.20.5-incubating-rc1", false),
            ("0.20.4-incubating", true),
            ("0.17.8", true),
            ("0.20.6", true),
        ] {
            assert_eq!(Release::parse(text).unwrap().has_tracker_of_pages(), pages, "{text}");
        }
        let apache = "org.apache.heron";
        let twitter = "com.twitter.heron";
        for newest in ["0.20.5", "0.20.3", "0.20.3-incubating-rc8", "0.20.4-incubating", " 1.0.0 "]
        {
            assert_eq!(names(newest), ("tmanagers", apache, "(61)", true), "{newest}");
        }
        for tmaster in ["0.20.2", "v-0.20.0-incubating", "0.20.3-incubating-rc7", "v0.18.0"] {
            assert_eq!(names(tmaster), ("tmasters", apache, "(61)", true), "{tmaster}");
        }
        assert_eq!(names("0.17.8"), ("tmasters", twitter, "(61)", true));
        assert_eq!(names("0.17.8.11"), ("tmasters", twitter, "(61)", true));
        assert_eq!(names("0.17.7"), ("tmasters", twitter, "&equals;", true));
        assert_eq!(names("0.16.4"), ("tmasters", twitter, "&equals;", true));
        assert_eq!(names("0.16.3"), ("tmasters", twitter, "&equals;", false));
    }

    #[test]
    fn what_is_no_release_is_refused() {
        for text in ["", "live", "0.20", "0.20.x", "0.17.8.tw", "-1.0.0", "99999999999.0.0"] {
            assert_eq!(Release::parse(text), Err(ReleaseError::NotAVersion(text.to_owned())));
        }
        assert_eq!(Release::parse("0.13.7"), Err(ReleaseError::TooOld("0.13.7".to_owned())));
    }

    #[test]
    fn no_setting_means_the_newest() {
        assert_eq!(Release::from_setting(None), Ok(Release::newest()));
        assert_eq!(Release::from_setting(Some(" ")), Ok(Release::newest()));
        assert_eq!(Release::from_setting(Some("0.17.8")).unwrap().to_string(), "0.17.8");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = Release::parse(&text);
        }
    }
}
