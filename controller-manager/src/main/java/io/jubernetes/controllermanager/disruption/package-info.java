/// Pod disruption budgets: how many pods may be evicted now.
/// [io.jubernetes.controllermanager.disruption.BudgetStatus] decides from the pods and the wanted numbers;
/// [io.jubernetes.controllermanager.disruption.DisruptionController] finds those and writes the status.
@NullMarked
package io.jubernetes.controllermanager.disruption;

import org.jspecify.annotations.NullMarked;
