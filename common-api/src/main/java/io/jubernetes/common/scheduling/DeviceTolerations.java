package io.jubernetes.common.scheduling;

import io.fabric8.kubernetes.api.model.resource.v1.DeviceTaint;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceToleration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matches the tolerations of requests with the taints of devices.
public final class DeviceTolerations {
    private DeviceTolerations() {}

    /// Whether any toleration matches the taint.
    public static boolean tolerates(List<DeviceToleration> tolerations, DeviceTaint taint) {
        return tolerations.stream().anyMatch(toleration -> tolerates(toleration, taint));
    }

    /// Whether one toleration matches the taint. What a toleration leaves out, it takes as it comes.
    public static boolean tolerates(DeviceToleration toleration, DeviceTaint taint) {
        if (isSet(toleration.getEffect()) && !toleration.getEffect().equals(taint.getEffect())) {
            return false;
        }
        if (isSet(toleration.getKey()) && !toleration.getKey().equals(taint.getKey())) {
            return false;
        }
        return "Exists".equals(toleration.getOperator())
                || text(toleration.getValue()).equals(text(taint.getValue()));
    }

    private static boolean isSet(@Nullable String value) {
        return value != null && !value.isEmpty();
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}
