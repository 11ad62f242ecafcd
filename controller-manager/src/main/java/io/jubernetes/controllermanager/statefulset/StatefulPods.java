package io.jubernetes.controllermanager.statefulset;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.RevisionHistory;
import java.util.ArrayList;
import java.util.List;

/// The pods of a stateful set and their claims. Pure.
final class StatefulPods {
    private StatefulPods() {}

    static String name(StatefulSet set, int ordinal) {
        return set.getMetadata().getName() + "-" + ordinal;
    }

    /// The number at the end of a pod's name, -1 when it is not one of the set's names.
    static int ordinal(StatefulSet set, Pod pod) {
        String prefix = set.getMetadata().getName() + "-";
        String name = pod.getMetadata().getName();
        if (!name.startsWith(prefix)) {
            return -1;
        }
        try {
            return Integer.parseUnsignedInt(name.substring(prefix.length()));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /// Whether an ordinal is outside of the wanted range.
    static boolean isBeyond(StatefulSet set, int ordinal) {
        var ordinals = set.getSpec().getOrdinals();
        int start = ordinals == null || ordinals.getStart() == null ? 0 : ordinals.getStart();
        int replicas = set.getSpec().getReplicas() == null ? 1 : set.getSpec().getReplicas();
        return ordinal < start || ordinal >= start + replicas;
    }

    /// @param template of the revision the pod is to have
    static Pod of(StatefulSet set, PodTemplateSpec template, String revision, int ordinal) {
        String name = name(set, ordinal);
        Pod pod = PodControl.fromTemplate(set, template);
        List<Volume> volumes = new ArrayList<>(pod.getSpec().getVolumes());
        for (PersistentVolumeClaim claim : set.getSpec().getVolumeClaimTemplates()) {
            String volume = claim.getMetadata().getName();
            volumes.removeIf(each -> each.getName().equals(volume));
            volumes.add(new VolumeBuilder()
                    .withName(volume)
                    .withNewPersistentVolumeClaim()
                    .withClaimName(volume + "-" + name)
                    .endPersistentVolumeClaim()
                    .build());
        }
        return new PodBuilder(pod)
                .editMetadata()
                .withGenerateName(null)
                .withName(name)
                .addToLabels("statefulset.kubernetes.io/pod-name", name)
                .addToLabels("apps.kubernetes.io/pod-index", Integer.toString(ordinal))
                .addToLabels(RevisionHistory.POD_LABEL, revision)
                .endMetadata()
                .editSpec()
                .withHostname(name)
                .withSubdomain(set.getSpec().getServiceName())
                .withVolumes(volumes)
                .endSpec()
                .build();
    }

    /// The claims a pod needs. They outlive it, and the set too unless its retention policy says otherwise.
    static List<PersistentVolumeClaim> claims(StatefulSet set, int ordinal) {
        var policy = set.getSpec().getPersistentVolumeClaimRetentionPolicy();
        boolean goWithSet = policy != null && "Delete".equals(policy.getWhenDeleted());
        return set.getSpec().getVolumeClaimTemplates().stream()
                .map(template -> {
                    var claim = new PersistentVolumeClaimBuilder(template)
                            .withNewMetadata()
                            .withNamespace(set.getMetadata().getNamespace())
                            .withName(template.getMetadata().getName() + "-" + name(set, ordinal))
                            .withLabels(Labels.labels(template.getMetadata()))
                            .addToLabels(set.getSpec().getSelector().getMatchLabels())
                            .withAnnotations(template.getMetadata().getAnnotations())
                            .endMetadata()
                            .withStatus(null);
                    if (goWithSet) {
                        claim.editMetadata()
                                .withOwnerReferences(Owners.controllerReference(set))
                                .endMetadata();
                    }
                    return claim.build();
                })
                .toList();
    }
}
