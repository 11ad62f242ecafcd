package io.jubernetes.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;

/// Compares JSON values by what they mean: 1 and 1.0 are the same number.
final class Numbers {
    private Numbers() {}

    static boolean sameValue(JsonNode left, JsonNode right) {
        return left.equals(
                (a, b) -> a.isNumber() && b.isNumber()
                        ? a.decimalValue().compareTo(b.decimalValue())
                        : a.equals(b) ? 0 : 1,
                right);
    }
}
