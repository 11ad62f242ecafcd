package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import java.math.BigDecimal;
import java.util.List;

/// The keywords for numbers.
final class NumberRules {
    private NumberRules() {}

    static boolean isWhole(JsonNode number) {
        return number.isIntegralNumber()
                || number.isFloatingPointNumber() && number.doubleValue() == Math.rint(number.doubleValue());
    }

    static void check(Structural schema, JsonNode value, String path, List<Cause> causes) {
        checkRange(schema, value, path, causes);
        BigDecimal number = value.decimalValue();
        JsonNode factor = schema.limit("multipleOf");
        if (factor != null
                && factor.decimalValue().signum() != 0
                && number.remainder(factor.decimalValue()).signum() != 0) {
            causes.add(invalid(path, value, "should be a multiple of " + shown(factor)));
        }
        JsonNode least = schema.limit("minimum");
        if (least != null) {
            boolean strict = schema.flag("exclusiveMinimum");
            int order = number.compareTo(least.decimalValue());
            if (order < 0 || strict && order == 0) {
                causes.add(invalid(
                        path, value, "should be greater than " + (strict ? "" : "or equal to ") + shown(least)));
            }
        }
        JsonNode most = schema.limit("maximum");
        if (most != null) {
            boolean strict = schema.flag("exclusiveMaximum");
            int order = number.compareTo(most.decimalValue());
            if (order > 0 || strict && order == 0) {
                causes.add(invalid(path, value, "should be less than " + (strict ? "" : "or equal to ") + shown(most)));
            }
        }
    }

    private static Cause invalid(String path, JsonNode value, String why) {
        return Cause.invalid(path, value, SchemaValidation.place(path) + " " + why);
    }

    /// Whether the value fits the width its format names.
    private static void checkRange(Structural schema, JsonNode value, String path, List<Cause> causes) {
        if (!schema.type().equals("integer")) {
            return;
        }
        String format = schema.format();
        boolean fits = isWhole(value)
                && switch (format) {
                    case "int32" -> value.canConvertToInt();
                    default -> value.canConvertToLong();
                };
        if (!fits) {
            String as = format.equals("int32") || format.equals("int64") ? "with format " + format : "(default format)";
            causes.add(Cause.invalid(
                    SchemaValidation.NO_FIELD, "", "Checked value must be of type integer " + as + " in " + path));
        }
    }

    /// A bound as messages show it.
    private static String shown(JsonNode bound) {
        double value = bound.doubleValue();
        if (value == Math.rint(value) && Math.abs(value) < 1e21) {
            return new BigDecimal(value).toBigInteger().toString();
        }
        return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }
}
