package io.jubernetes.controllermanager.chaos;

import io.jubernetes.controllermanager.testing.Stage;
import java.util.Arrays;
import java.util.List;

/// Something small that happens in a cluster and in which one controller has a part.
///
/// @param controller whose scenario it is
/// @param flags of the controller manager, naming it and others that the scenario needs
/// @param seen which objects make up the end, such as `apps/v1/deployments`
record Scenario(String controller, List<String> flags, List<String> seen, Script script) {
    /// What happens: actions, each followed by a wait for what the controllers make of it.
    @FunctionalInterface
    interface Script {
        void play(Stage stage) throws Exception;
    }

    /// A scenario of one controller.
    ///
    /// @param seen paths with blanks between
    static Scenario of(String controller, String seen, Script script) {
        return new Scenario(controller, List.of("--controllers=" + controller), Arrays.asList(seen.split(" ")), script);
    }

    /// With more flags; later ones win.
    Scenario with(String... more) {
        return new Scenario(
                controller,
                java.util.stream.Stream.concat(flags.stream(), Arrays.stream(more))
                        .toList(),
                seen,
                script);
    }

    String[] arguments() {
        return flags.toArray(String[]::new);
    }

    @Override
    public String toString() {
        return controller;
    }
}
