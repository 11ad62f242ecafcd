package io.jubernetes.common.scheduling;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Matches tolerations with taints.
public final class Tolerations {
    private Tolerations() {}

    /// Whether any toleration matches the taint.
    public static boolean tolerates(List<Toleration> tolerations, Taint taint) {
        for (Toleration toleration : tolerations) {
            if (tolerates(toleration, taint)) {
                return true;
            }
        }
        return false;
    }

    /// Whether one toleration matches the taint.
    public static boolean tolerates(Toleration toleration, Taint taint) {
        if (isSet(toleration.getEffect()) && !toleration.getEffect().equals(taint.getEffect())) {
            return false;
        }
        if (isSet(toleration.getKey()) && !toleration.getKey().equals(taint.getKey())) {
            return false;
        }
        String operator = isSet(toleration.getOperator()) ? toleration.getOperator() : "Equal";
        return switch (operator) {
            case "Exists" -> true;
            case "Equal" -> Objects.equals(text(toleration.getValue()), text(taint.getValue()));
            case "Lt" -> compare(taint, toleration) < 0;
            case "Gt" -> compare(taint, toleration) > 0;
            default -> false;
        };
    }

    /// The taint's number against the toleration's; 0, which neither operator takes, when one is not a number.
    private static int compare(Taint taint, Toleration toleration) {
        try {
            return Long.compare(Long.parseLong(text(taint.getValue())), Long.parseLong(text(toleration.getValue())));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static boolean isSet(@Nullable String value) {
        return value != null && !value.isEmpty();
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}
