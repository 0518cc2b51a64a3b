package tests.topologies;

/** A topology whose main ends well and writes no definition. */
public final class Silent {
  private Silent() {
  }

  /** Does nothing. */
  public static void main(String[] args) {
  }
}
