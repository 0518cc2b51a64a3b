//! What commands have in common that change a topology: the journal in ZooKeeper, requests by it, the lease and the wait for it,
//! driving what runs to what is desired, requests to its TManager, the end of it, and how all that can end badly in words.

pub mod asking;
pub mod attend;
pub mod awaited;
pub mod deaths;
pub mod drive;
mod errands;
pub mod journal;
pub mod lease;
mod mirror;
pub mod obey;
pub mod physical_plan;
pub mod program;
pub mod removal;
mod replacing;
pub mod request;
mod sandboxes;
pub mod sessions;
pub mod stored_plan;
pub mod take;
pub mod tmanager_request;
pub mod told;
pub mod verdict;
pub mod withdraw;
