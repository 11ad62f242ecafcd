/// What the numbers in `docs/performance.md` come from: JMH classes, and programs that measure a running cluster.
@NullMarked
package io.jubernetes.benchmarks;

import org.jspecify.annotations.NullMarked;
