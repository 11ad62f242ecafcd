package io.jubernetes.kubelet.image;

import java.util.Optional;
import java.util.regex.Pattern;

/// Names of images.
final class ImageReference {
    private static final Pattern FORM = Pattern.compile("(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)"
            + "(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?/)?"
            + "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
            + "(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?");
    private static final Pattern ID = Pattern.compile("(?:sha256:)?[0-9a-f]{64}");

    private ImageReference() {}

    /// What is wrong with a name; empty when nothing is.
    static Optional<String> complaint(String image) {
        if (FORM.matcher(image).matches() || ID.matcher(image).matches()) {
            return Optional.empty();
        }
        if (!image.equals(image.toLowerCase(java.util.Locale.ROOT))
                && FORM.matcher(image.toLowerCase(java.util.Locale.ROOT)).matches()) {
            return Optional.of("invalid reference format: repository name must be lowercase");
        }
        return Optional.of("invalid reference format");
    }

    /// Whether the name stands for whatever is newest.
    static boolean isLatest(String image) {
        if (image.contains("@")) {
            return false;
        }
        int colon = image.lastIndexOf(':');
        return colon < 0 || image.indexOf('/', colon) >= 0 || image.endsWith(":latest");
    }

    /// The registry's host name, with its port if any; `docker.io` when the name has none.
    static String registry(String image) {
        int slash = image.indexOf('/');
        String first = slash < 0 ? "" : image.substring(0, slash);
        return first.contains(".") || first.contains(":") || first.equals("localhost") ? first : "docker.io";
    }
}
