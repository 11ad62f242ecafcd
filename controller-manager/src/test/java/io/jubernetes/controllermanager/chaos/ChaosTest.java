package io.jubernetes.controllermanager.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.controllermanager.RunningControllers;
import io.jubernetes.controllermanager.testing.InProcessApiServer;
import io.jubernetes.controllermanager.testing.Mischief;
import io.jubernetes.controllermanager.testing.Stage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every controller comes to the same end whatever happens on the way: it is restarted, its requests
/// fail, meet conflicts or lose their answers, its watches break, events come late and twice.
/// `-Dchaos.seed=N` tries another row of misfortunes.
@ExtendWith(InProcessApiServer.Lent.class)
class ChaosTest {
    private static final long SEED = Long.getLong("chaos.seed", 1);
    private static final int MISFORTUNES = 40;
    private static final int RESTARTS = 2;

    private static Keys keys;

    @BeforeAll
    static void makeKeys(@TempDir Path folder) {
        keys = Keys.in(folder);
    }

    static Stream<Scenario> scenarios() {
        return Stream.of(
                        WorkloadScenarios.all(),
                        ClusterScenarios.all(),
                        ServiceScenarios.all(),
                        StorageScenarios.all(),
                        CloudScenarios.all(),
                        IdentityScenarios.all(keys))
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    @Execution(ExecutionMode.CONCURRENT)
    void comesToTheSameEnd(Scenario scenario, InProcessApiServer server) throws Exception {
        List<String> expected;
        try (Stage stage = Stage.open(server, scenario.arguments())) {
            scenario.script().play(stage);
            stage.awaitIdle();
            expected = stage.picture(scenario.seen());
        }
        var mischief = Mischief.of(SEED, MISFORTUNES);
        try (Stage stage = Stage.troubled(server, mischief, RESTARTS, scenario.arguments())) {
            scenario.script().play(stage);
            stage.awaitPicture(scenario.seen(), expected);
            stage.awaitIdle();
            assertThat(stage.picture(scenario.seen())).as("after a while").isEqualTo(expected);
        }
    }

    /// A controller without a scenario would go untested.
    @Test
    void everyControllerHasAScenario() {
        assertThat(scenarios().map(Scenario::controller)).containsAll(RunningControllers.all());
    }
}
