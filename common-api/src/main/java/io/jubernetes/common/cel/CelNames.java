package io.jubernetes.common.cel;

import java.util.Optional;
import java.util.Set;

/// How fields are named in expressions.
public final class CelNames {
    private static final Set<String> RESERVED = Set.of(
            "true",
            "false",
            "null",
            "in",
            "as",
            "break",
            "const",
            "continue",
            "else",
            "for",
            "function",
            "if",
            "import",
            "let",
            "loop",
            "package",
            "namespace",
            "return",
            "var",
            "void",
            "while");

    private CelNames() {}

    /// The name of a field in expressions; empty when it cannot be named.
    public static Optional<String> escape(String name) {
        if (RESERVED.contains(name)) {
            return Optional.of("__" + name + "__");
        }
        var text = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            switch (c) {
                case '.' -> text.append("__dot__");
                case '-' -> text.append("__dash__");
                case '/' -> text.append("__slash__");
                case '_' -> {
                    boolean pair = i + 1 < name.length() && name.charAt(i + 1) == '_';
                    text.append(pair ? "__underscores__" : "_");
                    i += pair ? 1 : 0;
                }
                default -> {
                    boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
                    if (!letter && !(c >= '0' && c <= '9' && i > 0)) {
                        return Optional.empty();
                    }
                    text.append(c);
                }
            }
        }
        return name.isEmpty() ? Optional.empty() : Optional.of(text.toString());
    }
}
