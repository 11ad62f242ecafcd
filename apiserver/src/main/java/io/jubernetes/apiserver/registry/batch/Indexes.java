package io.jubernetes.apiserver.registry.batch;

import io.jubernetes.common.codec.Json;

/// A list of indexes as jobs write it: `1,3-5,7`, growing.
///
/// @param total how many indexes there are
/// @param problem what is wrong with the text; empty when it is well-formed
record Indexes(long total, String problem) {
    private static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String why) {
            super(why, null, false, false);
        }
    }

    /// @param completions the number of indexes there are
    static Indexes parse(String text, long completions) {
        if (text.isEmpty()) {
            return new Indexes(0, "");
        }
        long total = 0;
        long last = -1;
        try {
            for (String interval : text.split(",", -1)) {
                String[] ends = interval.split("-", -1);
                if (ends.length > 2) {
                    throw new Malformed("the fragment " + Json.text(interval)
                            + " violates the requirement that an index interval can have at most two parts separated by"
                            + " '-'");
                }
                long first = index(ends[0], completions);
                long end = first;
                if (ends.length == 2) {
                    end = index(ends[1], completions);
                    if (first >= end) {
                        throw new Malformed("non-increasing order, previous: " + first + ", current: " + end);
                    }
                }
                if (last >= first) {
                    throw new Malformed("non-increasing order, previous: " + last + ", current: " + first);
                }
                total += end - first + 1;
                last = end;
            }
        } catch (Malformed e) {
            return new Indexes(0, String.valueOf(e.getMessage()));
        }
        return new Indexes(total, "");
    }

    private static long index(String text, long completions) throws Malformed {
        long index;
        try {
            index = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new Malformed("cannot convert string to integer for index: " + Json.text(text));
        }
        if (index >= completions) {
            throw new Malformed("too large index: " + Json.text(text));
        }
        return index;
    }
}
