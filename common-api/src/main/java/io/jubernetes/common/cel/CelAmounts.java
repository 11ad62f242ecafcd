package io.jubernetes.common.cel;

import static io.jubernetes.common.cel.CelFunctions.as;
import static io.jubernetes.common.cel.CelFunctions.plain;
import static io.jubernetes.common.cel.CelFunctions.text;
import static io.jubernetes.common.cel.CelFunctions.traversing;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.jubernetes.common.cel.CelOpaque.Amount;
import io.jubernetes.common.cel.CelOpaque.Semver;
import io.jubernetes.common.meta.Quantity;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Quantities and semantic versions.
final class CelAmounts {
    private static final String QUANTITY_FORM =
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    private static final String NUMBER = "(0|[1-9][0-9]*)";
    private static final Pattern VERSION = Pattern.compile("^" + NUMBER + "\\." + NUMBER + "\\." + NUMBER
            + "(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$");

    private CelAmounts() {}

    static void register(Map<String, CelFunctions.Function> table) {
        table.put(
                "isQuantity",
                traversing(args -> Quantity.tryParse(text(args, 0)).isPresent()));
        table.put(
                "quantity",
                traversing(args ->
                        new Amount(Quantity.tryParse(text(args, 0)).orElseThrow(() -> new CelFailure(QUANTITY_FORM)))));
        table.put("sign", plain(args -> (long) amount(args, 0).signum()));
        table.put(
                "isInteger",
                plain(args -> amount(args, 0).isWhole()
                        && amount(args, 0).value().abs().toBigInteger().bitLength() < 64));
        table.put("asInteger", plain(args -> {
            Quantity quantity = amount(args, 0);
            if (!quantity.isWhole() || quantity.value().toBigInteger().bitLength() > 63) {
                throw new CelFailure("cannot convert value to integer");
            }
            return quantity.toLong();
        }));
        table.put("asApproximateFloat", plain(args -> amount(args, 0).value().doubleValue()));
        table.put("add", plain(args -> new Amount(amount(args, 0).plus(operand(args)))));
        table.put("sub", plain(args -> new Amount(amount(args, 0).minus(operand(args)))));
        table.put("isLessThan", plain(args -> compare(args) < 0));
        table.put("isGreaterThan", plain(args -> compare(args) > 0));
        table.put("compareTo", plain(args -> (long) compare(args)));
        table.put("isSemver", traversing(args -> parse(args).isPresent()));
        table.put(
                "semver",
                traversing(
                        args -> parse(args)
                                .orElseThrow(
                                        () -> new CelFailure(
                                                "Semver parse error during conversion from string: No Major.Minor.Patch elements found"))));
        table.put("major", plain(args -> as(args, 0, Semver.class).major().longValue()));
        table.put("minor", plain(args -> as(args, 0, Semver.class).minor().longValue()));
        table.put("patch", plain(args -> as(args, 0, Semver.class).patch().longValue()));
    }

    private static Quantity amount(Object[] args, int index) {
        return as(args, index, Amount.class).quantity();
    }

    private static Quantity operand(Object[] args) {
        return args[1] instanceof Long number ? Quantity.of(number) : amount(args, 1);
    }

    private static int compare(Object[] args) {
        if (args[0] instanceof Semver left) {
            return Integer.signum(left.compare(as(args, 1, Semver.class)));
        }
        return Integer.signum(amount(args, 0).compareTo(amount(args, 1)));
    }

    private static Optional<Semver> parse(Object[] args) {
        return parse(text(args, 0), args.length > 1 && as(args, 1, Boolean.class));
    }

    static Optional<Semver> parse(String given, boolean normalize) {
        Matcher matcher = VERSION.matcher(normalize ? normalized(given) : given);
        if (!matcher.find()) {
            return Optional.empty();
        }
        String pre = matcher.group(4);
        List<String> parts = pre == null ? List.of() : List.of(pre.split("\\."));
        if (parts.stream().anyMatch(part -> part.matches("0[0-9]+"))) {
            return Optional.empty();
        }
        return Optional.of(new Semver(
                new BigInteger(matcher.group(1)),
                new BigInteger(matcher.group(2)),
                new BigInteger(matcher.group(3)),
                parts));
    }

    /// Without a leading `v` and leading zeros, and with the parts that were left out.
    private static String normalized(String text) {
        String version = text.startsWith("v") ? text.substring(1) : text;
        int end = 0;
        while (end < version.length() && "0123456789.".indexOf(version.charAt(end)) >= 0) {
            end++;
        }
        String[] parts = version.substring(0, end).split("\\.", -1);
        var result = new StringBuilder();
        for (int i = 0; i < Math.max(3, parts.length); i++) {
            String part = i < parts.length ? parts[i].replaceFirst("^0+(?=[0-9])", "") : "0";
            result.append(i == 0 ? "" : ".").append(part);
        }
        return result.append(version.substring(end)).toString();
    }
}
