//! Whether a host offers ports that it gives to outgoing connections as well. Pure.
//!
//! Mesos doesn't know which ports are in use, and Heron's processes end when theirs is taken: a container whose ports
//! lie in that range dies at random (`docs/mesos.md#ports-in-the-ephemeral-range`).

use crate::scheduler::ports::PortRange;

/// What is wrong with the offered ports of a host, if anything: `ephemeral` are the lowest and the highest port of outgoing
/// connections.
#[must_use]
pub fn warning(ephemeral: (u16, u16), offered: &[PortRange]) -> Option<String> {
    let (first, last) = ephemeral;
    let clashing: Vec<PortRange> =
        offered.iter().filter_map(|range| range.between(first, last)).collect();
    let (lowest, highest) = (clashing.first()?.first, clashing.last()?.last);
    let count: usize = clashing.iter().map(|range| range.count()).sum();
    let all: usize = offered.iter().map(|range| range.count()).sum();
    Some(format!(
        "{count} of the {all} ports that it offers ({lowest} to {highest}) are among those that its outgoing connections get \
         ({first} to {last}): a container whose port is taken so dies and is started again until it is free. Let the agent offer \
         other ports, or keep these from connections by net.ipv4.ip_local_reserved_ports"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_in_the_range_of_connections_are_told() {
        let range = |first, last| PortRange { first, last };
        let ephemeral = (32768, 60999);
        assert_eq!(warning(ephemeral, &[range(31000, 32000)]), None);
        assert_eq!(warning(ephemeral, &[]), None);
        let offered = [range(31000, 31009), range(32760, 32769), range(40000, 40004)];
        let told = warning(ephemeral, &offered).unwrap();
        assert!(told.starts_with("7 of the 25 ports that it offers (32768 to 40004)"), "{told}");
    }
}
