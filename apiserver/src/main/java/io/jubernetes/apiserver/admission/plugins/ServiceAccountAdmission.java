package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.common.time.Deadline;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// Gives each pod a service account, and the volume with its token, the cluster's CA and the namespace.
public final class ServiceAccountAdmission implements AdmissionPlugin {
    private static final String MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
    private static final String VOLUME_PREFIX = "kube-api-access-";
    private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final String MIRROR = "kubernetes.io/config.mirror";
    private static final int TOKEN_SECONDS = 3607;
    private static final int FILE_MODE = 0644;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final ObjectStorage storage;
    private final ApiResource serviceAccounts;

    public ServiceAccountAdmission(ObjectStorage storage, ApiResource serviceAccounts) {
        this.storage = storage;
        this.serviceAccounts = serviceAccounts;
    }

    @Override
    public String name() {
        return "ServiceAccount";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isNew("", "pods")) {
            return;
        }
        ObjectNode pod = Objects.requireNonNull(request.object());
        ObjectNode spec = Meta.child(pod, "spec");
        if (Meta.annotations(pod).containsKey(MIRROR)) {
            checkMirror(request, spec);
            return;
        }
        if (spec.path("serviceAccountName").asText("").isEmpty()) {
            spec.put("serviceAccountName", "default");
        }
        String name = spec.path("serviceAccountName").asText();
        spec.put("serviceAccount", name);
        ObjectNode account = find(request.namespace(), name, request.context().deadline())
                .orElseThrow(() -> ApiException.forbidden(
                        "",
                        "pods",
                        Meta.name(pod),
                        "error looking up service account " + request.namespace() + "/" + name + ": serviceaccount \""
                                + name + "\" not found"));
        if (mounts(spec, account)) {
            mount(spec);
        }
        if (spec.path("imagePullSecrets").isEmpty()
                && !account.path("imagePullSecrets").isEmpty()) {
            spec.set("imagePullSecrets", account.get("imagePullSecrets").deepCopy());
        }
    }

    @Override
    public void validate(AdmissionRequest request) {
        boolean pod = request.isNew("", "pods")
                || request.isFor("", "pods") && request.subresource().equals("ephemeralcontainers");
        ObjectNode object = request.object();
        if (!pod || object == null || Meta.annotations(object).containsKey(MIRROR)) {
            return;
        }
        String account = object.path("spec").path("serviceAccountName").asText("");
        find(request.namespace(), account, request.context().deadline())
                .ifPresent(found -> MountableSecrets.check(request, found, object.path("spec")));
    }

    private static void checkMirror(AdmissionRequest request, ObjectNode spec) {
        if (!spec.path("serviceAccountName").asText("").isEmpty()) {
            throw ApiException.forbidden("", "pods", request.name(), "a mirror pod may not reference service accounts");
        }
    }

    private Optional<ObjectNode> find(String namespace, String name, Deadline deadline) {
        return storage.cached(serviceAccounts, namespace, name)
                .or(() -> storage.latest(serviceAccounts, namespace, name, deadline))
                .map(Loaded::object);
    }

    private static boolean mounts(JsonNode spec, JsonNode account) {
        if (spec.hasNonNull("automountServiceAccountToken")) {
            return spec.get("automountServiceAccountToken").asBoolean();
        }
        return account.path("automountServiceAccountToken").asBoolean(true);
    }

    private static void mount(ObjectNode spec) {
        String volumeName = "";
        for (JsonNode volume : spec.path("volumes")) {
            if (volume.path("name").asText("").startsWith(VOLUME_PREFIX)) {
                volumeName = volume.path("name").asText();
            }
        }
        boolean add = volumeName.isEmpty();
        if (add) {
            volumeName = VOLUME_PREFIX + suffix();
        }
        boolean needed = false;
        for (String list : List.of("initContainers", "containers")) {
            for (ObjectNode container : Meta.items(spec, list)) {
                boolean has = false;
                for (JsonNode present : container.path("volumeMounts")) {
                    has |= present.path("mountPath").asText("").equals(MOUNT_PATH);
                }
                if (!has) {
                    needed = true;
                    ArrayNode all = container.get("volumeMounts") instanceof ArrayNode present
                            ? present
                            : container.putArray("volumeMounts");
                    all.addObject()
                            .put("name", volumeName)
                            .put("readOnly", true)
                            .put("mountPath", MOUNT_PATH);
                }
            }
        }
        if (add && needed) {
            ArrayNode volumes = spec.get("volumes") instanceof ArrayNode present ? present : spec.putArray("volumes");
            fill(volumes.addObject(), volumeName);
        }
    }

    private static void fill(ObjectNode volume, String name) {
        volume.put("name", name);
        ObjectNode projected = volume.putObject("projected");
        ArrayNode sources = projected.putArray("sources");
        sources.addObject()
                .putObject("serviceAccountToken")
                .put("expirationSeconds", TOKEN_SECONDS)
                .put("path", "token");
        ObjectNode configMap = sources.addObject().putObject("configMap");
        configMap.put("name", "kube-root-ca.crt");
        configMap.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
        ObjectNode item =
                sources.addObject().putObject("downwardAPI").putArray("items").addObject();
        item.put("path", "namespace");
        item.putObject("fieldRef").put("apiVersion", "v1").put("fieldPath", "metadata.namespace");
        projected.put("defaultMode", FILE_MODE);
    }

    private static String suffix() {
        var text = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            text.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
        }
        return text.toString();
    }
}
