package io.jubernetes.apiserver.impersonation;

import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.meta.NameRules;
import java.util.List;
import java.util.Optional;

/// The ways to act as somebody else, in the order they are tried. All but the last need two permissions: the verb
/// `impersonate:MODE` on who is impersonated, and `impersonate-on:MODE:VERB` on what the request is about.
enum Mode {
    /// A service account acts as the node its pod runs on.
    ASSOCIATED_NODE("associated-node"),
    ARBITRARY_NODE("arbitrary-node"),
    SERVICE_ACCOUNT("serviceaccount"),
    /// Anybody who is neither a node nor a service account, with any groups, uid and extra facts.
    USER_INFO("user-info"),
    /// The one verb `impersonate`, which says nothing about what may be done.
    LEGACY("legacy");

    private static final String NODE_USER = "system:node:";
    private static final String NODE_OF_TOKEN = "authentication.kubernetes.io/node-name";

    private final String label;

    Mode(String label) {
        this.label = label;
    }

    /// A service account as its user name says it.
    record Account(String namespace, String name) {}

    /// As verbs and metrics write it.
    String label() {
        return label;
    }

    /// The verb on who is impersonated.
    String verb() {
        return this == LEGACY ? "impersonate" : "impersonate:" + label;
    }

    boolean constrained() {
        return this != LEGACY;
    }

    /// Whether the mode is for this user at all.
    boolean suits(UserInfo wanted, UserInfo sender) {
        boolean nameOnly = wanted.uid().isEmpty()
                && wanted.groups().isEmpty()
                && wanted.extra().isEmpty();
        return switch (this) {
            case ASSOCIATED_NODE ->
                nameOnly
                        && account(sender.name()).isPresent()
                        && node(wanted.name())
                                .filter(node ->
                                        List.of(node).equals(sender.extra().get(NODE_OF_TOKEN)))
                                .isPresent();
            case ARBITRARY_NODE -> nameOnly && node(wanted.name()).isPresent();
            case SERVICE_ACCOUNT -> nameOnly && account(wanted.name()).isPresent();
            case USER_INFO ->
                node(wanted.name()).isEmpty() && account(wanted.name()).isEmpty();
            case LEGACY -> true;
        };
    }

    /// The node a user name stands for.
    static Optional<String> node(String user) {
        return user.startsWith(NODE_USER)
                ? Optional.of(user.substring(NODE_USER.length()))
                        .filter(name -> NameRules.subdomain(name).isEmpty())
                : Optional.empty();
    }

    /// The service account a user name stands for.
    static Optional<Account> account(String user) {
        String[] parts = user.split(":", -1);
        boolean formed = parts.length == 4
                && user.startsWith(UserInfo.SERVICE_ACCOUNT_PREFIX)
                && NameRules.label(parts[2]).isEmpty()
                && NameRules.subdomain(parts[3]).isEmpty();
        return formed ? Optional.of(new Account(parts[2], parts[3])) : Optional.empty();
    }
}
