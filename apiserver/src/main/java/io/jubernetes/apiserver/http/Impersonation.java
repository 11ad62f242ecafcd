package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Refusals;
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
import java.util.TreeMap;
import org.springframework.http.HttpHeaders;

/// Acting as somebody else by the `Impersonate-*` headers, for users who may `impersonate`.
final class Impersonation {
    private static final String USER = "Impersonate-User";
    private static final String GROUP = "Impersonate-Group";
    private static final String UID = "Impersonate-Uid";
    private static final String EXTRA = "Impersonate-Extra-";
    private static final String SERVICE_ACCOUNT = "system:serviceaccount:";

    private Impersonation() {}

    /// The user the request acts as: the sender when there are no such headers.
    static UserInfo of(UserInfo sender, HttpHeaders headers, Authorizer authorizer) {
        String name = headers.getFirst(USER);
        List<String> groups = headers.getOrEmpty(GROUP);
        String uid = headers.getFirst(UID);
        Map<String, List<String>> extra = extra(headers);
        if (name == null || name.isEmpty()) {
            if (!groups.isEmpty() || uid != null || !extra.isEmpty()) {
                throw ApiException.badRequest("requested &user.DefaultInfo{Name:\"\", UID:"
                        + Json.text(uid == null ? "" : uid) + ", Groups:" + texts(groups) + ", Extra:" + shown(extra)
                        + "} without impersonating a user name");
            }
            return sender;
        }
        List<String> all = new ArrayList<>(groups);
        if (name.startsWith(SERVICE_ACCOUNT) && name.split(":").length == 4) {
            String[] parts = name.split(":");
            check(sender, authorizer, "", "serviceaccounts", "", parts[2], parts[3]);
            if (groups.isEmpty()) {
                all.add("system:serviceaccounts");
                all.add("system:serviceaccounts:" + parts[2]);
            }
        } else {
            check(sender, authorizer, "", "users", "", "", name);
        }
        for (String group : groups) {
            check(sender, authorizer, "", "groups", "", "", group);
        }
        if (uid != null) {
            check(sender, authorizer, "authentication.k8s.io", "uids", "", "", uid);
        }
        extra.forEach((key, values) -> values.forEach(
                value -> check(sender, authorizer, "authentication.k8s.io", "userextras", key, "", value)));
        String implied =
                name.equals(UserInfo.ANONYMOUS) ? UserInfo.UNAUTHENTICATED_GROUP : UserInfo.AUTHENTICATED_GROUP;
        if (!all.contains(UserInfo.AUTHENTICATED_GROUP) && !all.contains(UserInfo.UNAUTHENTICATED_GROUP)) {
            all.add(implied);
        }
        return new UserInfo(name, uid == null ? "" : uid, all, extra);
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

    private static void check(
            UserInfo sender,
            Authorizer authorizer,
            String group,
            String resource,
            String subresource,
            String namespace,
            String name) {
        var attributes = new Authorizer.Attributes(
                sender, "impersonate", true, group, "v1", namespace, resource, subresource, name, "", "");
        Authorizer.Decision decision = authorizer.authorize(attributes);
        if (!decision.allowed()) {
            throw Refusals.forbidden(attributes, decision.reason());
        }
    }
}
