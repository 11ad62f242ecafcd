package io.jubernetes.controllermanager.deployment;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.RollingUpdateDeployment;
import io.jubernetes.controllermanager.workload.IntOrPercent;

/// How many pods a rollout may have too many and too few.
///
/// @param surge pods above the wanted number
/// @param unavailable pods below it
record Limits(int desired, boolean rolling, int surge, int unavailable) {
    static Limits of(Deployment deployment) {
        int desired = deployment.getSpec().getReplicas() == null
                ? 1
                : deployment.getSpec().getReplicas();
        var strategy = deployment.getSpec().getStrategy();
        boolean rolling = strategy == null || !"Recreate".equals(strategy.getType());
        if (!rolling || desired == 0) {
            return new Limits(desired, rolling, 0, 0);
        }
        RollingUpdateDeployment update = strategy == null ? null : strategy.getRollingUpdate();
        int surge = IntOrPercent.of(update == null ? null : update.getMaxSurge(), desired, true, 0);
        int unavailable = IntOrPercent.of(update == null ? null : update.getMaxUnavailable(), desired, false, 0);
        if (surge == 0 && unavailable == 0) {
            // Both can round to nothing, and then nothing would ever move.
            unavailable = 1;
        }
        return new Limits(desired, true, surge, Math.min(unavailable, desired));
    }

    int maxTotal() {
        return desired + surge;
    }

    int minAvailable() {
        return desired - unavailable;
    }
}
