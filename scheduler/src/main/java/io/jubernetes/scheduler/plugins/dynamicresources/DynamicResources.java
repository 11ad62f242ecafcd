package io.jubernetes.scheduler.plugins.dynamicresources;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResultBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.scheduler.framework.ClusterEvent;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.Diagnosis;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.Plugin;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PostFilterPlugin;
import io.jubernetes.scheduler.framework.PreBindPlugin;
import io.jubernetes.scheduler.framework.PreEnqueuePlugin;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.ReservePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import io.jubernetes.scheduler.framework.WhatIf;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A pod goes where the devices of its claims are. Claims that have no devices yet get them when the node is chosen,
/// and the allocation is written before the pod is bound.
public final class DynamicResources
        implements PreEnqueuePlugin,
                PreFilterPlugin,
                FilterPlugin,
                PostFilterPlugin,
                PreScorePlugin,
                ScorePlugin,
                ReservePlugin,
                PreBindPlugin {
    public static final String NAME = "DynamicResources";

    private static final Logger log = LoggerFactory.getLogger(DynamicResources.class);

    /// So many alternatives a request can have.
    private static final int MAX_ALTERNATIVES = 8;

    private static final Verdict ELSEWHERE = Verdict.never("resourceclaim not available on the node");
    private static final Verdict IN_USE = Verdict.never("resourceclaim in use");

    private final ClaimLedger ledger;
    private final PodClaims podClaims;
    private final Lister<DeviceClass> classes;
    private final Lister<ResourceSlice> slices;
    private final DeviceSelectors selectors = new DeviceSelectors();
    private final ClaimWriter writer;
    private final BindingConditions conditions;
    private final PluginContext.Work work;
    private final InstantSource clock;
    private final DynamicResourcesArgs args;

    private DynamicResources(PluginContext context, JsonNode args, ClaimLedger ledger) {
        this.ledger = ledger;
        this.podClaims = new PodClaims(ledger);
        this.classes = context.cluster().lister(DeviceClass.class);
        this.slices = context.cluster().lister(ResourceSlice.class);
        this.writer = new ClaimWriter(context.client());
        this.conditions = new BindingConditions(ledger);
        this.work = context.work();
        this.clock = context.clock();
        this.args = DynamicResourcesArgs.of(args);
    }

    /// Makes the plugin for each profile of one scheduler. What one of them decides, all know at once.
    public static BiFunction<PluginContext, JsonNode, Plugin> factory() {
        var shared = new AtomicReference<@Nullable ClaimLedger>();
        return (context, args) -> {
            ClaimLedger ledger = shared.get();
            if (ledger == null) {
                ledger = new ClaimLedger(context.cluster().lister(ResourceClaim.class));
                shared.set(ledger);
            }
            return new DynamicResources(context, args, ledger);
        };
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean mayEnter(PodInfo pod) {
        return podClaims.of(pod) instanceof PodClaims.Found.All;
    }

    @Override
    public PreFilterPlugin.Outcome preFilter(CycleState state, PodInfo pod, Nodes nodes) {
        if (!PodClaims.hasAny(pod)) {
            return new PreFilterPlugin.Outcome.Skip();
        }
        return switch (podClaims.of(pod)) {
            case PodClaims.Found.Missing(var why) -> new PreFilterPlugin.Outcome.Reject(Verdict.never(why));
            case PodClaims.Found.All(var claims) -> preFilter(state, pod, claims);
        };
    }

    private PreFilterPlugin.Outcome preFilter(CycleState state, PodInfo pod, List<ResourceClaim> claims) {
        if (claims.isEmpty()) {
            return new PreFilterPlugin.Outcome.Skip();
        }
        List<Demand> demands = new ArrayList<>();
        for (ResourceClaim claim : claims) {
            Verdict obstacle = obstacle(claim, pod, demands);
            if (!(obstacle instanceof Verdict.Fits)) {
                return new PreFilterPlugin.Outcome.Reject(obstacle);
            }
        }
        // Most pods with claims allocate; for the others there is nothing to count.
        boolean allocates = !demands.isEmpty();
        state.put(
                ClaimState.class,
                new ClaimState(
                        claims,
                        demands,
                        DevicePools.of(allocates ? slices.all() : List.of()),
                        allocates ? ledger.allocated() : new AllocatedDevices()));
        return new PreFilterPlugin.Outcome.Proceed();
    }

    /// Looks at one claim.
    ///
    /// @param demands gets what the claim wants if it is to be allocated
    private Verdict obstacle(ResourceClaim claim, PodInfo pod, List<Demand> demands) {
        if (Claims.isAllocated(claim)) {
            return Claims.hasRoom(claim) || Claims.isReservedFor(claim, pod.uid()) ? Verdict.FITS : IN_USE;
        }
        if (ledger.isBeingAllocated(claim)) {
            return Verdict.never("resource claim " + Claims.name(claim) + " is in the process of being allocated");
        }
        try {
            demands.add(Demand.of(claim, classes));
            return Verdict.FITS;
        } catch (Demand.NoSuchClass e) {
            return Verdict.never(Objects.requireNonNull(e.getMessage()));
        }
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        ClaimState of = state.require(ClaimState.class);
        boolean elsewhere = false;
        for (ResourceClaim claim : of.claims()) {
            if (Claims.isAllocated(claim) && !reaches(claim.getStatus().getAllocation(), node)) {
                of.isElsewhere(claim);
                elsewhere = true;
            }
        }
        if (elsewhere) {
            return ELSEWHERE;
        }
        if (of.demands().isEmpty()) {
            return Verdict.FITS;
        }
        Deadline deadline = Deadline.in(args.filterTimeout());
        var search = new DeviceSearch(
                of.demands(),
                of.pools().on(node),
                of.allocated(),
                selectors,
                () -> !args.filterTimeout().isZero() && deadline.isOver());
        return switch (search.run()) {
            case DeviceSearch.Outcome.Found(var byClaim) -> {
                of.plan(node.name(), byClaim);
                yield Verdict.FITS;
            }
            case DeviceSearch.Outcome.NotFound(var why) -> Verdict.never(why);
        };
    }

    private static boolean reaches(AllocationResult allocation, NodeInfo node) {
        return allocation.getNodeSelector() == null
                || NodeSelectors.matches(allocation.getNodeSelector(), node.name(), node.labels());
    }

    /// Takes back the devices of a claim that nobody uses and that keeps the pod from all nodes.
    @Override
    public PostFilterPlugin.Outcome postFilter(CycleState state, PodInfo pod, Diagnosis diagnosis, WhatIf whatIf) {
        if (!PodClaims.hasAny(pod)) {
            return new PostFilterPlugin.Outcome.NoHelp("", true);
        }
        ClaimState of = state.get(ClaimState.class);
        if (of == null) {
            return new PostFilterPlugin.Outcome.NoHelp("no new claims to deallocate", true);
        }
        for (ResourceClaim claim : of.elsewhere()) {
            boolean unused = Claims.consumers(claim).stream()
                    .allMatch(consumer -> pod.uid().equals(consumer.getUid()));
            if (unused) {
                work.background(() -> deallocate(claim, pod));
                return new PostFilterPlugin.Outcome.NoHelp("deallocation of ResourceClaim completed", true);
            }
        }
        return new PostFilterPlugin.Outcome.NoHelp("still not schedulable", true);
    }

    private void deallocate(ResourceClaim claim, PodInfo pod) {
        try {
            ledger.wrote(writer.deallocate(claim, pod));
        } catch (RuntimeException e) {
            log.info("the devices of claim {} were not taken back: {}", Claims.name(claim), e.getMessage());
        }
        // The ledger knows at once, and the watch may have told before.
        work.wake(pod.uid());
    }

    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> nodes) {
        ClaimState of = state.get(ClaimState.class);
        return of != null
                && of.demands().stream()
                        .flatMap(demand -> demand.requests().stream())
                        .anyMatch(request -> request.size() > 1);
    }

    /// Nodes where better alternatives are free score higher.
    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        ClaimState of = state.require(ClaimState.class);
        long score = 0;
        List<List<DeviceSearch.Choice>> plan = of.plan(node.name());
        for (int i = 0; i < plan.size(); i++) {
            for (List<Wanted> request : of.demands().get(i).requests()) {
                for (int rank = 0; request.size() > 1 && rank < request.size(); rank++) {
                    Wanted alternative = request.get(rank);
                    if (plan.get(i).stream().anyMatch(choice -> choice.wanted().equals(alternative))) {
                        score += MAX_ALTERNATIVES - rank;
                    }
                }
            }
        }
        return score;
    }

    @Override
    public void normalize(CycleState state, PodInfo pod, long[] scores) {
        ScorePlugin.spread(scores, false);
    }

    @Override
    public Verdict reserve(CycleState state, PodInfo pod, String node) {
        ClaimState of = state.get(ClaimState.class);
        if (of == null) {
            return Verdict.FITS;
        }
        List<List<DeviceSearch.Choice>> plan = of.plan(node);
        for (int i = 0; i < plan.size(); i++) {
            Demand demand = of.demands().get(i);
            AllocationResult allocation = Allocations.of(demand, plan.get(i), node);
            of.decide(demand.claim(), allocation);
            ledger.decide(new ResourceClaimBuilder(demand.claim())
                    .editOrNewStatus()
                    .withAllocation(allocation)
                    .endStatus()
                    .build());
        }
        return Verdict.FITS;
    }

    @Override
    public void unreserve(CycleState state, PodInfo pod, String node) {
        ClaimState of = state.get(ClaimState.class);
        if (of == null) {
            return;
        }
        for (ResourceClaim claim : of.claims()) {
            if (of.decided(claim).isPresent()) {
                ledger.giveUp(claim);
            }
            if (Claims.isAllocated(claim) && Claims.isReservedFor(claim, pod.uid())) {
                work.background(() -> release(claim, pod));
            }
        }
    }

    private void release(ResourceClaim claim, PodInfo pod) {
        try {
            writer.release(claim, pod);
        } catch (RuntimeException e) {
            // The next try of the pod finds the reservation and uses it.
            log.info("claim {} stays reserved for {}: {}", Claims.name(claim), pod, e.getMessage());
        }
    }

    @Override
    public void preBind(CycleState state, PodInfo pod, String node, Deadline deadline) throws InterruptedException {
        ClaimState of = state.get(ClaimState.class);
        if (of == null) {
            return;
        }
        for (ResourceClaim claim : of.claims()) {
            if (!Claims.isReservedFor(claim, pod.uid())) {
                ResourceClaim written = writer.reserve(claim, allocation(of, claim), pod);
                ledger.wrote(written);
                of.replace(written);
            }
        }
        for (ResourceClaim claim : of.claims()) {
            try {
                conditions.await(claim, Deadline.in(args.bindingTimeout()));
            } catch (BindingConditions.Failed e) {
                ResourceClaim free = writer.deallocate(claim, pod);
                ledger.wrote(free);
                of.replace(free);
                throw new IllegalStateException(e.getMessage(), e);
            }
        }
    }

    private @Nullable AllocationResult allocation(ClaimState of, ResourceClaim claim) {
        String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        return of.decided(claim)
                .map(decided -> new AllocationResultBuilder(decided)
                        .withAllocationTimestamp(now)
                        .build())
                .orElse(null);
    }

    @Override
    public List<Wakeup> wakeups() {
        Set<Action> appears = EnumSet.copyOf(ClusterEvent.ANY_UPDATE);
        appears.add(Action.ADD);
        return List.of(
                Wakeup.on(Resource.NODE, Set.of(Action.ADD, Action.UPDATE_LABELS)),
                new Wakeup(Resource.RESOURCE_CLAIM, appears, this::claimHelps),
                new Wakeup(
                        Resource.UNSCHEDULED_POD, Set.of(Action.UPDATE_GENERATED_CLAIMS), (pod, _, _) -> mayEnter(pod)),
                // A pod that was not bound after all gives back what was decided for it.
                new Wakeup(
                        Resource.ASSIGNED_POD,
                        Set.of(Action.DELETE),
                        (_, before, _) -> before instanceof Pod gone
                                && !gone.getSpec().getResourceClaims().isEmpty()),
                Wakeup.on(Resource.DEVICE_CLASS, appears),
                Wakeup.on(Resource.RESOURCE_SLICE, appears));
    }

    /// A claim helps when its devices come free, or when it is the pod's own and its status changes.
    private boolean claimHelps(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        if (!(after instanceof ResourceClaim now)) {
            return true;
        }
        if (!(podClaims.of(pod) instanceof PodClaims.Found.All(var claims))) {
            return false;
        }
        if (!(before instanceof ResourceClaim old)) {
            return claims.stream().anyMatch(claim -> Claims.uid(claim).equals(Claims.uid(now)));
        }
        boolean freed = Claims.isAllocated(old) && !Claims.isAllocated(now);
        return freed
                || !Objects.equals(old.getStatus(), now.getStatus())
                        && claims.stream().anyMatch(claim -> Claims.uid(claim).equals(Claims.uid(now)));
    }
}
