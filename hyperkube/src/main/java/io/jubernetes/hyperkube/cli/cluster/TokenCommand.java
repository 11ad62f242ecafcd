package io.jubernetes.hyperkube.cli.cluster;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.host.ClusterDescription;
import io.jubernetes.hyperkube.host.InitCluster;
import io.jubernetes.hyperkube.host.JoinToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cluster token`: by what hosts join.
@Command(
        name = "token",
        description = "Makes, lists and deletes the tokens by which hosts join.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {TokenCommand.Create.class, TokenCommand.ListAll.class, TokenCommand.Delete.class},
        mixinStandardHelpOptions = true)
final class TokenCommand {
    /// Reads how long a token is good.
    ///
    /// @throws StartupException when it is no duration, or a negative one
    static Duration lifetime(String text) throws StartupException {
        try {
            Duration lifetime = text.equals("0") ? Duration.ZERO : GoDuration.parse(text);
            if (!lifetime.isNegative()) {
                return lifetime;
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw new StartupException("--token-ttl: \"" + text + "\" is not a duration such as 24h, or 0");
    }

    /// `token create`.
    @Command(
            name = "create",
            description = "Makes a token and prints the command that joins with it.",
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {
        @Mixin
        private FilesOption files = new FilesOption();

        @Option(
                names = "--ttl",
                paramLabel = "DURATION",
                defaultValue = "24h",
                description = "How long it is good, 0 for ever (${DEFAULT-VALUE}).")
        private String lifetime = "24h";

        @Override
        public Integer call() throws StartupException, IOException {
            ClusterDescription cluster = files.cluster();
            try (KubernetesClient client = files.administrator()) {
                System.out.println(InitCluster.invite(
                        client, files.files(), cluster, JoinToken.random(), TokenCommand.lifetime(lifetime)));
            }
            return 0;
        }
    }

    /// `token list`.
    @Command(name = "list", description = "Lists the tokens, without their secrets.", mixinStandardHelpOptions = true)
    static final class ListAll implements Callable<Integer> {
        @Mixin
        private FilesOption files = new FilesOption();

        @Override
        public Integer call() throws StartupException {
            try (KubernetesClient client = files.administrator()) {
                System.out.printf("%-8s %-12s %s%n", "ID", "EXPIRES", "DESCRIPTION");
                for (Secret secret : JoinToken.all(client)) {
                    String end = value(secret, "expiration");
                    System.out.printf(
                            "%-8s %-12s %s%n",
                            value(secret, "token-id"),
                            end.isEmpty() ? "never" : left(end),
                            value(secret, "description"));
                }
            }
            return 0;
        }

        private static String left(String end) {
            Duration left = Duration.between(Instant.now(), Instant.parse(end));
            return left.isNegative() ? "expired" : left.toHours() + "h" + left.toMinutesPart() + "m";
        }

        private static String value(Secret secret, String key) {
            String data = secret.getData().get(key);
            return data == null ? "" : new String(Base64.getDecoder().decode(data), StandardCharsets.UTF_8);
        }
    }

    /// `token delete`.
    @Command(name = "delete", description = "Makes a token useless.", mixinStandardHelpOptions = true)
    static final class Delete implements Callable<Integer> {
        @Mixin
        private FilesOption files = new FilesOption();

        @Parameters(paramLabel = "ID", description = "The token's first six characters, or all of it.")
        private String token = "";

        @Override
        public Integer call() throws StartupException {
            String id = token.contains(".") ? JoinToken.parse(token).id() : token;
            try (KubernetesClient client = files.administrator()) {
                if (JoinToken.delete(client, id).isEmpty()) {
                    throw new StartupException("there is no token " + id);
                }
            }
            return 0;
        }
    }
}
