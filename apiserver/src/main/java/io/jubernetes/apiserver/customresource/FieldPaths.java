package io.jubernetes.apiserver.customresource;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Paths of fields as rules and selectable fields write them: `.spec.size` and, in rules,
/// `.labels['a.b/c']`.
final class FieldPaths {
    /// Where a path leads.
    ///
    /// @param steps the path's steps as messages show them behind another path, `.a` or `[b]`
    /// @param problem why it leads nowhere; null when it leads somewhere
    record Found(
            @Nullable Structural schema,
            List<String> steps,
            @Nullable String problem) {}

    private FieldPaths() {}

    /// @param keys whether members may be named in brackets
    static Found find(Structural root, String path, boolean keys) {
        List<String> steps = new ArrayList<>();
        Structural at = root;
        int i = 0;
        if (path.isEmpty()) {
            return wrong("must not be empty");
        }
        while (i < path.length()) {
            String name;
            boolean bracket = path.charAt(i) == '[';
            if (path.charAt(i) == '.') {
                int end = i + 1;
                while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
                    end++;
                }
                name = path.substring(i + 1, end);
                i = end;
            } else if (bracket) {
                int end = closing(path, i);
                if (!keys) {
                    return wrong("array notation is not allowed");
                }
                if (end < 0 || path.charAt(i + 1) != '\'') {
                    return wrong("expected a quoted name in brackets");
                }
                name = path.substring(i + 2, end - 1).replace("\\'", "'");
                i = end + 1;
            } else {
                return wrong("must start with . or [");
            }
            if (name.isEmpty()) {
                return wrong("names must not be empty");
            }
            Structural next = at.property(name);
            boolean member = next == null;
            if (next == null) {
                next = at.additional();
            }
            if (next == null
                    && steps.isEmpty()
                    && List.of("metadata", "apiVersion", "kind").contains(name)) {
                next = root.property(name, true);
                member = false;
            }
            if (next == null) {
                return wrong("does not refer to a valid field");
            }
            steps.add(member ? "[" + name + "]" : "." + name);
            at = next;
        }
        return new Found(at, steps, null);
    }

    private static int closing(String path, int open) {
        for (int i = open + 2; i < path.length(); i++) {
            if (path.charAt(i) == ']' && path.charAt(i - 1) == '\'' && i - 1 > open + 1) {
                return i;
            }
        }
        return -1;
    }

    private static Found wrong(String problem) {
        return new Found(null, List.of(), problem);
    }
}
