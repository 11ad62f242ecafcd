package io.jubernetes.apiserver.request;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A field selector as query parameters write it: `metadata.name=a,status.phase!=Failed`. Immutable.
public final class FieldSelector {
    /// Selects everything.
    public static final FieldSelector ALL = new FieldSelector(List.of());

    /// One term.
    public record Term(String field, boolean equal, String value) {}

    private final List<Term> terms;

    private FieldSelector(List<Term> terms) {
        this.terms = List.copyOf(terms);
    }

    /// Reads a selector; commas, equal signs and backslashes of values are escaped by a backslash.
    ///
    /// @throws IllegalArgumentException when a term has no operator
    public static FieldSelector parse(String text) {
        List<Term> terms = new ArrayList<>();
        for (String part : split(text)) {
            if (!part.isEmpty()) {
                terms.add(term(part));
            }
        }
        return terms.isEmpty() ? ALL : new FieldSelector(terms);
    }

    private static Term term(String part) {
        for (int i = 0; i < part.length(); i++) {
            if (part.startsWith("!=", i)) {
                return new Term(part.substring(0, i), false, unescape(part.substring(i + 2)));
            }
            if (part.startsWith("==", i)) {
                return new Term(part.substring(0, i), true, unescape(part.substring(i + 2)));
            }
            if (part.charAt(i) == '=') {
                return new Term(part.substring(0, i), true, unescape(part.substring(i + 1)));
            }
        }
        throw new IllegalArgumentException("invalid selector: '" + part + "'; can't understand '" + part + "'");
    }

    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\') {
                i++;
            } else if (text.charAt(i) == ',') {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(text.substring(start));
        return parts;
    }

    private static String unescape(String value) {
        if (value.indexOf('\\') < 0) {
            return value;
        }
        var text = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) == '\\' && i + 1 < value.length()) {
                i++;
            }
            text.append(value.charAt(i));
        }
        return text.toString();
    }

    public boolean isEmpty() {
        return terms.isEmpty();
    }

    public List<Term> terms() {
        return terms;
    }

    /// The value a field must have; null when the selector does not fix it.
    public @org.jspecify.annotations.Nullable String exact(String field) {
        return terms.stream()
                .filter(term -> term.equal() && term.field().equals(field))
                .map(Term::value)
                .findFirst()
                .orElse(null);
    }

    public boolean matches(Map<String, String> fields) {
        for (Term term : terms) {
            if (fields.getOrDefault(term.field(), "").equals(term.value()) != term.equal()) {
                return false;
            }
        }
        return true;
    }
}
