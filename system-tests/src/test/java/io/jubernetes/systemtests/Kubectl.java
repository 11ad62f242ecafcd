package io.jubernetes.systemtests;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One kubectl in one namespace of a cluster. Arguments are given as they would be typed, split at blanks; what holds
/// blanks itself is given by the methods that take a list or an input.
///
/// @param program the executable
/// @param kubeconfig whose rights it has
/// @param namespace where it works
public record Kubectl(Path program, Path kubeconfig, String namespace) {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    /// Runs a command however it may end.
    public Machine.Ran run(String arguments) throws IOException, InterruptedException {
        return run("", words(arguments));
    }

    /// Runs a command that must succeed.
    public String ok(String arguments) throws IOException, InterruptedException {
        return ok("", arguments);
    }

    /// Runs a command that reads a text, mostly a manifest, and must succeed.
    public String ok(String input, String arguments) throws IOException, InterruptedException {
        Machine.Ran ran = run(input, words(arguments));
        if (ran.code() != 0) {
            throw new AssertionError("kubectl " + arguments + ": " + ran);
        }
        return ran.output();
    }

    /// Runs a command with exactly these arguments.
    public Machine.Ran run(String input, List<String> arguments) throws IOException, InterruptedException {
        return Machine.runApart(LIMIT, Map.of(), input, line(arguments));
    }

    /// Starts a command that does not end by itself.
    public Background start(String arguments) throws IOException {
        return Background.start(Map.of(), line(words(arguments)));
    }

    private static List<String> words(String arguments) {
        return List.of(arguments.split(" "));
    }

    private String[] line(List<String> arguments) {
        // A cache of the cluster's own: another one on the same port may have known other kinds.
        List<String> line = new ArrayList<>(List.of(
                program.toString(),
                "--kubeconfig",
                kubeconfig.toString(),
                "--cache-dir",
                kubeconfig.resolveSibling("kubectl-cache").toString(),
                "--namespace",
                namespace));
        line.addAll(arguments);
        return line.toArray(String[]::new);
    }
}
