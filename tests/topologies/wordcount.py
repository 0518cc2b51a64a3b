"""Counts words: a topology of one spout and one bolt, for tests and for the demo.

usage: wordcount.pex [NAME [CONTAINERS]]     write the definition of a topology called NAME, "wordcount" by default
       wordcount.pex --throw | --silent      fail, or end well without a definition, as users' programs may
"""

import itertools
import sys
from collections import Counter

from heronpy.api.bolt.bolt import Bolt
from heronpy.api.spout.spout import Spout
from heronpy.api.stream import Grouping
from heronpy.api.topology import Topology, TopologyBuilder

WORDS = ("heron", "mesos", "stork", "crane", "ibis")


class WordSpout(Spout):
    """Emits words without end."""

    outputs = ["word"]

    def initialize(self, config, context):
        """Called once before the first tuple."""
        self.words = itertools.cycle(WORDS)

    def next_tuple(self):
        """Emits one word."""
        self.emit([next(self.words)])


class CountBolt(Bolt):
    """Counts the words that it gets."""

    outputs = ["word", "count"]

    def initialize(self, config, context):
        """Called once before the first tuple."""
        self.counts = Counter()

    def process(self, tup):
        """Counts one word."""
        word = tup.values[0]
        self.counts[word] += 1
        self.emit([word, self.counts[word]])
        self.ack(tup)


class WordCount(Topology):
    """The same as a class, which is named after the pex instead of `-`: wordcount.WordCount [NAME]."""

    word_spout = WordSpout.spec(par=1)
    count_bolt = CountBolt.spec(par=1, inputs={word_spout: Grouping.fields("word")})


def main():
    """Writes the definition into the directory that HERON_OPTIONS names."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--throw"]:
        raise RuntimeError("this topology was asked to fail")
    if arguments[:1] == ["--silent"]:
        return
    name = arguments[0] if arguments else "wordcount"
    containers = int(arguments[1]) if len(arguments) > 1 else 1
    builder = TopologyBuilder(name=name)
    spout = builder.add_spout("word_spout", WordSpout, par=containers)
    builder.add_bolt("count_bolt", CountBolt, par=containers, inputs={spout: Grouping.fields("word")})
    builder.set_config({"topology.stmgrs": str(containers)})
    builder.build_and_submit()


if __name__ == "__main__":
    main()
