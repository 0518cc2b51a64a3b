"""The components of the topologies here. Instances import this module, without the options that a topology's class wants."""

import itertools
import time
from collections import Counter

from heronpy.api.bolt.bolt import Bolt
from heronpy.api.spout.spout import Spout

WORDS = ("heron", "mesos", "stork", "crane", "ibis")
# How many words a bolt counts between two lines in its log.
REPORT = 1_000
# Seconds between two words of a spout: what emits without a pause takes a whole core from everything else.
PAUSE = 0.005


class WordSpout(Spout):
    """Emits words without end."""

    outputs = ["word"]

    def initialize(self, config, context):
        """Called once before the first tuple."""
        self.words = itertools.cycle(WORDS)

    def next_tuple(self):
        """Emits one word."""
        time.sleep(PAUSE)
        self.emit([next(self.words)])


class CountBolt(Bolt):
    """Counts the words that it gets, and logs the counts: nobody would take what it emitted."""

    def initialize(self, config, context):
        """Called once before the first tuple."""
        self.counts = Counter()
        self.total = 0

    def process(self, tup):
        """Counts one word."""
        self.counts[tup.values[0]] += 1
        self.total += 1
        if self.total % REPORT == 0:
            self.log(f"counted {self.total} words: {dict(self.counts)}")
        self.ack(tup)
