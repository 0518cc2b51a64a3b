//! Credentials for buckets, from where the tools of their services look for them: the configuration, a file, the
//! environment. Where there are none, the machine's own role is asked by the store.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::config::settings::{Bucket, BucketService};
use crate::config::{Warning, read_secret};
use crate::env::Env;

/// Credentials under the names that a store knows them by.
#[derive(Debug, Default)]
pub(super) struct BucketCredentials {
    pub credentials: Vec<(String, SecretString)>,
    pub warning: Option<Warning>,
}

/// A credentials file that can be read and is of no use.
#[derive(Debug, Error)]
pub enum CredentialsError {
    /// It has no such part.
    #[error("{} has no credentials of profile {profile}", path.display())]
    NoProfile {
        /// The file.
        path: PathBuf,
        /// The profile.
        profile: String,
    },
    /// It is not what the service's tools write.
    #[error("{} is no JSON file with Google credentials", path.display())]
    NotGoogle {
        /// The file.
        path: PathBuf,
    },
}

/// What Amazon's tools take from the environment. Addresses are not among it: those are the configuration's.
const AMAZON: [&str; 9] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// What Microsoft's tools take from the environment.
const MICROSOFT: [&str; 7] = [
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
];

/// Finds the credentials for a bucket.
pub(super) fn find(bucket: &Bucket, env: &Env) -> anyhow::Result<BucketCredentials> {
    let file = bucket.credentials_file.as_deref();
    match &bucket.service {
        BucketService::S3 { keys: Some((access, secret)), .. } => Ok(BucketCredentials {
            credentials: vec![
                ("aws_access_key_id".to_owned(), access.clone().into()),
                ("aws_secret_access_key".to_owned(), secret.secret().clone()),
            ],
            warning: None,
        }),
        BucketService::S3 { profile, .. } => amazon(file, profile.as_deref(), env),
        BucketService::Gcs { .. } => google(file, env),
        BucketService::Azure { .. } => microsoft(file, env),
    }
}

fn from_environment(env: &Env, names: &[&str]) -> BucketCredentials {
    let given = |name: &&str| Some((name.to_ascii_lowercase(), env.get(name)?.into()));
    BucketCredentials { credentials: names.iter().filter_map(given).collect(), warning: None }
}

fn amazon(
    file: Option<&Path>,
    profile: Option<&str>,
    env: &Env,
) -> anyhow::Result<BucketCredentials> {
    let usual = || {
        let named = env.get("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
        named.or_else(|| Some(env.home()?.join(".aws/credentials")))
    };
    // Who names a profile or a file means that, and not what the environment happens to hold.
    if file.is_none() && profile.is_none() {
        let found = from_environment(env, &AMAZON);
        if !found.credentials.is_empty() || !usual().is_some_and(|path| path.exists()) {
            return Ok(found);
        }
    }
    let Some(path) = file.map(Path::to_owned).or_else(usual) else {
        return Ok(BucketCredentials::default());
    };
    let profile = profile.or_else(|| env.get("AWS_PROFILE")).unwrap_or("default");
    let (text, warning) = read_secret(&path)?;
    let credentials = of_profile(text.expose_secret(), profile);
    if credentials.is_empty() {
        let profile = profile.to_owned();
        return Err(CredentialsError::NoProfile { path, profile }.into());
    }
    Ok(BucketCredentials { credentials, warning })
}

/// The keys of one part of a credentials file.
fn of_profile(text: &str, profile: &str) -> Vec<(String, SecretString)> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = name.trim() == profile;
        } else if let Some((name, value)) = line.split_once('=').filter(|_| inside) {
            let name = name.trim().to_ascii_lowercase();
            if ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]
                .contains(&name.as_str())
            {
                found.push((name, value.trim().into()));
            }
        }
    }
    found
}

fn google(file: Option<&Path>, env: &Env) -> anyhow::Result<BucketCredentials> {
    let named = env.get("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    let Some(path) = file.map(Path::to_owned).or(named) else {
        return Ok(BucketCredentials::default());
    };
    let (text, warning) = read_secret(&path)?;
    let json: Result<serde_json::Value, _> = serde_json::from_str(text.expose_secret());
    let Ok(serde_json::Value::Object(json)) = json else {
        return Err(CredentialsError::NotGoogle { path }.into());
    };
    let personal = json.get("type").is_some_and(|kind| kind == "authorized_user");
    let credential = if personal {
        ("google_application_credentials".to_owned(), path.to_string_lossy().into_owned().into())
    } else {
        ("google_service_account_key".to_owned(), text)
    };
    Ok(BucketCredentials { credentials: vec![credential], warning })
}

fn microsoft(file: Option<&Path>, env: &Env) -> anyhow::Result<BucketCredentials> {
    let Some(path) = file else { return Ok(from_environment(env, &MICROSOFT)) };
    let (text, warning) = read_secret(path)?;
    // A SAS token is a query with a signature; a key is base64, which has neither ? nor &.
    let token = text.expose_secret().contains("sig=");
    let name = if token { "azure_storage_sas_token" } else { "azure_storage_account_key" };
    Ok(BucketCredentials { credentials: vec![(name.to_owned(), text)], warning })
}

#[cfg(test)]
mod tests;
