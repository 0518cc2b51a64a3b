//! A real OpenSSH server, by the real `scp`, `ssh` and `sftp`, or by ones that fail half-way.

use super::*;

#[test]
fn a_topology_runs_from_what_scp_and_sftp_brought() {
    for sftp in [false, true] {
        let mut remote = Remote::new(sftp, &[]);
        let env = &remote.env;
        twice(env, "byssh", |words| env.command(words));
        let there = files(&remote.store);
        assert_eq!(there.len(), 1, "{there:?}");
        assert!(there[0].starts_with("byssh-") && there[0].ends_with(".tar.gz"), "{there:?}");
        let package = remote.store.join(&there[0]);
        let written = package.metadata().unwrap().modified().unwrap();
        let file = env.topology("byssh", 1);
        env.ok(&["submit", &file]);
        assert_eq!(package.metadata().unwrap().modified().unwrap(), written);
        env.ok(&["kill", "byssh", "--keep-package"]);

        // The same name with another size is not the same package; the URI to fetch from is configured.
        std::fs::write(&package, "short").unwrap();
        let mut config =
            Remote::config(&remote.sshd, &remote.store, sftp, "good", "user_key", true);
        config.push(format!("heron.package.topology.uri: file://{}/", remote.store.display()));
        remote.env.write_config(&config);
        let ran = remote.env.ok(&["submit", "-v", &file]);
        let uri = format!("file://{}", package.display());
        assert!(ran.stderr.contains(&uri), "{}", ran.stderr);
        assert_ne!(package.metadata().unwrap().len(), 5);
        assert_eq!(files(&remote.store).len(), 1);
        remote.env.ok(&["kill", "byssh"]);
        assert_eq!(files(&remote.store), Vec::<String>::new());
    }
}

#[test]
fn sftp_needs_no_shell() {
    let remote = Remote::new(true, &["ForceCommand internal-sftp"]);
    let file = remote.env.topology("noshell", 1);
    remote.env.ok(&["submit", &file]);
    remote.env.ok(&["kill", "noshell"]);
    assert_eq!(files(&remote.store), Vec::<String>::new());
}

#[test]
fn logins_that_fail_are_told_and_nobody_is_asked() {
    for sftp in [false, true] {
        let mut remote = Remote::new(sftp, &[]);
        let file = remote.env.topology("nologin", 1);
        remote.uses(sftp, "wrongkey", "other_key", true);
        refused(&remote.env.run(&["submit", &file]), 8, &["Permission denied", "ssh-add"]);
        remote.uses(sftp, "stranger", "user_key", false);
        refused(&remote.env.run(&["submit", &file]), 8, &["Host key verification failed"]);
        remote.uses(sftp, "unreachable", "user_key", true);
        let client = remote.directory.join("client_unreachable");
        let text = std::fs::read_to_string(&client).unwrap();
        let port = format!("Port {}", remote.sshd.port);
        std::fs::write(&client, text.replace(&port, "Port 1")).unwrap();
        refused(&remote.env.run(&["submit", &file]), 7, &["Connection refused"]);
        remote.env.assert_nothing_left("nologin");
        assert!(files(&remote.store).is_empty());
        assert!(remote.sshd.log().contains("Connection"), "{}", remote.sshd.log());
    }
}

#[test]
fn directories_that_can_not_be_used_are_told() {
    for sftp in [false, true] {
        let mut remote = Remote::new(sftp, &[]);
        let file = remote.env.topology("nodir", 1);
        let key = if sftp { "heron.uploader.sftp.dir.path" } else { "heron.uploader.scp.dir.path" };
        // A file is where a directory should be: nobody may write there, not even root.
        std::fs::create_dir_all(remote.store.parent().unwrap()).unwrap();
        std::fs::write(&remote.store, "").unwrap();
        let ran = remote.env.run(&["submit", &file]);
        refused(&ran, 1, &["nodir-"]);
        assert_eq!(std::fs::read_to_string(&remote.store).unwrap(), "");

        let property = format!("{key}=/srv/a b");
        let ran = remote.env.run(&["submit", &file, "--config-property", &property]);
        refused(&ran, 3, &["letters, digits"]);
        let property = format!("{key}=packages");
        let ran = remote.env.run(&["submit", &file, "--config-property", &property]);
        refused(&ran, 3, &["heron.package.topology.uri"]);
        std::fs::remove_file(&remote.store).unwrap();
        remote.uses(sftp, "-oProxyCommand=touch", "user_key", true);
        refused(&remote.env.run(&["submit", &file]), 3, &["no host"]);
        remote.env.assert_nothing_left("nodir");
    }
}

#[test]
fn nothing_of_a_failed_copy_stays() {
    for (sftp, program) in [(false, "scp"), (true, "sftp")] {
        let remote = Remote::new(sftp, &[]);
        let env = &remote.env;
        let file = env.topology("half", 1);
        // What arrives is cut short; sftp is told what to do on its standard input.
        let half = if sftp {
            "commands=$(cat); if [[ $commands == put* ]]; then put=($commands); \
             head -c 100 \"${put[1]}\" >\"${put[2]}\"; FAULT; fi; exec \"$real\" \"$@\" <<<\"$commands\""
                .to_owned()
        } else {
            "place=${@: -1}; head -c 100 \"${@: -2:1}\" >\"${place#*:}\"; FAULT".to_owned()
        };
        let lies = if sftp {
            "commands=$(cat); [[ $commands == put* ]] && exit 0; exec \"$real\" \"$@\" <<<\"$commands\""
        } else {
            "exit 0"
        };
        let cases = [
            (lies.to_owned(), 1, "is not there"),
            (
                half.replace("FAULT", "echo 'No space left on device' >&2; exit 1"),
                1,
                "No space left",
            ),
            (half.replace("FAULT", "kill -9 $$"), 1, "killed by signal 9"),
            (half.replace("FAULT", "sleep 1000"), 7, "still running after 5 s"),
        ];
        for (text, code, part) in cases {
            let path = remote.path_with(program, &text);
            let mut command = env.command(&[
                "submit",
                &file,
                "--config-property",
                "heron.uploader.program.time.limit.seconds=5",
            ]);
            let ran = Ran::from(command.env("PATH", path).output().unwrap());
            refused(&ran, code, &[part, "half-"]);
            assert_eq!(files(&remote.store), Vec::<String>::new(), "{program}: {text}");
            env.assert_nothing_left("half");
        }
        // Ends well with a part of it: scp's own way of lying.
        if !sftp {
            let path = remote.path_with(program, &half.replace("FAULT", "exit 0"));
            let ran = env.command(&["submit", &file]).env("PATH", path).output().unwrap();
            refused(&Ran::from(ran), 1, &["has 100 bytes after the upload"]);
            assert_eq!(files(&remote.store), Vec::<String>::new());
        }
        let mark = remote.directory.join("began");
        let wait = "sleep 1000 & echo $! >MARK.new; mv MARK.new MARK; wait";
        let wait = wait.replace("MARK", mark.to_str().unwrap());
        let path = remote.path_with(program, &half.replace("FAULT", &wait));
        let mut command = env.command(&["submit", &file]);
        command.env("PATH", path);
        let ran = interrupted(command, &mark);
        refused(&ran, 130, &["interrupted while uploading", "nothing was changed"]);
        assert_eq!(files(&remote.store), Vec::<String>::new());
        env.assert_nothing_left("half");
    }
}
