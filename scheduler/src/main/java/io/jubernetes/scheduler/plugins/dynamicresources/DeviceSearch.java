package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.DeviceConstraint;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.scheduler.plugins.dynamicresources.DevicePools.OnNode;
import io.jubernetes.scheduler.plugins.dynamicresources.DevicePools.Pool;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// Looks for devices of one node that satisfy several claims together. Tries one device after the other for what is
/// wanted, and goes back when a later one cannot be found; so it finds a way if there is one, and takes the first.
/// A search is made for one node and used once.
final class DeviceSearch {
    /// As many devices can be written into the status of a claim.
    private static final int MAX_DEVICES = 32;

    /// A device for a request, or for one of its alternatives.
    ///
    /// @param taken the part of the device's capacities, of a device that others may share; else empty
    record Choice(Wanted wanted, OfferedDevice device, Map<String, Quantity> taken) {}

    /// What came of it.
    sealed interface Outcome {
        /// @param byClaim the devices of each claim, in the order of the requests
        record Found(List<List<Choice>> byClaim) implements Outcome {}

        record NotFound(String why) implements Outcome {}
    }

    /// A device on the node with the pool it is in.
    private record Candidate(Pool pool, OfferedDevice device) {}

    private final List<Demand> demands;
    private final DeviceStock stock;
    private final DeviceSelectors selectors;
    private final BooleanSupplier isOutOfTime;

    private final List<OnNode> pools;
    private final List<Candidate> candidates = new ArrayList<>();
    private final IdentityHashMap<Wanted, List<Candidate>> all = new IdentityHashMap<>();

    private final List<List<Choice>> chosen = new ArrayList<>();
    private final List<List<AttributeConstraint>> constraints = new ArrayList<>();
    private boolean outOfTime;

    /// @param pools the node's devices
    /// @param allocated what others have
    /// @param isOutOfTime ends the search
    DeviceSearch(
            List<Demand> demands,
            List<OnNode> pools,
            AllocatedDevices allocated,
            DeviceSelectors selectors,
            BooleanSupplier isOutOfTime) {
        this.demands = demands;
        this.pools = pools;
        this.stock = new DeviceStock(allocated);
        this.selectors = selectors;
        this.isOutOfTime = isOutOfTime;
    }

    /// @throws IllegalStateException when a claim or class is wrong, so that it cannot be allocated on any node
    Outcome run() {
        for (OnNode on : pools) {
            if (!on.pool().isInvalid()) {
                on.devices().forEach(device -> candidates.add(new Candidate(on.pool(), device)));
            }
        }
        for (Demand demand : demands) {
            prepare(demand);
        }
        if (request(0, 0)) {
            return new Outcome.Found(chosen);
        }
        if (outOfTime) {
            return new Outcome.NotFound("timed out trying to allocate devices");
        }
        return new Outcome.NotFound(
                pools.stream().anyMatch(on -> on.pool().isInvalid())
                        ? "invalid resource pools were encountered"
                        : "cannot allocate all claims");
    }

    private void prepare(Demand demand) {
        String claim = "claim " + Claims.name(demand.claim());
        long least = 0;
        for (List<Wanted> request : demand.requests()) {
            int fewest = Integer.MAX_VALUE;
            for (Wanted wanted : request) {
                if (wanted.wantsAll()) {
                    all.put(wanted, allFor(wanted));
                }
                fewest = Math.min(fewest, count(wanted));
            }
            least += fewest;
        }
        if (least > MAX_DEVICES) {
            throw new IllegalStateException(
                    claim + ": number of requested devices " + least + " exceeds the claim limit of " + MAX_DEVICES);
        }
        List<AttributeConstraint> of = new ArrayList<>();
        for (DeviceConstraint constraint : demand.claim().getSpec().getDevices().getConstraints()) {
            of.add(AttributeConstraint.of(constraint, claim + ", constraint #" + of.size()));
        }
        constraints.add(of);
        chosen.add(new ArrayList<>());
    }

    private List<Candidate> allFor(Wanted wanted) {
        for (OnNode on : pools) {
            String problem =
                    on.pool().isIncomplete() ? "being updated" : on.pool().isInvalid() ? "invalid" : "";
            if (!problem.isEmpty()) {
                throw new IllegalStateException(wanted.described() + ": asks for all devices, but resource pool "
                        + on.pool() + " is currently " + problem);
            }
        }
        return candidates.stream()
                .filter(candidate -> wanted.isSuitedBy(candidate.device, selectors))
                .toList();
    }

    private int count(Wanted wanted) {
        List<Candidate> every = all.get(wanted);
        return every == null ? wanted.count() : every.size();
    }

    /// Satisfies a request and all that come after it.
    private boolean request(int claim, int request) {
        if (claim == demands.size()) {
            return true;
        }
        Demand demand = demands.get(claim);
        if (request == demand.requests().size()) {
            return request(claim + 1, 0);
        }
        for (Wanted wanted : demand.requests().get(request)) {
            boolean none = wanted.wantsAll() && count(wanted) == 0;
            if (!none && devices(claim, request, wanted, 0, 0)) {
                return true;
            }
        }
        return false;
    }

    /// Finds the devices for what is wanted from some number on, and then for all later requests.
    ///
    /// @param from the first candidate to try: which of two devices comes first makes no difference
    private boolean devices(int claim, int request, Wanted wanted, int number, int from) {
        int count = count(wanted);
        if (number == count) {
            return request(claim, request + 1);
        }
        List<Candidate> of = all.getOrDefault(wanted, candidates);
        if (chosen.get(claim).size() == MAX_DEVICES) {
            return false;
        }
        int last = of.size() - (count - number);
        for (int i = from; i <= last; i++) {
            if (outOfTime || isOutOfTime.getAsBoolean()) {
                outOfTime = true;
                return false;
            }
            Candidate candidate = of.get(i);
            if (take(claim, wanted, candidate)) {
                if (devices(claim, request, wanted, number + 1, i + 1)) {
                    return true;
                }
                giveBack(claim, candidate);
            }
        }
        return false;
    }

    private boolean take(int claim, Wanted wanted, Candidate candidate) {
        OfferedDevice device = candidate.device;
        if (isChosen(claim, device) || !wanted.isSuitedBy(device, selectors)) {
            return false;
        }
        Map<String, Quantity> taken = device.isShareable() ? SharedCapacity.taken(device, wanted.capacity()) : Map.of();
        boolean admitted = wanted.isForAdministration() || stock.has(candidate.pool, device, taken);
        if (!admitted || !satisfiesConstraints(claim, wanted, device)) {
            return false;
        }
        if (!wanted.isForAdministration()) {
            stock.take(candidate.pool, device, taken);
        }
        chosen.get(claim).add(new Choice(wanted, device, taken));
        return true;
    }

    private void giveBack(int claim, Candidate candidate) {
        Choice choice = chosen.get(claim).removeLast();
        constraints.get(claim).reversed().forEach(constraint -> constraint.removeLast(choice.wanted));
        if (!choice.wanted.isForAdministration()) {
            stock.giveBack(candidate.pool, candidate.device, choice.taken);
        }
    }

    private boolean isChosen(int claim, OfferedDevice device) {
        for (Choice choice : chosen.get(claim)) {
            if (choice.device.equals(device)) {
                return true;
            }
        }
        return false;
    }

    private boolean satisfiesConstraints(int claim, Wanted wanted, OfferedDevice device) {
        List<AttributeConstraint> of = constraints.get(claim);
        for (int i = 0; i < of.size(); i++) {
            if (!of.get(i).add(wanted, device)) {
                for (int undo = i - 1; undo >= 0; undo--) {
                    of.get(undo).removeLast(wanted);
                }
                return false;
            }
        }
        return true;
    }
}
