package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.common.codec.Json;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.springframework.http.HttpHeaders;

/// The `Impersonate-*` headers, by which a request says who it wants to act as.
final class ImpersonationHeaders {
    private static final String EXTRA = "Impersonate-Extra-";

    private ImpersonationHeaders() {}

    /// The wanted user exactly as the headers say it; empty when there are none.
    static Optional<UserInfo> wanted(HttpHeaders headers) {
        String name = Objects.requireNonNullElse(headers.getFirst("Impersonate-User"), "");
        String uid = Objects.requireNonNullElse(headers.getFirst("Impersonate-Uid"), "");
        List<String> groups = headers.getOrEmpty("Impersonate-Group");
        Map<String, List<String>> extra = extra(headers);
        if (!name.isEmpty()) {
            return Optional.of(new UserInfo(name, uid, groups, extra));
        }
        if (uid.isEmpty() && groups.isEmpty() && extra.isEmpty()) {
            return Optional.empty();
        }
        throw ApiException.badRequest("requested &user.DefaultInfo{Name:\"\", UID:" + Json.text(uid) + ", Groups:"
                + texts(groups) + ", Extra:" + shown(extra) + "} without impersonating a user name");
    }

    private static String texts(List<String> values) {
        return values.isEmpty()
                ? "[]string(nil)"
                : "[]string{"
                        + String.join(", ", values.stream().map(Json::text).toList()) + "}";
    }

    private static String shown(Map<String, List<String>> extra) {
        if (extra.isEmpty()) {
            return "map[string][]string(nil)";
        }
        List<String> entries = new ArrayList<>();
        new TreeMap<>(extra).forEach((key, values) -> entries.add(Json.text(key) + ":" + texts(values)));
        return "map[string][]string{" + String.join(", ", entries) + "}";
    }

    private static Map<String, List<String>> extra(HttpHeaders headers) {
        Map<String, List<String>> extra = new LinkedHashMap<>();
        headers.forEach((name, values) -> {
            if (name.regionMatches(true, 0, EXTRA, 0, EXTRA.length())) {
                String key = URLDecoder.decode(
                        name.substring(EXTRA.length()).toLowerCase(Locale.ROOT), StandardCharsets.UTF_8);
                extra.put(key, List.copyOf(values));
            }
        });
        return extra;
    }
}
