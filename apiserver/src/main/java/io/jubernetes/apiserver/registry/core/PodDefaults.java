package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import java.util.List;

/// The defaults of a pod's spec, in pods and in the templates of workloads.
public final class PodDefaults {
    private static final int FILE_MODE = 0644;

    private PodDefaults() {}

    /// Fills in a pod template's spec.
    public static void applyToTemplate(ObjectNode workloadSpec) {
        if (workloadSpec.get("template") instanceof ObjectNode template) {
            apply(Meta.child(template, "spec"));
        }
    }

    /// Fills in a pod spec.
    public static void apply(ObjectNode spec) {
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
        boolean hostNetwork = spec.path("hostNetwork").asBoolean(false);
        for (ObjectNode container : Meta.items(spec, "initContainers")) {
            container(container, hostNetwork);
        }
        for (ObjectNode container : Meta.items(spec, "containers")) {
            container(container, hostNetwork);
        }
        for (ObjectNode container : Meta.items(spec, "ephemeralContainers")) {
            container(container, false);
        }
        for (ObjectNode volume : Meta.items(spec, "volumes")) {
            volume(volume);
        }
        for (ObjectNode constraint : Meta.items(spec, "topologySpreadConstraints")) {
            if (!constraint.has("whenUnsatisfiable")) {
                constraint.put("whenUnsatisfiable", "DoNotSchedule");
            }
        }
    }

    private static void container(ObjectNode container, boolean hostNetwork) {
        if (!container.hasNonNull("imagePullPolicy")) {
            container.put("imagePullPolicy", pullPolicy(container.path("image").asText("")));
        }
        Meta.defaultTo(container, "terminationMessagePath", "/dev/termination-log");
        Meta.defaultTo(container, "terminationMessagePolicy", "File");
        for (ObjectNode port : Meta.items(container, "ports")) {
            Meta.defaultTo(port, "protocol", "TCP");
            if (hostNetwork && port.path("hostPort").asInt(0) == 0) {
                port.set("hostPort", port.path("containerPort"));
            }
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
        if (container.get("resources") instanceof ObjectNode resources
                && resources.path("limits").isObject()) {
            ObjectNode requests = Meta.child(resources, "requests");
            resources.path("limits").properties().forEach(limit -> {
                if (!requests.has(limit.getKey())) {
                    requests.set(limit.getKey(), limit.getValue());
                }
            });
            if (requests.isEmpty()) {
                resources.remove("requests");
            }
        }
    }

    private static String pullPolicy(String image) {
        String name = image.substring(image.lastIndexOf('/') + 1);
        boolean digest = name.contains("@");
        int colon = name.indexOf(':');
        String tag = digest ? "" : colon < 0 ? "latest" : name.substring(colon + 1);
        return tag.equals("latest") ? "Always" : "IfNotPresent";
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
