package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.DeprecatedLabels;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import io.jubernetes.apiserver.validation.TextDiff;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Persistent volumes.
public final class PersistentVolumeStrategy extends CheckedStrategy {
    private static final Map<String, String> DEPRECATED_SOURCES = new LinkedHashMap<>();

    static {
        DEPRECATED_SOURCES.put("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+");
        DEPRECATED_SOURCES.put("scaleIO", "deprecated in v1.16, non-functional in v1.22+");
        DEPRECATED_SOURCES.put("storageos", "deprecated in v1.22, non-functional in v1.25+");
        DEPRECATED_SOURCES.put("glusterfs", "deprecated in v1.25, non-functional in v1.26+");
        DEPRECATED_SOURCES.put("rbd", "deprecated in v1.28, non-functional in v1.31+");
        DEPRECATED_SOURCES.put("cephfs", "deprecated in v1.28, non-functional in v1.31+");
    }

    private static final Table TABLE = Columns.named()
            .text(
                    "Capacity",
                    volume ->
                            volume.path("spec").path("capacity").path("storage").asText(""))
            .text("Access Modes", volume -> AccessModes.text(volume.path("spec").path("accessModes")))
            .text(
                    "Reclaim Policy",
                    volume -> volume.path("spec")
                            .path("persistentVolumeReclaimPolicy")
                            .asText(""))
            .text("Status", PersistentVolumeStrategy::phase)
            .text("Claim", PersistentVolumeStrategy::claim)
            .text("StorageClass", PersistentVolumeStrategy::className)
            .text(
                    "VolumeAttributesClass",
                    volume -> volume.path("spec")
                            .path("volumeAttributesClassName")
                            .asText("<unset>"))
            .text("Reason", volume -> volume.path("status").path("reason").asText(""))
            .age()
            .wide("VolumeMode", volume -> volume.path("spec").path("volumeMode").asText("<unset>"));

    private final Clock clock;

    public PersistentVolumeStrategy(Clock clock) {
        this.clock = clock;
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode volume) {
        ObjectNode spec = Meta.child(volume, "spec");
        Meta.defaultTo(spec, "persistentVolumeReclaimPolicy", "Retain");
        PersistentVolumeRules.applyDefaults(spec);
        Meta.defaultTo(Meta.child(volume, "status"), "phase", "Pending");
    }

    @Override
    public void prepareForCreate(ObjectNode volume) {
        volume.putObject("status")
                .put("phase", "Pending")
                .put("lastPhaseTransitionTime", ApiTime.seconds(clock.instant()));
    }

    @Override
    public void prepareForStatusUpdate(ObjectNode volume, ObjectNode old) {
        super.prepareForStatusUpdate(volume, old);
        ObjectNode status = Meta.child(volume, "status");
        JsonNode before = old.path("status");
        boolean moved = !status.path("phase").equals(before.path("phase"));
        boolean stamped = !status.path("lastPhaseTransitionTime").equals(before.path("lastPhaseTransitionTime"));
        if (moved && (!stamped || !status.hasNonNull("lastPhaseTransitionTime"))) {
            status.put("lastPhaseTransitionTime", ApiTime.seconds(clock.instant()));
        }
    }

    @Override
    protected void check(Field volume) {
        PersistentVolumeRules.checkSpec(volume.get("spec"), false);
    }

    @Override
    protected void checkUpdate(Field volume, Field old) {
        JsonNode source = source(volume);
        JsonNode before = source(old);
        if (!Meta.same(source, before)) {
            volume.get("spec")
                    .get("persistentvolumesource")
                    .forbidden(
                            "spec.persistentvolumesource is immutable after creation\n" + TextDiff.of(before, source));
        }
        // The API names these fields without the spec they stand in.
        Field spec = volume.get("spec");
        Field specBefore = old.get("spec");
        Field top = Field.root(spec.value());
        top.get("volumeMode").requireSame(specBefore.get("volumeMode"));
        JsonNode affinity = spec.get("nodeAffinity").value();
        if (specBefore.get("nodeAffinity").isSet()
                && !Meta.same(affinity, specBefore.get("nodeAffinity").value())) {
            top.get("nodeAffinity")
                    .invalid(
                            affinity.isObject()
                                    ? GoShape.of("core.v1.VolumeNodeAffinity", affinity)
                                    : com.fasterxml.jackson.databind.node.NullNode.instance,
                            "field is immutable, except for updating from beta label to GA");
        }
        top.causes().forEach(volume::report);
        if (specBefore.get("volumeAttributesClassName").isSet()
                && !spec.get("volumeAttributesClassName").isSet()) {
            spec.get("volumeAttributesClassName").forbidden("update from non-nil value to nil is forbidden");
        }
    }

    private static JsonNode source(Field volume) {
        ObjectNode shape = (ObjectNode)
                GoShape.of("core.v1.PersistentVolumeSpec", volume.get("spec").value());
        shape.remove(List.of(
                "Capacity",
                "AccessModes",
                "ClaimRef",
                "PersistentVolumeReclaimPolicy",
                "StorageClassName",
                "MountOptions",
                "VolumeMode",
                "NodeAffinity",
                "VolumeAttributesClassName"));
        return shape;
    }

    @Override
    public List<String> warnings(ObjectNode volume) {
        List<String> warnings = new ArrayList<>();
        Map<String, String> annotations = Meta.annotations(volume);
        if (annotations.containsKey("volume.beta.kubernetes.io/storage-class")) {
            warnings.add("metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "
                    + "\"storageClassName\" attribute instead");
        }
        if (annotations.containsKey("volume.beta.kubernetes.io/mount-options")) {
            warnings.add("metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "
                    + "\"mountOptions\" attribute instead");
        }
        Field spec = Field.root(volume).get("spec");
        for (Field term : spec.get("nodeAffinity")
                .get("required")
                .get("nodeSelectorTerms")
                .items()) {
            for (Field requirement : term.get("matchExpressions").items()) {
                Field key = requirement.get("key");
                DeprecatedLabels.message(key.text()).ifPresent(message -> warnings.add(key.path() + ": " + message));
            }
        }
        if (spec.get("persistentVolumeReclaimPolicy").text().equals("Recycle")) {
            warnings.add("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
                    + "recommended approach is to use dynamic provisioning.");
        }
        DEPRECATED_SOURCES.forEach((source, message) -> {
            if (spec.get(source).isSet()) {
                warnings.add("spec." + (source.equals("storageos") ? "storageOS" : source) + ": " + message);
            }
        });
        return warnings;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode volume) {
        return Map.of("name", Meta.name(volume));
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String phase(JsonNode volume) {
        return Meta.isTerminating(volume)
                ? "Terminating"
                : volume.path("status").path("phase").asText("");
    }

    private static String claim(JsonNode volume) {
        JsonNode claim = volume.path("spec").path("claimRef");
        return claim.isObject()
                ? claim.path("namespace").asText("") + "/" + claim.path("name").asText("")
                : "";
    }

    private static String className(JsonNode volume) {
        return Meta.annotations(volume)
                .getOrDefault(
                        "volume.beta.kubernetes.io/storage-class",
                        volume.path("spec").path("storageClassName").asText(""));
    }
}
