package io.jubernetes.apiserver.authz;

import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.common.codec.Json;

/// How the API answers what nobody allows.
public final class Refusals {
    private Refusals() {}

    /// The 403 for a request.
    ///
    /// @param reason the authorizers' own words; may be empty
    public static ApiException forbidden(Authorizer.Attributes asked, String reason) {
        String suffix = reason.isEmpty() ? "" : ": " + reason;
        String who = "User " + Json.text(asked.user().name()) + " cannot " + asked.verb();
        if (!asked.resourceRequest()) {
            return ApiException.forbiddenPath("forbidden: " + who + " path " + Json.text(asked.path()) + suffix);
        }
        String resource =
                asked.subresource().isEmpty() ? asked.resource() : asked.resource() + "/" + asked.subresource();
        String where = asked.namespace().isEmpty()
                ? " at the cluster scope"
                : " in the namespace " + Json.text(asked.namespace());
        return ApiException.forbidden(
                asked.group(),
                asked.resource(),
                asked.name(),
                who + " resource " + Json.text(resource) + " in API group " + Json.text(asked.group()) + where
                        + suffix);
    }
}
