package io.jubernetes.controllermanager.deployment;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.TemplateHash;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The next writes of a deployment, from it and its replica sets. Pure. A plan holds the writes of one round; what
/// follows from them is decided when the caches show them. Upstream's `pkg/controller/deployment` is the rule for
/// what comes when.
final class RolloutPlan {
    static final String HASH_LABEL = "pod-template-hash";

    private final Deployment deployment;
    private final Limits limits;
    private final boolean oldPodsRunning;
    private final @Nullable ReplicaSet newSet;
    private final List<ReplicaSet> oldSets;
    private final List<ReplicaSet> all;
    private final Map<String, Integer> sizes = new HashMap<>();
    private final List<Step> steps = new ArrayList<>();

    private RolloutPlan(Deployment deployment, List<ReplicaSet> owned, boolean oldPodsRunning) {
        this.deployment = deployment;
        this.limits = Limits.of(deployment);
        this.oldPodsRunning = oldPodsRunning;
        this.newSet = newSet(deployment, owned);
        this.all = owned.stream().sorted(OLDEST_FIRST).toList();
        this.oldSets = all.stream().filter(set -> !set.equals(newSet)).toList();
        all.forEach(set -> sizes.put(uid(set), size(set)));
    }

    private static final Comparator<ReplicaSet> OLDEST_FIRST = Comparator.<ReplicaSet, String>comparing(
                    set -> Objects.requireNonNullElse(set.getMetadata().getCreationTimestamp(), ""))
            .thenComparing(set -> set.getMetadata().getName());

    /// The steps of the next round.
    ///
    /// @param owned the replica sets the deployment controls
    /// @param oldPodsRunning whether pods of other templates still run; only asked for the Recreate strategy
    static List<Step> of(Deployment deployment, List<ReplicaSet> owned, boolean oldPodsRunning) {
        var plan = new RolloutPlan(deployment, owned, oldPodsRunning);
        plan.decide();
        return List.copyOf(plan.steps);
    }

    /// The set of the current template, the oldest if there should be several.
    static @Nullable ReplicaSet newSet(Deployment deployment, List<ReplicaSet> owned) {
        PodTemplateSpec wanted = withoutHash(deployment.getSpec().getTemplate());
        return owned.stream()
                .sorted(OLDEST_FIRST)
                .filter(set -> wanted.equals(withoutHash(set.getSpec().getTemplate())))
                .findFirst()
                .orElse(null);
    }

    private static PodTemplateSpec withoutHash(PodTemplateSpec template) {
        if (!Labels.labels(template.getMetadata()).containsKey(HASH_LABEL)) {
            return template;
        }
        return new PodTemplateSpecBuilder(template)
                .editMetadata()
                .removeFromLabels(HASH_LABEL)
                .endMetadata()
                .build();
    }

    private void decide() {
        if (Boolean.TRUE.equals(deployment.getSpec().getPaused())) {
            if (newSet != null) {
                describeNewSet(newSet);
            }
            scale();
            cleanUp();
        } else if (isScalingEvent()) {
            scale();
        } else if (limits.rolling()) {
            roll();
        } else {
            recreate();
        }
    }

    private void roll() {
        if (!ensureNewSet()) {
            return;
        }
        ReplicaSet current = Objects.requireNonNull(newSet);
        int wanted = newSetSize(current);
        if (wanted != size(current)) {
            resize(current, wanted);
            return;
        }
        if (shrinkOld(current)) {
            return;
        }
        if (isComplete()) {
            cleanUp();
        }
    }

    private void recreate() {
        boolean shrinking = false;
        for (ReplicaSet set : oldSets) {
            if (size(set) > 0) {
                resize(set, 0);
                shrinking = true;
            }
        }
        if (shrinking || oldPodsRunning || !ensureNewSet()) {
            return;
        }
        ReplicaSet current = Objects.requireNonNull(newSet);
        if (size(current) != limits.desired()) {
            resize(current, limits.desired());
            return;
        }
        if (isComplete()) {
            cleanUp();
        }
    }

    private boolean isComplete() {
        var status = deployment.getStatus();
        int desired = limits.desired();
        return status != null
                && Objects.requireNonNullElse(status.getUpdatedReplicas(), 0) == desired
                && Objects.requireNonNullElse(status.getReplicas(), 0) == desired
                && Objects.requireNonNullElse(status.getAvailableReplicas(), 0) == desired
                && Objects.equals(
                        status.getObservedGeneration(), deployment.getMetadata().getGeneration());
    }

    /// Makes the set of the current template, or brings its annotations up to date.
    ///
    /// @return whether it is there already
    private boolean ensureNewSet() {
        if (newSet != null) {
            describeNewSet(newSet);
            return true;
        }
        long revision = Revisions.max(oldSets) + 1;
        String hash = TemplateHash.of(
                deployment.getSpec().getTemplate(),
                deployment.getStatus() == null ? null : deployment.getStatus().getCollisionCount());
        int total = oldSets.stream().mapToInt(RolloutPlan::size).sum();
        int size =
                limits.rolling() ? Math.clamp(limits.maxTotal() - (long) total, 0, limits.desired()) : limits.desired();
        Map<String, String> annotations = Revisions.forNewSet(deployment, null, revision);
        Revisions.putSizes(annotations, limits.desired(), limits.maxTotal());
        var template = new PodTemplateSpecBuilder(deployment.getSpec().getTemplate())
                .editOrNewMetadata()
                .addToLabels(HASH_LABEL, hash)
                .endMetadata()
                .build();
        steps.add(new Step.Create(new ReplicaSetBuilder()
                .withNewMetadata()
                .withNamespace(deployment.getMetadata().getNamespace())
                .withName(deployment.getMetadata().getName() + "-" + hash)
                .withLabels(template.getMetadata().getLabels())
                .withAnnotations(annotations)
                .withOwnerReferences(Owners.controllerReference(deployment))
                .endMetadata()
                .withNewSpec()
                .withReplicas(size)
                .withMinReadySeconds(deployment.getSpec().getMinReadySeconds())
                .withNewSelectorLike(deployment.getSpec().getSelector())
                .addToMatchLabels(HASH_LABEL, hash)
                .endSelector()
                .withTemplate(template)
                .endSpec()
                .build()));
        setRevision(Long.toString(revision));
        return false;
    }

    private void describeNewSet(ReplicaSet set) {
        long revision = Revisions.max(oldSets) + 1;
        Map<String, String> annotations = Revisions.forNewSet(deployment, set, revision);
        int minReady = Objects.requireNonNullElse(deployment.getSpec().getMinReadySeconds(), 0);
        boolean sameMinReady =
                minReady == Objects.requireNonNullElse(set.getSpec().getMinReadySeconds(), 0);
        if (!annotations.equals(Labels.annotations(set.getMetadata())) || !sameMinReady) {
            steps.add(new Step.Update(set.toBuilder()
                    .editMetadata()
                    .withAnnotations(annotations)
                    .endMetadata()
                    .editSpec()
                    .withMinReadySeconds(minReady)
                    .endSpec()
                    .build()));
        }
        setRevision(Objects.requireNonNullElse(annotations.get(Revisions.REVISION), "1"));
    }

    private void setRevision(String revision) {
        if (!Labels.annotation(deployment, Revisions.REVISION)
                .filter(revision::equals)
                .isPresent()) {
            steps.add(new Step.SetRevision(revision));
        }
    }

    private int newSetSize(ReplicaSet set) {
        int size = size(set);
        if (size >= limits.desired()) {
            return limits.desired();
        }
        int room = limits.maxTotal() - total();
        return room <= 0 ? size : Math.min(size + room, limits.desired());
    }

    /// Takes pods away from old sets as far as enough stay available, those that are not healthy first.
    private boolean shrinkOld(ReplicaSet current) {
        if (oldSets.stream().allMatch(set -> size(set) == 0)) {
            return false;
        }
        int notYetAvailable = Math.max(0, size(current) - available(current));
        int removable = total() - limits.minAvailable() - notYetAvailable;
        if (removable <= 0) {
            return false;
        }
        int removed = 0;
        for (ReplicaSet set : oldSets) {
            int unhealthy = Math.max(0, size(set) - available(set));
            int now = Math.min(removable - removed, unhealthy);
            planSize(set, planned(set) - now);
            removed += now;
        }
        // A set's status may still count pods that an earlier round took away.
        int spare = all.stream()
                        .mapToInt(set -> Math.min(available(set), planned(set)))
                        .sum()
                - limits.minAvailable();
        for (ReplicaSet set : oldSets) {
            int now = Math.clamp(spare, 0, planned(set));
            planSize(set, planned(set) - now);
            spare -= now;
        }
        boolean changed = false;
        for (ReplicaSet set : oldSets) {
            if (planned(set) != size(set)) {
                resize(set, planned(set));
                changed = true;
            }
        }
        return changed;
    }

    /// Whether the wanted size changed since the sets were last sized.
    private boolean isScalingEvent() {
        return all.stream()
                .filter(set -> size(set) > 0)
                .anyMatch(set -> Labels.number(set, Revisions.DESIRED)
                        .filter(desired -> desired != limits.desired())
                        .isPresent());
    }

    private void scale() {
        List<ReplicaSet> active = all.stream().filter(set -> size(set) > 0).toList();
        if (active.size() <= 1) {
            ReplicaSet only = active.isEmpty() ? (newSet != null ? newSet : latest()) : active.getFirst();
            if (only != null) {
                resizeOrNote(only, limits.desired());
            }
            return;
        }
        if (newSet != null && isSaturated(newSet)) {
            oldSets.stream().filter(set -> size(set) > 0).forEach(set -> resize(set, 0));
            return;
        }
        if (limits.rolling()) {
            scaleProportionally(active);
        }
    }

    private @Nullable ReplicaSet latest() {
        return all.isEmpty() ? null : all.getLast();
    }

    private boolean isSaturated(ReplicaSet set) {
        return size(set) == limits.desired()
                && Labels.number(set, Revisions.DESIRED).orElse(-1) == limits.desired()
                && available(set) == limits.desired();
    }

    /// In the middle of a rollout each set gets its share of what is added or taken away.
    private void scaleProportionally(List<ReplicaSet> active) {
        int allowed = limits.desired() > 0 ? limits.maxTotal() : 0;
        int toAdd = allowed - active.stream().mapToInt(RolloutPlan::size).sum();
        Comparator<ReplicaSet> largestFirst =
                Comparator.comparingInt(RolloutPlan::size).reversed();
        List<ReplicaSet> ordered = active.stream()
                .sorted(largestFirst.thenComparing(toAdd > 0 ? OLDEST_FIRST.reversed() : OLDEST_FIRST))
                .toList();
        var wanted = new LinkedHashMap<ReplicaSet, Integer>();
        int added = 0;
        for (ReplicaSet set : ordered) {
            int share = toAdd == 0 || toAdd == added ? 0 : share(set, toAdd - added, toAdd > 0);
            wanted.put(set, size(set) + share);
            added += share;
        }
        ReplicaSet first = ordered.getFirst();
        int rest = toAdd - added;
        wanted.computeIfPresent(first, (_, size) -> Math.max(0, size + rest));
        wanted.forEach(this::resizeOrNote);
    }

    private int share(ReplicaSet set, int left, boolean growing) {
        int share;
        if (limits.desired() == 0) {
            share = -size(set);
        } else {
            int before = Labels.number(set, Revisions.MAX)
                    .orElseGet(() -> deployment.getStatus() == null
                                    || deployment.getStatus().getReplicas() == null
                            ? 0
                            : deployment.getStatus().getReplicas());
            if (before == 0) {
                return 0;
            }
            share = (int) Math.round((double) size(set) * limits.maxTotal() / before) - size(set);
        }
        return growing ? Math.min(share, left) : Math.max(share, left);
    }

    /// Forgets old revisions beyond the limit, once all is done.
    private void cleanUp() {
        Integer limit = deployment.getSpec().getRevisionHistoryLimit();
        if (limit == null || limit == Integer.MAX_VALUE) {
            return;
        }
        List<ReplicaSet> disposable = oldSets.stream()
                .filter(set -> set.getMetadata().getDeletionTimestamp() == null)
                .sorted(Comparator.<ReplicaSet>comparingLong(Revisions::of).thenComparing(OLDEST_FIRST))
                .toList();
        for (ReplicaSet set : disposable.subList(0, Math.max(0, disposable.size() - limit))) {
            boolean isEmpty = size(set) == 0
                    && (set.getStatus() == null
                            || Objects.requireNonNullElse(set.getStatus().getReplicas(), 0) == 0)
                    && Objects.equals(observed(set), set.getMetadata().getGeneration());
            if (isEmpty) {
                steps.add(new Step.Delete(set));
            }
        }
    }

    private static @Nullable Long observed(ReplicaSet set) {
        return set.getStatus() == null ? null : set.getStatus().getObservedGeneration();
    }

    private void resize(ReplicaSet set, int to) {
        Map<String, String> annotations = new LinkedHashMap<>(Labels.annotations(set.getMetadata()));
        Revisions.putSizes(annotations, limits.desired(), limits.maxTotal());
        // A set that is also described anew in this plan gets both in one write.
        ReplicaSet base = set;
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof Step.Update update && uid(update.set()).equals(uid(set))) {
                base = update.set();
                annotations = new LinkedHashMap<>(Labels.annotations(base.getMetadata()));
                Revisions.putSizes(annotations, limits.desired(), limits.maxTotal());
                steps.remove(i);
                break;
            }
        }
        steps.add(new Step.Scale(
                base.toBuilder()
                        .editMetadata()
                        .withAnnotations(annotations)
                        .endMetadata()
                        .editSpec()
                        .withReplicas(to)
                        .endSpec()
                        .build(),
                size(set),
                to));
    }

    /// Like [#resize], but a set that has the size already only notes that it is the one now wanted.
    private void resizeOrNote(ReplicaSet set, int to) {
        boolean noted = Labels.number(set, Revisions.DESIRED).orElse(-1) == limits.desired();
        if (size(set) != to || !noted) {
            resize(set, to);
        }
    }

    private int total() {
        return all.stream().mapToInt(RolloutPlan::size).sum();
    }

    private int planned(ReplicaSet set) {
        return sizes.getOrDefault(uid(set), 0);
    }

    private void planSize(ReplicaSet set, int size) {
        sizes.put(uid(set), size);
    }

    private static String uid(ReplicaSet set) {
        return set.getMetadata().getUid();
    }

    private static int size(ReplicaSet set) {
        return set.getSpec().getReplicas() == null ? 1 : set.getSpec().getReplicas();
    }

    private static int available(ReplicaSet set) {
        return set.getStatus() == null || set.getStatus().getAvailableReplicas() == null
                ? 0
                : set.getStatus().getAvailableReplicas();
    }
}
