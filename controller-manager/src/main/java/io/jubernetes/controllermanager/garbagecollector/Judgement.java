package io.jubernetes.controllermanager.garbagecollector;

import io.jubernetes.controllermanager.garbagecollector.OwnerGraph.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// What is to be done with an object, from the state of its owners. Pure.
sealed interface Judgement {
    /// It stays as it is.
    record Keep() implements Judgement {}

    /// It stays because of other owners; these references are to nothing or to owners that wait for it to go.
    record DropOwners(Set<String> uids) implements Judgement {}

    /// It goes. `Foreground` when an owner that is itself deleted in the foreground waits and it has dependents of
    /// its own.
    record Delete(String propagation) implements Judgement {}

    /// How an owner was found.
    enum OwnerState {
        THERE,
        ABSENT,
        /// It is there, but being deleted in the foreground, and the object's reference blocks it.
        WAITING,
        /// It cannot be said, for instance because its kind is not served: nothing must be deleted for that.
        UNKNOWN
    }

    /// An owner and how it was found.
    record Found(Owner owner, OwnerState state) {}

    /// @param finalizers of the object; they may ask for orphaning or foreground deletion
    static Judgement of(List<Found> owners, List<String> finalizers, boolean hasDependents) {
        var bad = new ArrayList<Found>();
        boolean waiting = false;
        for (Found found : owners) {
            switch (found.state()) {
                case THERE, UNKNOWN -> {}
                case ABSENT -> bad.add(found);
                case WAITING -> {
                    bad.add(found);
                    waiting = true;
                }
            }
        }
        if (bad.isEmpty()) {
            return new Keep();
        }
        if (bad.size() < owners.size()) {
            boolean unsure =
                    owners.stream().allMatch(found -> found.state() == OwnerState.UNKNOWN || bad.contains(found));
            return unsure
                    ? new Keep()
                    : new DropOwners(
                            bad.stream().map(found -> found.owner().uid()).collect(Collectors.toSet()));
        }
        if (waiting && hasDependents) {
            return new Delete("Foreground");
        }
        if (finalizers.contains(Collector.ORPHAN)) {
            return new Delete("Orphan");
        }
        return new Delete(finalizers.contains(Collector.FOREGROUND) ? "Foreground" : "Background");
    }
}
