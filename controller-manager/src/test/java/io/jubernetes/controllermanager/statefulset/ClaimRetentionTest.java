package io.jubernetes.controllermanager.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.jubernetes.controllermanager.testing.Written;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClaimRetentionTest {
    private static final Pod POD = Written.as(Pod.class, "{metadata: {namespace: ns, name: db-1, uid: p1}}");

    private static StatefulSet set(String whenDeleted, String whenScaled) {
        return Written.as(StatefulSet.class, """
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {namespace: ns, name: db, uid: s}
                spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: %s, whenScaled: %s}}
                """.formatted(whenDeleted, whenScaled));
    }

    private static PersistentVolumeClaim claim(String owner) {
        String owners = switch (owner) {
            case "set" ->
                "{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: s, controller: true,"
                        + " blockOwnerDeletion: true}";
            case "pod" ->
                "{apiVersion: v1, kind: Pod, name: db-1, uid: p1, controller: true, blockOwnerDeletion: true}";
            case "old pod" -> "{apiVersion: v1, kind: Pod, name: db-1, uid: gone}";
            case "other" -> "{apiVersion: v1, kind: Other, name: x, uid: x, controller: true}";
            default -> "";
        };
        return Written.as(
                PersistentVolumeClaim.class,
                "{metadata: {namespace: ns, name: data-db-1, ownerReferences: [" + owners + "]}}");
    }

    @ParameterizedTest(name = "deleted {0}, scaled {1}, beyond {2}, owner {3}: {4}")
    @CsvSource({
        "Retain, Retain, false, none, none",
        "Retain, Retain, true, none, none",
        "Retain, Retain, false, set, none",
        "Delete, Retain, false, none, set",
        "Delete, Retain, true, none, set",
        "Retain, Delete, false, none, none",
        "Retain, Delete, true, none, pod",
        "Retain, Delete, false, pod, none",
        "Delete, Delete, false, none, set",
        "Delete, Delete, true, set, pod",
        "Delete, Delete, false, pod, set",
        "Delete, Delete, true, other, other",
        "Retain, Delete, true, old pod, pod",
    })
    void claimsGoWithWhomThePolicySays(String deleted, String scaled, boolean beyond, String owner, String wanted) {
        PersistentVolumeClaim claim = claim(owner);
        List<OwnerReference> after = ClaimRetention.change(set(deleted, scaled), POD, beyond, claim)
                .orElse(claim.getMetadata().getOwnerReferences());
        assertThat(after).isEqualTo(claim(wanted).getMetadata().getOwnerReferences());
    }
}
