package org.apache.spark.examples;

import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * An approximation of pi by throwing darts, under the name that manifests of Spark's examples use:
 * the wheel of PySpark brings the Python examples only.
 */
public final class SparkPi {
  private static final int DARTS = 100_000;

  private SparkPi() {}

  public static void main(String[] args) {
    int slices = args.length > 0 ? Integer.parseInt(args[0]) : 2;
    SparkConf settings = new SparkConf().setIfMissing("spark.app.name", "Spark Pi");
    try (JavaSparkContext context = new JavaSparkContext(settings)) {
      long thrown = (long) DARTS * slices;
      long hits =
          context
              .parallelize(IntStream.range(0, slices).boxed().toList(), slices)
              .map(slice -> inside())
              .reduce(Long::sum);
      System.out.println("Pi is roughly " + 4.0 * hits / thrown);
    }
  }

  private static double square(double side) {
    return side * side;
  }

  private static long inside() {
    ThreadLocalRandom dice = ThreadLocalRandom.current();
    return IntStream.range(0, DARTS)
        .filter(dart -> square(dice.nextDouble()) + square(dice.nextDouble()) <= 1)
        .count();
  }
}
