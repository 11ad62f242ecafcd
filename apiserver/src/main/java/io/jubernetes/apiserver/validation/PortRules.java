package io.jubernetes.apiserver.validation;

import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Port numbers and names.
public final class PortRules {
    private static final Pattern CHARACTERS = Pattern.compile("[-a-z0-9]+");
    private static final Pattern LETTER = Pattern.compile("[a-z]");
    private static final int MAX_NAME = 15;

    private PortRules() {}

    /// Reports a number that no port has; 0 and absence count as wrong as well.
    public static void checkNumber(Field port) {
        long number = port.number();
        if (number < 1 || number > 65535) {
            port.invalid(number, "must be between 1 and 65535, inclusive");
        }
    }

    /// What is wrong with a port's name.
    public static List<String> name(String text) {
        List<String> problems = new ArrayList<>();
        if (text.length() > MAX_NAME) {
            problems.add(NameRules.maxLength(MAX_NAME, "characters"));
        }
        if (!CHARACTERS.matcher(text).matches()) {
            problems.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        }
        if (!LETTER.matcher(text).find()) {
            problems.add("must contain at least one letter (a-z)");
        }
        if (text.contains("--")) {
            problems.add("must not contain consecutive hyphens");
        }
        if (text.startsWith("-") || text.endsWith("-")) {
            problems.add("must not begin or end with a hyphen");
        }
        return problems;
    }

    /// Reports a number or a name that no port has.
    public static void checkNumberOrName(Field port) {
        if (port.value().isTextual()) {
            port.requireForm(PortRules::name);
        } else {
            checkNumber(port);
        }
    }
}
