/// Stateful sets: numbered pods with names and volumes that stay, started, stopped and replaced in order.
/// [io.jubernetes.controllermanager.statefulset.StatefulPlan] decides.
@NullMarked
package io.jubernetes.controllermanager.statefulset;

import org.jspecify.annotations.NullMarked;
