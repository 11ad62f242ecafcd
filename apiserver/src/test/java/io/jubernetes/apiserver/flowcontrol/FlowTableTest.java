package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.testing.ClusterFixture;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which schemas are in force, as objects come and go.
class FlowTableTest {
    private static final String VERSION = "flowcontrol.apiserver.k8s.io/v1";
    private static final String LIMITED =
            "{spec: {type: Limited, limited: {nominalConcurrencyShares: 30," + " limitResponse: {type: Reject}}}}";

    @TempDir
    Path folder;

    private ClusterFixture cluster;
    private FlowTable table;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
        table = new FlowTable(
                cluster.cache(VERSION, "flowschemas"),
                cluster.cache(VERSION, "prioritylevelconfigurations"),
                new PriorityLevels(600, new HandMovedClock()),
                new Route.Meters(new SimpleMeterRegistry()),
                BootstrapFlows.read());
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void schema(String name, String level, int precedence) {
        cluster.put(VERSION, "flowschemas", "", name, """
                {spec: {priorityLevelConfiguration: {name: %s}, matchingPrecedence: %d, rules: [
                  {subjects: [{kind: User, user: {name: jane}}],
                   nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}]}]}}""".formatted(level, precedence));
        cluster.settle();
    }

    private Route routeOf(String user, String group) {
        return Route.of(table.routes(), Arrivals.of(user, List.of(group), "GET", "/version"));
    }

    private List<String> names() {
        return table.routes().stream().map(route -> route.schema.name()).toList();
    }

    @Test
    void theMandatoryOnesAreInForceWithoutObjects() {
        assertThat(names()).containsExactly("exempt", "catch-all");
        assertThat(routeOf("root", "system:masters").flow).isEqualTo(new Turn.Flow("", ""));
        assertThat(routeOf("jane", "system:authenticated").schema.name()).isEqualTo("catch-all");
        assertThat(routeOf("stranger", "of-no-group").schema.name()).isEqualTo("catch-all");
    }

    @Test
    void aSchemaTakesOverAsSoonAsItIsThereAndItsLevelToo() {
        schema("mine", "own", 100);
        assertThat(names()).containsExactly("exempt", "catch-all");
        cluster.put(VERSION, "prioritylevelconfigurations", "", "own", LIMITED);
        cluster.settle();
        Route route = routeOf("jane", "system:authenticated");
        assertThat(route.flow).isEqualTo(new Turn.Flow("uid-mine", "uid-own"));
        assertThat(route.level.level().shares()).isEqualTo(30);

        schema("sooner", "catch-all", 50);
        assertThat(routeOf("jane", "system:authenticated").schema.name()).isEqualTo("sooner");
        cluster.remove(VERSION, "flowschemas", "", "sooner");
        cluster.settle();
        assertThat(routeOf("jane", "system:authenticated").schema.name()).isEqualTo("mine");
        cluster.remove(VERSION, "prioritylevelconfigurations", "", "own");
        cluster.settle();
        assertThat(routeOf("jane", "system:authenticated").schema.name()).isEqualTo("catch-all");
    }

    @Test
    void nothingIsReadAgainAsLongAsNothingChanges() {
        List<Route> before = table.routes();
        cluster.put("v1", "configmaps", "a", "other", "{}");
        cluster.settle();
        assertThat(table.routes()).isSameAs(before);
    }
}
