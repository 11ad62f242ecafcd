package io.jubernetes.apiserver.impersonation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Authorizer.Attributes;
import io.jubernetes.apiserver.authz.Refusals;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.validation.DomainPathRules;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/// Asks whether one sender may act as somebody else in one mode. Used once.
final class Permission {
    /// From so many groups or facts on, a right to all of them is asked for first.
    private static final int MANY = 4;

    private static final String GROUP = "authentication.k8s.io";
    private static final String ANY = "*";

    private final Mode mode;
    private final Authorizer authorizer;
    private final Attributes request;
    private final UserInfo sender;

    /// @param request what the sender asks for
    Permission(Mode mode, Authorizer authorizer, Attributes request) {
        this.mode = mode;
        this.authorizer = authorizer;
        this.request = request;
        sender = mode == Mode.ASSOCIATED_NODE ? anywhere(request.user()) : request.user();
    }

    /// The user the request acts as; fails with 403 when the sender may not.
    UserInfo as(UserInfo wanted) {
        if (mode.constrained()) {
            require(new Attributes(
                    sender,
                    "impersonate-on:" + mode.label() + ":" + request.verb(),
                    request.resourceRequest(),
                    request.group(),
                    request.version(),
                    request.namespace(),
                    request.resource(),
                    request.subresource(),
                    request.name(),
                    request.path(),
                    request.nodeSelected()));
        }
        List<String> groups = name(wanted);
        if (!wanted.uid().isEmpty()) {
            require(about(GROUP, "uids", "", "", wanted.uid()));
        }
        groups(wanted.groups());
        extra(wanted.extra());
        return new UserInfo(wanted.name(), wanted.uid(), withImplied(wanted.name(), groups), wanted.extra());
    }

    /// Checks the name.
    ///
    /// @return the groups the user has, the implied one aside
    private List<String> name(UserInfo wanted) {
        String group = mode.constrained() ? GROUP : "";
        var account = Mode.account(wanted.name());
        var node = Mode.node(wanted.name()).filter(_ -> mode.constrained());
        if (account.isPresent()) {
            String namespace = account.get().namespace();
            require(about(group, "serviceaccounts", "", namespace, account.get().name()));
            return wanted.groups().isEmpty()
                    ? List.of("system:serviceaccounts", "system:serviceaccounts:" + namespace)
                    : wanted.groups();
        }
        if (node.isPresent()) {
            require(about(group, "nodes", "", "", mode == Mode.ASSOCIATED_NODE ? ANY : node.get()));
            return List.of(UserInfo.NODES_GROUP);
        }
        require(about(group, "users", "", "", wanted.name()));
        return wanted.groups();
    }

    private void groups(List<String> groups) {
        String group = mode.constrained() ? GROUP : "";
        if (mode.constrained()) {
            if (groups.contains("")) {
                throw Refusals.forbidden(
                        about(group, "groups", "", "", ""), "impersonating the empty string group is not allowed");
            }
            if (groups.contains(UserInfo.MASTERS_GROUP)) {
                throw Refusals.forbidden(
                        about(group, "groups", "", "", UserInfo.MASTERS_GROUP),
                        "impersonating the system:masters group is not allowed");
            }
            if (groups.size() >= MANY && allowed(about(group, "groups", "", "", ANY))) {
                return;
            }
        }
        groups.forEach(name -> require(about(group, "groups", "", "", name)));
    }

    private void extra(Map<String, List<String>> extra) {
        if (mode.constrained()) {
            extra.forEach(this::checkFact);
            int values = extra.values().stream().mapToInt(List::size).sum();
            if (Math.max(values, extra.size()) >= MANY && allowed(about(GROUP, "userextras", ANY, "", ANY))) {
                return;
            }
        }
        extra.forEach((key, values) -> values.forEach(value -> require(about(GROUP, "userextras", key, "", value))));
    }

    private void checkFact(String key, List<String> values) {
        if (key.isEmpty()) {
            throw badFact("impersonating the empty string key in extra is not allowed");
        }
        ObjectNode shown = Json.object();
        shown.putObject("extra").put("key", key);
        Field path = Field.root(shown).get("extra").get("key");
        DomainPathRules.check(path);
        if (!path.causes().isEmpty()) {
            Cause cause = path.causes().getFirst();
            throw badFact(
                    "impersonating an invalid key in extra is not allowed: " + cause.field() + ": " + cause.message());
        }
        if (!key.equals(key.toLowerCase(Locale.ROOT))) {
            throw badFact("impersonating a non-lowercase key in extra is not allowed: " + Json.text(key));
        }
        if (values.isEmpty()) {
            throw badFact("impersonating empty values in extra is not allowed");
        }
        if (values.contains("")) {
            throw badFact("impersonating the empty string value in extra is not allowed");
        }
    }

    private ApiException badFact(String message) {
        return Refusals.forbidden(about(GROUP, "userextras", "", "", ""), message);
    }

    private static List<String> withImplied(String name, List<String> groups) {
        String implied;
        if (name.equals(UserInfo.ANONYMOUS)) {
            implied = UserInfo.UNAUTHENTICATED_GROUP;
        } else if (groups.contains(UserInfo.UNAUTHENTICATED_GROUP)) {
            return groups;
        } else {
            implied = UserInfo.AUTHENTICATED_GROUP;
        }
        if (groups.contains(implied)) {
            return groups;
        }
        List<String> all = new ArrayList<>(groups);
        all.add(implied);
        return all;
    }

    /// The sender without the facts that differ from node to node, so that a verdict holds for all of them. Which
    /// node it is has been checked by then.
    private static UserInfo anywhere(UserInfo user) {
        return new UserInfo(
                user.name(),
                user.uid(),
                user.groups(),
                Map.of(
                        "authentication.kubernetes.io/associated-node-keys",
                        List.copyOf(new TreeSet<>(user.extra().keySet()))));
    }

    private Attributes about(String group, String resource, String subresource, String namespace, String name) {
        return new Attributes(sender, mode.verb(), true, group, "v1", namespace, resource, subresource, name, "", "");
    }

    private boolean allowed(Attributes asked) {
        return authorizer.authorize(asked).allowed();
    }

    private void require(Attributes asked) {
        Authorizer.Decision decision = authorizer.authorize(asked);
        if (!decision.allowed()) {
            throw Refusals.forbidden(asked, decision.reason());
        }
    }
}
