package io.jubernetes.scheduler.cycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.reference.Picture;
import io.jubernetes.scheduler.reference.RandomObjects;
import io.jubernetes.scheduler.reference.RandomPods;
import io.jubernetes.scheduler.reference.RandomProfile;
import io.jubernetes.scheduler.reference.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// In random clusters with random profiles and histories every decision is the one that the plain reference makes: the
/// same nodes fit, the others do not for the same reasons, the nodes that fit have the same scores, and the same pods
/// would have to go where room could be made.
class DifferentialTest {
    /// So many clusters in each run of the tests; `-Djubernetes.differential.seeds=5000` to look longer.
    private static final int SEEDS = Integer.getInteger("jubernetes.differential.seeds", 24);

    private static final int STEPS = 150;

    /// What kept pods from nodes in all the clusters, and how often room was made.
    private static final Map<String, Integer> MET = new TreeMap<>();

    private final List<World> worlds = new ArrayList<>();

    static Stream<Long> seeds() {
        return LongStream.rangeClosed(1, SEEDS).boxed();
    }

    /// Agreeing means something only if all that can keep a pod from a node did so.
    @AfterAll
    static void everythingWasMet() {
        assertThat(MET)
                .containsKeys(
                        "room was made",
                        "a device was given",
                        "node(s) were unschedulable",
                        "node(s) had untolerated taint(s)",
                        "node(s) didn't match Pod's node affinity/selector",
                        "node(s) didn't satisfy plugin(s) [NodeAffinity]",
                        "node(s) didn't have free ports for the requested pod ports",
                        "Too many pods",
                        "Insufficient cpu",
                        "Insufficient memory",
                        "Insufficient ephemeral-storage",
                        "Insufficient example.com/fpga",
                        "node(s) had no available disk",
                        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
                        "node(s) exceed max volume count",
                        "node(s) didn't find available persistent volumes to bind",
                        "node(s) didn't match PersistentVolume's node affinity",
                        "node(s) had no available volume zone",
                        "node(s) didn't match pod topology spread constraints",
                        "node(s) didn't match pod topology spread constraints (missing required label)",
                        "node(s) didn't match pod affinity rules",
                        "node(s) didn't match pod anti-affinity rules",
                        "node(s) didn't satisfy existing pods anti-affinity rules",
                        "resourceclaim not available on the node",
                        "cannot allocate all claims");
    }

    private static void met(String what) {
        MET.merge(what, 1, Integer::sum);
    }

    @AfterEach
    void close() {
        worlds.forEach(World::close);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void decidesAsTheReferenceDoes(long seed) throws Exception {
        new History(seed).run();
    }

    private static SchedulerConfiguration configuration(RandomProfile profile) throws IOException, StartupException {
        return SchedulerConfiguration.of(Yaml.read(profile.yaml().getBytes(StandardCharsets.UTF_8)));
    }

    /// One cluster and what happens there.
    private final class History {
        private final Random random;
        private final World world;
        private final Reference reference;
        private final RandomObjects objects;
        private final RandomPods pods;
        private final CandidateWatcher candidates = new CandidateWatcher();
        /// Pods for which room was made once.
        private final Map<String, Pod> waiting = new HashMap<>();

        History(long seed) throws IOException, StartupException {
            random = new Random(seed);
            var profile = new RandomProfile(random);
            world = new World(seed, configuration(profile), List.of(candidates));
            worlds.add(world);
            reference = profile.reference(new Picture(world.cluster));
            objects = new RandomObjects(random);
            pods = new RandomPods(random);
        }

        void run() {
            objects.common().forEach(world.cluster::put);
            for (int i = 0; i < 6 + random.nextInt(8); i++) {
                addNode("n" + i);
            }
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(15)) {
                    case 0 -> addNode("n" + random.nextInt(20));
                    case 1 -> removeNode("n" + random.nextInt(20));
                    case 2, 3 -> anyPlaced().forEach(this::removePod);
                    case 4 -> anyPlaced().forEach(this::resize);
                    case 5, 6 -> waiting.values().stream().findFirst().ifPresent(this::schedule);
                    default -> schedule(pods.pod("p" + step));
                }
            }
        }

        private void addNode(String name) {
            Node node = objects.node(name);
            if (!reference.picture.nodes.containsKey(name)) {
                objects.belongings(name).forEach(world.cluster::put);
            }
            reference.picture.nodes.put(name, node);
            world.with(node);
        }

        private void removeNode(String name) {
            reference.picture.placed.stream()
                    .filter(pod -> name.equals(pod.getSpec().getNodeName()))
                    .toList()
                    .forEach(this::removePod);
            reference.picture.nodes.remove(name);
            world.nodes().removeNode(name);
        }

        /// One of the pods that have a node, if any.
        private List<Pod> anyPlaced() {
            List<Pod> placed = reference.picture.placed;
            return placed.isEmpty() ? List.of() : List.of(placed.get(random.nextInt(placed.size())));
        }

        private void removePod(Pod pod) {
            reference.picture.placed.remove(pod);
            world.nodes().removePod(pod.getSpec().getNodeName(), uid(pod));
        }

        private void resize(Pod pod) {
            Pod resized = pods.resized(pod);
            reference.picture.placed.replaceAll(there -> there.equals(pod) ? resized : there);
            world.with(resized);
        }

        private void schedule(Pod pod) {
            Reference.Decision wanted = reference.decide(pod, waiting.containsKey(uid(pod)));
            wanted.verdicts().values().forEach(verdict -> verdict.why().forEach(DifferentialTest::met));
            candidates.seen.clear();
            PodInfo info = world.info(pod);
            String shown = new String(Json.bytes(Json.MAPPER.valueToTree(pod)), StandardCharsets.UTF_8);
            switch (world.select(info)) {
                case Selection.Outcome.Found found -> {
                    assertThat(candidates.offered)
                            .as("nodes for %s (%s)", shown, wanted.verdicts())
                            .isEqualTo(wanted.totals().keySet());
                    List<NodeInfo> nodes = wanted.feasible().stream()
                            .map(node -> Objects.requireNonNull(
                                    world.nodes().find(node.getMetadata().getName())))
                            .toList();
                    assertThat(world.totals(info, nodes))
                            .as("scores for %s", shown)
                            .isEqualTo(wanted.totals());
                    assertThat(best(wanted.totals()))
                            .as("choice for %s", shown)
                            .contains(found.node().name());
                    place(pod, found.node().name());
                }
                case Selection.Outcome.NoFit noFit -> {
                    assertThat(wanted.feasible())
                            .as("nodes for %s beside %s", shown, noFit)
                            .isEmpty();
                    if (!reference.picture.nodes.isEmpty()) {
                        assertThat(noFit.message()).startsWith(wanted.message());
                    }
                    assertThat(candidates.seen).as("victims for %s", shown).isEqualTo(named(wanted.candidates()));
                    assertThat(Objects.requireNonNullElse(noFit.nominated(), ""))
                            .as("room for %s", shown)
                            .isEqualTo(wanted.nominated());
                    if (!wanted.nominated().isEmpty()) {
                        makeRoom(pod, info, wanted);
                    }
                }
            }
        }

        private static Set<String> best(Map<String, Long> totals) {
            long most = totals.values().stream().mapToLong(total -> total).max().orElseThrow();
            Set<String> best = new HashSet<>();
            totals.forEach((name, total) -> {
                if (total == most) {
                    best.add(name);
                }
            });
            return best;
        }

        private static Map<String, CandidateWatcher.Seen> named(Map<String, Reference.Victims> candidates) {
            Map<String, CandidateWatcher.Seen> named = new HashMap<>();
            candidates.forEach((node, victims) -> named.put(
                    node,
                    new CandidateWatcher.Seen(
                            victims.pods().stream().map(DifferentialTest::uid).toList(), victims.violations())));
            return named;
        }

        private void place(Pod pod, String node) {
            Pod bound = pod.edit().editSpec().withNodeName(node).endSpec().build();
            world.settle(bound);
            reference.place(bound);
            bound.getSpec().getResourceClaims().forEach(_ -> met("a device was given"));
            reference.nominated.remove(uid(pod));
            world.shared.nominations().remove(uid(pod));
            waiting.remove(uid(pod));
        }

        /// The victims go at once, and the pod is tried again some time later.
        private void makeRoom(Pod pod, PodInfo info, Reference.Decision wanted) {
            String node = wanted.nominated();
            Objects.requireNonNull(wanted.candidates().get(node)).pods().forEach(this::removePod);
            reference
                    .nominated
                    .values()
                    .removeIf(other -> other.node().equals(node) && priority(other.pod()) < priority(pod));
            reference.nominated.put(uid(pod), new Reference.Nominated(pod, node));
            world.shared.nominations().put(node, info);
            waiting.put(uid(pod), pod);
            met("room was made");
        }

        private static int priority(Pod pod) {
            return pod.getSpec().getPriority();
        }
    }

    private static String uid(HasMetadata object) {
        return object.getMetadata().getUid();
    }
}
