package io.jubernetes.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.Meta;
import java.util.List;

/// One rule of a flow schema: it matches what one of its subjects asks of one of its resources or paths.
record FlowRule(List<Subject> subjects, List<Resources> resources, List<Paths> paths) {
    private static final String ANY = "*";
    private static final String ACCOUNT = "system:serviceaccount:";

    /// Who asks.
    sealed interface Subject {
        boolean matches(UserInfo user);
    }

    private record User(String name) implements Subject {
        @Override
        public boolean matches(UserInfo user) {
            return name.equals(ANY) || name.equals(user.name());
        }
    }

    private record Group(String name) implements Subject {
        @Override
        public boolean matches(UserInfo user) {
            return name.equals(ANY) || user.groups().contains(name);
        }
    }

    /// @param prefix of the user names of the namespace's accounts
    private record Account(String prefix, String name) implements Subject {
        @Override
        public boolean matches(UserInfo user) {
            if (!user.name().startsWith(prefix)) {
                return false;
            }
            String account = user.name().substring(prefix.length());
            return name.equals(ANY) ? !account.isEmpty() && account.indexOf(':') < 0 : name.equals(account);
        }
    }

    /// Requests for resources.
    private record Resources(
            List<String> verbs,
            List<String> groups,
            List<String> names,
            boolean clusterScope,
            List<String> namespaces) {
        boolean matches(RequestInfo info, String namespace) {
            return has(verbs, info.verb())
                    && has(groups, info.group())
                    && (names.contains(ANY) || names.contains(nameOf(info)))
                    && (namespace.isEmpty() ? clusterScope : has(namespaces, namespace));
        }

        private static String nameOf(RequestInfo info) {
            return info.subresource().isEmpty() ? info.resource() : info.resource() + "/" + info.subresource();
        }
    }

    /// Requests for paths that are no resources.
    private record Paths(List<String> verbs, List<String> patterns) {
        boolean matches(RequestInfo info) {
            return has(verbs, info.verb()) && patterns.stream().anyMatch(pattern -> covers(pattern, info.path()));
        }

        /// A pattern that ends in a slash and an asterisk covers everything below.
        private static boolean covers(String pattern, String path) {
            return pattern.equals(ANY)
                    || pattern.equals(path)
                    || pattern.endsWith("/*") && path.startsWith(pattern.substring(0, pattern.length() - 1));
        }
    }

    static FlowRule of(JsonNode rule) {
        return new FlowRule(
                rule.path("subjects").valueStream().map(FlowRule::subject).toList(),
                rule.path("resourceRules")
                        .valueStream()
                        .map(each -> new Resources(
                                Meta.texts(each.path("verbs")),
                                Meta.texts(each.path("apiGroups")),
                                Meta.texts(each.path("resources")),
                                each.path("clusterScope").asBoolean(),
                                Meta.texts(each.path("namespaces"))))
                        .toList(),
                rule.path("nonResourceRules")
                        .valueStream()
                        .map(each ->
                                new Paths(Meta.texts(each.path("verbs")), Meta.texts(each.path("nonResourceURLs"))))
                        .toList());
    }

    private static Subject subject(JsonNode subject) {
        return switch (subject.path("kind").asText("")) {
            case "User" -> new User(subject.path("user").path("name").asText(""));
            case "Group" -> new Group(subject.path("group").path("name").asText(""));
            default -> {
                JsonNode account = subject.path("serviceAccount");
                yield new Account(
                        ACCOUNT + account.path("namespace").asText("") + ":",
                        account.path("name").asText(""));
            }
        };
    }

    private static boolean has(List<String> list, String value) {
        return list.contains(ANY) || list.contains(value);
    }

    boolean matches(Arrival arrival) {
        return hasSubject(arrival.user()) && hasRequest(arrival);
    }

    private boolean hasSubject(UserInfo user) {
        for (Subject subject : subjects) {
            if (subject.matches(user)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasRequest(Arrival arrival) {
        if (arrival.info().resourceRequest()) {
            String namespace = arrival.namespace();
            return resources.stream().anyMatch(rule -> rule.matches(arrival.info(), namespace));
        }
        return paths.stream().anyMatch(rule -> rule.matches(arrival.info()));
    }
}
