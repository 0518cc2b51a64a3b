//! What commands have in common that change a topology: the journal in ZooKeeper, the lease, driving what runs to what is desired, requests to its
//! TManager, the end of it, and how all that can end badly in words.

pub mod drive;
pub mod journal;
pub mod lease;
pub mod physical_plan;
pub mod removal;
pub mod tmanager_request;
pub mod verdict;
