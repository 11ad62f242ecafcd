package io.jubernetes.apiserver.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Makes links of proxied pages lead through the proxy: a link to `/page` of the pod becomes one to
/// `/api/v1/namespaces/…/proxy/page`. Links to other hosts and relative ones stay.
final class ProxyLinks {
    private static final Pattern ATTRIBUTE =
            Pattern.compile("(?<![a-zA-Z-])([a-zA-Z-]++)(\\s*+=\\s*+)(\"([^\"]*+)\"|'([^']*+)'|([^\\s\"'>]++))");
    /// The attributes of HTML that hold an address.
    private static final Map<String, Set<String>> ADDRESSES = Map.ofEntries(
            Map.entry("a", Set.of("href")),
            Map.entry("applet", Set.of("codebase")),
            Map.entry("area", Set.of("href")),
            Map.entry("audio", Set.of("src")),
            Map.entry("base", Set.of("href")),
            Map.entry("blockquote", Set.of("cite")),
            Map.entry("body", Set.of("background")),
            Map.entry("button", Set.of("formaction")),
            Map.entry("command", Set.of("icon")),
            Map.entry("del", Set.of("cite")),
            Map.entry("embed", Set.of("src")),
            Map.entry("form", Set.of("action")),
            Map.entry("frame", Set.of("longdesc", "src")),
            Map.entry("head", Set.of("profile")),
            Map.entry("html", Set.of("manifest")),
            Map.entry("iframe", Set.of("longdesc", "src")),
            Map.entry("img", Set.of("longdesc", "src", "usemap")),
            Map.entry("input", Set.of("src", "usemap", "formaction")),
            Map.entry("ins", Set.of("cite")),
            Map.entry("link", Set.of("href")),
            Map.entry("object", Set.of("classid", "codebase", "data", "usemap")),
            Map.entry("q", Set.of("cite")),
            Map.entry("script", Set.of("src")),
            Map.entry("source", Set.of("src")),
            Map.entry("track", Set.of("src")),
            Map.entry("video", Set.of("poster", "src")));

    private final String prefix;
    private final String host;

    /// @param prefix the path of the proxy subresource, without a slash at the end
    /// @param host host and port of the proxied server
    ProxyLinks(String prefix, String host) {
        this.prefix = prefix;
        this.host = host;
    }

    /// An address as it leads through the proxy.
    String address(String address) {
        URI uri;
        try {
            uri = new URI(address);
        } catch (URISyntaxException e) {
            return address;
        }
        String path = uri.getRawPath();
        boolean elsewhere =
                uri.getRawAuthority() != null && !uri.getRawAuthority().equals(host);
        boolean relative = uri.getRawAuthority() == null && (path == null || !path.startsWith("/"));
        if (elsewhere || relative || uri.isOpaque() || path == null || path.startsWith(prefix)) {
            return address;
        }
        return prefix
                + (path.isEmpty() ? "/" : path)
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
                + (uri.getRawFragment() == null ? "" : "#" + uri.getRawFragment());
    }

    /// A page whose links lead through the proxy; everything else is as it was.
    String page(String html) {
        var result = new StringBuilder(html.length() + 256);
        int done = 0;
        for (int open = html.indexOf('<'); open >= 0; open = html.indexOf('<', open + 1)) {
            int nameEnd = open + 1;
            while (nameEnd < html.length() && Character.isLetterOrDigit(html.charAt(nameEnd))) {
                nameEnd++;
            }
            if (nameEnd == open + 1) {
                continue;
            }
            int close = endOfTag(html, nameEnd);
            if (close < 0) {
                // A tag without end reaches to the end of the page, as browsers see it.
                break;
            }
            Set<String> names = ADDRESSES.get(html.substring(open + 1, nameEnd).toLowerCase(java.util.Locale.ROOT));
            if (names != null) {
                result.append(html, done, nameEnd);
                attributes(html.substring(nameEnd, close), names, result);
                done = close;
            }
            open = close;
        }
        return result.append(html, done, html.length()).toString();
    }

    /// The place of the `>` that ends a tag, which may also stand in quotes; -1 when there is none.
    private static int endOfTag(String html, int from) {
        char quote = 0;
        for (int i = from; i < html.length(); i++) {
            char c = html.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '>') {
                return i;
            }
        }
        return -1;
    }

    private void attributes(String text, Set<String> names, StringBuilder to) {
        Matcher attributes = ATTRIBUTE.matcher(text);
        int done = 0;
        while (attributes.find()) {
            if (!names.contains(attributes.group(1).toLowerCase(java.util.Locale.ROOT))) {
                continue;
            }
            int value = attributes.group(4) != null ? 4 : attributes.group(5) != null ? 5 : 6;
            to.append(text, done, attributes.start(value)).append(address(attributes.group(value)));
            done = attributes.end(value);
        }
        to.append(text, done, text.length());
    }
}
