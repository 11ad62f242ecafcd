package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.registry.core.podspec.ClaimTemplateRules;
import io.jubernetes.apiserver.registry.core.podspec.PodSpecRules;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.PercentRules;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Stateful sets.
public final class StatefulSetStrategy extends WorkloadStrategy {
    private static final List<String> CHANGEABLE = List.of(
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds");
    private static final Table TABLE = Columns.named()
            .text(
                    "Ready",
                    s -> replicas(s, "readyReplicas") + "/"
                            + s.path("spec").path("replicas").asLong(0))
            .age()
            .wide("Containers", s -> TemplateColumns.containers(s.path("spec").path("template")))
            .wide("Images", s -> TemplateColumns.images(s.path("spec").path("template")));

    @Override
    protected void applySpecDefaults(ObjectNode spec) {
        Meta.defaultTo(spec, "podManagementPolicy", "OrderedReady");
        ObjectNode strategy = Meta.child(spec, "updateStrategy");
        Meta.defaultTo(strategy, "type", "RollingUpdate");
        if (strategy.path("type").asText().equals("RollingUpdate")) {
            Meta.defaultTo(Meta.child(strategy, "rollingUpdate"), "partition", 0);
        }
        Meta.defaultTo(spec, "replicas", 1);
        Meta.defaultTo(spec, "revisionHistoryLimit", 10);
        ObjectNode retention = Meta.child(spec, "persistentVolumeClaimRetentionPolicy");
        Meta.defaultTo(retention, "whenDeleted", "Retain");
        Meta.defaultTo(retention, "whenScaled", "Retain");
        for (ObjectNode claim : Meta.items(spec, "volumeClaimTemplates")) {
            claim.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
            Meta.defaultTo(Meta.child(claim, "spec"), "volumeMode", "Filesystem");
            Meta.defaultTo(Meta.child(claim, "status"), "phase", "Pending");
        }
    }

    @Override
    public void prepareForCreate(ObjectNode set) {
        set.putObject("status").put("replicas", 0).put("availableReplicas", 0);
    }

    @Override
    public Names names() {
        return Names.LABEL;
    }

    @Override
    protected void check(Field spec, JsonNode old) {
        Field management = spec.get("podManagementPolicy");
        if (!List.of("OrderedReady", "Parallel").contains(management.text())) {
            management.invalid("must be 'OrderedReady' or 'Parallel'");
        }
        checkStrategy(spec.get("updateStrategy"));
        for (String policy : List.of("whenDeleted", "whenScaled")) {
            spec.get("persistentVolumeClaimRetentionPolicy").get(policy).requireOneOf(List.of("Retain", "Delete"));
        }
        spec.get("replicas").requireNonNegative();
        spec.get("minReadySeconds").requireNonNegative();
        spec.get("ordinals").get("start").requireNonNegative();
        Field selector = spec.get("selector");
        Field template = spec.get("template");
        if (TemplateRules.checkSelector(selector, "statefulset")) {
            TemplateRules.checkLabels(selector, template);
            PodSpecRules.checkTemplate(withClaims(spec), old.path("template"));
        } else {
            selector.report(new Cause(
                    "FieldValueInvalid", "Invalid value: " + TemplateRules.shown(selector.value()), selector.path()));
        }
        TemplateRules.checkLasting(template, "StatefulSet");
        for (Field claim : spec.get("volumeClaimTemplates").items()) {
            if (old.isEmpty()) {
                ClaimTemplateRules.checkSpec(claim.get("spec"));
            }
        }
    }

    /// The template as its pods will have it: with volumes for the claims.
    private static Field withClaims(Field spec) {
        if (!(spec.get("template").value() instanceof ObjectNode template)) {
            return spec.get("template");
        }
        ObjectNode copy = template.deepCopy();
        ObjectNode pod = Meta.child(copy, "spec");
        Set<String> names = new HashSet<>();
        pod.path("volumes").forEach(volume -> names.add(volume.path("name").asText("")));
        for (Field claim : spec.get("volumeClaimTemplates").items()) {
            String name = Meta.name(claim.value());
            if (names.add(name) && NameRules.label(name).isEmpty()) {
                ArrayNode volumes = pod.get("volumes") instanceof ArrayNode list ? list : pod.putArray("volumes");
                volumes.addObject()
                        .put("name", name)
                        .putObject("persistentVolumeClaim")
                        .put("claimName", name);
            }
        }
        return Field.alias(spec.get("template"), copy);
    }

    private static void checkStrategy(Field strategy) {
        Field rolling = strategy.get("rollingUpdate");
        switch (strategy.get("type").text()) {
            case "OnDelete" -> {
                if (rolling.isSet()) {
                    rolling.invalid(
                            InternalForm.of("apps.v1.RollingUpdateStatefulSetStrategy", rolling.value()),
                            "only allowed for updateStrategy 'RollingUpdate'");
                }
            }
            case "RollingUpdate" -> {
                rolling.get("partition").requireNonNegative();
                Field unavailable = rolling.get("maxUnavailable");
                if (unavailable.isSet()) {
                    PercentRules.checkNonNegative(unavailable);
                    if (PercentRules.number(unavailable.value()) == 0) {
                        unavailable.invalid("cannot be 0");
                    }
                    PercentRules.checkAtMostAll(unavailable);
                }
            }
            default ->
                strategy.invalid(
                        InternalForm.of("apps.v1.StatefulSetUpdateStrategy", strategy.value()),
                        "must be 'RollingUpdate' or 'OnDelete'");
        }
    }

    @Override
    protected void checkChange(Field spec, JsonNode old) {
        ObjectNode now = spec.value().deepCopy();
        ObjectNode before = old.deepCopy();
        now.remove(CHANGEABLE);
        before.remove(CHANGEABLE);
        if (!Meta.same(now, before)) {
            spec.forbidden("updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
                    + " 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and"
                    + " 'minReadySeconds' are forbidden");
        }
    }

    @Override
    protected void checkStatus(Field status, JsonNode old) {
        TemplateRules.checkCounts(
                status,
                List.of(
                        "replicas",
                        "readyReplicas",
                        "currentReplicas",
                        "updatedReplicas",
                        "availableReplicas",
                        "observedGeneration",
                        "collisionCount"),
                List.of("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"));
        TemplateRules.checkAvailable(status, "status.readyReplicas");
        TemplateRules.checkCollisions(status, old);
    }

    @Override
    public List<String> warnings(ObjectNode set) {
        List<String> warnings = new ArrayList<>(TemplateRules.warnings(set, "spec", "template"));
        warnings.removeAll(TemplateRules.nameWarnings(set));
        return warnings;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
