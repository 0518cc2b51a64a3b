//! What WebHDFS answers.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Status {
    #[serde(rename = "FileStatus")]
    pub status: FileStatus,
}

#[derive(Deserialize)]
pub(super) struct FileStatus {
    pub length: u64,
}

#[derive(Deserialize)]
pub(super) struct Done {
    pub boolean: bool,
}

#[derive(Deserialize)]
pub(super) struct Remote {
    #[serde(rename = "RemoteException")]
    pub exception: RemoteException,
}

#[derive(Deserialize)]
pub(super) struct RemoteException {
    pub exception: String,
    #[serde(default)]
    pub message: String,
}
