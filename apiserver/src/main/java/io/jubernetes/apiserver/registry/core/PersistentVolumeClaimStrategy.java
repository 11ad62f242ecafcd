package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.apiserver.validation.TextDiff;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import io.jubernetes.common.meta.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Claims for persistent volumes.
public final class PersistentVolumeClaimStrategy extends CheckedStrategy {
    private static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
    private static final String SMALLER = "field can not be less than status.capacity";
    private static final String IMMUTABLE =
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n";
    private static final List<String> RESIZE_STATES = List.of(
            "ControllerResizeInProgress",
            "ControllerResizeInfeasible",
            "NodeResizeInProgress",
            "NodeResizeInfeasible",
            "NodeResizePending");
    private static final Table TABLE = Columns.named()
            .text("Status", PersistentVolumeClaimStrategy::phase)
            .text("Volume", claim -> claim.path("spec").path("volumeName").asText(""))
            .text(
                    "Capacity",
                    claim -> isBound(claim)
                            ? claim.path("status")
                                    .path("capacity")
                                    .path("storage")
                                    .asText("0")
                            : "")
            .text(
                    "Access Modes",
                    claim -> isBound(claim)
                            ? AccessModes.text(claim.path("status").path("accessModes"))
                            : "")
            .text("StorageClass", PersistentVolumeClaimStrategy::className)
            .text(
                    "VolumeAttributesClass",
                    claim ->
                            claim.path("spec").path("volumeAttributesClassName").asText("<unset>"))
            .age()
            .wide("VolumeMode", claim -> claim.path("spec").path("volumeMode").asText("<unset>"));

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode claim) {
        Meta.defaultTo(Meta.child(claim, "spec"), "volumeMode", "Filesystem");
        Meta.defaultTo(Meta.child(claim, "status"), "phase", "Pending");
    }

    @Override
    public void prepareForCreate(ObjectNode claim) {
        claim.putObject("status").put("phase", "Pending");
        ClaimSources.normalize(Meta.child(claim, "spec"), true);
    }

    @Override
    public void prepareForUpdate(ObjectNode claim, ObjectNode old) {
        super.prepareForUpdate(claim, old);
        ClaimSources.normalize(Meta.child(claim, "spec"), false);
    }

    @Override
    protected void check(Field claim) {
        checkSpec(claim.get("spec"));
    }

    /// Reports everything wrong with the description of a claim, which templates of claims have as well.
    public static void checkSpec(Field spec) {
        Field modes = spec.get("accessModes");
        if (modes.isEmpty()) {
            modes.required("at least 1 access mode is required");
        }
        if (spec.get("selector").isSet()) {
            io.jubernetes.apiserver.validation.LabelSelectorRules.check(spec.get("selector"));
        }
        PersistentVolumeRules.checkAccessModes(modes);
        checkStorage(spec.get("resources"));
        if (!spec.get("storageClassName").isEmpty()) {
            spec.get("storageClassName").requireForm(NameRules::subdomain);
        }
        spec.get("volumeMode").requireOneOf(PersistentVolumeRules.VOLUME_MODES);
        ClaimSources.check(spec);
        if (!spec.get("volumeAttributesClassName").isEmpty()) {
            spec.get("volumeAttributesClassName").requireForm(NameRules::subdomain);
        }
    }

    private static void checkStorage(Field resources) {
        // Messages leave out that it is the request.
        Field amount = resources.get("requests").get("storage");
        Field shown = resources.key("storage");
        if (!amount.isSet()) {
            shown.required("");
        } else if (QuantityRules.amount(amount).signum() <= 0) {
            shown.invalid(amount.text(), "must be greater than zero");
        }
    }

    @Override
    protected void checkUpdate(Field claim, Field old) {
        ObjectNode spec = Meta.child((ObjectNode) claim.value(), "spec").deepCopy();
        ObjectNode before = Meta.child((ObjectNode) old.value(), "spec").deepCopy();
        if (before.path("volumeName").asText("").isEmpty()) {
            // The volume is named once, when the claim is bound.
            copy(spec, before, "volumeName");
        }
        allowClass(claim, old, spec, before);
        JsonNode status = claim.get("status").value();
        if (status.path("phase").asText("").equals("Bound")) {
            if (spec.path("resources").path("requests") instanceof ObjectNode requests) {
                copy(Meta.child(Meta.child(before, "resources"), "requests"), requests, "storage");
            }
            copy(before, spec, "volumeAttributesClassName");
        }
        if (!Meta.same(spec, before)) {
            claim.get("spec")
                    .forbidden(IMMUTABLE
                            + TextDiff.of(
                                    GoShape.of("core.v1.PersistentVolumeClaimSpec", before),
                                    GoShape.of("core.v1.PersistentVolumeClaimSpec", spec)));
        }
        checkShrinking(claim, old);
        Field top = Field.root(claim.get("spec").value());
        top.get("volumeMode").requireSame(old.get("spec").get("volumeMode"));
        top.causes().forEach(claim::report);
        Field attributes = claim.get("spec").get("volumeAttributesClassName");
        // A class that was never put into effect may be taken back.
        if (!old.get("status").get("currentVolumeAttributesClassName").isEmpty()
                && old.get("spec").get("volumeAttributesClassName").isSet()
                && !attributes.isSet()) {
            attributes.forbidden("update from non-nil value to nil is forbidden");
        }
    }

    /// A claim without a class may be given one: the default class of the cluster, or the one its annotation names.
    private static void allowClass(Field claim, Field old, ObjectNode spec, ObjectNode before) {
        if (before.hasNonNull("storageClassName") || !spec.hasNonNull("storageClassName")) {
            return;
        }
        String annotation = Meta.annotations(old.value()).get(CLASS_ANNOTATION);
        String annotationNow = Meta.annotations(claim.value()).get(CLASS_ANNOTATION);
        if (annotation == null
                || annotation.equals(annotationNow)
                        && annotation.equals(spec.path("storageClassName").asText())) {
            spec.remove("storageClassName");
        }
    }

    private static void checkShrinking(Field claim, Field old) {
        Quantity size = storage(claim.get("spec").get("resources").get("requests"));
        Quantity sizeBefore = storage(old.get("spec").get("resources").get("requests"));
        Quantity actual = storage(old.get("status").get("capacity"));
        if (size.compareTo(sizeBefore) < 0 && size.compareTo(actual) <= 0) {
            claim.get("spec").get("resources").get("requests").get("storage").forbidden(SMALLER);
        }
    }

    private static Quantity storage(Field amounts) {
        return QuantityRules.amount(amounts.get("storage"));
    }

    private static void copy(ObjectNode from, ObjectNode to, String field) {
        io.jubernetes.apiserver.resource.Strategy.restore(to, from, field);
    }

    @Override
    protected void checkStatusUpdate(Field claim, Field old) {
        if (claim.get("spec").get("accessModes").isEmpty()) {
            claim.get("Spec").get("accessModes").required("");
        }
        Field status = claim.get("status");
        status.get("capacity").entries().values().forEach(PersistentVolumeRules::checkBasic);
        Field states = status.get("allocatedResourceStatuses");
        states.entries().forEach((resource, state) -> {
            checkResource(states, resource);
            if (!RESIZE_STATES.contains(state.text())) {
                states.report(Cause.notSupported(states.path(), resource, RESIZE_STATES));
            }
        });
        Field amounts = status.get("allocatedResources");
        amounts.entries().forEach((resource, amount) -> {
            checkResource(amounts, resource);
            PersistentVolumeRules.checkBasic(amount);
        });
    }

    private static void checkResource(Field place, String resource) {
        List<String> problems = NameRules.qualifiedName(resource);
        problems.forEach(problem -> place.invalid(resource, problem));
        if (problems.isEmpty() && QuantityRules.isNative(resource) && !resource.equals("storage")) {
            place.report(Cause.notSupported(place.path(), resource, List.of("storage")));
        }
    }

    @Override
    public List<String> warnings(ObjectNode claim) {
        List<String> warnings = new ArrayList<>();
        if (Meta.annotations(claim).containsKey(CLASS_ANNOTATION)) {
            warnings.add("metadata.annotations[" + CLASS_ANNOTATION
                    + "]: deprecated since v1.8; use \"storageClassName\" attribute instead");
        }
        for (String kind : List.of("requests", "limits")) {
            Field amount =
                    Field.root(claim).get("spec").get("resources").get(kind).get("storage");
            if (amount.isSet() && !QuantityRules.amount(amount).isWhole()) {
                warnings.add("spec.resources." + kind + "[storage]: fractional byte value " + Json.text(amount.text())
                        + " is invalid, must be an integer");
            }
        }
        return warnings;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode claim) {
        return Map.of("name", Meta.name(claim));
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static boolean isBound(JsonNode claim) {
        return !claim.path("spec").path("volumeName").asText("").isEmpty();
    }

    private static String phase(JsonNode claim) {
        return Meta.isTerminating(claim)
                ? "Terminating"
                : claim.path("status").path("phase").asText("");
    }

    private static String className(JsonNode claim) {
        return Meta.annotations(claim)
                .getOrDefault(
                        CLASS_ANNOTATION,
                        claim.path("spec").path("storageClassName").asText(""));
    }
}
