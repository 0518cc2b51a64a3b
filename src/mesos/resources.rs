//! stub
#![allow(missing_docs, clippy::all, clippy::pedantic)]
use super::event::*;
#[derive(Clone, Debug, PartialEq)]
pub struct Want {
    pub cpus: f64,
    pub mem_mb: f64,
    pub disk_mb: f64,
    pub ports: usize,
}
pub struct Taken {
    pub resources: Vec<Resource>,
    pub ports: Vec<u16>,
}
#[derive(Debug)]
pub struct Pool {
    s: [f64; 3],
    ports: Vec<u16>,
}
impl Pool {
    pub fn from_offers(offers: &[&Offer], _role: &str) -> Self {
        let mut p = Pool { s: [0.0; 3], ports: vec![] };
        for o in offers {
            for r in &o.resources {
                if let Some(i) = ["cpus", "mem", "disk"].iter().position(|n| *n == r.name) {
                    p.s[i] += r.scalar.unwrap().value;
                }
                if r.name == "ports" {
                    for x in &r.ranges.as_ref().unwrap().range {
                        p.ports.extend(x.begin as u16..=x.end as u16);
                    }
                }
            }
        }
        p
    }
    pub fn fits(&self, w: &Want) -> bool {
        self.s[0] >= w.cpus
            && self.s[1] >= w.mem_mb
            && self.s[2] >= w.disk_mb
            && self.ports.len() >= w.ports
    }
    pub fn take(&mut self, w: &Want) -> Result<Taken, ()> {
        if !self.fits(w) {
            return Err(());
        }
        self.s[0] -= w.cpus;
        self.s[1] -= w.mem_mb;
        self.s[2] -= w.disk_mb;
        Ok(Taken { resources: vec![], ports: self.ports.drain(..w.ports).collect() })
    }
}
