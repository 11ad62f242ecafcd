package io.jubernetes.controllermanager.volumebinder;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.jubernetes.controllermanager.testing.Written;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClaimDecisionTest {
    private static PersistentVolumeClaim claim(String annotations, String spec) {
        return Written.as(PersistentVolumeClaim.class, """
                metadata: {namespace: ns, name: c, uid: u, annotations: {%s}}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}, %s}
                """.formatted(annotations, spec));
    }

    private static PersistentVolume volume(String name, String size, String spec) {
        return Written.as(PersistentVolume.class, """
                metadata: {name: %s, labels: {disk: %s}}
                spec: {accessModes: [ReadWriteOnce, ReadOnlyMany], capacity: {storage: %s}, %s}
                status: {phase: Available}
                """.formatted(name, name, size, spec));
    }

    private static Map<String, PersistentVolume> volumes(PersistentVolume... volumes) {
        var map = new LinkedHashMap<String, PersistentVolume>();
        List.of(volumes).forEach(volume -> map.put(volume.getMetadata().getName(), volume));
        return map;
    }

    private static String decide(PersistentVolumeClaim claim, String mode, PersistentVolume... volumes) {
        @Nullable
        StorageClass storageClass = mode.isEmpty()
                ? null
                : Written.as(StorageClass.class, "{metadata: {name: s}, volumeBindingMode: " + mode + "}");
        return switch (ClaimDecision.of(claim, volumes(volumes), storageClass)) {
            case ClaimDecision.Bind(var volume) ->
                "bind " + volume.getMetadata().getName();
            case ClaimDecision.Lost(var reason, var _) -> "lost " + reason;
            case ClaimDecision.Mismatch(var _, var why) -> "mismatch " + why;
            case ClaimDecision other -> other.getClass().getSimpleName();
        };
    }

    @ParameterizedTest(name = "{0}, {1}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "storageClassName: '' | '' | bind b",
                "storageClassName: '', selector: {matchLabels: {disk: c}} | '' | bind c",
                "storageClassName: '', selector: {matchLabels: {disk: x}} | '' | NoVolume",
                "storageClassName: '', volumeMode: Block | '' | NoVolume",
                "storageClassName: s | Immediate | Provision",
                "storageClassName: s | WaitForFirstConsumer | WaitForConsumer",
                "storageClassName: other | '' | bind o",
                "storageClassName: '', volumeName: a | '' | mismatch requested PV is too small",
                "storageClassName: s, volumeName: b | '' | mismatch storageClassName does not match",
                "storageClassName: '', volumeName: b | '' | bind b",
                "storageClassName: '', volumeName: taken | '' | Pending",
                "storageClassName: '', volumeName: missing | '' | Pending",
            })
    void unboundClaimsFindTheirVolume(String spec, String mode, String wanted) {
        assertThat(decide(
                        claim("", spec),
                        mode,
                        volume("a", "1Gi", ""),
                        volume("c", "5Gi", ""),
                        volume("b", "3Gi", ""),
                        volume("o", "3Gi", "storageClassName: other"),
                        volume("taken", "2Gi", "claimRef: {namespace: ns, name: c2, uid: u2}")))
                .isEqualTo(wanted);
    }

    @Test
    void aVolumeThatIsMeantForItComesFirst() {
        PersistentVolume meant = volume("meant", "1Gi", "claimRef: {namespace: ns, name: c}");
        PersistentVolume free = volume("free", "2Gi", "");
        assertThat(decide(claim("", "storageClassName: ''"), "", free, meant)).isEqualTo("bind meant");
        assertThat(decide(claim("", "storageClassName: s"), "WaitForFirstConsumer", free, meant))
                .isEqualTo("bind meant");
    }

    @Test
    void aPlacedClaimIsProvisioned() {
        assertThat(decide(
                        claim("volume.kubernetes.io/selected-node: n", "storageClassName: s"), "WaitForFirstConsumer"))
                .isEqualTo("Provision");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "volumeName: mine | bind mine",
                "volumeName: free | bind free",
                "volumeName: other | lost ClaimMisbound",
                "volumeName: missing | lost ClaimLost",
                "storageClassName: '' | lost ClaimLost",
            })
    void boundClaimsKeepTheirVolumeOrLoseIt(String spec, String wanted) {
        assertThat(decide(
                        claim("pv.kubernetes.io/bind-completed: 'yes'", spec),
                        "",
                        volume("mine", "2Gi", "claimRef: {namespace: ns, name: c, uid: u}"),
                        volume("free", "2Gi", ""),
                        volume("other", "2Gi", "claimRef: {namespace: ns, name: c, uid: u0}")))
                .isEqualTo(wanted);
    }

    @ParameterizedTest(name = "{0}, {1}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | '' | AVAILABLE",
                "claimRef: {namespace: ns, name: c} | '' | AVAILABLE",
                "claimRef: {namespace: ns, name: c, uid: u} | '' | RECLAIM",
                "claimRef: {namespace: ns, name: c, uid: u} | storageClassName: s | AWAIT_CLAIM",
                "claimRef: {namespace: ns, name: c, uid: u} | volumeName: v | BOUND",
                "claimRef: {namespace: ns, name: c, uid: u} | volumeName: w | UNBIND",
            })
    void volumesFollowTheirClaims(String spec, String claim, VolumeDecision wanted) {
        assertThat(VolumeDecision.of(volume("v", "1Gi", spec), claim.isEmpty() ? null : claim("", claim)))
                .isEqualTo(wanted);
    }
}
