package io.jubernetes.controllermanager.attachdetach;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.jubernetes.controllermanager.attachdetach.AttachmentPlan.Volume;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AttachmentPlanTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Volume VOLUME = new Volume("pv", "d", "h", false);

    private static VolumeAttachment on(String node) {
        return Written.as(
                VolumeAttachment.class,
                "{metadata: {name: x}, spec: {attacher: d, nodeName: " + node
                        + ", source: {persistentVolumeName: pv}}}");
    }

    private static AttachmentPlan plan(
            Set<Volume> wanted,
            Set<String> inUse,
            List<VolumeAttachment> all,
            Map<String, Instant> since,
            Instant now) {
        return AttachmentPlan.of("n", wanted, inUse, all, since, now);
    }

    @Test
    void aVolumeIsAttachedOnce() {
        assertThat(plan(Set.of(VOLUME), Set.of(), List.of(), new HashMap<>(), NOW)
                        .attach())
                .containsExactly(VOLUME);
        assertThat(plan(Set.of(VOLUME), Set.of(), List.of(on("n")), new HashMap<>(), NOW)
                        .attach())
                .isEmpty();
    }

    @Test
    void oneThatIsElsewhereWaitsUnlessItIsShared() {
        var plan = plan(Set.of(VOLUME), Set.of(), List.of(on("other")), new HashMap<>(), NOW);
        assertThat(plan.attach()).isEmpty();
        assertThat(plan.waiting()).containsOnlyKeys(VOLUME);
        var shared = new Volume("pv", "d", "h", true);
        assertThat(plan(Set.of(shared), Set.of(), List.of(on("other")), new HashMap<>(), NOW)
                        .attach())
                .containsExactly(shared);
    }

    @Test
    void detachingWaitsForTheNodeButNotForEver() {
        var since = new HashMap<String, Instant>();
        assertThat(plan(Set.of(), Set.of(), List.of(on("n")), new HashMap<>(), NOW)
                        .detach())
                .hasSize(1);
        var inUse = Set.of(VOLUME.uniqueName());
        var waiting = plan(Set.of(), inUse, List.of(on("n")), since, NOW);
        assertThat(waiting.detach()).isEmpty();
        assertThat(waiting.lookAgain()).contains(AttachmentPlan.PATIENCE);
        assertThat(plan(Set.of(), inUse, List.of(on("n")), since, NOW.plus(AttachmentPlan.PATIENCE))
                        .detach())
                .hasSize(1);
    }
}
