/// Each kind of workload, from its making to its end, by kubectl on a real cluster.
@NullMarked
package io.jubernetes.systemtests.workloads;

import org.jspecify.annotations.NullMarked;
