"""How not to write a topology: its class and its components in one module.

An instance imports the module of its component, the class wants the options of a submission, and there are none: each instance
ends with an error, again and again, while all containers run.
"""

from heronpy.api.bolt.bolt import Bolt
from heronpy.api.spout.spout import Spout
from heronpy.api.stream import Grouping
from heronpy.api.topology import Topology


class LonelySpout(Spout):
    """Emits one word for ever."""

    outputs = ["word"]

    def next_tuple(self):
        """Emits it."""
        self.emit(["alone"])


class LonelyBolt(Bolt):
    """Takes it."""

    def process(self, tup):
        """Says so."""
        self.ack(tup)


class OneModule(Topology):
    """one_module.OneModule [NAME]"""

    word_spout = LonelySpout.spec(par=1)
    count_bolt = LonelyBolt.spec(par=1, inputs={word_spout: Grouping.SHUFFLE})
