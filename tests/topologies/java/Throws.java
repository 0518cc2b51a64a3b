package tests.topologies;

/** A topology whose main fails. */
public final class Throws {
  private Throws() {
  }

  /** Fails. */
  public static void main(String[] args) {
    throw new IllegalStateException("this topology was asked to fail");
  }
}
