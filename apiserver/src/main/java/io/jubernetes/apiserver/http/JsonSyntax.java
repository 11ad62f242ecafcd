package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.core.StreamReadConstraints;
import java.nio.charset.StandardCharsets;

/// Says what is wrong with a text that is not JSON, in the words clients of the API know. Only asked after a parser
/// has refused the text; one instance reads one text.
final class JsonSyntax {
    /// The parser takes no more.
    private static final int MAX_DEPTH = StreamReadConstraints.DEFAULT_MAX_DEPTH;

    private final byte[] text;
    private int at;
    private int depth;

    private JsonSyntax(byte[] text) {
        this.text = text;
    }

    /// @param otherwise what to say when the text is well-formed after all
    static String problem(byte[] text, String otherwise) {
        var syntax = new JsonSyntax(text);
        try {
            syntax.space();
            syntax.value();
            syntax.space();
            if (syntax.at < text.length) {
                throw syntax.unexpected("after top-level value");
            }
            return otherwise;
        } catch (Malformed e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static final class Malformed extends Exception {
        @java.io.Serial
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message, null, false, false);
        }
    }

    private Malformed unexpected(String where) {
        if (at >= text.length) {
            return new Malformed("unexpected end of JSON input");
        }
        return new Malformed("invalid character " + quoted(text[at] & 0xff) + " " + where);
    }

    private static String quoted(int c) {
        return switch (c) {
            case '\'' -> "'\\''";
            case '"' -> "'\"'";
            case '\\' -> "'\\\\'";
            case '\n' -> "'\\n'";
            case '\r' -> "'\\r'";
            case '\t' -> "'\\t'";
            default ->
                c < 0x20 || c == 0x7f
                        ? "'\\x%02x'".formatted(c)
                        : c >= 0x80 && c < 0xa0 || c == 0xad
                                ? "'\\u%04x'".formatted(c)
                                : "'" + new String(new byte[] {(byte) c}, StandardCharsets.ISO_8859_1) + "'";
        };
    }

    private int peek() {
        return at < text.length ? text[at] & 0xff : -1;
    }

    private void space() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n') {
            at++;
        }
    }

    private void value() throws Malformed {
        switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> throw unexpected("looking for beginning of value");
        }
    }

    private void enter() throws Malformed {
        at++;
        if (++depth > MAX_DEPTH) {
            throw new Malformed("exceeded max depth");
        }
        space();
    }

    private void object() throws Malformed {
        enter();
        if (peek() == '}') {
            leave();
            return;
        }
        while (true) {
            if (peek() != '"') {
                throw unexpected("looking for beginning of object key string");
            }
            string();
            space();
            if (peek() != ':') {
                throw unexpected("after object key");
            }
            at++;
            space();
            value();
            space();
            if (peek() == '}') {
                leave();
                return;
            }
            if (peek() != ',') {
                throw unexpected("after object key:value pair");
            }
            at++;
            space();
        }
    }

    private void array() throws Malformed {
        enter();
        if (peek() == ']') {
            leave();
            return;
        }
        while (true) {
            value();
            space();
            if (peek() == ']') {
                leave();
                return;
            }
            if (peek() != ',') {
                throw unexpected("after array element");
            }
            at++;
            space();
        }
    }

    private void leave() {
        at++;
        depth--;
    }

    private void string() throws Malformed {
        at++;
        while (peek() != '"') {
            if (peek() < 0x20) {
                throw unexpected("in string literal");
            }
            if (peek() != '\\') {
                at++;
                continue;
            }
            at++;
            if (peek() == 'u') {
                at++;
                for (int i = 0; i < 4; i++, at++) {
                    if (Character.digit(peek(), 16) < 0) {
                        throw unexpected("in \\u hexadecimal character escape");
                    }
                }
            } else if (peek() >= 0 && "\"\\/bfnrt".indexOf(peek()) >= 0) {
                at++;
            } else {
                throw unexpected("in string escape code");
            }
        }
        at++;
    }

    private void literal(String word) throws Malformed {
        for (int i = 0; i < word.length(); i++, at++) {
            if (peek() != word.charAt(i)) {
                throw unexpected("in literal " + word + " (expecting '" + word.charAt(i) + "')");
            }
        }
    }

    private boolean digits() {
        int from = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        return at > from;
    }

    private void number() throws Malformed {
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else if (!digits()) {
            throw unexpected("in numeric literal");
        }
        if (peek() == '.') {
            at++;
            if (!digits()) {
                throw unexpected("after decimal point in numeric literal");
            }
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            if (!digits()) {
                throw unexpected("in exponent of numeric literal");
            }
        }
    }
}
