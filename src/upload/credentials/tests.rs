use std::os::unix::fs::PermissionsExt;

use super::*;

const FILE: &str = "# comment\n[default]\naws_access_key_id = d\naws_secret_access_key=ds\n\n\
                    [ prod ]\nregion = x\naws_access_key_id=p\naws_secret_access_key = p=s\naws_session_token=t\n";

fn env(pairs: &[(&str, &str)]) -> Env {
    let variables = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Env::new(variables, PathBuf::new())
}

fn shown(found: &BucketCredentials) -> Vec<(&str, &str)> {
    let shown =
        |(name, value): &'static (String, SecretString)| (name.as_str(), value.expose_secret());
    let found: &'static BucketCredentials = Box::leak(Box::new(BucketCredentials {
        credentials: found.credentials.clone(),
        warning: None,
    }));
    found.credentials.iter().map(shown).collect()
}

fn file(directory: &Path, text: &str) -> PathBuf {
    let path = directory.join("credentials");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[test]
fn amazons_are_looked_for_where_its_tools_look() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), FILE);
    let given =
        env(&[("AWS_ACCESS_KEY_ID", "e"), ("AWS_SECRET_ACCESS_KEY", "es"), ("AWS_REGION", "x")]);
    let found = amazon(None, None, &given).unwrap();
    assert_eq!(shown(&found), [("aws_access_key_id", "e"), ("aws_secret_access_key", "es")]);
    let found = amazon(Some(&path), None, &given).unwrap();
    assert_eq!(shown(&found), [("aws_access_key_id", "d"), ("aws_secret_access_key", "ds")]);
    let found = amazon(Some(&path), Some("prod"), &given).unwrap();
    assert_eq!(shown(&found)[1..], [("aws_secret_access_key", "p=s"), ("aws_session_token", "t")]);
    let missing = amazon(Some(&path), Some("test"), &given).unwrap_err();
    assert!(missing.to_string().ends_with("has no credentials of profile test"), "{missing}");
    let home = directory.path().join("home");
    let nothing = env(&[("HOME", home.to_str().unwrap())]);
    assert!(amazon(None, None, &nothing).unwrap().credentials.is_empty());
    std::fs::create_dir_all(home.join(".aws")).unwrap();
    std::fs::copy(&path, home.join(".aws/credentials")).unwrap();
    assert_eq!(shown(&amazon(None, None, &nothing).unwrap())[0].1, "d");
}

#[test]
fn googles_and_microsofts_come_from_files_or_the_environment() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), r#"{"type":"service_account"}"#);
    let named = env(&[("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap())]);
    let found = google(None, &named).unwrap();
    assert_eq!(shown(&found)[0], ("google_service_account_key", r#"{"type":"service_account"}"#));
    file(directory.path(), r#"{"type":"authorized_user"}"#);
    let found = google(Some(&path), &env(&[])).unwrap();
    assert_eq!(shown(&found)[0].0, "google_application_credentials");
    file(directory.path(), "secret");
    let error = google(Some(&path), &env(&[])).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
    let found = microsoft(Some(&path), &env(&[])).unwrap();
    assert_eq!(shown(&found)[0], ("azure_storage_account_key", "secret"));
    file(directory.path(), "?sv=1&sig=abc");
    let found = microsoft(Some(&path), &env(&[])).unwrap();
    assert_eq!(shown(&found)[0].0, "azure_storage_sas_token");
    let found = microsoft(None, &env(&[("AZURE_STORAGE_ACCOUNT_KEY", "k")])).unwrap();
    assert_eq!(shown(&found)[0], ("azure_storage_account_key", "k"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(microsoft(Some(&path), &env(&[])).is_err());
}
