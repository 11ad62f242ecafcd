package io.jubernetes.common.cel;

import static io.jubernetes.common.cel.CelFunctions.as;
import static io.jubernetes.common.cel.CelFunctions.index;
import static io.jubernetes.common.cel.CelFunctions.text;
import static io.jubernetes.common.cel.CelFunctions.traversing;

import com.google.re2j.Matcher;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Functions on texts. Places in a text count code points.
final class CelStrings {
    private CelStrings() {}

    static void register(Map<String, CelFunctions.Function> table) {
        table.put("contains", (args, budget) -> {
            String text = text(args, 0);
            String part = text(args, 1);
            budget.spend(CelBudget.traversal(text.length()) * CelBudget.traversal(part.length()));
            return text.contains(part);
        });
        table.put("startsWith", (args, budget) -> {
            budget.spend(CelBudget.traversal(text(args, 1).length()));
            return text(args, 0).startsWith(text(args, 1));
        });
        table.put("endsWith", (args, budget) -> {
            budget.spend(CelBudget.traversal(text(args, 1).length()));
            return text(args, 0).endsWith(text(args, 1));
        });
        table.put("matches", (args, budget) -> {
            budget.spend(CelFunctions.matchCost(text(args, 0), text(args, 1)));
            return CelFunctions.pattern(text(args, 1)).matcher(text(args, 0)).find();
        });
        table.put("find", (args, budget) -> {
            budget.spend(CelFunctions.matchCost(text(args, 0), text(args, 1)));
            Matcher matcher = CelFunctions.pattern(text(args, 1)).matcher(text(args, 0));
            return matcher.find() ? matcher.group() : "";
        });
        table.put("findAll", (args, budget) -> {
            budget.spend(CelFunctions.matchCost(text(args, 0), text(args, 1)));
            return findAll(args);
        });
        table.put(
                "jsonpatch.escapeKey",
                traversing(args -> text(args, 0).replace("~", "~0").replace("/", "~1")));
        table.put("charAt", traversing(args -> charAt(text(args, 0), index(args, 1))));
        table.put("lowerAscii", traversing(args -> ascii(text(args, 0), 'A', 'Z', 32)));
        table.put("upperAscii", traversing(args -> ascii(text(args, 0), 'a', 'z', -32)));
        table.put("trim", traversing(args -> text(args, 0).strip()));
        table.put(
                "reverse",
                traversing(args -> args[0] instanceof String text
                        ? new StringBuilder(text).reverse().toString()
                        : reversed(as(args, 0, List.class))));
        table.put("replace", (args, budget) -> {
            String text = text(args, 0);
            budget.spend(2 * CelBudget.traversal(text.length()));
            String result = replace(text, text(args, 1), text(args, 2), args.length > 3 ? index(args, 3) : -1);
            budget.spend(CelBudget.traversal(result.length()));
            return result;
        });
        table.put(
                "split",
                traversing(args -> split(text(args, 0), text(args, 1), args.length > 2 ? index(args, 2) : -1)));
        table.put("join", (args, budget) -> {
            List<String> parts = new ArrayList<>();
            for (Object part : as(args, 0, List.class)) {
                parts.add(part instanceof String text ? text : fail());
            }
            String joined = String.join(args.length > 1 ? text(args, 1) : "", parts);
            budget.spend(CelBudget.traversal(joined.length()));
            return joined;
        });
        table.put("substring", traversing(CelStrings::substring));
        table.put("strings.quote", traversing(args -> Json.text(text(args, 0))));
        table.put("format", (args, budget) -> {
            String formatted = CelFormatting.format(text(args, 0), as(args, 1, List.class));
            budget.spend(CelBudget.traversal(
                    formatted.length() + (long) text(args, 0).length()));
            return formatted;
        });
    }

    private static List<Object> reversed(List<?> list) {
        return new ArrayList<>(list.reversed());
    }

    private static String fail() {
        throw CelFailure.noOverload();
    }

    private static Object findAll(Object[] args) {
        int limit = args.length > 2 ? index(args, 2) : -1;
        List<Object> found = new ArrayList<>();
        Matcher matcher = CelFunctions.pattern(text(args, 1)).matcher(text(args, 0));
        while ((limit < 0 || found.size() < limit) && matcher.find()) {
            found.add(matcher.group());
        }
        return found;
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /// Where a code point begins.
    private static int offset(String text, int at) {
        return text.offsetByCodePoints(0, at);
    }

    private static String charAt(String text, int at) {
        int length = length(text);
        if (at < 0 || at > length) {
            throw new CelFailure("index out of range: " + at);
        }
        return at == length ? "" : Character.toString(text.codePointAt(offset(text, at)));
    }

    private static String ascii(String text, char from, char to, int shift) {
        var result = new StringBuilder(text);
        for (int i = 0; i < result.length(); i++) {
            char c = result.charAt(i);
            if (c >= from && c <= to) {
                result.setCharAt(i, (char) (c + shift));
            }
        }
        return result.toString();
    }

    private static String replace(String text, String old, String with, int limit) {
        if (limit < 0) {
            return text.replace(old, with);
        }
        var result = new StringBuilder();
        int at = 0;
        for (int i = 0; i < limit; i++) {
            int found = text.indexOf(old, at);
            if (found < 0 || at > text.length()) {
                break;
            }
            if (old.isEmpty()) {
                result.append(with);
                if (at < text.length()) {
                    result.append(text.charAt(at));
                }
                at++;
                continue;
            }
            result.append(text, at, found).append(with);
            at = found + old.length();
        }
        return at > text.length()
                ? result.toString()
                : result.append(text.substring(at)).toString();
    }

    private static Object split(String text, String separator, int limit) {
        List<Object> parts = new ArrayList<>();
        if (limit == 0) {
            return parts;
        }
        if (separator.isEmpty()) {
            int[] points = text.codePoints().toArray();
            for (int i = 0; i < points.length; i++) {
                if (limit > 0 && parts.size() == limit - 1) {
                    parts.add(new String(points, i, points.length - i));
                    break;
                }
                parts.add(Character.toString(points[i]));
            }
            return parts;
        }
        int at = 0;
        int found = text.indexOf(separator);
        while (found >= 0 && (limit < 0 || parts.size() < limit - 1)) {
            parts.add(text.substring(at, found));
            at = found + separator.length();
            found = text.indexOf(separator, at);
        }
        parts.add(text.substring(at));
        return parts;
    }

    private static Object substring(Object[] args) {
        String text = text(args, 0);
        int length = length(text);
        int from = index(args, 1);
        int to = args.length > 2 ? index(args, 2) : length;
        if (from < 0 || from > length) {
            throw new CelFailure("index out of range: " + from);
        }
        if (to < 0 || to > length) {
            throw new CelFailure("index out of range: " + to);
        }
        if (from > to) {
            throw new CelFailure("invalid substring range. start: " + from + ", end: " + to);
        }
        return text.substring(offset(text, from), offset(text, to));
    }

    /// The place of a part in a text; -1 when it is not in there.
    static long indexOf(Object[] args) {
        String text = text(args, 0);
        String part = text(args, 1);
        int length = length(text);
        int from = args.length > 2 ? index(args, 2) : 0;
        if (from < 0 || from > length) {
            throw new CelFailure("index out of range: " + from);
        }
        int found = text.indexOf(part, offset(text, from));
        return found < 0 ? -1 : text.codePointCount(0, found);
    }

    static long lastIndexOf(Object[] args) {
        String text = text(args, 0);
        String part = text(args, 1);
        int length = length(text);
        int from = args.length > 2 ? index(args, 2) : length;
        if (from < 0 || from > length) {
            throw new CelFailure("index out of range: " + from);
        }
        int found = text.lastIndexOf(part, offset(text, from));
        return found < 0 ? -1 : text.codePointCount(0, found);
    }
}
