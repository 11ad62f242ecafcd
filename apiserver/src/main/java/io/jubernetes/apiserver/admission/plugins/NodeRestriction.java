package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.authz.NodeAuthorizer;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.common.codec.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Confines kubelets to their own node, the pods bound to it, and what belongs to these; and keeps them from steering
/// work to themselves by labels and taints.
public final class NodeRestriction implements AdmissionPlugin {
    private static final String MIRROR = "kubernetes.io/config.mirror";
    private static final String RESTRICTED = "node-restriction.kubernetes.io";
    private static final Set<String> LABELS = Set.of(
            "kubernetes.io/hostname",
            "topology.kubernetes.io/zone",
            "topology.kubernetes.io/region",
            "failure-domain.beta.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/region",
            "node.kubernetes.io/instance-type",
            "beta.kubernetes.io/instance-type",
            "kubernetes.io/os",
            "kubernetes.io/arch",
            "beta.kubernetes.io/os",
            "beta.kubernetes.io/arch");
    private static final List<String> LABEL_DOMAINS = List.of("kubelet.kubernetes.io", "node.kubernetes.io");
    /// The fields, anywhere in a pod, that refer to an object.
    private static final Map<String, Set<String>> REFERENCES = new TreeMap<>(Map.of(
            "secrets",
            Set.of("secret", "secretRef", "secretKeyRef", "nodePublishSecretRef", "imagePullSecrets"),
            "configmaps",
            Set.of("configMap", "configMapRef", "configMapKeyRef")));
    private static final List<String> CLAIM_STATUS =
            List.of("capacity", "conditions", "allocatedResources", "allocatedResourceStatuses");

    private final Stored pods;
    private final Stored nodes;

    public NodeRestriction(ObjectStorage storage, ApiResource pods, ApiResource nodes) {
        this.pods = new Stored(storage, pods);
        this.nodes = new Stored(storage, nodes);
    }

    @Override
    public String name() {
        return "NodeRestriction";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!NodeAuthorizer.isNode(request.context().user())) {
            return;
        }
        String node = NodeAuthorizer.nodeOf(request.context().user());
        switch (request.resource().qualifiedName()) {
            case "pods" -> checkPod(request, node);
            case "nodes" -> checkNode(request, node);
            case "persistentvolumeclaims" -> checkClaim(request, node);
            case "serviceaccounts" -> checkToken(request, node);
            case "leases.coordination.k8s.io" -> {
                if (!request.namespace().equals("kube-node-lease")) {
                    throw request.forbidden("can only access leases in the \"kube-node-lease\" system namespace");
                }
                checkOwnName(request, node, "node lease");
            }
            case "csinodes.storage.k8s.io" -> checkOwnName(request, node, "CSINode");
            default -> {}
        }
    }

    private static void checkOwnName(AdmissionRequest request, String node, String what) {
        ObjectNode object = request.object();
        String name = object == null ? request.name() : Meta.name(object);
        if (!name.equals(node)) {
            throw request.forbidden("can only access " + what + " with the same name as the requesting node");
        }
    }

    private void checkPod(AdmissionRequest request, String node) {
        String who = "node " + Json.text(node);
        switch (request.subresource() + ":" + request.operation()) {
            case ":CREATE" -> checkMirrorPod(request, node);
            case ":DELETE" -> {
                if (!isOn(node, Objects.requireNonNull(request.old()))) {
                    throw request.forbidden(who + " can only delete pods with spec.nodeName set to itself");
                }
            }
            case "status:UPDATE" -> checkPodStatus(request, node);
            case "eviction:CREATE" -> {
                ObjectNode pod = find(pods, request.namespace(), request.name(), request);
                if (!isOn(node, pod)) {
                    throw request.forbidden("node " + node + " can only evict pods with spec.nodeName set to itself");
                }
            }
            default -> {
                if (request.isMain()) {
                    throw request.forbidden("unexpected operation "
                            + Json.text(request.operation().name()) + ", " + who
                            + " can only create and delete mirror pods");
                }
                throw request.forbidden(
                        Set.of("status", "eviction").contains(request.subresource())
                                ? "unexpected operation "
                                        + Json.text(request.operation().name())
                                : "unexpected pod subresource " + Json.text(request.subresource())
                                        + ", only 'status' and 'eviction' are allowed");
            }
        }
    }

    private static boolean isOn(String node, ObjectNode pod) {
        return pod.path("spec").path("nodeName").asText("").equals(node);
    }

    private static ObjectNode find(Stored all, String namespace, String name, AdmissionRequest request) {
        return all.find(namespace, name, request.context().deadline())
                .orElseThrow(() -> ApiException.notFound(all.resource(), name));
    }

    private void checkMirrorPod(AdmissionRequest request, String node) {
        ObjectNode pod = Objects.requireNonNull(request.object());
        String who = "node " + Json.text(node);
        if (!Meta.annotations(pod).containsKey(MIRROR)) {
            throw request.forbidden(
                    "pod does not have \"" + MIRROR + "\" annotation, " + who + " can only create mirror pods");
        }
        if (!isOn(node, pod)) {
            throw request.forbidden(who + " can only create pods with spec.nodeName set to itself");
        }
        checkOwner(request, node, pod.path("metadata").path("ownerReferences"));
        JsonNode spec = pod.path("spec");
        if (!spec.path("serviceAccountName").asText("").isEmpty()) {
            throw request.forbidden(who + " can not create pods that reference a service account");
        }
        REFERENCES.forEach((kind, fields) -> {
            if (fields.stream().anyMatch(field -> isSet(spec.findValue(field)))) {
                throw request.forbidden(who + " can not create pods that reference " + kind);
            }
        });
        for (JsonNode volume : spec.path("volumes")) {
            for (JsonNode source : volume.path("projected").path("sources")) {
                if (source.hasNonNull("clusterTrustBundle")) {
                    throw request.forbidden(who + " can not create pods that reference clustertrustbundles");
                }
            }
            if (volume.hasNonNull("persistentVolumeClaim")) {
                throw request.forbidden(who + " can not create pods that reference persistentvolumeclaims");
            }
        }
    }

    private static boolean isSet(@Nullable JsonNode value) {
        return value != null && !value.isNull() && !value.isEmpty();
    }

    private void checkOwner(AdmissionRequest request, String node, JsonNode owners) {
        String who = "node " + Json.text(node);
        if (owners.size() > 1) {
            throw request.forbidden(who + " can only create pods with a single owner reference set to itself");
        }
        JsonNode owner = owners.path(0);
        if (!owner.path("apiVersion").asText("").equals("v1")
                || !owner.path("kind").asText("").equals("Node")
                || !owner.path("name").asText("").equals(node)) {
            throw request.forbidden(who + " can only create pods with an owner reference set to itself");
        }
        if (!owner.path("controller").asBoolean(false)) {
            throw request.forbidden(who + " can only create pods with a controller owner reference set to itself");
        }
        if (owner.path("blockOwnerDeletion").asBoolean(false)) {
            throw request.forbidden(who + " must not set blockOwnerDeletion on an owner reference");
        }
        String uid = Meta.uid(find(nodes, "", node, request));
        String claimed = owner.path("uid").asText("");
        if (!claimed.equals(uid)) {
            throw request.forbidden("node " + node + " UID mismatch: expected " + claimed + " got " + uid);
        }
    }

    private static void checkPodStatus(AdmissionRequest request, String node) {
        ObjectNode pod = Objects.requireNonNull(request.object());
        ObjectNode old = Objects.requireNonNull(request.old());
        String who = "node " + Json.text(node);
        if (!isOn(node, old)) {
            throw request.forbidden(who + " can only update pod status for pods with spec.nodeName set to itself");
        }
        if (!Meta.labels(pod).equals(Meta.labels(old))) {
            throw request.forbidden(who + " cannot update labels through pod status");
        }
        if (!claims(pod).equals(claims(old))) {
            throw request.forbidden(who + " cannot update resource claim statues");
        }
    }

    private static Map<String, String> claims(ObjectNode pod) {
        Map<String, String> claims = new LinkedHashMap<>();
        for (JsonNode each : pod.path("status").path("resourceClaimStatuses")) {
            claims.put(
                    each.path("name").asText(""), each.path("resourceClaimName").toString());
        }
        return claims;
    }

    private static void checkNode(AdmissionRequest request, String node) {
        ObjectNode object = request.object();
        ObjectNode old = request.old();
        String who = "node " + Json.text(node);
        String name = request.name().isEmpty() && object != null ? Meta.name(object) : request.name();
        if (!name.equals(node)) {
            throw request.forbidden(who + " is not allowed to modify node " + Json.text(name));
        }
        if (object == null || !request.isWrite()) {
            return;
        }
        JsonNode source = object.path("spec").path("configSource");
        boolean sets = source.isObject()
                && (old == null || !source.equals(old.path("spec").path("configSource")));
        if (old == null) {
            if (sets) {
                throw request.forbidden(who + " is not allowed to create pods with a non-nil configSource");
            }
            Set<String> forbidden = forbiddenChanges(Meta.labels(object), Map.of());
            if (!forbidden.isEmpty()) {
                throw request.forbidden(
                        who + " is not allowed to set the following labels: " + String.join(", ", forbidden));
            }
            return;
        }
        if (sets) {
            throw request.forbidden(who + " is not allowed to update configSource to a new non-nil configSource");
        }
        JsonNode taints = object.path("spec").path("taints");
        JsonNode before = old.path("spec").path("taints");
        if (!(taints.isEmpty() && before.isEmpty()) && !Meta.same(taints, before)) {
            throw request.forbidden(who + " is not allowed to modify taints");
        }
        Set<String> forbidden = forbiddenChanges(Meta.labels(object), Meta.labels(old));
        if (!forbidden.isEmpty()) {
            throw request.forbidden("is not allowed to modify labels: " + String.join(", ", forbidden));
        }
    }

    private static Set<String> forbiddenChanges(Map<String, String> labels, Map<String, String> before) {
        Set<String> changed = new TreeSet<>(labels.keySet());
        changed.addAll(before.keySet());
        changed.removeIf(label -> Objects.equals(labels.get(label), before.get(label)) || isForNodes(label));
        return changed;
    }

    /// Whether nodes may set a label.
    private static boolean isForNodes(String label) {
        int slash = label.indexOf('/');
        String domain = slash < 0 ? "" : label.substring(0, slash);
        if (isWithin(domain, RESTRICTED)) {
            return false;
        }
        boolean ofKubernetes = isWithin(domain, "kubernetes.io") || isWithin(domain, "k8s.io");
        return !ofKubernetes
                || LABELS.contains(label)
                || LABEL_DOMAINS.stream().anyMatch(allowed -> isWithin(domain, allowed));
    }

    private static boolean isWithin(String domain, String parent) {
        return domain.equals(parent) || domain.endsWith("." + parent);
    }

    private static void checkClaim(AdmissionRequest request, String node) {
        if (!request.subresource().equals("status")) {
            throw request.forbidden("may only update PVC status");
        }
        if (request.operation() != Operation.UPDATE) {
            throw request.forbidden(
                    "unexpected operation " + Json.text(request.operation().name()));
        }
        ObjectNode claim = Objects.requireNonNull(request.object()).deepCopy();
        ObjectNode old = Objects.requireNonNull(request.old()).deepCopy();
        for (ObjectNode each : List.of(claim, old)) {
            Meta.of(each).remove(List.of("resourceVersion", "managedFields"));
            Meta.child(each, "status").remove(CLAIM_STATUS);
        }
        if (!Meta.same(claim, old)) {
            throw request.forbidden("node " + Json.text(node)
                    + " is not allowed to update fields other than status.capacity and status.conditions");
        }
    }

    private void checkToken(AdmissionRequest request, String node) {
        if (request.operation() != Operation.CREATE || !request.subresource().equals("token")) {
            return;
        }
        JsonNode reference =
                Objects.requireNonNull(request.object()).path("spec").path("boundObjectRef");
        String name = reference.path("name").asText("");
        if (!reference.path("apiVersion").asText("").equals("v1")
                || !reference.path("kind").asText("").equals("Pod")
                || name.isEmpty()) {
            throw request.forbidden("node requested token not bound to a pod");
        }
        String uid = reference.path("uid").asText("");
        if (uid.isEmpty()) {
            throw request.forbidden("node requested token with a pod binding without a uid");
        }
        ObjectNode pod = find(pods, request.namespace(), name, request);
        if (!uid.equals(Meta.uid(pod))) {
            throw request.forbidden("the UID in the bound object reference (" + uid
                    + ") does not match the UID in record. The object might have been deleted and then recreated");
        }
        if (!isOn(node, pod)) {
            throw request.forbidden("node requested token bound to a pod scheduled on a different node");
        }
    }
}
