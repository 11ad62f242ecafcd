package io.jubernetes.kubelet.image;

import java.net.URI;
import java.util.List;

/// Whether credentials for a registry, or for a part of it, are for an image. Patterns are host names with a path and a
/// port if need be; `*` stands for a part of the name between two dots.
final class RegistryPattern {
    private RegistryPattern() {}

    static boolean matches(String pattern, String image) {
        String bare = pattern.contains("://") ? withoutScheme(pattern) : pattern;
        String trimmed = bare.replaceAll("/v[12]/?$", "").replaceAll("/$", "");
        int slash = trimmed.indexOf('/');
        String host = slash < 0 ? trimmed : trimmed.substring(0, slash);
        if (host.equals("index.docker.io") || host.equals("registry-1.docker.io")) {
            host = "docker.io";
        }
        String registry = ImageReference.registry(image);
        if (!matchesHost(host, registry)) {
            return false;
        }
        return slash < 0 || (path(image, registry) + "/").startsWith(trimmed.substring(slash) + "/");
    }

    /// The image's path in its registry with a slash before it, without tag and digest.
    private static String path(String image, String registry) {
        String path = image.startsWith(registry + "/") ? image.substring(registry.length()) : "/" + image;
        int digest = path.indexOf('@');
        String named = digest < 0 ? path : path.substring(0, digest);
        int tag = named.lastIndexOf(':');
        return tag < 0 ? named : named.substring(0, tag);
    }

    private static boolean matchesHost(String pattern, String host) {
        List<String> wanted = List.of(pattern.split("[.]", -1));
        List<String> parts = List.of(host.split("[.]", -1));
        if (wanted.size() != parts.size()) {
            return false;
        }
        for (int i = 0; i < parts.size(); i++) {
            if (!matchesPart(wanted.get(i), parts.get(i))) {
                return false;
            }
        }
        return true;
    }

    /// The port, after the last part's colon, must be the same.
    private static boolean matchesPart(String pattern, String part) {
        int star = pattern.indexOf('*');
        if (star < 0) {
            return pattern.equals(part);
        }
        String before = pattern.substring(0, star);
        String after = pattern.substring(star + 1);
        return part.length() >= before.length() + after.length()
                && part.startsWith(before)
                && part.endsWith(after)
                && part.contains(":") == pattern.contains(":");
    }

    private static String withoutScheme(String url) {
        try {
            URI uri = URI.create(url);
            return uri.getRawAuthority() + (uri.getRawPath() == null ? "" : uri.getRawPath());
        } catch (IllegalArgumentException e) {
            return url;
        }
    }
}
