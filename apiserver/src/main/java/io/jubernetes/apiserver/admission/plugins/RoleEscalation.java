package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.PolicyRule;
import io.jubernetes.apiserver.authz.RbacAuthorizer;
import io.jubernetes.apiserver.authz.RuleCoverage;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Nobody grants permissions they do not hold, neither by a role nor by a binding, unless they may `escalate` or
/// `bind`. Always on.
public final class RoleEscalation implements AdmissionPlugin {
    private static final String GROUP = "rbac.authorization.k8s.io";

    private final Authorizer authorizer;
    private final RbacAuthorizer rbac;

    public RoleEscalation(Authorizer authorizer, RbacAuthorizer rbac) {
        this.authorizer = authorizer;
        this.rbac = rbac;
    }

    @Override
    public String name() {
        return "RoleEscalation";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        boolean write = request.operation() == Operation.CREATE || request.operation() == Operation.UPDATE;
        if (!write
                || !request.resource().group().equals(GROUP)
                || request.context().user().groups().contains(UserInfo.MASTERS_GROUP)) {
            return;
        }
        ObjectNode object = Objects.requireNonNull(request.object());
        ObjectNode old = request.old();
        if (old != null && onlyForGarbageCollection(object, old)) {
            return;
        }
        switch (request.resource().plural()) {
            case "roles", "clusterroles" -> checkRole(request, object, old);
            case "rolebindings", "clusterrolebindings" -> checkBinding(request, object);
            default -> {}
        }
    }

    private static boolean onlyForGarbageCollection(ObjectNode object, ObjectNode old) {
        ObjectNode one = object.deepCopy();
        ObjectNode other = old.deepCopy();
        for (ObjectNode each : List.of(one, other)) {
            Meta.of(each).remove(List.of("finalizers", "ownerReferences", "managedFields"));
        }
        return Meta.same(one, other);
    }

    private void checkRole(AdmissionRequest request, ObjectNode role, @Nullable ObjectNode old) {
        RequestInfo info = request.context().info();
        if (may(request, "escalate", request.resource().plural(), info.name())) {
            return;
        }
        refuseBeyond(request, rulesOf(role));
        JsonNode aggregation = role.path("aggregationRule");
        if (aggregation.isObject() && (old == null || !Meta.same(aggregation, old.path("aggregationRule")))) {
            refuseBeyond(request, RuleCoverage.EVERYTHING);
        }
    }

    private static List<PolicyRule> rulesOf(ObjectNode role) {
        List<PolicyRule> rules = new ArrayList<>();
        role.path("rules").forEach(rule -> rules.add(PolicyRule.of(rule)));
        return rules;
    }

    private void checkBinding(AdmissionRequest request, ObjectNode binding) {
        String kind = binding.path("roleRef").path("kind").asText("");
        String role = binding.path("roleRef").path("name").asText("");
        if (may(request, "bind", kind.equals("Role") ? "roles" : "clusterroles", role)) {
            return;
        }
        List<PolicyRule> rules = rbac.rulesOfRole(kind, role, request.namespace())
                .orElseThrow(() -> ApiException.notFound(request.resource(), role));
        refuseBeyond(request, rules);
    }

    private boolean may(AdmissionRequest request, String verb, String resource, String name) {
        return authorizer
                .authorize(new Authorizer.Attributes(
                        request.context().user(),
                        verb,
                        true,
                        GROUP,
                        "*",
                        request.namespace(),
                        resource,
                        "",
                        name,
                        "",
                        ""))
                .allowed();
    }

    private void refuseBeyond(AdmissionRequest request, List<PolicyRule> granted) {
        UserInfo user = request.context().user();
        List<String> missing = RuleCoverage.missing(rbac.rulesFor(user, request.namespace()), granted);
        if (!missing.isEmpty()) {
            throw ApiException.forbidden(
                    GROUP,
                    request.resource().plural(),
                    request.name(),
                    "user " + Json.text(user.name()) + " (groups=" + RuleCoverage.quoted(user.groups())
                            + ") is attempting to grant RBAC permissions not currently held:\n"
                            + String.join("\n", missing));
        }
    }
}
