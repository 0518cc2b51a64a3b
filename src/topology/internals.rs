//! The settings that Heron's processes read without a default of their own.
//!
//! Keys and values are those that Heron ships for Mesos with 0.20.5 (`tests/data/yaml-0.20.5-mesos`), with the names
//! and the few additional keys of older releases; but what has lost its connection tries again sooner ([`RECONNECTION`]).

use std::collections::BTreeMap;

use super::dialect::Release;
use super::yaml;

/// A setting, Heron's default of it, and ours.
type Sooner = (&'static str, u32, u32);

/// How soon, in seconds, and how often processes try again to reach one that they have lost: stream managers their TManager,
/// and instances their stream manager, which is another where an update changes its instances. It is what an update's pause
/// mostly consists of (`docs/heron.md#physical-plan`); tried for as long in all.
const RECONNECTION: [[Sooner; 2]; 2] = [
    [
        ("heron.streammgr.client.reconnect.tmanager.interval.sec", 10, 1),
        ("heron.streammgr.client.reconnect.tmanager.max.attempts", 30, 300),
    ],
    [
        ("heron.instance.reconnect.streammgr.interval.sec", 5, 1),
        ("heron.instance.reconnect.streammgr.times", 60, 300),
    ],
];

/// `heron_internals.yaml` apart from the logging directory, in the names of the newest release.
#[rustfmt::skip]
const INTERNALS: &[(&str, &str)] = &[
    ("heron.logging.maximum.size.mb", "100"),
    ("heron.logging.maximum.files", "5"),
    ("heron.check.tmanager.location.interval.sec", "120"),
    ("heron.logging.prune.interval.sec", "300"),
    ("heron.logging.flush.interval.sec", "10"),
    ("heron.logging.err.threshold", "3"),
    ("heron.metrics.export.interval.sec", "60"),
    ("heron.metrics.max.exceptions.per.message.count", "1024"),
    ("heron.streammgr.cache.drain.frequency.ms", "10"),
    ("heron.streammgr.stateful.buffer.size.mb", "100"),
    ("heron.streammgr.cache.drain.size.mb", "100"),
    ("heron.streammgr.xormgr.rotatingmap.nbuckets", "3"),
    ("heron.streammgr.mempool.max.message.number", "512"),
    ("heron.streammgr.client.reconnect.interval.sec", "1"),
    ("heron.streammgr.network.options.maximum.packet.mb", "10"),
    ("heron.streammgr.tmanager.heartbeat.interval.sec", "10"),
    ("heron.streammgr.connection.read.batch.size.mb", "1"),
    ("heron.streammgr.connection.write.batch.size.mb", "1"),
    ("heron.streammgr.network.backpressure.threshold", "3"),
    ("heron.streammgr.network.backpressure.highwatermark.mb", "100"),
    ("heron.streammgr.network.backpressure.lowwatermark.mb", "50"),
    ("heron.tmanager.metrics.collector.maximum.interval.min", "180"),
    ("heron.tmanager.establish.retry.times", "30"),
    ("heron.tmanager.establish.retry.interval.sec", "1"),
    ("heron.tmanager.network.server.options.maximum.packet.mb", "16"),
    ("heron.tmanager.network.controller.options.maximum.packet.mb", "1"),
    ("heron.tmanager.network.stats.options.maximum.packet.mb", "1"),
    ("heron.tmanager.metrics.collector.purge.interval.sec", "60"),
    ("heron.tmanager.metrics.collector.maximum.exception", "256"),
    ("heron.tmanager.metrics.network.bindallinterfaces", "False"),
    ("heron.tmanager.stmgr.state.timeout.sec", "60"),
    ("heron.metricsmgr.network.read.batch.time.ms", "16"),
    ("heron.metricsmgr.network.read.batch.size.bytes", "32768"),
    ("heron.metricsmgr.network.write.batch.time.ms", "16"),
    ("heron.metricsmgr.network.write.batch.size.bytes", "32768"),
    ("heron.metricsmgr.network.options.socket.send.buffer.size.bytes", "6553600"),
    ("heron.metricsmgr.network.options.socket.received.buffer.size.bytes", "8738000"),
    ("heron.metricsmgr.network.options.maximum.packetsize.bytes", "1048576"),
    ("heron.instance.network.options.maximum.packetsize.bytes", "10485760"),
    ("heron.instance.internal.bolt.read.queue.capacity", "128"),
    ("heron.instance.internal.bolt.write.queue.capacity", "128"),
    ("heron.instance.internal.spout.read.queue.capacity", "1024"),
    ("heron.instance.internal.spout.write.queue.capacity", "128"),
    ("heron.instance.internal.metrics.write.queue.capacity", "128"),
    ("heron.instance.network.read.batch.time.ms", "16"),
    ("heron.instance.network.read.batch.size.bytes", "32768"),
    ("heron.instance.network.write.batch.time.ms", "16"),
    ("heron.instance.network.write.batch.size.bytes", "32768"),
    ("heron.instance.network.options.socket.send.buffer.size.bytes", "6553600"),
    ("heron.instance.network.options.socket.received.buffer.size.bytes", "8738000"),
    ("heron.instance.set.data.tuple.capacity", "1024"),
    ("heron.instance.set.data.tuple.size.bytes", "8388608"),
    ("heron.instance.set.control.tuple.capacity", "1024"),
    ("heron.instance.ack.batch.time.ms", "128"),
    ("heron.instance.emit.batch.time.ms", "16"),
    ("heron.instance.emit.batch.size.bytes", "32768"),
    ("heron.instance.execute.batch.time.ms", "16"),
    ("heron.instance.execute.batch.size.bytes", "32768"),
    ("heron.instance.force.exit.timeout.ms", "2000"),
    ("heron.instance.reconnect.metricsmgr.interval.sec", "5"),
    ("heron.instance.reconnect.metricsmgr.times", "60"),
    ("heron.instance.metrics.system.sample.interval.sec", "10"),
    ("heron.instance.acknowledgement.nbuckets", "10"),
    ("heron.instance.tuning.expected.bolt.read.queue.size", "8"),
    ("heron.instance.tuning.expected.bolt.write.queue.size", "8"),
    ("heron.instance.tuning.expected.spout.read.queue.size", "512"),
    ("heron.instance.tuning.expected.spout.write.queue.size", "8"),
    ("heron.instance.tuning.expected.metrics.write.queue.size", "8"),
    ("heron.instance.tuning.current.sample.weight", "0.8"),
    ("heron.instance.tuning.interval.ms", "100"),
];

/// Settings that older releases want in addition; the newer ones ignore what they do not know.
const OLDER: &[(&str, &str)] = &[
    ("heron.tmanager.network.master.options.maximum.packet.mb", "16"),
    ("heron.streammgr.client.reconnect.max.attempts", "300"),
    ("heron.streammgr.packet.maximum.size.bytes", "102400"),
];

/// The settings of `heron_internals.yaml` in the names of a release.
pub(super) fn internals(release: &Release) -> Vec<(String, String)> {
    let older = if release.has_tmanager() { &[] } else { OLDER };
    let shipped = INTERNALS.iter().chain(older).map(|(key, value)| (*key, (*value).to_owned()));
    let ours = RECONNECTION.iter().flatten().map(|(key, _, ours)| (*key, ours.to_string()));
    shipped.chain(ours).map(|(key, value)| (named(key, release), value)).collect()
}

/// A user's own `heron_internals.yaml` with the sooner reconnection, unless it says another one than Heron's default. All
/// else stays as it is, to the letter.
pub(super) fn with_reconnection(own: &[u8], release: &Release) -> Vec<u8> {
    let (Ok(text), Ok(map)) = (std::str::from_utf8(own), yaml::read("heron_internals.yaml", own))
    else {
        return own.to_vec();
    };
    let is_said = |(key, default, _): &Sooner| {
        map.get(&named(key, release))
            .is_some_and(|value| value.as_u64() != Some(u64::from(*default)))
    };
    let unsaid = RECONNECTION.iter().filter(|pair| !pair.iter().any(is_said)).flatten();
    let mut missing: BTreeMap<String, u32> =
        unsaid.map(|(key, _, ours)| (named(key, release), *ours)).collect();
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let key = line.split_once(':').map_or("", |(key, _)| key);
        match missing.remove(key) {
            Some(ours) => put(&mut out, &format!("{key}: {ours}")),
            None => out.push_str(line),
        }
    }
    // A key that stands there in another way than at the beginning of a line is left alone.
    if missing.keys().any(|key| map.contains_key(key)) {
        return own.to_vec();
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    for (key, ours) in missing {
        put(&mut out, &format!("{key}: {ours}"));
    }
    out.into_bytes()
}

/// A name of the newest release, in the words of another.
pub(super) fn named(text: &str, release: &Release) -> String {
    if release.has_tmanager() {
        text.to_owned()
    } else {
        text.replace("tmanager", "tmaster").replace("TManager", "TMaster")
    }
}

/// How the TManager and the metrics cache sum up what they are sent.
const METRICS: &[(&str, &str)] = &[
    ("__emit-count", "SUM"),
    ("__execute-count", "SUM"),
    ("__fail-count", "SUM"),
    ("__ack-count", "SUM"),
    ("__complete-latency", "AVG"),
    ("__execute-latency", "AVG"),
    ("__process-latency", "AVG"),
    ("__jvm-uptime-secs", "LAST"),
    ("__jvm-process-cpu-load", "LAST"),
    ("__jvm-memory-used-mb", "LAST"),
    ("__jvm-memory-mb-total", "LAST"),
    ("__jvm-gc-collection-time-ms", "LAST"),
    ("__server/__time_spent_back_pressure_initiated", "SUM"),
    ("__time_spent_back_pressure_by_compid", "SUM"),
];

/// How a sink talks to its server.
const CLIENT: &[(&str, u32)] = &[
    ("reconnect-interval-second", 5),
    ("network-write-batch-size-bytes", 32_768),
    ("network-write-batch-time-ms", 16),
    ("network-read-batch-size-bytes", 32_768),
    ("network-read-batch-time-ms", 16),
    ("socket-send-buffer-size-bytes", 6_553_600),
    ("socket-received-buffer-size-bytes", 8_738_000),
];

/// `metrics_sinks.yaml`: a file in the container, the TManager and, where there is one, the metrics cache.
pub(super) fn metrics_sinks(release: &Release) -> String {
    let package = release.java_package();
    let has_cache = release.version() >= (0, 14, 7);
    let mut sinks = vec!["file-sink", "tmanager-sink"];
    if has_cache {
        sinks.push("metricscache-sink");
    }
    let mut out = String::from("sinks:\n");
    for sink in sinks {
        put(&mut out, &format!("  - {sink}"));
    }
    out.push_str("file-sink:\n");
    common(&mut out, &format!("{package}.metricsmgr.sink.FileSink"));
    out.push_str("  filename-output: \"metrics.json\"\n  file-maximum: 5\n");
    server_sink(&mut out, "tmanager", &format!("{package}.metricsmgr.sink.tmanager.TManagerSink"));
    if has_cache {
        let class = format!("{package}.metricsmgr.sink.metricscache.MetricsCacheSink");
        server_sink(&mut out, "metricscache", &class);
    }
    named(&out, release)
}

fn put(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn common(out: &mut String, class: &str) {
    put(out, &format!("  class: \"{class}\""));
    out.push_str("  flush-frequency-ms: 60000\n  sink-restart-attempts: -1\n");
}

fn server_sink(out: &mut String, server: &str, class: &str) {
    put(out, &format!("{server}-sink:"));
    common(out, class);
    put(out, &format!("  {server}-location-check-interval-sec: 5\n  {server}-client:"));
    for (key, value) in CLIENT {
        put(out, &format!("    {key}: {value}"));
    }
    put(out, &format!("  {server}-metrics-type:"));
    for (metric, kind) in METRICS {
        put(out, &format!("    \"{metric}\": {kind}"));
    }
}
