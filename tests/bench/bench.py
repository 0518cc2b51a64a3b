"""Measures whole commands: starts ZooKeeper and simulated clusters, runs heron-cli, prints a table.

Python's standard library only. run.sh builds what this needs and calls it. What a number means is in docs/benchmarks.md.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "demo"))
from demo import Failed, Service, say  # noqa: E402

LOADER = "com.twitter.heron.scheduler.mesos.MesosConfigLoader"
AGENTS = 100
SIZES = (10, 100, 500, 1000)
COMPARED = 500


class Bench:
    """One run, with everything it starts below one directory."""

    def __init__(self, binaries, directory, rounds):
        self.binaries = Path(binaries).resolve()
        self.directory = directory
        self.rounds = rounds
        self.services = []
        self.rows = []
        home = directory / "home"
        home.mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "USER": os.environ.get("USER", "root")}
        self.client = str(self.binaries / "heron-cli")

    def example(self, name):
        """The path of a built test tool."""
        return str(self.binaries / "examples" / name)

    def row(self, what, measured, target, holds):
        """Notes a result."""
        self.rows.append((what, measured, target, "" if holds is None else "yes" if holds else "NO"))

    # Starting

    def service(self, name, command):
        """Starts a service; its ready line."""
        service = Service(name, command, self.directory / f"{name}.log")
        self.services.append(service)
        return service.ready

    def start(self):
        """Starts ZooKeeper, a cluster of fake tasks and one of real ones."""
        say("starting ZooKeeper")
        data = self.directory / "zookeeper-data"
        data.mkdir()
        command = [self.example("heron-standin"), "zookeeper", "--data", str(data)]
        self.zookeeper = self.service("zookeeper", command)["connection"]

        say(f"starting a cluster of {AGENTS} agents whose tasks are fake, and one whose tasks are processes")
        fake = ["--agents", str(AGENTS), "--fake-tasks", "--no-call-log", "--cpus", "64", "--mem", "65536"]
        fake += ["--disk", "500000", "--ports", "[31000-31999]", "--ack-retry-ms", "60000"]
        self.fake = self.cluster("fake", fake)
        self.real = self.cluster("real", ["--agents", "4"])

        say("packing heron-core")
        command = [self.example("heron-standin"), "make-core", "--out", str(self.directory / "core")]
        command += ["--host", "127.0.0.1"]
        made = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        self.core = json.loads(made.stdout)["package"]
        self.fake_config = self.write_config("fake", self.fake)
        self.real_config = self.write_config("real", self.real)
        (self.directory / "topologies.pex").write_text("not really a pex\n")

    def cluster(self, name, arguments):
        """Starts a cluster; the address of its master."""
        command = [self.example("test-cluster"), "--work-dir", str(self.directory / f"agents-{name}"), "--stop-on-eof"]
        ready = self.service(f"cluster-{name}", command + arguments)
        return ready["masters"][0].removeprefix("http://")

    def write_config(self, name, master):
        """Writes a configuration."""
        path = self.directory / f"{name}.conf"
        lines = [
            f"zk.connection.string: {self.zookeeper}",
            f"state.root.address: /bench/{name}",
            f"heron.mesos.master.uri: {master}",
            f"heron.core.release.uri: file://{self.core}",
            "heron.class.uploader: org.apache.heron.uploader.localfs.LocalFileSystemUploader",
            f"heron.uploader.localfs.file.system.directory: {self.directory / 'store'}",
            "instance.ram.default: 67108864",
            "dc: bench",
            "role: bench",
            "environ: devel",
        ]
        path.write_text("\n".join(lines) + "\n")
        return path

    # Commands

    def command(self, config, verb, *words):
        """The command line of a verb."""
        return [self.client, verb, *words, "--config-file", str(config), "--config-loader", LOADER]

    def measure(self, command):
        """Runs a command, which must succeed; wall-clock seconds and MB resident at most."""
        log = self.directory / "command.log"
        with open(log, "wb") as output:
            began = time.monotonic()
            process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise Failed(f"{' '.join(command)} failed:\n{log.read_text(errors='replace')}")
        return seconds, usage.ru_maxrss / 1024

    def definition(self, name, containers):
        """Writes a topology's definition."""
        path = self.directory / f"{name}.defn"
        command = [self.example("heron-standin"), "make-defn", "--name", name, "--containers", str(containers)]
        subprocess.run([*command, "--out", str(path)], check=True)
        return str(path)

    def hyperfine(self, *commands, prepare=()):
        """Runs commands many times each; milliseconds: mean, deviation, median per command."""
        out = self.directory / "hyperfine.json"
        words = ["hyperfine", "-N", "--warmup", "10", "--min-runs", "100", "--style", "none", "--export-json", str(out)]
        for command in prepare:
            words += ["--prepare", command]
        subprocess.run([*words, *commands], check=True, env=self.environment, stdout=subprocess.DEVNULL)
        results = json.loads(out.read_text())["results"]
        return [[1000 * result[key] for key in ("mean", "stddev", "median")] for result in results]

    # Measurements

    def version(self):
        """`version` against an empty process."""
        say("version")
        ours, empty = self.hyperfine(f"{self.client} version", "/bin/true")
        more = ours[0] - empty[0]
        text = f"{ours[0]:.2f} ± {ours[1]:.2f} ms, /bin/true {empty[0]:.2f} ± {empty[1]:.2f} ms: {more:.2f} ms more"
        self.row("version", text, "≤ 5 ms more", more <= 5)

    def switch(self):
        """`activate` and `deactivate` in turn."""
        say("activate and deactivate")
        self.measure(self.command(self.real_config, "submit", self.definition("switched", 2)))
        verbs = ["activate", "deactivate"]
        commands = [" ".join(self.command(self.real_config, verb, "switched")) for verb in verbs]
        results = self.hyperfine(*commands, prepare=reversed(commands))
        for verb, (mean, deviation, median) in zip(verbs, results):
            text = f"{mean:.1f} ± {deviation:.1f} ms, median {median:.1f} ms"
            self.row(verb, text, "≤ 25 ms", mean <= 25)
        self.measure(self.command(self.real_config, "kill", "switched"))

    def submit(self):
        """`submit` of topologies of several sizes, against the bare client."""
        medians = {}
        for size in SIZES:
            name = f"sized{size}"
            file = self.definition(name, size)
            submits, bares, kills, sizes = [], [], [], []
            for number in range(self.rounds):
                say(f"submit and kill of {size} containers, {number + 1} of {self.rounds}")
                seconds, resident = self.measure(
                    self.command(self.fake_config, "submit", file, "--wait", "launched")
                )
                submits.append(seconds)
                sizes.append(resident)
                kills.append(self.measure(self.command(self.fake_config, "kill", name))[0])
                host, port = self.fake.rsplit(":", 1)
                bare = [self.example("bare-client"), host, port, str(size)]
                bares.append(self.measure(bare)[0])
            submit, bare, kill = map(statistics.median, (submits, bares, kills))
            medians[size] = submit
            compared = size == COMPARED
            target = "≤ 1.5 times, < 60 MB" if compared else ""
            holds = submit <= 1.5 * bare and max(sizes) < 60 if compared else None
            text = f"{submit * 1000:.0f} ms ({min(submits) * 1000:.0f} to {max(submits) * 1000:.0f}), "
            text += f"bare client {bare * 1000:.0f} ms ({min(bares) * 1000:.0f} to {max(bares) * 1000:.0f}): "
            text += f"{submit / bare:.2f} times, {max(sizes):.0f} MB, kill {kill * 1000:.0f} ms"
            self.row(f"submit of {size}", text, target, holds)
        slope = [
            1000 * (medians[large] - medians[small]) / (large - small) for small, large in zip(SIZES, SIZES[1:])
        ]
        text = ", ".join(f"{small} to {large}: {ms:.2f} ms" for small, large, ms in zip(SIZES, SIZES[1:], slope))
        self.row("each container more", text, "linear", None)

    def update(self):
        """What follows a changed packing plan, in Heron's own time: untouched, and by `update` in its two ways."""
        self.measure(self.command(self.real_config, "submit", self.definition("grown", 2)))
        relaunch = "heron.mesos.update.relaunch.tmanager"
        ways = [
            ("untouched", None, "54.0 s"),
            ("stale location removed", [f"{relaunch}=false"], "28.7 s"),
            ("container 0 ended before the change", [f"{relaunch}=true"], "at most 3 s of pause"),
        ]
        for number, (way, properties, recorded) in enumerate(ways):
            say(f"update, {way}")
            watch = [self.example("heron-standin"), "timeline", "--zk", self.zookeeper, "--root", "/bench/real"]
            watch += ["--topology", "grown"] + ([] if properties else ["--rewrite"])
            watching = subprocess.Popen(watch, stdout=subprocess.PIPE)
            if properties:
                words = ["grown", "--component-parallelism", f"word_spout:{2 * number + 2}", "--config-property", *properties]
                self.measure(self.command(self.real_config, "update", *words))
            out, _ = watching.communicate()
            if watching.returncode != 0:
                raise Failed(f"the timeline of {way} broke off")
            events = json.loads(out)
            keys = ("physical_plan_gone", "location_gone", "tmanager_registered", "physical_plan_back", "pause")
            text = ", ".join(f"{key.replace('_', ' ')} {events[key]:.1f} s" for key in keys)
            self.row(f"changed plan, {way}", text, f"recorded: {recorded}", None)
        self.measure(self.command(self.real_config, "kill", "grown"))

    def run(self):
        """Everything."""
        self.version()
        self.switch()
        self.submit()
        self.update()

    def table(self):
        """Prints the results."""
        print("\n| what | measured | target | holds |\n|---|---|---|---|")
        for row in self.rows:
            print(f"| {' | '.join(row)} |")
        print(flush=True)

    def stop(self):
        """Stops the services, the last one first."""
        while self.services:
            service = self.services.pop()
            if not service.stop():
                print(f"   {service.name} had to be killed", flush=True)


def main():
    """Runs the measurements and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="the directory with the built heron-cli and examples/")
    parser.add_argument("--rounds", type=int, default=5, help="how often each submission is measured")
    parser.add_argument("--only", choices=["version", "switch", "submit", "update"], help="one measurement only")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    directory = Path(tempfile.mkdtemp(prefix="heron-bench-"))
    bench, failure = Bench(arguments.bin, directory, arguments.rounds), None
    try:
        bench.start()
        getattr(bench, arguments.only or "run")()
    except KeyboardInterrupt:
        failure = "interrupted"
    except (Failed, OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
        failure = f"{type(error).__name__}: {error}"
    # From here on a second Ctrl-C must not leave anything behind.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    bench.stop()
    bench.table()
    if failure:
        print(f"error: {failure}\n   logs are in {directory}", file=sys.stderr)
        return 130 if failure == "interrupted" else 1
    shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
