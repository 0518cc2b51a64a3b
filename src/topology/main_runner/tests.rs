use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::program::SearchPath;
use crate::proto::api::TopologyState;
use crate::topology::java::JavaEnvironment;
use crate::topology::options::Options;
use crate::topology::plain_file::PlainFileError;

/// A directory with one topology file, and the directory for temporary files that must be empty afterwards.
struct Fixture {
    directory: tempfile::TempDir,
    main: UserMain,
}

fn fixture(file: &str, content: &str, class: &str) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(file);
    std::fs::write(&path, content).unwrap();
    let temporary = directory.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/znodes.wordcount");
    std::fs::copy(recorded, directory.path().join("recorded")).unwrap();
    let main = UserMain {
        file: path,
        class: class.to_owned(),
        arguments: vec!["one".to_owned(), "two words".to_owned()],
        options: Options {
            initial_state: TopologyState::Running,
            cluster: "example".to_owned(),
            role: "vagrant".to_owned(),
            environ: "devel".to_owned(),
            submit_user: "alice".to_owned(),
        },
        java: JavaEnvironment::default(),
        jvm_properties: Vec::new(),
        extra_classpath: Vec::new(),
        time_limit: Duration::from_mins(1),
        size_limit: 1 << 30,
        temporary,
    };
    Fixture { directory, main }
}

/// A shell script that poses as a pex; `$DEFN` is where definitions go, `$RECORDED` is one. Not executable, so that its
/// first line decides.
fn script(body: &str) -> Fixture {
    let fixture = fixture("topology.pex", "", "-");
    let recorded = fixture.directory.path().join("recorded");
    let text = format!(
        "#!/bin/sh\nDEFN=$(echo \"$HERON_OPTIONS\" | tr ',' '\\n' | sed -n 's/.*tmpdirectory=//p')\n\
         RECORDED='{}'\n{body}\n",
        recorded.display()
    );
    std::fs::write(&fixture.main.file, text).unwrap();
    fixture
}

impl Fixture {
    async fn run(&self) -> Result<Vec<Definition>, MainError> {
        let result = run(&self.main, &|_, _| {}).await;
        assert_eq!(std::fs::read_dir(&self.main.temporary).unwrap().count(), 0, "left behind");
        result
    }

    async fn error(&self) -> String {
        self.run().await.unwrap_err().to_string()
    }
}

#[tokio::test]
async fn a_pex_that_runs_itself_defines_a_topology() {
    let fixture =
        script("cp \"$RECORDED\" \"$DEFN/wordcount.defn\"; echo \"$1|$2\"; echo warn >&2");
    let lines = Mutex::new(Vec::new());
    let definitions = run(&fixture.main, &|source, line| {
        lines.lock().unwrap().push((source, line.to_owned()));
    })
    .await
    .unwrap();
    assert_eq!(definitions.len(), 1);
    assert_eq!(definitions[0].name(), "wordcount");
    let mut lines = lines.into_inner().unwrap();
    lines.sort_by_key(|(source, _)| *source == Pipe::Stderr);
    assert_eq!(
        lines,
        [(Pipe::Stdout, "one|two words".to_owned()), (Pipe::Stderr, "warn".to_owned())]
    );
}

#[tokio::test]
async fn an_executable_pex_is_run_without_an_interpreter() {
    let fixture = script("cp \"$RECORDED\" \"$DEFN/wordcount.defn\"");
    // Another process writes the file: one that this process holds open for writing can't be executed.
    let status = std::process::Command::new("/bin/sh")
        .arg("-c")
        .arg("cp \"$0\" \"$0.new\" && chmod +x \"$0.new\" && mv \"$0.new\" \"$0\"")
        .arg(&fixture.main.file)
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fixture.run().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_python_class_is_imported_by_a_script_inside_the_pex() {
    let mut fixture = script(
        "test \"$PEX_INTERPRETER\" = 1 && grep -q write \"$1\" || exit 9\n\
         echo \"$HERON_CLI_TOPOLOGY_CLASS\"; echo \"$HERON_OPTIONS\" | grep -o 'topology.name=[^,]*'\nexit 3",
    );
    fixture.main.class = "words.Count".to_owned();
    let error = fixture.error().await;
    assert_eq!(
        error,
        "the topology's main words.Count exited with status 3; \
         it printed\n  words.Count\n  topology.name=one"
    );
}

#[tokio::test]
async fn a_python_class_that_is_not_there_is_told_without_a_traceback() {
    let mut fixture = script("PYTHONPATH=$(dirname $0) exec python3 \"$@\"");
    let module = "class Words:\n    def write():\n        pass\n";
    std::fs::write(fixture.directory.path().join("words.py"), module).unwrap();
    for (class, expected) in [
        ("wrods.Words", "the pex has no module wrods"),
        ("words.Word", "the module words has no class Word, but it has Words"),
        ("words", "write MODULE.CLASS, or - for what the pex itself runs"),
    ] {
        fixture.main.class = class.to_owned();
        let error = fixture.error().await;
        assert_eq!(
            error,
            format!("the topology's main {class} exited with status 1; it printed\n  {expected}")
        );
    }
}

#[tokio::test]
async fn mains_that_fail_say_why() {
    let failed = script("echo out; echo 'no such topic' >&2; exit 7").error().await;
    assert_eq!(
        failed,
        "the topology's main - exited with status 7; it printed\n  no such topic\n  out"
    );
    let killed = script("kill -9 $$").run().await.unwrap_err();
    assert!(matches!(killed, MainError::Killed { signal: 9, .. }), "{killed}");
    let nothing = script("echo done").run().await.unwrap_err();
    assert!(matches!(nothing, MainError::NoDefinition { .. }), "{nothing}");
    assert_eq!(nothing.tail().unwrap().to_string(), "it printed\n  done");
    let corrupt = script("echo nonsense > \"$DEFN/a.defn\"").run().await.unwrap_err();
    assert!(matches!(corrupt, MainError::Definition { .. }), "{corrupt}");
    let twice = script("cp \"$RECORDED\" \"$DEFN/a.defn\"; cp \"$RECORDED\" \"$DEFN/b.defn\"");
    assert_eq!(twice.error().await, "a.defn and b.defn both define the topology \"wordcount\"");
}

#[tokio::test]
async fn a_main_that_hangs_is_killed_with_its_children() {
    let mut fixture =
        script("sleep 600 & echo $! > \"$(dirname \"$RECORDED\")/pid\"; echo up; wait");
    fixture.main.time_limit = Duration::from_millis(500);
    let error = fixture.run().await.unwrap_err();
    assert!(matches!(error, MainError::TimedOut { .. }), "{error}");
    let pid = std::fs::read_to_string(fixture.directory.path().join("pid")).unwrap();
    assert_gone(pid.trim()).await;
}

#[tokio::test]
async fn a_dropped_run_is_killed() {
    let fixture = script("echo $$ > \"$(dirname \"$RECORDED\")/pid\"; sleep 600");
    let pid_file = fixture.directory.path().join("pid");
    let started = async {
        while std::fs::read_to_string(&pid_file).map_or(0, |text| text.len()) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        result = run(&fixture.main, &|_, _| {}) => panic!("{result:?}"),
        () = started => {}
    }
    assert_gone(std::fs::read_to_string(&pid_file).unwrap().trim()).await;
}

/// Waits until a process is no more, or a zombie that somebody else has to bury.
async fn assert_gone(pid: &str) {
    let stat = format!("/proc/{pid}/stat");
    for _ in 0..2000 {
        match std::fs::read_to_string(&stat) {
            Ok(text) if !text.contains(") Z ") => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            _ => return,
        }
    }
    panic!("process {pid} is still there");
}

#[tokio::test]
async fn something_left_in_the_background_holds_nothing_up() {
    let fixture = script("sleep 600 & cp \"$RECORDED\" \"$DEFN/wordcount.defn\"");
    assert_eq!(fixture.run().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_can_not_be_run_is_an_error_before_anything_runs() {
    let mut gone = fixture("t.jar", "", "C");
    gone.main.file = gone.directory.path().join("gone.jar");
    assert!(matches!(gone.run().await, Err(MainError::File(PlainFileError::Unreadable { .. }))));
    gone.main.file = gone.directory.path().to_owned();
    assert!(matches!(gone.run().await, Err(MainError::File(PlainFileError::NotAFile(_)))));
    assert!(matches!(fixture("t.zip", "", "C").run().await, Err(MainError::Kind(_))));
    assert!(matches!(fixture("t.jar", "", "C").run().await, Err(MainError::NoJava(_))));
    assert!(matches!(
        fixture("t.pex", "PK", "-").run().await,
        Err(MainError::NotExecutable { .. })
    ));
    assert!(matches!(fixture("t.tar", "nonsense", "C").run().await, Err(MainError::Untar(_))));
    let missing = fixture("t.so", "", "/nowhere/describe").run().await;
    assert!(matches!(missing, Err(MainError::Run(RunError::Start { .. }))));
    let mut apart = script("exit 3");
    let place = apart.directory.path().to_owned();
    apart.main.extra_classpath = vec![place.clone(), place.join("*"), "*".into()];
    assert!(matches!(apart.run().await, Err(MainError::Exited { .. })));
    apart.main.extra_classpath = vec![place, "/no/such/libs/*".into()];
    let error = apart.error().await;
    assert!(error.starts_with("/no/such/libs/* of"), "{error}");
    let mut comma = script("exit 0");
    comma.main.options.role = "a,b".to_owned();
    assert!(matches!(comma.run().await, Err(MainError::Options(_))));
}

/// Java mains; the tests that need Java say so where there is none.
mod java {
    use super::*;
    use std::process::Command;

    const MAIN: &str = r#"
import java.nio.file.*;
public class Main {
    public static void main(String[] args) throws Exception {
        if (args[0].equals("throw")) {
            throw new IllegalStateException("no topic", new java.io.IOException("inner"));
        }
        String options = System.getProperty("heron.options");
        if (!options.equals(System.getenv("HERON_OPTIONS"))) throw new Error(options);
        if (!"v".equals(System.getProperty("k"))) throw new Error("k");
        for (String pair : options.split(",")) {
            if (pair.startsWith("cmdline.topologydefn.tmpdirectory=")) {
                Path directory = Paths.get(pair.substring(pair.indexOf('=') + 1));
                Files.copy(Paths.get(args[0]), directory.resolve("wordcount.defn"));
            }
        }
    }
}
"#;

    fn has_java() -> bool {
        let found =
            Command::new("javac").arg("-version").output().is_ok_and(|o| o.status.success());
        if !found {
            println!("skipped: no javac on PATH");
        }
        found
    }

    /// A jar or a tar with that main.
    fn packaged(file: &str, pack: &str) -> Fixture {
        let mut fixture = fixture(file, "", "Main");
        let directory = fixture.directory.path();
        std::fs::write(directory.join("Main.java"), MAIN).unwrap();
        let status = Command::new("/bin/sh")
            .args(["-e", "-c", &format!("javac Main.java; {pack}")])
            .current_dir(directory)
            .status()
            .unwrap();
        assert!(status.success());
        fixture.main.java.path = SearchPath(std::env::var_os("PATH"));
        fixture.main.jvm_properties = vec!["k=v".to_owned()];
        fixture.main.arguments = vec![directory.join("recorded").display().to_string()];
        fixture
    }

    #[tokio::test]
    async fn a_jar_defines_a_topology_and_shows_its_exception() {
        if !has_java() {
            return;
        }
        let mut fixture = packaged("t.jar", "jar cf t.jar Main.class");
        assert_eq!(fixture.run().await.unwrap()[0].name(), "wordcount");
        fixture.main.arguments = vec!["throw".to_owned()];
        let error = fixture.error().await;
        assert_eq!(
            error,
            "the topology's main Main exited with status 1; it printed\n  \
             Exception in thread \"main\" java.lang.IllegalStateException: no topic\n    \
             at Main.main(Main.java:6)\n  Caused by: java.io.IOException: inner"
        );
        fixture.main.class = "com.example.main".to_owned();
        let error = fixture.error().await;
        assert!(
            error.contains("t.jar has no class com.example.main, but it has Main; "),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_tar_is_extracted_for_its_main() {
        if !has_java() {
            return;
        }
        let pack = "mkdir libs; jar cf libs/t.jar Main.class; tar cf t.tar.gz libs";
        assert_eq!(packaged("t.tar.gz", pack).run().await.unwrap().len(), 1);
    }

    #[test]
    fn a_class_path_can_not_hold_a_colon() {
        let mut fixture = fixture("t.jar", "", "Main");
        fixture.main.extra_classpath.push("a:b.jar".into());
        fixture.main.java.java_bin = Some("/bin/sh".into());
        let directories = Directories { definitions: Path::new("/d"), work: Path::new("/w") };
        let error = invocation(&fixture.main, FileKind::Jar, Path::new("/t.jar"), &directories);
        assert!(matches!(error, Err(MainError::ClassPath { .. })));
    }
}
