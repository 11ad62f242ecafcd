package io.jubernetes.apiserver.schema;

/// Checks standard base64 with padding; line breaks are passed over, as the API does.
final class Base64Text {
    private Base64Text() {}

    /// The offset of the first byte that cannot stand there, or -1 when the text is well-formed.
    static int firstBadByte(String text) {
        int symbols = 0;
        int padding = 0;
        int last = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\r') {
                continue;
            }
            last = i;
            if (c == '=') {
                padding++;
                int inQuantum = (symbols + padding - 1) % 4;
                if (inQuantum < 2 || padding > 2) {
                    return i;
                }
            } else if (padding > 0 || !isSymbol(c)) {
                return i;
            } else {
                symbols++;
            }
        }
        return (symbols + padding) % 4 == 0 ? -1 : last + 1;
    }

    private static boolean isSymbol(char c) {
        return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/';
    }
}
