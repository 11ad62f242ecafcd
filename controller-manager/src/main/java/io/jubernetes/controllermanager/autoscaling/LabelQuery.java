package io.jubernetes.controllermanager.autoscaling;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A label selector in the form of a query, such as `app=web,tier in (a, b),!old`. Pure.
final class LabelQuery {
    private static final String NAME = "[^\\s,=!()]+";
    private static final Pattern PART = Pattern.compile("\\s*(?:(?<not>!)\\s*(?<absent>" + NAME + ")"
            + "|(?<setkey>" + NAME + ")\\s+(?<in>in|notin)\\s*\\((?<values>[^)]*)\\)"
            + "|(?<key>" + NAME + ")\\s*(?<op>==|=|!=)\\s*(?<value>[^\\s,=!()]*)"
            + "|(?<exists>" + NAME + "))\\s*(?:,|$)");

    private LabelQuery() {}

    /// @throws IllegalArgumentException when it cannot be read
    static Predicate<@Nullable Map<String, String>> parse(String text) {
        List<Predicate<Map<String, String>>> all = new ArrayList<>();
        Matcher part = PART.matcher(text);
        int at = 0;
        while (at < text.length()) {
            if (!part.find(at) || part.start() != at) {
                throw new IllegalArgumentException("cannot read the selector '" + text + "'");
            }
            all.add(requirement(part));
            at = part.end();
        }
        return labels -> all.stream().allMatch(each -> each.test(labels == null ? Map.of() : labels));
    }

    private static Predicate<Map<String, String>> requirement(Matcher part) {
        if (part.group("not") != null) {
            String key = part.group("absent");
            return labels -> !labels.containsKey(key);
        }
        if (part.group("exists") != null) {
            String key = part.group("exists");
            return labels -> labels.containsKey(key);
        }
        if (part.group("setkey") != null) {
            String key = part.group("setkey");
            Set<String> values = Set.of(part.group("values").trim().split("\\s*,\\s*"));
            boolean in = part.group("in").equals("in");
            return labels -> {
                String value = labels.get(key);
                return in ? value != null && values.contains(value) : value == null || !values.contains(value);
            };
        }
        String key = part.group("key");
        String wanted = part.group("value");
        boolean equal = !part.group("op").equals("!=");
        return labels -> wanted.equals(labels.get(key)) == equal;
    }
}
