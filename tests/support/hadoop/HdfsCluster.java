import java.io.File;
import java.net.InetSocketAddress;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * A name node and a data node of HDFS on free loopback ports. Says where they are on one line of standard output, and
 * ends when standard input does. Arguments: the directory for data, then KEY=VALUE for Hadoop's configuration.
 */
public final class HdfsCluster {
  private HdfsCluster() {}

  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    for (int i = 1; i < arguments.length; i++) {
      String[] pair = arguments[i].split("=", 2);
      configuration.set(pair[0], pair[1]);
    }
    MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(configuration, new File(arguments[0])).numDataNodes(1).build();
    cluster.waitActive();
    DistributedFileSystem files = cluster.getFileSystem();
    InetSocketAddress web = cluster.getNameNode().getHttpAddress();
    System.out.println("ready " + files.getUri() + " http://" + web.getHostString() + ":" + web.getPort());
    System.out.flush();
    while (System.in.read() >= 0) {
      // Nobody has anything to say to us.
    }
    // Data of a test: nobody misses what a proper end would save.
    Runtime.getRuntime().halt(0);
  }
}
