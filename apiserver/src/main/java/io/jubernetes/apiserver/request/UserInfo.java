package io.jubernetes.apiserver.request;

import java.util.List;
import java.util.Map;

/// An authenticated user.
///
/// @param uid empty when unknown
/// @param extra further facts from the authenticator, by lower-case key
public record UserInfo(String name, String uid, List<String> groups, Map<String, List<String>> extra) {
    public static final String ANONYMOUS = "system:anonymous";
    public static final String AUTHENTICATED_GROUP = "system:authenticated";
    public static final String UNAUTHENTICATED_GROUP = "system:unauthenticated";
    public static final String MASTERS_GROUP = "system:masters";
    public static final String NODES_GROUP = "system:nodes";

    /// What the names of service accounts begin with; namespace, colon and name follow.
    public static final String SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:";

    public UserInfo {
        groups = List.copyOf(groups);
        extra = Map.copyOf(extra);
    }

    public static UserInfo anonymous() {
        return new UserInfo(ANONYMOUS, "", List.of(UNAUTHENTICATED_GROUP), Map.of());
    }

    /// The API server itself, when it reads or writes on its own behalf.
    public static UserInfo apiServer() {
        return new UserInfo("system:apiserver", "", List.of(MASTERS_GROUP, AUTHENTICATED_GROUP), Map.of());
    }
}
