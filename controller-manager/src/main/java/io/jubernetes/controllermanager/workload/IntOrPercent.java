package io.jubernetes.controllermanager.workload;

import io.fabric8.kubernetes.api.model.IntOrString;
import org.jspecify.annotations.Nullable;

/// Numbers that may be a share of a total, such as `25%`.
public final class IntOrPercent {
    private IntOrPercent() {}

    /// @param missing the value when there is none or it is unreadable
    public static int of(@Nullable IntOrString value, int total, boolean roundUp, int missing) {
        if (value == null) {
            return missing;
        }
        if (value.getIntVal() != null) {
            return value.getIntVal();
        }
        String text = value.getStrVal();
        if (text == null || !text.endsWith("%")) {
            return missing;
        }
        try {
            double share = Integer.parseInt(text.substring(0, text.length() - 1)) * (double) total / 100;
            return (int) (roundUp ? Math.ceil(share) : Math.floor(share));
        } catch (NumberFormatException e) {
            return missing;
        }
    }
}
