package io.jubernetes.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Draws stacks as a flame graph: a box a frame, as wide as its share of the samples, above the frame that called it.
final class FlameGraph {
    private static final int WIDTH = 1200;
    private static final int ROW = 16;
    private static final double NARROWEST = 3;
    private static final double LETTER = 6.6;

    private final Node root = new Node();

    private static final class Node {
        private final Map<String, Node> callees = new TreeMap<>();
        private long samples;
    }

    /// @param frames the outermost first
    void add(List<String> frames) {
        Node node = root;
        node.samples++;
        for (String frame : frames) {
            node = node.callees.computeIfAbsent(frame, _ -> new Node());
            node.samples++;
        }
    }

    /// The picture as an SVG document; frames narrower than three pixels are left out.
    String svg(String title) {
        int rows = depth(root);
        int height = (rows + 2) * ROW;
        var out = new StringBuilder(1 << 16);
        out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"monospace\" "
                .formatted(WIDTH, height));
        out.append("font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        out.append("<text x=\"4\" y=\"12\">").append(escaped(title)).append("</text>\n");
        draw(out, root, 0, height - ROW);
        return out.append("</svg>\n").toString();
    }

    private int depth(Node node) {
        int deepest = 0;
        for (Node callee : node.callees.values()) {
            if (width(callee) >= NARROWEST) {
                deepest = Math.max(deepest, 1 + depth(callee));
            }
        }
        return deepest;
    }

    private double width(Node node) {
        return (double) node.samples * WIDTH / Math.max(1, root.samples);
    }

    private void draw(StringBuilder out, Node node, double from, int y) {
        double x = from;
        for (Map.Entry<String, Node> entry : node.callees.entrySet()) {
            Node callee = entry.getValue();
            double width = width(callee);
            if (width >= NARROWEST) {
                box(out, entry.getKey(), callee, x, y, width);
                draw(out, callee, x, y - ROW);
            }
            x += width;
        }
    }

    private void box(StringBuilder out, String frame, Node node, double x, int y, double width) {
        double share = 100.0 * node.samples / root.samples;
        out.append(String.format(
                Locale.ROOT,
                "<g><title>%s, %.1f %%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                escaped(frame),
                share,
                x,
                y,
                Math.max(0.5, width - 0.5),
                ROW - 1,
                colour(frame)));
        int letters = (int) ((width - 4) / LETTER);
        if (letters >= 3) {
            String name = withoutPackage(frame);
            String text = name.length() <= letters ? name : name.substring(0, letters);
            out.append(String.format(
                    Locale.ROOT, "<text x=\"%.1f\" y=\"%d\">%s</text>", x + 2, y + ROW - 4, escaped(text)));
        }
        out.append("</g>\n");
    }

    private static String withoutPackage(String frame) {
        int method = frame.lastIndexOf('.');
        return frame.substring(frame.lastIndexOf('.', method - 1) + 1);
    }

    /// Ours are green, TLS blue, the database's red, the rest sand.
    private static String colour(String frame) {
        return switch (Layer.of(frame)) {
            case OURS -> "#9ccc65";
            case TLS -> "#64b5f6";
            case COMMIT -> "#ef9a9a";
            default -> "#ffe0b2";
        };
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
