package tests.topologies;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.heron.api.Config;
import org.apache.heron.api.HeronSubmitter;
import org.apache.heron.api.bolt.BaseRichBolt;
import org.apache.heron.api.bolt.OutputCollector;
import org.apache.heron.api.spout.BaseRichSpout;
import org.apache.heron.api.spout.SpoutOutputCollector;
import org.apache.heron.api.topology.OutputFieldsDeclarer;
import org.apache.heron.api.topology.TopologyBuilder;
import org.apache.heron.api.topology.TopologyContext;
import org.apache.heron.api.tuple.Fields;
import org.apache.heron.api.tuple.Tuple;
import org.apache.heron.api.tuple.Values;

/** Counts words: a topology of one spout and one bolt. Arguments: its name, and how many containers it takes. */
public final class WordCount {
  private static final String[] WORDS = {"heron", "mesos", "stork", "crane", "ibis"};

  private WordCount() {
  }

  /** Emits words without end. */
  public static final class WordSpout extends BaseRichSpout {
    private static final long serialVersionUID = 1L;
    private transient SpoutOutputCollector collector;
    private int next;

    @Override
    public void open(Map<String, Object> config, TopologyContext context, SpoutOutputCollector output) {
      collector = output;
    }

    @Override
    public void nextTuple() {
      // What emits without a pause takes a whole core from everything else.
      LockSupport.parkNanos(5_000_000);
      collector.emit(new Values(WORDS[next]));
      next = (next + 1) % WORDS.length;
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
      declarer.declare(new Fields("word"));
    }
  }

  /** Counts the words that it gets. */
  public static final class CountBolt extends BaseRichBolt {
    private static final long serialVersionUID = 1L;
    private transient OutputCollector collector;
    private transient Map<String, Integer> counts;

    @Override
    public void prepare(Map<String, Object> config, TopologyContext context, OutputCollector output) {
      collector = output;
      counts = new HashMap<>();
    }

    @Override
    public void execute(Tuple tuple) {
      counts.merge(tuple.getString(0), 1, Integer::sum);
      collector.ack(tuple);
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
    }
  }

  /** Writes the definition into the directory that HERON_OPTIONS names. */
  public static void main(String[] args) throws Exception {
    String name = args.length > 0 ? args[0] : "wordcount";
    int containers = args.length > 1 ? Integer.parseInt(args[1]) : 1;
    TopologyBuilder builder = new TopologyBuilder();
    builder.setSpout("word_spout", new WordSpout(), containers);
    builder.setBolt("count_bolt", new CountBolt(), containers).fieldsGrouping("word_spout", new Fields("word"));
    Config config = new Config();
    config.setNumStmgrs(containers);
    HeronSubmitter.submitTopology(name, config, builder.createTopology());
  }
}
