package io.jubernetes.controllermanager.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.RawApi;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Keeps the past pod templates of daemon sets and stateful sets as controller revisions.
public final class RevisionHistory {
    /// The label that tells the revision of a pod.
    public static final String POD_LABEL = "controller-revision-hash";

    private final KubernetesClient client;
    private final RawApi raw;
    private final Informed<ControllerRevision> revisions;

    public RevisionHistory(KubernetesClient client, RawApi raw, Informed<ControllerRevision> revisions) {
        this.client = client;
        this.raw = raw;
        this.revisions = revisions;
        Owners.index(revisions);
    }

    /// The owner's revisions, the newest last.
    public List<ControllerRevision> of(HasMetadata owner) {
        return revisions.by(Owners.INDEX, owner.getMetadata().getUid()).stream()
                .sorted(Comparator.comparingLong(RevisionHistory::number)
                        .thenComparing(revision -> revision.getMetadata().getName()))
                .toList();
    }

    /// The revision of the template the owner has now: made if it is new, moved to the end if it is an
    /// old one.
    ///
    /// @param collisions tells apart templates whose hashes are the same by accident
    public ControllerRevision current(HasMetadata owner, PodTemplateSpec template, @Nullable Integer collisions) {
        List<ControllerRevision> known = of(owner);
        long newest = known.isEmpty() ? 0 : number(known.getLast());
        for (ControllerRevision revision : known) {
            if (template.equals(template(revision))) {
                if (number(revision) == newest) {
                    return revision;
                }
                return client.resource(
                                revision.toBuilder().withRevision(newest + 1).build())
                        .update();
            }
        }
        String hash = TemplateHash.of(template, collisions);
        Map<String, String> labels = new LinkedHashMap<>(Labels.labels(template.getMetadata()));
        labels.put(POD_LABEL, hash);
        var data = Json.object();
        var kept = Json.tree(template);
        kept.put("$patch", "replace");
        data.putObject("spec").set("template", kept);
        ControllerRevision fresh = new ControllerRevisionBuilder()
                .withNewMetadata()
                .withNamespace(owner.getMetadata().getNamespace())
                .withName(owner.getMetadata().getName() + "-" + hash)
                .withLabels(labels)
                .withAnnotations(Labels.annotations(owner.getMetadata()).entrySet().stream()
                        .filter(entry -> !entry.getKey().equals("kubectl.kubernetes.io/last-applied-configuration"))
                        .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
                .withOwnerReferences(Owners.controllerReference(owner))
                .endMetadata()
                .withData(data)
                .withRevision(newest + 1)
                .build();
        try {
            return client.resource(fresh).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                throw e;
            }
            ControllerRevision there = client.resource(fresh).get();
            if (there != null && Owners.isControlledBy(there, owner) && template.equals(template(there))) {
                return there;
            }
            throw e;
        }
    }

    /// Removes the oldest revisions beyond `limit` that nothing uses.
    public void truncate(HasMetadata owner, @Nullable Integer limit, Set<String> usedNames) {
        List<ControllerRevision> unused = of(owner).stream()
                .filter(revision -> !usedNames.contains(revision.getMetadata().getName()))
                .toList();
        int kept = limit == null ? 10 : limit;
        for (ControllerRevision revision : unused.subList(0, Math.max(0, unused.size() - kept))) {
            try {
                raw.delete(revision, null);
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404) {
                    throw e;
                }
            }
        }
    }

    /// The short hash of a revision, as in its label.
    public static String hash(ControllerRevision revision) {
        return Objects.requireNonNullElse(
                Labels.of(revision).get(POD_LABEL), revision.getMetadata().getName());
    }

    /// The template that a revision keeps; null when it is unreadable.
    public static @Nullable PodTemplateSpec template(ControllerRevision revision) {
        JsonNode data = Json.MAPPER.valueToTree(revision.getData());
        JsonNode template = data.path("spec").path("template");
        if (!template.isObject()) {
            return null;
        }
        var copy = (com.fasterxml.jackson.databind.node.ObjectNode) template.deepCopy();
        copy.remove("$patch");
        return Json.as(copy, PodTemplateSpec.class);
    }

    private static long number(ControllerRevision revision) {
        return revision.getRevision() == null ? 0 : revision.getRevision();
    }
}
