package io.jubernetes.apiserver.validation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The difference of two texts line by line, in the unified form without file names. Lines are matched by the longest
/// common block first, then left and right of it, so that a moved block shows as one removal and one addition.
final class LineDiff {
    private static final int CONTEXT = 3;
    /// From this many lines on, very common lines do not start a match.
    private static final int POPULAR_FROM = 200;

    private record Block(int left, int right, int length) {}

    /// One run of lines: equal when both sides have it, else what is taken away and put in its place.
    private record Change(boolean equal, int leftStart, int leftEnd, int rightStart, int rightEnd) {}

    private final List<String> left;
    private final List<String> right;
    private final Map<String, List<Integer>> places = new HashMap<>();

    private LineDiff(List<String> left, List<String> right) {
        this.left = left;
        this.right = right;
        for (int i = 0; i < right.size(); i++) {
            places.computeIfAbsent(right.get(i), _ -> new ArrayList<>()).add(i);
        }
        if (right.size() >= POPULAR_FROM) {
            int most = right.size() / 100 + 1;
            places.values().removeIf(found -> found.size() > most);
        }
    }

    /// The difference; empty when the texts are equal.
    static String of(List<String> before, List<String> after) {
        var diff = new LineDiff(before, after);
        var text = new StringBuilder();
        for (List<Change> group : diff.groups()) {
            diff.write(group, text);
        }
        return text.toString();
    }

    private List<Block> blocks() {
        List<Block> found = new ArrayList<>();
        match(0, left.size(), 0, right.size(), found);
        found.add(new Block(left.size(), right.size(), 0));
        return found;
    }

    private void match(int leftFrom, int leftTo, int rightFrom, int rightTo, List<Block> found) {
        Block best = longest(leftFrom, leftTo, rightFrom, rightTo);
        if (best.length == 0) {
            return;
        }
        match(leftFrom, best.left, rightFrom, best.right, found);
        found.add(best);
        match(best.left + best.length, leftTo, best.right + best.length, rightTo, found);
    }

    private Block longest(int leftFrom, int leftTo, int rightFrom, int rightTo) {
        int bestLeft = leftFrom;
        int bestRight = rightFrom;
        int length = 0;
        Map<Integer, Integer> ending = new HashMap<>();
        for (int i = leftFrom; i < leftTo; i++) {
            Map<Integer, Integer> next = new HashMap<>();
            for (int j : places.getOrDefault(left.get(i), List.of())) {
                if (j < rightFrom) {
                    continue;
                }
                if (j >= rightTo) {
                    break;
                }
                int run = ending.getOrDefault(j - 1, 0) + 1;
                next.put(j, run);
                if (run > length) {
                    bestLeft = i - run + 1;
                    bestRight = j - run + 1;
                    length = run;
                }
            }
            ending = next;
        }
        // Common lines, which start no match, still extend one.
        while (bestLeft > leftFrom
                && bestRight > rightFrom
                && left.get(bestLeft - 1).equals(right.get(bestRight - 1))) {
            bestLeft--;
            bestRight--;
            length++;
        }
        while (bestLeft + length < leftTo
                && bestRight + length < rightTo
                && left.get(bestLeft + length).equals(right.get(bestRight + length))) {
            length++;
        }
        return new Block(bestLeft, bestRight, length);
    }

    private List<Change> changes() {
        List<Change> changes = new ArrayList<>();
        int i = 0;
        int j = 0;
        for (Block block : blocks()) {
            if (i < block.left || j < block.right) {
                changes.add(new Change(false, i, block.left, j, block.right));
            }
            i = block.left + block.length;
            j = block.right + block.length;
            if (block.length > 0) {
                changes.add(new Change(true, block.left, i, block.right, j));
            }
        }
        return changes;
    }

    /// Changes with their context; those close to each other together.
    private List<List<Change>> groups() {
        List<List<Change>> groups = new ArrayList<>();
        List<Change> all = changes();
        if (all.stream().allMatch(Change::equal)) {
            return groups;
        }
        List<Change> group = new ArrayList<>();
        for (int n = 0; n < all.size(); n++) {
            Change change = all.get(n);
            if (!change.equal) {
                group.add(change);
                continue;
            }
            boolean first = n == 0;
            boolean last = n == all.size() - 1;
            int length = change.leftEnd - change.leftStart;
            if (!first && !last && length <= 2 * CONTEXT) {
                group.add(change);
                continue;
            }
            if (!first) {
                int keep = Math.min(CONTEXT, length);
                group.add(new Change(
                        true, change.leftStart, change.leftStart + keep, change.rightStart, change.rightStart + keep));
                groups.add(group);
                group = new ArrayList<>();
            }
            if (!last) {
                int keep = Math.min(CONTEXT, length);
                group.add(new Change(
                        true, change.leftEnd - keep, change.leftEnd, change.rightEnd - keep, change.rightEnd));
            }
        }
        if (!group.isEmpty()) {
            groups.add(group);
        }
        return groups;
    }

    private void write(List<Change> group, StringBuilder text) {
        Change first = group.getFirst();
        Change last = group.getLast();
        text.append("@@ -")
                .append(range(first.leftStart, last.leftEnd))
                .append(" +")
                .append(range(first.rightStart, last.rightEnd))
                .append(" @@\n");
        for (Change change : group) {
            if (change.equal) {
                lines(text, ' ', left, change.leftStart, change.leftEnd);
            } else {
                lines(text, '-', left, change.leftStart, change.leftEnd);
                lines(text, '+', right, change.rightStart, change.rightEnd);
            }
        }
    }

    private static void lines(StringBuilder text, char mark, List<String> lines, int from, int to) {
        for (int i = from; i < to; i++) {
            text.append(mark).append(lines.get(i)).append('\n');
        }
    }

    private static String range(int start, int end) {
        int length = end - start;
        return length == 1 ? Integer.toString(start + 1) : (length == 0 ? start : start + 1) + "," + length;
    }
}
