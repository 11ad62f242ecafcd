package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.core.podspec.PodResources;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.Quantity;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The defaults of a pod's spec, in pods and in the templates of workloads.
public final class PodDefaults {
    private static final int FILE_MODE = 0644;
    private static final List<String> POD_LEVEL = List.of("cpu", "memory");

    private static final String IMAGE_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*+";
    /// An image's name: a registry, a path, a tag and a digest.
    private static final Pattern IMAGE =
            Pattern.compile("(?:(?:[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*+|\\[[a-fA-F0-9:]+])(?::[0-9]+)?/)?+" + IMAGE_PART
                    + "(?:/" + IMAGE_PART
                    + ")*+(?::(?<tag>[\\w][\\w.-]{0,127}))?(?<digest>@[A-Za-z0-9+._-]+:[0-9a-fA-F]{32,})?");

    private PodDefaults() {}

    /// Fills in a pod template's spec.
    public static void applyToTemplate(ObjectNode workloadSpec) {
        if (!workloadSpec.hasNonNull("template")) {
            return;
        }
        apply(Meta.child(Meta.child(workloadSpec, "template"), "spec"));
    }

    /// Fills in a pod: what a template leaves open and what its containers' limits say of their requests as well.
    static void applyToPod(ObjectNode pod) {
        ObjectNode spec = Meta.child(pod, "spec");
        for (String list : List.of("containers", "initContainers")) {
            for (ObjectNode container : Meta.items(spec, list)) {
                requestLimits(container);
                if (spec.path("hostNetwork").asBoolean(false)) {
                    Meta.items(container, "ports").forEach(PodDefaults::hostPort);
                }
            }
        }
        apply(spec);
        Meta.defaultTo(spec, "enableServiceLinks", true);
        if (spec.get("resources") instanceof ObjectNode resources) {
            podResources(spec, resources);
        }
    }

    private static void requestLimits(ObjectNode container) {
        if (container.get("resources") instanceof ObjectNode resources
                && resources.path("limits").isObject()
                && !resources.path("limits").isEmpty()) {
            ObjectNode requests = Meta.child(resources, "requests");
            resources.path("limits").properties().forEach(limit -> {
                if (!requests.has(limit.getKey())) {
                    requests.set(limit.getKey(), limit.getValue());
                }
            });
        }
    }

    private static void hostPort(ObjectNode port) {
        if (port.path("hostPort").asInt(0) == 0 && port.has("containerPort")) {
            port.set("hostPort", port.path("containerPort"));
        }
    }

    /// What a pod as a whole asks for, when it says something of it, comes from its containers or its limits.
    private static void podResources(ObjectNode spec, ObjectNode resources) {
        if (resources.path("limits").isEmpty() && resources.path("requests").isEmpty()) {
            return;
        }
        PodResources.containerLimits(spec).forEach((name, amount) -> {
            if (QuantityRules.isHugePages(name) && !resources.path("limits").has(name)) {
                Meta.child(resources, "limits").put(name, amount.toString());
            }
        });
        ObjectNode requests = resources.path("requests") instanceof ObjectNode given ? given : resources.objectNode();
        PodResources.containerRequests(spec).forEach((name, amount) -> {
            if (!requests.has(name) && POD_LEVEL.contains(name)) {
                requests.put(name, amount.toString());
            }
        });
        resources.path("limits").properties().forEach(limit -> {
            boolean known = POD_LEVEL.contains(limit.getKey()) || QuantityRules.isHugePages(limit.getKey());
            if (known && !requests.has(limit.getKey())) {
                requests.set(limit.getKey(), limit.getValue());
            }
        });
        if (!requests.isEmpty()) {
            resources.set("requests", requests);
        }
    }

    /// Fills in a pod spec.
    static void apply(ObjectNode spec) {
        dropUnserved(spec);
        round(spec.path("resources"));
        round(spec.path("overhead"));
        Meta.defaultTo(spec, "dnsPolicy", "ClusterFirst");
        Meta.defaultTo(spec, "restartPolicy", "Always");
        Meta.defaultTo(spec, "schedulerName", "default-scheduler");
        Meta.defaultTo(spec, "terminationGracePeriodSeconds", 30);
        if (!spec.has("securityContext")) {
            spec.putObject("securityContext");
        }
        String account = spec.path("serviceAccountName").asText("");
        String deprecated = spec.path("serviceAccount").asText("");
        if (account.isEmpty() && !deprecated.isEmpty()) {
            spec.put("serviceAccountName", deprecated);
        } else if (!account.isEmpty()) {
            spec.put("serviceAccount", account);
        }
        for (ObjectNode container : Meta.items(spec, "initContainers")) {
            container(container);
        }
        for (ObjectNode container : Meta.items(spec, "containers")) {
            container(container);
        }
        for (ObjectNode container : Meta.items(spec, "ephemeralContainers")) {
            container(container);
        }
        for (ObjectNode volume : Meta.items(spec, "volumes")) {
            volume(volume);
        }
    }

    /// Fields of features that are off by default are as if nobody had written them.
    private static void dropUnserved(ObjectNode spec) {
        spec.remove("schedulingGroup");
        for (String list : List.of("containers", "initContainers", "ephemeralContainers")) {
            for (ObjectNode container : Meta.items(spec, list)) {
                if (container.get("lifecycle") instanceof ObjectNode lifecycle
                        && lifecycle.remove("stopSignal") != null
                        && lifecycle.isEmpty()) {
                    container.remove("lifecycle");
                }
            }
        }
    }

    /// Amounts finer than thousandths are rounded up.
    private static void round(JsonNode resources) {
        for (JsonNode amounts : List.of(resources.path("requests"), resources.path("limits"), resources)) {
            if (!(amounts instanceof ObjectNode list)) {
                continue;
            }
            for (Map.Entry<String, JsonNode> entry : List.copyOf(list.properties())) {
                Quantity amount = Quantity.tryParse(entry.getValue().asText("")).orElse(Quantity.ZERO);
                if (amount.value().stripTrailingZeros().scale() > 3) {
                    list.put(entry.getKey(), Quantity.ofMilli(amount.toMilli()).toString());
                }
            }
        }
    }

    private static void container(ObjectNode container) {
        round(container.path("resources"));
        if (!container.hasNonNull("imagePullPolicy")) {
            container.put("imagePullPolicy", pullPolicy(container.path("image").asText("")));
        }
        Meta.defaultTo(container, "terminationMessagePath", "/dev/termination-log");
        Meta.defaultTo(container, "terminationMessagePolicy", "File");
        for (ObjectNode port : Meta.items(container, "ports")) {
            Meta.defaultTo(port, "protocol", "TCP");
        }
        for (ObjectNode env : Meta.items(container, "env")) {
            if (env.path("valueFrom").get("fieldRef") instanceof ObjectNode reference) {
                Meta.defaultTo(reference, "apiVersion", "v1");
            }
        }
        for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            if (container.get(probe) instanceof ObjectNode node) {
                probe(node);
            }
        }
        if (container.get("lifecycle") instanceof ObjectNode lifecycle) {
            for (String hook : List.of("postStart", "preStop")) {
                if (lifecycle.path(hook).get("httpGet") instanceof ObjectNode get) {
                    httpGet(get);
                }
            }
        }
    }

    private static String pullPolicy(String image) {
        Matcher reference = IMAGE.matcher(image);
        if (!reference.matches()) {
            return "IfNotPresent";
        }
        String tag = reference.group("tag");
        boolean latest = tag == null ? reference.group("digest") == null : tag.equals("latest");
        return latest ? "Always" : "IfNotPresent";
    }

    private static void probe(ObjectNode probe) {
        zeroTo(probe, "timeoutSeconds", 1);
        zeroTo(probe, "periodSeconds", 10);
        zeroTo(probe, "successThreshold", 1);
        zeroTo(probe, "failureThreshold", 3);
        if (probe.get("httpGet") instanceof ObjectNode get) {
            httpGet(get);
        }
        if (probe.get("grpc") instanceof ObjectNode grpc && !grpc.has("service")) {
            grpc.put("service", "");
        }
    }

    private static void zeroTo(ObjectNode node, String field, int value) {
        if (node.path(field).asLong(0) == 0) {
            node.put(field, value);
        }
    }

    private static void httpGet(ObjectNode get) {
        Meta.defaultTo(get, "path", "/");
        Meta.defaultTo(get, "scheme", "HTTP");
    }

    private static final List<String> VOLUME_SOURCES = List.of(
            "hostPath",
            "emptyDir",
            "gcePersistentDisk",
            "awsElasticBlockStore",
            "gitRepo",
            "secret",
            "nfs",
            "iscsi",
            "glusterfs",
            "persistentVolumeClaim",
            "rbd",
            "flexVolume",
            "cinder",
            "cephfs",
            "flocker",
            "downwardAPI",
            "fc",
            "azureFile",
            "configMap",
            "vsphereVolume",
            "quobyte",
            "azureDisk",
            "photonPersistentDisk",
            "projected",
            "portworxVolume",
            "scaleIO",
            "storageos",
            "csi",
            "ephemeral",
            "image");

    private static void volume(ObjectNode volume) {
        if (VOLUME_SOURCES.stream().noneMatch(volume::has)) {
            volume.putObject("emptyDir");
        }
        for (String source : List.of("secret", "configMap", "downwardAPI", "projected")) {
            if (volume.get(source) instanceof ObjectNode node) {
                Meta.defaultTo(node, "defaultMode", FILE_MODE);
            }
        }
        fieldRefs(volume.path("downwardAPI").path("items"));
        for (JsonNode entry : volume.path("projected").path("sources")) {
            fieldRefs(entry.path("downwardAPI").path("items"));
            if (entry.get("serviceAccountToken") instanceof ObjectNode token) {
                Meta.defaultTo(token, "expirationSeconds", 3600);
            }
        }
        if (volume.get("hostPath") instanceof ObjectNode host && !host.has("type")) {
            host.put("type", "");
        }
        if (volume.get("iscsi") instanceof ObjectNode iscsi) {
            Meta.defaultTo(iscsi, "iscsiInterface", "default");
        }
        if (volume.get("rbd") instanceof ObjectNode rbd) {
            Meta.defaultTo(rbd, "pool", "rbd");
            Meta.defaultTo(rbd, "user", "admin");
            Meta.defaultTo(rbd, "keyring", "/etc/ceph/keyring");
        }
        if (volume.get("azureDisk") instanceof ObjectNode disk) {
            Meta.defaultTo(disk, "cachingMode", "ReadWrite");
            Meta.defaultTo(disk, "kind", "Shared");
            Meta.defaultTo(disk, "fsType", "ext4");
            Meta.defaultTo(disk, "readOnly", false);
        }
        if (volume.get("ephemeral") instanceof ObjectNode ephemeral
                && ephemeral.path("volumeClaimTemplate").get("spec") instanceof ObjectNode claim) {
            Meta.defaultTo(claim, "volumeMode", "Filesystem");
        }
        if (volume.get("image") instanceof ObjectNode image) {
            Meta.defaultTo(
                    image, "pullPolicy", pullPolicy(image.path("reference").asText("")));
        }
    }

    private static void fieldRefs(JsonNode items) {
        for (JsonNode item : items) {
            if (item.get("fieldRef") instanceof ObjectNode reference) {
                Meta.defaultTo(reference, "apiVersion", "v1");
            }
        }
    }
}
