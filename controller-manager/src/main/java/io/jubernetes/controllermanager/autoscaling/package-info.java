/// Horizontal autoscaling: sizes a workload by what its pods use or by other numbers.
/// [io.jubernetes.controllermanager.autoscaling.ReplicaCalculator] computes what one metric asks for,
/// [io.jubernetes.controllermanager.autoscaling.ScaleRules] how much of that is granted now.
@NullMarked
package io.jubernetes.controllermanager.autoscaling;

import org.jspecify.annotations.NullMarked;
