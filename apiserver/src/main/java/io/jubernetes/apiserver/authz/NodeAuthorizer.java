package io.jubernetes.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/// What a kubelet may do beyond the role `system:node`: read the secrets, config maps, claims and volumes of pods bound
/// to its node,
/// ask for those pods' tokens, and keep its own node lease and CSI node. A kubelet is a user `system:node:NAME` in the
/// group
/// `system:nodes`. Thread-safe.
public final class NodeAuthorizer implements Authorizer {
    private static final String USER_PREFIX = "system:node:";
    private static final String GROUP = "system:nodes";
    private static final Set<String> READS = Set.of("get", "list", "watch");

    private static final List<PolicyRule> RULES = List.of(
            rule("create", "authentication.k8s.io", "tokenreviews"),
            rule("create", "authorization.k8s.io", "subjectaccessreviews", "localsubjectaccessreviews"),
            rule("get,list,watch", "", "services"),
            rule("get,list,watch,create", "", "nodes"),
            rule("update,patch", "", "nodes/status"),
            rule("update,patch", "", "nodes"),
            rule("create,update,patch", "", "events"),
            rule("create,update,patch", "events.k8s.io", "events"),
            rule("get,list,watch,create,delete", "", "pods"),
            rule("update,patch", "", "pods/status"),
            rule("create", "", "pods/eviction"),
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

    @Override
    public Decision authorize(Attributes asked) {
        if (!asked.user().groups().contains(GROUP) || !asked.user().name().startsWith(USER_PREFIX)) {
            return Decision.NO_OPINION;
        }
        String node = asked.user().name().substring(USER_PREFIX.length());
        boolean allowed = switch (asked.group() + "/" + asked.resource()) {
            case "/secrets", "/configmaps" ->
                READS.contains(asked.verb())
                        && asked.subresource().isEmpty()
                        && !asked.name().isEmpty()
                        && refers(node, asked.namespace(), asked.resource(), asked.name());
            case "/persistentvolumeclaims" ->
                asked.verb().equals("get") && refers(node, asked.namespace(), asked.resource(), asked.name());
            case "/persistentvolumes" -> asked.verb().equals("get") && usesVolume(node, asked.name());
            case "/serviceaccounts" ->
                !asked.name().isEmpty()
                        && (asked.verb().equals("create") && asked.subresource().equals("token")
                                || asked.verb().equals("get")
                                        && asked.subresource().isEmpty())
                        && refers(node, asked.namespace(), "serviceaccounts", asked.name());
            case "coordination.k8s.io/leases" ->
                asked.namespace().equals("kube-node-lease")
                        && (asked.verb().equals("create") || asked.name().equals(node));
            case "storage.k8s.io/csinodes" ->
                asked.verb().equals("create") || asked.name().equals(node);
            case "storage.k8s.io/volumeattachments" -> asked.verb().equals("get");
            case "resource.k8s.io/resourceclaims" -> asked.verb().equals("get");
            case "resource.k8s.io/resourceslices" -> true;
            default -> asked.resourceRequest() && RULES.stream().anyMatch(rule -> rule.allows(asked));
        };
        return allowed ? new Decision(Verdict.ALLOW, "") : Decision.NO_OPINION;
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
