package io.jubernetes.kubelet.container;

import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// `$(NAME)` references in commands, arguments and variables.
final class Expansion {
    private Expansion() {}

    /// Replaces references to known variables. `$$` stands for a dollar sign; a reference to an unknown
    /// variable and anything else that follows a dollar sign stays as it is.
    static String expand(String text, Map<String, String> variables) {
        return expand(text, variables::get);
    }

    /// As above with variables from a function, which answers null for unknown ones.
    static String expand(String text, Function<String, @Nullable String> variables) {
        if (text.indexOf('$') < 0) {
            return text;
        }
        var out = new StringBuilder(text.length() + 32);
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != '$' || at + 1 == text.length()) {
                out.append(c);
                at++;
                continue;
            }
            char next = text.charAt(at + 1);
            int end = next == '(' ? text.indexOf(')', at + 2) : -1;
            if (next == '$') {
                out.append('$');
                at += 2;
            } else if (end >= 0) {
                String name = text.substring(at + 2, end);
                String value = variables.apply(name);
                out.append(value == null ? text.substring(at, end + 1) : value);
                at = end + 1;
            } else {
                out.append(c).append(next);
                at += 2;
            }
        }
        return out.toString();
    }
}
