package io.jubernetes.apiserver.authn;

import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.http.ClientCertificates;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;

/// Users that a proxy in front names by headers. It is believed only with a certificate of its own authority.
/// Thread-safe.
///
/// @param proxies verifies the proxy's certificate
/// @param allowedNames common names of proxies; empty for all the authority has signed
public record RequestHeaders(
        ClientCertificates proxies,
        List<String> allowedNames,
        List<String> userHeaders,
        List<String> uidHeaders,
        List<String> groupHeaders,
        List<String> extraPrefixes) {
    public RequestHeaders {
        allowedNames = List.copyOf(allowedNames);
        userHeaders = List.copyOf(userHeaders);
        uidHeaders = List.copyOf(uidHeaders);
        groupHeaders = List.copyOf(groupHeaders);
        extraPrefixes = List.copyOf(extraPrefixes);
    }

    /// The user a proxy names; empty when the request is from no proxy, or names nobody.
    Optional<UserInfo> authenticate(ServerHttpRequest request) {
        X509Certificate[] chain = ClientCertificates.presented(request);
        if (chain == null) {
            return Optional.empty();
        }
        return proxies.verify(chain)
                .filter(proxy -> allowedNames.isEmpty() || allowedNames.contains(proxy.commonName()))
                .flatMap(_ -> user(request.getHeaders()));
    }

    private Optional<UserInfo> user(HttpHeaders headers) {
        String name = first(headers, userHeaders);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        List<String> groups = new ArrayList<>();
        for (String header : groupHeaders) {
            groups.addAll(headers.getOrEmpty(header));
        }
        if (!groups.contains(UserInfo.AUTHENTICATED_GROUP)) {
            groups.add(UserInfo.AUTHENTICATED_GROUP);
        }
        Map<String, List<String>> extra = new LinkedHashMap<>();
        headers.forEach((header, values) -> {
            String lower = header.toLowerCase(Locale.ROOT);
            for (String prefix : extraPrefixes) {
                String start = prefix.toLowerCase(Locale.ROOT);
                if (lower.startsWith(start)) {
                    extra.computeIfAbsent(key(lower.substring(start.length())), _ -> new ArrayList<>())
                            .addAll(values);
                }
            }
        });
        return Optional.of(new UserInfo(name, first(headers, uidHeaders), groups, extra));
    }

    private static String first(HttpHeaders headers, List<String> names) {
        for (String name : names) {
            String value = headers.getFirst(name);
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        return "";
    }

    private static String key(String escaped) {
        try {
            return URLDecoder.decode(escaped.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return escaped;
        }
    }
}
