package io.jubernetes.apiserver.watchcache;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Puts `"resourceVersion":"…"` into the metadata of an encoded object without decoding it: one pass over the
/// bytes, one copy. The field goes where upstream's encoder puts it, behind the uid; to the front when there is
/// none.
final class RevisionSplice {
    private static final byte[] METADATA = ascii("metadata");
    private static final byte[] UID = ascii("uid");
    private static final byte[] RESOURCE_VERSION = ascii("resourceVersion");

    private final byte[] json;
    private int at;

    private int metadataStart = -1; // just behind its opening brace
    private boolean metadataEmpty = true;
    private int uidEnd = -1;
    private int versionStart = -1; // of the value of a resourceVersion that is there already
    private int versionEnd = -1;

    private RevisionSplice(byte[] json) {
        this.json = json;
    }

    /// The result of a splice.
    ///
    /// @param json the object with its revision
    /// @param from where what was put in starts
    /// @param to where it ends
    /// @param replaced whether a resourceVersion that was stored had to go, so that cutting out `from` to `to`
    ///     does not give the stored bytes back
    record Result(byte[] json, int from, int to, boolean replaced) {}

    /// @throws IllegalArgumentException when the bytes are not a JSON object
    static Result splice(byte[] json, long revision) {
        var scan = new RevisionSplice(json);
        try {
            scan.scanObject();
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the JSON object ends too early", e);
        }
        return scan.insert(Long.toString(revision));
    }

    private Result insert(String revision) {
        if (versionStart >= 0) {
            byte[] value = ascii("\"" + revision + "\"");
            return new Result(joined(versionStart, value, versionEnd), versionStart, versionStart + value.length, true);
        }
        String field = "\"resourceVersion\":\"" + revision + "\"";
        int where;
        if (uidEnd >= 0) {
            where = uidEnd;
            field = "," + field;
        } else if (metadataStart >= 0) {
            where = metadataStart;
            field = metadataEmpty ? field : field + ",";
        } else {
            where = at; // just behind the object's opening brace: see scanObject
            field = "\"metadata\":{" + field + (json[skipSpace(at)] == '}' ? "}" : "},");
        }
        byte[] bytes = ascii(field);
        return new Result(joined(where, bytes, where), where, where + bytes.length, false);
    }

    private byte[] joined(int headEnd, byte[] middle, int tailStart) {
        byte[] all = Arrays.copyOf(json, headEnd + middle.length + json.length - tailStart);
        System.arraycopy(middle, 0, all, headEnd, middle.length);
        System.arraycopy(json, tailStart, all, headEnd + middle.length, json.length - tailStart);
        return all;
    }

    private void scanObject() {
        at = skipSpace(0);
        expect('{');
        int start = at;
        byte @Nullable [] found = scanFields(METADATA);
        if (found != null) {
            scanMetadata();
        } else {
            at = start;
        }
    }

    private void scanMetadata() {
        expect('{');
        metadataStart = at;
        metadataEmpty = json[skipSpace(at)] == '}';
        for (byte[] field = scanFields(UID, RESOURCE_VERSION);
                field != null;
                field = scanFields(UID, RESOURCE_VERSION)) {
            int valueStart = at;
            skipValue();
            if (Arrays.equals(field, UID)) {
                uidEnd = at;
            } else {
                versionStart = valueStart;
                versionEnd = at;
            }
        }
    }

    /// Goes on through an object's fields until one of the wanted names; stops at its value, or behind the object.
    private byte @Nullable [] scanFields(byte[]... wanted) {
        while (true) {
            at = skipSpace(at);
            if (json[at] == ',') {
                at = skipSpace(at + 1);
            }
            if (json[at] == '}') {
                at++;
                return null;
            }
            int nameStart = at + 1;
            skipString();
            int nameEnd = at - 1;
            at = skipSpace(at);
            expect(':');
            at = skipSpace(at);
            for (byte[] name : wanted) {
                if (Arrays.equals(json, nameStart, nameEnd, name, 0, name.length)) {
                    return name;
                }
            }
            skipValue();
        }
    }

    private void skipValue() {
        switch (json[at]) {
            case '"' -> skipString();
            case '{', '[' -> skipNested();
            default -> {
                while (json[at] != ',' && json[at] != '}' && json[at] != ']') {
                    at++;
                }
            }
        }
    }

    private void skipNested() {
        int depth = 0;
        do {
            switch (json[at]) {
                case '"' -> {
                    skipString();
                    continue;
                }
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                default -> {
                    // a part of a number, a literal, or a separator
                }
            }
            at++;
        } while (depth > 0);
    }

    private void skipString() {
        expect('"');
        while (json[at] != '"') {
            at += json[at] == '\\' ? 2 : 1;
        }
        at++;
    }

    private int skipSpace(int from) {
        int i = from;
        while (json[i] == ' ' || json[i] == '\n' || json[i] == '\r' || json[i] == '\t') {
            i++;
        }
        return i;
    }

    private void expect(char c) {
        if (json[at] != c) {
            throw new IllegalArgumentException("expected '" + c + "' at byte " + at + " of the JSON object");
        }
        at++;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
