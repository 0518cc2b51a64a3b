//! What the words behind a topology mean: containers, components, instances, processes. Pure.

use std::collections::BTreeSet;

use super::error::LogsError;
use super::process::{Kind, component_of, container_of};
use super::series::Series;

/// What there is of a topology that words may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its containers.
    pub containers: BTreeSet<u32>,
    /// The ids of its instances.
    pub instances: BTreeSet<String>,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All that is of interest where nobody says more.
    Everything,
    /// All logs of a container.
    Container(u32),
    /// Those of a kind of process, in one container or in all.
    Process(Kind, Option<u32>),
    /// Those of all instances of a component.
    Component(String),
    /// Those of one instance.
    Instance(String),
}

/// What words mean, of a topology.
///
/// # Errors
/// [`LogsError::NoSuch`] for what is nothing, [`LogsError::Ambiguous`] for what is several things.
pub fn targets(words: &[String], known: &Known) -> Result<Vec<Target>, LogsError> {
    if words.is_empty() {
        return Ok(vec![Target::Everything]);
    }
    words.iter().map(|word| known.target(word)).collect()
}

impl Known {
    fn target(&self, word: &str) -> Result<Target, LogsError> {
        if let Some((kind, name)) = word.split_once('/') {
            let found = match kind {
                "container" => self.container(name),
                "component" => self.component(name),
                "instance" => self.instance(name),
                "process" => self.process(name),
                _ => None,
            };
            return found.ok_or_else(|| self.no_such(word));
        }
        let meanings: Vec<(&str, Target)> = [
            ("container", self.container(word)),
            ("component", self.component(word)),
            ("instance", self.instance(word)),
            ("process", self.process(word)),
        ]
        .into_iter()
        .filter_map(|(kind, target)| Some((kind, target?)))
        .collect();
        match <[_; 1]>::try_from(meanings) {
            Ok([(_, target)]) => Ok(target),
            Err(none) if none.is_empty() => Err(self.no_such(word)),
            Err(several) => Err(LogsError::Ambiguous {
                word: word.to_owned(),
                meanings: several.iter().map(|(kind, _)| format!("{kind}/{word}")).collect(),
            }),
        }
    }

    fn no_such(&self, word: &str) -> LogsError {
        let components: BTreeSet<&str> =
            self.instances.iter().filter_map(|id| component_of(id)).collect();
        LogsError::NoSuch {
            word: word.to_owned(),
            last: self.containers.last().copied().unwrap_or_default(),
            components: components.into_iter().map(str::to_owned).collect(),
        }
    }

    fn container(&self, word: &str) -> Option<Target> {
        word.parse().ok().filter(|id| self.containers.contains(id)).map(Target::Container)
    }

    fn component(&self, word: &str) -> Option<Target> {
        let is_known = self.instances.iter().any(|id| component_of(id) == Some(word));
        is_known.then(|| Target::Component(word.to_owned()))
    }

    fn instance(&self, word: &str) -> Option<Target> {
        self.instances.contains(word).then(|| Target::Instance(word.to_owned()))
    }

    /// `executor`, `stmgr-1`.
    fn process(&self, word: &str) -> Option<Target> {
        if let Some(kind) = Kind::named(word) {
            return Some(Target::Process(kind, None));
        }
        let (name, id) = word.rsplit_once('-')?;
        let id = id.parse().ok().filter(|id| self.containers.contains(id))?;
        Some(Target::Process(Kind::named(name)?, Some(id)))
    }

    /// The containers in which what is wanted may be.
    #[must_use]
    pub fn containers_of(&self, targets: &[Target]) -> BTreeSet<u32> {
        let of = |target: &Target| -> BTreeSet<u32> {
            let of_instances = |is_meant: &dyn Fn(&String) -> bool| {
                self.instances
                    .iter()
                    .filter(|id| is_meant(id))
                    .filter_map(|id| container_of(id))
                    .collect()
            };
            match target {
                Target::Container(id) | Target::Process(_, Some(id)) => BTreeSet::from([*id]),
                Target::Process(Kind::TManager | Kind::MetricsCache, None) => BTreeSet::from([0]),
                Target::Everything | Target::Process(_, None) => self.containers.clone(),
                Target::Component(name) => of_instances(&|id| component_of(id) == Some(name)),
                Target::Instance(name) => of_instances(&|id| id == name),
            }
        };
        targets.iter().flat_map(of).collect()
    }
}

impl Target {
    /// Whether a series of a container is meant.
    #[must_use]
    pub fn means(&self, container: u32, series: &Series) -> bool {
        match self {
            Self::Everything => series.kind.is_of_interest(),
            Self::Container(id) => *id == container && series.kind != Kind::Collector,
            Self::Process(kind, id) => *kind == series.kind && id.is_none_or(|id| id == container),
            Self::Component(name) => {
                series.kind == Kind::Instance && component_of(&series.name) == Some(name)
            }
            Self::Instance(name) => series.kind == Kind::Instance && series.name == *name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let instances =
            ["container_1_word_1", "container_2_word_2", "container_2_stmgr_3", "container_2_7_4"];
        Known {
            containers: (0..3).collect(),
            instances: instances.map(str::to_owned).into_iter().collect(),
        }
    }

    fn target(word: &str) -> Result<Target, LogsError> {
        known().target(word)
    }

    #[test]
    fn words_mean_what_they_name() {
        for (word, meant) in [
            ("0", Target::Container(0)),
            ("container/2", Target::Container(2)),
            ("word", Target::Component("word".to_owned())),
            ("component/stmgr", Target::Component("stmgr".to_owned())),
            ("process/stmgr", Target::Process(Kind::StreamManager, None)),
            ("container_2_word_2", Target::Instance("container_2_word_2".to_owned())),
            ("stmgr-2", Target::Process(Kind::StreamManager, Some(2))),
            ("executor", Target::Process(Kind::Executor, None)),
            ("tmaster", Target::Process(Kind::TManager, None)),
            ("7", Target::Component("7".to_owned())),
        ] {
            assert_eq!(target(word).ok(), Some(meant), "{word}");
        }
    }

    #[test]
    fn what_is_nothing_or_several_things_is_refused() {
        for word in ["3", "bolt", "stmgr-9", "component/nobody", "shelf/1", ""] {
            assert!(matches!(target(word), Err(LogsError::NoSuch { .. })), "{word}");
        }
        let Err(LogsError::Ambiguous { meanings, .. }) = target("stmgr") else { panic!() };
        assert_eq!(meanings, ["component/stmgr", "process/stmgr"]);
    }

    #[test]
    fn only_containers_that_may_have_it_are_asked() {
        let asked = |word: &str| -> Vec<u32> {
            known().containers_of(&[target(word).unwrap()]).into_iter().collect()
        };
        assert_eq!(asked("word"), [1, 2]);
        assert_eq!(asked("container_1_word_1"), [1]);
        assert_eq!(asked("tmanager"), [0]);
        assert_eq!(asked("executor"), [0, 1, 2]);
        assert_eq!(known().containers_of(&[Target::Everything]).len(), 3);
    }

    #[test]
    fn series_are_chosen() {
        let series = |kind, name: &str| Series { kind, name: name.to_owned(), files: Vec::new() };
        let word = series(Kind::Instance, "container_1_word_1");
        assert!(target("word").unwrap().means(1, &word));
        assert!(!target("component/stmgr").unwrap().means(1, &word));
        assert!(target("1").unwrap().means(1, &word) && !target("1").unwrap().means(2, &word));
        let shell = series(Kind::Shell, "heron-shell-1");
        assert!(target("1").unwrap().means(1, &shell) && !Target::Everything.means(1, &shell));
    }
}
