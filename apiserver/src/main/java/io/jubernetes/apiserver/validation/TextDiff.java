package io.jubernetes.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Shows what changed between two values the way messages about immutable fields do: a unified diff of their indented
/// JSON.
public final class TextDiff {
    private static final int CONTEXT = 3;

    private TextDiff() {}

    /// @return empty when there is no difference
    public static String of(JsonNode before, JsonNode after) {
        List<String> left = lines(before);
        List<String> right = lines(after);
        return unified(script(left, right));
    }

    private static List<String> lines(JsonNode value) {
        List<String> lines = new ArrayList<>();
        var text = new StringBuilder();
        write(value, 0, text);
        text.toString().lines().forEach(lines::add);
        return lines;
    }

    private static void write(JsonNode value, int depth, StringBuilder text) {
        boolean object = value.isObject();
        if (!value.isContainerNode() || value.isEmpty()) {
            text.append(value.isContainerNode() ? object ? "{}" : "[]" : Json.text(value));
            return;
        }
        text.append(object ? '{' : '[').append('\n');
        Iterator<Map.Entry<String, JsonNode>> fields = value.properties().iterator();
        Iterator<JsonNode> items = value.elements();
        while (items.hasNext()) {
            JsonNode item = items.next();
            text.append(" ".repeat(depth + 1));
            if (object) {
                text.append(Json.text(fields.next().getKey())).append(": ");
            }
            write(item, depth + 1, text);
            text.append(items.hasNext() ? ",\n" : "\n");
        }
        text.append(" ".repeat(depth)).append(object ? '}' : ']');
    }

    /// One line of the script: kept by both, removed, or added.
    private record Edit(char sign, String line, int left, int right) {}

    /// The shortest script by the longest common subsequence, between the common start and the common end.
    private static List<Edit> script(List<String> left, List<String> right) {
        int start = 0;
        while (start < left.size() && start < right.size() && left.get(start).equals(right.get(start))) {
            start++;
        }
        int end = 0;
        while (end < left.size() - start
                && end < right.size() - start
                && left.get(left.size() - 1 - end).equals(right.get(right.size() - 1 - end))) {
            end++;
        }
        int rows = left.size() - start - end;
        int columns = right.size() - start - end;
        int[][] common = new int[rows + 1][columns + 1];
        for (int i = rows - 1; i >= 0; i--) {
            for (int j = columns - 1; j >= 0; j--) {
                common[i][j] = left.get(start + i).equals(right.get(start + j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        List<Edit> edits = new ArrayList<>();
        for (int i = 0; i < start; i++) {
            edits.add(new Edit(' ', left.get(i), i, i));
        }
        int i = 0;
        int j = 0;
        while (i < rows || j < columns) {
            if (i < rows && j < columns && left.get(start + i).equals(right.get(start + j))) {
                edits.add(new Edit(' ', left.get(start + i), start + i++, start + j++));
            } else if (i < rows && (j == columns || common[i + 1][j] >= common[i][j + 1])) {
                edits.add(new Edit('-', left.get(start + i), start + i++, start + j));
            } else {
                edits.add(new Edit('+', right.get(start + j), start + i, start + j++));
            }
        }
        for (int k = 0; k < end; k++) {
            int at = left.size() - end + k;
            edits.add(new Edit(' ', left.get(at), at, right.size() - end + k));
        }
        return edits;
    }

    private static String unified(List<Edit> edits) {
        var text = new StringBuilder();
        int at = 0;
        while (at < edits.size()) {
            if (edits.get(at).sign() == ' ') {
                at++;
                continue;
            }
            int from = Math.max(0, at - CONTEXT);
            int last = at;
            for (int k = at; k < edits.size() && k <= last + 2 * CONTEXT; k++) {
                if (edits.get(k).sign() != ' ') {
                    last = k;
                }
            }
            int to = Math.min(edits.size(), last + 1 + CONTEXT);
            hunk(edits.subList(from, to), text);
            at = to;
        }
        return text.toString();
    }

    private static void hunk(List<Edit> edits, StringBuilder text) {
        long removed = edits.stream().filter(edit -> edit.sign() != '+').count();
        long added = edits.stream().filter(edit -> edit.sign() != '-').count();
        Edit first = edits.getFirst();
        text.append("@@ -").append(span(first.left(), removed));
        text.append(" +").append(span(first.right(), added)).append(" @@\n");
        edits.forEach(edit -> text.append(edit.sign()).append(edit.line()).append('\n'));
    }

    private static String span(int start, long count) {
        return count == 1 ? Integer.toString(start + 1) : (count == 0 ? start : start + 1) + "," + count;
    }
}
