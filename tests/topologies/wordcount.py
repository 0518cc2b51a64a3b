"""Counts words: a topology of one spout and one bolt, for tests and for the demo.

usage: wordcount.pex [NAME [CONTAINERS]]     write the definition of a topology called NAME, "wordcount" by default
       wordcount.pex --throw | --silent      fail, or end well without a definition, as users' programs may
"""

import sys

from heronpy.api.stream import Grouping
from heronpy.api.topology import Topology, TopologyBuilder

# In a module of their own: instances import that, and can't import this one, since the class below wants HERON_OPTIONS.
from words import CountBolt, WordSpout


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
