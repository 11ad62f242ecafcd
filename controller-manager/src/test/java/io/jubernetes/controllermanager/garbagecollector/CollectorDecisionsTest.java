package io.jubernetes.controllermanager.garbagecollector;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.controllermanager.garbagecollector.Judgement.Found;
import io.jubernetes.controllermanager.garbagecollector.Judgement.OwnerState;
import io.jubernetes.controllermanager.garbagecollector.OwnerGraph.Entry;
import io.jubernetes.controllermanager.garbagecollector.OwnerGraph.Owner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CollectorDecisionsTest {
    private final List<String> toDelete = new ArrayList<>();
    private final List<String> toOrphan = new ArrayList<>();
    private final OwnerGraph graph = new OwnerGraph(toDelete::add, toOrphan::add);

    private static Owner owner(String uid) {
        return new Owner("v1", "ConfigMap", "name-" + uid, uid, true);
    }

    private static Entry entry(String uid, Owner... owners) {
        return new Entry("v1", "ConfigMap", "ns", "name-" + uid, uid, List.of(owners), false, false, false, false);
    }

    private static Entry deleting(String uid, boolean foreground, boolean orphan, Owner... owners) {
        return new Entry("v1", "ConfigMap", "ns", "name-" + uid, uid, List.of(owners), false, true, foreground, orphan);
    }

    record Case(String name, List<OwnerState> owners, List<String> finalizers, boolean dependents, Judgement expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> judgements() {
        return Stream.of(
                new Case("owner there", List.of(OwnerState.THERE), List.of(), false, new Judgement.Keep()),
                new Case(
                        "owner gone", List.of(OwnerState.ABSENT), List.of(), false, new Judgement.Delete("Background")),
                new Case(
                        "one of two gone",
                        List.of(OwnerState.ABSENT, OwnerState.THERE),
                        List.of(),
                        false,
                        new Judgement.DropOwners(Set.of("0"))),
                new Case(
                        "one gone, the other not to be asked",
                        List.of(OwnerState.ABSENT, OwnerState.UNKNOWN),
                        List.of(),
                        false,
                        new Judgement.Keep()),
                new Case(
                        "owner waits, it has dependents",
                        List.of(OwnerState.WAITING),
                        List.of(),
                        true,
                        new Judgement.Delete("Foreground")),
                new Case(
                        "owner waits, it has none",
                        List.of(OwnerState.WAITING),
                        List.of(),
                        false,
                        new Judgement.Delete("Background")),
                new Case(
                        "asks to orphan",
                        List.of(OwnerState.ABSENT),
                        List.of(Collector.ORPHAN),
                        true,
                        new Judgement.Delete("Orphan")),
                new Case(
                        "asks for the foreground",
                        List.of(OwnerState.ABSENT),
                        List.of(Collector.FOREGROUND),
                        false,
                        new Judgement.Delete("Foreground")));
    }

    @ParameterizedTest
    @MethodSource("judgements")
    void judges(Case c) {
        var found = new ArrayList<Found>();
        for (int i = 0; i < c.owners().size(); i++) {
            found.add(new Found(owner("" + i), c.owners().get(i)));
        }
        assertThat(Judgement.of(found, c.finalizers(), c.dependents())).isEqualTo(c.expected());
    }

    @Test
    void anOwnerNeverSeenIsLookedForAndItsDependentsFollow() {
        graph.put(entry("child", owner("parent")));
        assertThat(toDelete).containsExactly("parent");
        assertThat(graph.find("parent"))
                .hasValueSatisfying(parent -> assertThat(parent.isVirtual()).isTrue());
        toDelete.clear();
        graph.remove("parent");
        assertThat(toDelete).containsExactly("child");
        graph.remove("child");
        assertThat(graph.size()).isZero();
    }

    @Test
    void aDeletedOwnerBringsUpItsDependents() {
        graph.put(entry("parent"));
        graph.put(entry("a", owner("parent")));
        graph.put(entry("b", owner("parent")));
        graph.remove("parent");
        assertThat(toDelete).containsExactly("a", "b");
    }

    @Test
    void foregroundDeletionBringsUpDependentsAndThenTheOwner() {
        graph.put(entry("parent"));
        graph.put(entry("a", owner("parent")));
        graph.put(deleting("parent", true, false));
        assertThat(toDelete).containsExactly("a", "parent");
        toDelete.clear();
        graph.remove("a");
        assertThat(toDelete).containsExactly("parent");
    }

    @Test
    void orphaningIsBroughtUpOnce() {
        graph.put(entry("parent"));
        graph.put(deleting("parent", false, true));
        graph.put(deleting("parent", false, true));
        assertThat(toOrphan).containsExactly("parent");
    }

    /// However events come, the graph's links are those of the objects that exist.
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void linksStayTrue(long seed) {
        var random = new Random(seed);
        Map<String, Entry> objects = new HashMap<>();
        for (int i = 0; i < 3000; i++) {
            String uid = "" + random.nextInt(30);
            if (random.nextInt(3) == 0) {
                objects.remove(uid);
                graph.remove(uid);
            } else {
                var owners = random.ints(random.nextInt(3), 0, 30)
                        .distinct()
                        .mapToObj(each -> owner("" + each))
                        .toArray(Owner[]::new);
                objects.put(uid, entry(uid, owners));
                graph.put(entry(uid, owners));
            }
        }
        for (int i = 0; i < 30; i++) {
            String uid = "" + i;
            Set<String> expected = new java.util.HashSet<>();
            objects.values()
                    .forEach(entry -> entry.owners().stream()
                            .filter(owner -> owner.uid().equals(uid))
                            .forEach(_ -> expected.add(entry.uid())));
            assertThat(graph.dependents(uid).stream().map(Entry::uid))
                    .as("dependents of " + uid)
                    .containsExactlyInAnyOrderElementsOf(expected);
            assertThat(graph.find(uid).filter(entry -> !entry.isVirtual()).isPresent())
                    .isEqualTo(objects.containsKey(uid));
        }
    }
}
