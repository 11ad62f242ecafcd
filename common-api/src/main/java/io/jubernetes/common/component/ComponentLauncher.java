package io.jubernetes.common.component;

import java.io.PrintWriter;
import java.security.Security;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Runs a command line and turns failures into one clear line on standard error and an exit code: 0 for success,
/// 2 for wrong arguments, 1 for everything else.
public final class ComponentLauncher {
    static {
        // Keys and certificates come from PEM files. TLS puts them into key stores that never leave the memory, and
        // stretching the password of each, 10,000 rounds for every client and server, took a second of the start.
        Security.setProperty("keystore.pkcs12.keyPbeIterationCount", "1");
    }

    private ComponentLauncher() {}

    /// Runs `command` with `args` and returns the process's exit code.
    public static int run(Object command, String... args) {
        return commandLine(command).execute(args);
    }

    /// The command line with the error handling of the suite, for a caller that adds subcommands.
    public static CommandLine commandLine(Object command) {
        return new CommandLine(command)
                .setAbbreviatedOptionsAllowed(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler(ComponentLauncher::wrongArguments)
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    if (failure instanceof StartupException) {
                        line.getErr().println("error: " + failure.getMessage());
                    } else {
                        failure.printStackTrace(line.getErr());
                    }
                    return 1;
                });
    }

    private static int wrongArguments(ParameterException failure, String[] args) {
        PrintWriter err = failure.getCommandLine().getErr();
        String hint = "";
        if (failure instanceof UnmatchedArgumentException unmatched) {
            var suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                hint = "; did you mean " + suggestions.getFirst() + "?";
            }
        }
        err.println("error: "
                + String.valueOf(failure.getMessage()).lines().findFirst().orElse("wrong arguments") + hint);
        err.println("see '" + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help'");
        return 2;
    }
}
