package io.jubernetes.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.meta.NameRules;
import java.math.BigInteger;
import java.util.regex.Pattern;

/// Numbers that may also be written as a percentage, such as `maxUnavailable`.
public final class PercentRules {
    private static final String PERCENT = "[0-9]+%";
    private static final Pattern PATTERN = Pattern.compile(PERCENT);
    private static final String MALFORMED = NameRules.pattern(
            "a valid percent string must be a numeric string followed by an ending '%'", PERCENT, "1%", "93%");

    private PercentRules() {}

    /// Reports a negative number or a text that is no percentage.
    public static void checkNonNegative(Field amount) {
        if (!amount.isSet()) {
            return;
        }
        if (amount.value().isTextual()) {
            if (!PATTERN.matcher(amount.text()).matches()) {
                amount.invalid(MALFORMED);
            }
        } else {
            amount.requireNonNegative();
        }
    }

    /// Reports a percentage above a hundred.
    public static void checkAtMostAll(Field amount) {
        if (amount.isSet()
                && isPercent(amount.value())
                && digits(amount.value()).compareTo(BigInteger.valueOf(100)) > 0) {
            amount.invalid("must not be greater than 100%");
        }
    }

    /// Whether the value is a percentage.
    public static boolean isPercent(JsonNode amount) {
        return amount.isTextual() && PATTERN.matcher(amount.textValue()).matches();
    }

    private static BigInteger digits(JsonNode percent) {
        String text = percent.textValue();
        return new BigInteger(text.substring(0, text.length() - 1));
    }

    /// The number, or the number before the percent sign; 0 when it is neither.
    public static long number(JsonNode amount) {
        if (!amount.isTextual()) {
            return amount.asLong(0);
        }
        return isPercent(amount)
                ? digits(amount).min(BigInteger.valueOf(Long.MAX_VALUE)).longValue()
                : 0;
    }
}
