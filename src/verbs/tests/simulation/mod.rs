//! Whole commands, as they ship, on simulated time, against models of ZooKeeper, Mesos and what runs in the containers: several at
//! once, with bad luck from a seed, and deaths at any message.
//!
//! | file | holds |
//! |---|---|
//! | `world` | what there is, what goes wrong, and what must be so at every step |
//! | `zookeeper`, `mesos`, `heron` | the models; of Mesos, `calls` are what schedulers ask, `operator` what others do, `nature` what happens by itself, `resources` what agents have |
//! | `network` | the way there, on which messages are lost |
//! | `process` | a command, from its words on |
//! | `seeds`, `scenarios`, `replacements` | how a world begins, and the tests |

mod calls;
mod heron;
mod mesos;
mod nature;
mod network;
mod operator;
mod process;
mod replacements;
mod resources;
mod scenarios;
mod seeds;
mod world;
mod zookeeper;
