"""Runs the demo: starts ZooKeeper and a simulated Mesos, shows each command, proves that nothing is left.

Python's standard library only. demo.sh builds what this needs and calls it. Exits with 0 only if all went well.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

LOADER = "com.twitter.heron.scheduler.mesos.MesosConfigLoader"
TOPOLOGY = "wordcount"
JAVA_TOPOLOGY = "javacount"
JAVA_CLASS = "tests.topologies.WordCount"
STATE_ROOT = "/heron"
CONTAINERS = 2
LIVE = {"TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_UNREACHABLE"}


class Failed(Exception):
    """Something was not as it should be; the message says what."""


def say(text):
    """Prints what is being done."""
    print(f"== {text}", flush=True)


def check(condition, text):
    """Prints a fact that holds, or fails."""
    if not condition:
        raise Failed(f"this does not hold: {text}")
    print(f"   ok: {text}", flush=True)


class Service:
    """A process that prints one JSON line when it is ready and ends when its standard input does."""

    def __init__(self, name, command, log, timeout=90):
        self.name = name
        self.log = log
        with open(log, "wb") as errors:
            # A session of its own: Ctrl-C is for us; we stop the services in order.
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )
        self.ready = None
        previous = signal.signal(signal.SIGALRM, self._late)
        signal.alarm(timeout)
        try:
            line = self.process.stdout.readline()
        except BaseException:
            self.stop()
            raise
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, previous)
        if not line:
            self.stop()
            raise Failed(f"{name} did not start:\n{Path(log).read_text(errors='replace').strip()}")
        self.ready = json.loads(line)

    def _late(self, *_):
        raise Failed(f"{self.name} is not ready in time; its log is {self.log}")

    def stop(self):
        """Ends the process, kindly first; returns whether that was enough."""
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except OSError:
                pass
        for action in (lambda: None, self.process.terminate, self.process.kill):
            action()
            try:
                self.process.wait(timeout=15)
                return action != self.process.kill
            except subprocess.TimeoutExpired:
                continue
        return False


class Demo:
    """One run, with everything it starts below one directory."""

    def __init__(self, binaries, pex, jar, directory):
        self.binaries = Path(binaries).resolve()
        self.pex = pex
        self.jar = jar
        self.directory = directory
        self.services = []
        self.config = os.path.relpath(directory / "mesos_scheduler.conf")
        home = directory / "home"
        home.mkdir()
        self.environment = dict(os.environ, PATH=f"{self.binaries}:{os.environ['PATH']}", HOME=str(home))

    def example(self, name):
        """The path of a built test tool."""
        return str(self.binaries / "examples" / name)

    # Starting

    def start(self):
        """Starts ZooKeeper and the cluster, makes the core package and the configuration."""
        say("starting ZooKeeper")
        data = self.directory / "zookeeper"
        data.mkdir()
        command = [self.example("heron-standin"), "zookeeper", "--data", str(data)]
        service = Service("ZooKeeper", command, self.directory / "zookeeper.log")
        self.services.append(service)
        self.zookeeper = service.ready["connection"]
        print(f"   at {self.zookeeper}")

        say("starting a simulated Mesos: two masters, three agents")
        command = [self.example("test-cluster"), "--masters", "2", "--agents", "3"]
        command += ["--zk", f"{self.zookeeper}/mesos", "--work-dir", str(self.directory / "agents"), "--stop-on-eof"]
        service = Service("the test cluster", command, self.directory / "test-cluster.log")
        self.services.append(service)
        self.control = service.ready["control"]
        print(f"   masters at {', '.join(service.ready['masters'])}")

        say("packing heron-core")
        command = [self.example("heron-standin"), "make-core", "--out", str(self.directory / "core")]
        command += ["--host", "127.0.0.1", "--restart-delay-ms", "1000", "--set", "session_timeout_ms=4000"]
        command += ["--set", "reconnect_ms=1000"]
        made = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        self.core = json.loads(made.stdout)["package"]
        self.write_config()

    def write_config(self):
        """Substitutes the values of this run in conf/mesos_scheduler.conf, as its first section asks."""
        say(f"writing {self.config} from conf/mesos_scheduler.conf")
        values = {
            "heron.statemgr.connection.string": self.zookeeper,
            "heron.statemgr.root.path": STATE_ROOT,
            "heron.mesos.master.uri": f"zk://{self.zookeeper}/mesos",
            "heron.package.core.uri": f"file://{self.core}",
            "heron.uploader.localfs.file.system.directory": str(self.directory / "uploads"),
        }
        text = Path("conf/mesos_scheduler.conf").read_text()
        for key, value in values.items():
            text, count = re.subn(rf"(?m)^{re.escape(key)}:.*$", lambda _: f"{key}: {value}", text)
            if count != 1:
                raise Failed(f"conf/mesos_scheduler.conf has {count} lines with {key}, not one")
            print(f"   {key}: {value}")
        Path(self.config).write_text(text)

    # Commands

    def command(self, verb, *words):
        """The command line of a verb, as a user would type it; a verb can be of two words."""
        return ["heron-cli", *verb.split(), "--config-file", self.config, "--config-loader", LOADER, *words]

    def show(self, verb, *words):
        """Runs a command and shows it with its output; it must succeed."""
        command = self.command(verb, *words)
        print(f"\n$ {shlex.join(command)}", flush=True)
        began = time.monotonic()
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL)
        print(f"   [exit code {done.returncode}, {time.monotonic() - began:.2f} s]", flush=True)
        if done.returncode != 0:
            raise Failed(f"heron-cli {verb} failed with exit code {done.returncode}")

    def ask(self, verb, *words):
        """Runs a command quietly and returns its JSON document."""
        command = self.command(verb, *words, "--output", "json")
        done = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        if done.returncode != 0:
            raise Failed(f"{shlex.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
        return json.loads(done.stdout)

    def task_ids(self):
        """The task of each container, by heron-cli."""
        return {one["id"]: one["task_id"] for one in self.ask("status", TOPOLOGY)["containers"]}

    def run(self):
        """A topology's whole life."""
        count = CONTAINERS + 1
        self.show("config check")
        self.show("check fetch", "--all-agents")
        self.show("submit", self.pex, "-", TOPOLOGY, str(CONTAINERS), "--dry-run")
        check(not self.znodes_of(TOPOLOGY), "a dry run writes nothing")
        self.show("submit", self.pex, "-", TOPOLOGY, str(CONTAINERS))
        check(len(self.live_tasks()) == count, f"Mesos runs {count} tasks, and no client runs any more")
        self.show("list")
        self.show("status", TOPOLOGY)
        self.show("deactivate", TOPOLOGY)
        check(self.ask("status", TOPOLOGY)["topology"]["state"] == "PAUSED", "the topology is paused")
        self.show("activate", TOPOLOGY)
        check(self.ask("status", TOPOLOGY)["topology"]["state"] == "RUNNING", "the topology runs")
        before = self.task_ids()
        self.show("restart", TOPOLOGY, "1")
        after = self.task_ids()
        changed = [container for container in before if before[container] != after.get(container)]
        check(changed == [1], "container 1 has a new task, the others have theirs still")
        check(len(self.live_tasks()) == count, f"Mesos runs {count} tasks")
        self.show("update", TOPOLOGY, "--container-number", str(count), "--dry-run")
        self.show("update", TOPOLOGY, "--container-number", str(count))
        check(len(self.live_tasks()) == count + 1, f"Mesos runs {count + 1} tasks")
        check(self.ask("status", TOPOLOGY)["topology"]["state"] == "RUNNING", "the topology runs by the new plan")
        self.show("kill", TOPOLOGY)
        self.show("submit", self.jar, JAVA_CLASS, JAVA_TOPOLOGY)
        self.show("list")
        self.show("kill", JAVA_TOPOLOGY)
        self.show("list")

    # Proof

    def mesos(self):
        """What the cluster's control interface shows."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.control}/state", timeout=10) as answer:
            return json.load(answer)

    def live_tasks(self):
        """Tasks that have not come to their end."""
        return [task for task in self.mesos()["tasks"] if task["state"] in LIVE]

    def processes(self, folder=None):
        """Processes that work below a directory of this run."""
        folder = str(folder or self.directory)
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                directory = os.readlink(entry / "cwd")
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                continue
            if directory.startswith(folder) or folder in words:
                found.append(f"{entry.name} {words}")
        return found

    def znodes(self):
        """Every node below Heron's root."""
        command = [self.example("heron-standin"), "read-tree", "--zk", self.zookeeper, "--root", STATE_ROOT]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)["nodes"]

    def znodes_of(self, topology):
        """Paths that name a topology."""
        return [node["path"] for node in self.znodes() if topology in node["path"]]

    def prove(self):
        """Shows that nothing is left of the topology."""
        print()
        say("looking for what is left")
        state = self.mesos()
        live = [task for task in state["tasks"] if task["state"] in LIVE]
        check(not live, f"no task ({len(state['tasks'])} have run and ended)")
        check(not state["frameworks"], f"no framework ({len(state['completed_frameworks'])} completed)")
        running = self.processes(self.directory / "agents")
        sandboxes = [line for line in running if "test-cluster" not in line]
        check(not sandboxes, "no process in any sandbox" + "".join(f"\n      {line[:200]}" for line in sandboxes))
        nodes = self.znodes()
        names = (TOPOLOGY, JAVA_TOPOLOGY)
        named = [node["path"] for node in nodes if any(name in node["path"] for name in names)]
        left = named + [node["path"] for node in nodes if node["size"] or node["ephemeral_owner"]]
        check(not left, f"no znode ({len(nodes)} empty directories)" + "".join(f"\n      {path}" for path in left))

    def stop(self):
        """Stops the services, the last one first; returns what could not be stopped."""
        while self.services:
            service = self.services.pop()
            say(f"stopping {service.name}")
            if not service.stop():
                print(f"   {service.name} had to be killed", flush=True)
        deadline = time.monotonic() + 10
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.processes()


def finish(demo, directory, failure):
    """Stops everything, tells how it ended, and returns the exit code."""
    left = demo.stop() if demo else []
    for line in left:
        print(f"   still running: {line}", flush=True)
    if left and not failure:
        failure = "something that the demo started still runs"
    if failure:
        print(f"\nerror: {failure}\n   logs and sandboxes are in {directory}", file=sys.stderr, flush=True)
        return 130 if failure == "interrupted" else 1
    shutil.rmtree(directory, ignore_errors=True)
    return 0


def main():
    """Runs the demo and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="the directory with the built heron-cli and examples/")
    parser.add_argument("--pex", required=True, help="the topology in Python")
    parser.add_argument("--jar", required=True, help="the topology in Java")
    arguments = parser.parse_args()
    # A closed terminal and a stopped job are treated like Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    began = time.monotonic()
    os.makedirs(".demo", exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="run-", dir=".demo")).resolve()
    demo, failure = None, None
    try:
        demo = Demo(arguments.bin, arguments.pex, arguments.jar, directory)
        demo.start()
        demo.run()
        demo.prove()
    except KeyboardInterrupt:
        print("\n   interrupted", flush=True)
        failure = "interrupted"
    except (Failed, OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
        failure = f"{error}" if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
    # From here on a second Ctrl-C must not leave anything behind.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    code = finish(demo, directory, failure)
    if code == 0:
        say(f"done in {time.monotonic() - began:.0f} s; nothing is left")
    return code


if __name__ == "__main__":
    sys.exit(main())
