package io.jubernetes.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a kubelet may do beyond the role `system:node`: read the secrets, config maps, claims and volumes of
/// pods bound to its node, ask for those pods' tokens, and keep its own node lease and CSI node. A kubelet is a
/// user `system:node:NAME` in the group `system:nodes`. Thread-safe.
public final class NodeAuthorizer implements Authorizer {
    private static final String USER_PREFIX = "system:node:";
    private static final String GROUP = UserInfo.NODES_GROUP;
    private static final String LEASES = "kube-node-lease";
    private static final Set<String> READS = Set.of("get", "list", "watch");
    private static final Set<String> WRITES = Set.of("get", "update", "patch");
    private static final Set<String> OWN_VERBS = Set.of("get", "create", "update", "patch", "delete");

    private static final List<PolicyRule> RULES = List.of(
            rule("create", "authentication.k8s.io", "tokenreviews"),
            rule("create", "authorization.k8s.io", "subjectaccessreviews", "localsubjectaccessreviews"),
            rule("get,list,watch", "", "services"),
            rule("create,update,patch", "", "events"),
            rule("create,update,patch", "events.k8s.io", "events"),
            rule("create,get,list,watch", "certificates.k8s.io", "certificatesigningrequests"),
            rule("get,list,watch", "storage.k8s.io", "csidrivers"),
            rule("get,list,watch", "node.k8s.io", "runtimeclasses"),
            rule("get,list,watch", "certificates.k8s.io", "clustertrustbundles"));

    private final ObjectStorage storage;
    private final ApiResource pods;
    private final ApiResource claims;

    public NodeAuthorizer(ObjectStorage storage, ApiResource pods, ApiResource claims) {
        this.storage = storage;
        this.pods = pods;
        this.claims = claims;
    }

    private static PolicyRule rule(String verbs, String group, String... resources) {
        return new PolicyRule(List.of(verbs.split(",")), List.of(group), List.of(resources), List.of(), List.of());
    }

    /// Whether a user is a kubelet.
    public static boolean isNode(UserInfo user) {
        return user.groups().contains(GROUP) && user.name().startsWith(USER_PREFIX);
    }

    /// The node of a kubelet.
    public static String nodeOf(UserInfo user) {
        return user.name().substring(USER_PREFIX.length());
    }

    @Override
    public Decision authorize(Attributes asked) {
        if (!isNode(asked.user())) {
            return Decision.NO_OPINION;
        }
        String node = nodeOf(asked.user());
        String refusal = asked.resourceRequest()
                ? refusal(node, asked)
                : RULES.stream().anyMatch(rule -> rule.allows(asked)) ? null : "";
        return refusal == null ? new Decision(Verdict.ALLOW, "") : new Decision(Verdict.NO_OPINION, refusal);
    }

    /// Why a node may not; null when it may.
    private @Nullable String refusal(String node, Attributes asked) {
        return switch (asked.group() + "/" + asked.resource()) {
            case "/secrets", "/configmaps" -> readRefusal(node, asked);
            case "/persistentvolumeclaims" ->
                asked.subresource().equals("status")
                        ? allOf(
                                first(WRITES.contains(asked.verb()), "can only get/update/patch this type"),
                                related(node, asked))
                        : getRefusal(node, asked);
            case "/persistentvolumes", "resource.k8s.io/resourceclaims", "storage.k8s.io/volumeattachments" ->
                getRefusal(node, asked);
            case "/serviceaccounts" -> accountRefusal(node, asked);
            case "coordination.k8s.io/leases" ->
                allOf(
                        first(
                                OWN_VERBS.contains(asked.verb()),
                                "can only get, create, update, patch, or delete a node lease"),
                        first(
                                asked.namespace().equals(LEASES),
                                "can only access leases in the \"kube-node-lease\" system namespace"),
                        first(
                                asked.verb().equals("create") || asked.name().equals(node),
                                "can only access node lease with the same name as the requesting node"));
            case "storage.k8s.io/csinodes" ->
                allOf(
                        first(
                                OWN_VERBS.contains(asked.verb()),
                                "can only get, create, update, patch, or delete a CSINode"),
                        first(asked.subresource().isEmpty(), "cannot authorize CSINode subresources"),
                        first(
                                asked.verb().equals("create") || asked.name().equals(node),
                                "can only access CSINode with the same name as the requesting node"));
            case "resource.k8s.io/resourceslices" -> sliceRefusal(node, asked);
            case "/nodes" -> nodeRefusal(node, asked);
            case "/pods" -> podRefusal(node, asked);
            default -> RULES.stream().anyMatch(rule -> rule.allows(asked)) ? null : "";
        };
    }

    private static @Nullable String first(boolean holds, String refusal) {
        return holds ? null : refusal;
    }

    /// The first refusal there is.
    private static @Nullable String allOf(@Nullable String... refusals) {
        for (String refusal : refusals) {
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    private @Nullable String readRefusal(String node, Attributes asked) {
        String refusal = allOf(
                first(READS.contains(asked.verb()), "can only read resources of this type"),
                first(asked.subresource().isEmpty(), "cannot read subresource"),
                first(!asked.namespace().isEmpty(), "can only read namespaced object of this type"));
        return refusal == null ? related(node, asked) : refusal;
    }

    private @Nullable String getRefusal(String node, Attributes asked) {
        String refusal = allOf(
                first(asked.verb().equals("get"), "can only get individual resources of this type"),
                first(asked.subresource().isEmpty(), "cannot get subresource"));
        return refusal == null ? related(node, asked) : refusal;
    }

    private @Nullable String accountRefusal(String node, Attributes asked) {
        if (asked.verb().equals("get") && asked.subresource().isEmpty()) {
            return related(node, asked);
        }
        String refusal = allOf(
                first(
                        asked.verb().equals("create") && !asked.name().isEmpty(),
                        "can only create tokens for individual service accounts"),
                first(asked.subresource().equals("token"), "can only create token subresource of service account"));
        return refusal == null ? related(node, asked) : refusal;
    }

    private static @Nullable String sliceRefusal(String node, Attributes asked) {
        if (!asked.subresource().isEmpty()) {
            return "cannot authorize ResourceSlice subresources";
        }
        return switch (asked.verb()) {
            case "get", "create", "update", "patch", "delete" -> null;
            case "list", "watch", "deletecollection" ->
                first(
                        asked.nodeSelected().equals(node),
                        "can only list/watch/deletecollection resourceslices with nodeName field selector");
            default ->
                "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch,"
                        + " delete, deletecollection";
        };
    }

    private static @Nullable String nodeRefusal(String node, Attributes asked) {
        return switch (asked.subresource() + ":" + asked.verb()) {
            case ":create", ":update", ":patch", "status:update", "status:patch" -> null;
            case ":get", ":list", ":watch" -> {
                if (asked.name().equals(node)) {
                    yield null;
                }
                yield asked.name().isEmpty()
                        ? "node '" + node + "' cannot read all nodes, only its own Node object"
                        : "node '" + node + "' cannot read '" + asked.name() + "', only its own Node object";
            }
            default -> "";
        };
    }

    private @Nullable String podRefusal(String node, Attributes asked) {
        return switch (asked.subresource() + ":" + asked.verb()) {
            case ":create", ":delete", "status:update", "status:patch", "eviction:create" -> null;
            case ":get" -> related(node, asked);
            case ":list", ":watch" ->
                first(asked.nodeSelected().equals(node), "can only list/watch pods with spec.nodeName field selector");
            default -> "";
        };
    }

    /// Whether a pod on the node has to do with the object that is asked for by name.
    private @Nullable String related(String node, Attributes asked) {
        if (asked.name().isEmpty()) {
            return "No Object name found";
        }
        boolean found = switch (asked.resource()) {
            case "pods" -> isOn(node, asked);
            case "persistentvolumes" -> usesVolume(node, asked.name());
            case "volumeattachments", "resourceclaims" -> true;
            default -> refers(node, asked.namespace(), asked.resource(), asked.name());
        };
        return first(found, "no relationship found between node '" + node + "' and this object");
    }

    private boolean isOn(String node, Attributes asked) {
        return storage.cached(pods, asked.namespace(), asked.name())
                .filter(pod ->
                        pod.object().path("spec").path("nodeName").asText("").equals(node))
                .isPresent();
    }

    private boolean refers(String node, String namespace, String resource, String name) {
        Iterator<CachedObject> all = storage.cache(pods).snapshot().range(pods.keyPrefix(namespace), null);
        while (all.hasNext()) {
            CachedObject pod = all.next();
            if (node.equals(pod.fields().get("spec.nodeName")) && refers(spec(pod), resource, name)) {
                return true;
            }
        }
        return false;
    }

    private boolean usesVolume(String node, String volume) {
        Iterator<CachedObject> all = storage.cache(claims).snapshot().range(claims.keyPrefix(""), null);
        while (all.hasNext()) {
            CachedObject claim = all.next();
            if (spec(claim).path("volumeName").asText("").equals(volume)
                    && refers(node, claim.namespace(), "persistentvolumeclaims", claim.name())) {
                return true;
            }
        }
        return false;
    }

    private static JsonNode spec(CachedObject object) {
        try {
            return Json.read(object.storedJson()).path("spec");
        } catch (IOException e) {
            return Json.object();
        }
    }

    private static boolean refers(JsonNode spec, String resource, String name) {
        if (resource.equals("serviceaccounts")) {
            return spec.path("serviceAccountName").asText("").equals(name);
        }
        if (resource.equals("secrets")) {
            for (JsonNode secret : spec.path("imagePullSecrets")) {
                if (secret.path("name").asText("").equals(name)) {
                    return true;
                }
            }
        }
        for (JsonNode volume : spec.path("volumes")) {
            if (volumeRefers(volume, resource, name)) {
                return true;
            }
        }
        for (String list : List.of("containers", "initContainers", "ephemeralContainers")) {
            for (JsonNode container : spec.path(list)) {
                if (containerRefers(container, resource, name)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean volumeRefers(JsonNode volume, String resource, String name) {
        return switch (resource) {
            case "secrets" ->
                volume.path("secret").path("secretName").asText("").equals(name)
                        || projected(volume, "secret", name)
                        || driverSecret(volume, name);
            case "configmaps" ->
                volume.path("configMap").path("name").asText("").equals(name) || projected(volume, "configMap", name);
            case "persistentvolumeclaims" ->
                volume.path("persistentVolumeClaim")
                        .path("claimName")
                        .asText("")
                        .equals(name);
            default -> false;
        };
    }

    private static boolean driverSecret(JsonNode volume, String name) {
        for (JsonNode source : volume) {
            if (source.path("secretRef").path("name").asText("").equals(name)
                    || source.path("nodePublishSecretRef")
                            .path("name")
                            .asText("")
                            .equals(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean projected(JsonNode volume, String source, String name) {
        for (JsonNode entry : volume.path("projected").path("sources")) {
            if (entry.path(source).path("name").asText("").equals(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean containerRefers(JsonNode container, String resource, String name) {
        boolean secret = resource.equals("secrets");
        for (JsonNode from : container.path("envFrom")) {
            if (from.path(secret ? "secretRef" : "configMapRef")
                    .path("name")
                    .asText("")
                    .equals(name)) {
                return true;
            }
        }
        for (JsonNode env : container.path("env")) {
            if (env.path("valueFrom")
                    .path(secret ? "secretKeyRef" : "configMapKeyRef")
                    .path("name")
                    .asText("")
                    .equals(name)) {
                return true;
            }
        }
        return false;
    }
}
