package io.jubernetes.apiserver;

import io.jubernetes.apiserver.authz.AuthorizationConfiguration;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.WebhookAuthorizer;
import io.jubernetes.apiserver.configuration.ConfigurationFiles;
import io.jubernetes.apiserver.webhook.ConfiguredWebhook;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Who decides what users may.
final class AuthorizationFlags {
    @Option(
            names = "--authorization-mode",
            split = ",",
            description = "Authorizers in order: Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny.")
    private List<String> modes = new ArrayList<>();

    @Option(names = "--authorization-config", description = "AuthorizationConfiguration, instead of the mode.")
    private @Nullable Path config;

    @Option(names = "--authorization-webhook-config-file", description = "Kubeconfig of the server of mode Webhook.")
    private @Nullable Path webhook;

    @Option(
            names = "--authorization-webhook-version",
            defaultValue = "v1beta1",
            description = "Version of its reviews, v1 or v1beta1.")
    private String version = "v1beta1";

    @Option(
            names = "--authorization-webhook-cache-authorized-ttl",
            defaultValue = "5m0s",
            description = "How long its yes is kept.")
    private String allowedFor = "5m0s";

    @Option(
            names = "--authorization-webhook-cache-unauthorized-ttl",
            defaultValue = "30s",
            description = "How long its no is kept.")
    private String deniedFor = "30s";

    /// Makes the authorizers when those of this server are known.
    interface Values {
        /// @param builtin an authorizer of this server by its mode
        /// @param files has a changed configuration used
        List<Authorizer> authorizers(
                Function<String, Authorizer> builtin, InstantSource clock, ConfigurationFiles files)
                throws StartupException;
    }

    Values values() throws StartupException {
        if (config != null && !modes.isEmpty()) {
            throw new StartupException("--authorization-config can not be specified when --authorization-mode is");
        }
        Path file = config;
        return file == null
                ? (builtin, clock, _) -> byMode(builtin, clock)
                : (builtin, clock, files) -> List.of(byFile(file, builtin, clock, files));
    }

    private static Authorizer byFile(
            Path file, Function<String, Authorizer> builtin, InstantSource clock, ConfigurationFiles files)
            throws StartupException {
        try {
            byte[] content = Files.readAllBytes(file);
            var current =
                    new AtomicReference<>(Authorizer.chain(AuthorizationConfiguration.parse(content, builtin, clock)));
            files.watch(
                    "authorization",
                    file,
                    content,
                    changed ->
                            current.set(Authorizer.chain(AuthorizationConfiguration.parse(changed, builtin, clock))));
            return asked -> Objects.requireNonNull(current.get()).authorize(asked);
        } catch (IOException e) {
            throw new StartupException("--authorization-config: " + e.getMessage(), e);
        }
    }

    private List<Authorizer> byMode(Function<String, Authorizer> builtin, InstantSource clock) throws StartupException {
        List<Authorizer> all = new ArrayList<>();
        for (String mode : modes.isEmpty() ? List.of("Node", "RBAC") : modes) {
            try {
                all.add(mode.equals("Webhook") ? webhook(clock) : builtin.apply(mode));
            } catch (IllegalArgumentException e) {
                throw new StartupException("--authorization-mode: " + e.getMessage(), e);
            }
        }
        return all;
    }

    private Authorizer webhook(InstantSource clock) throws StartupException {
        Path file = webhook;
        if (file == null) {
            throw new StartupException(
                    "authorization-mode Webhook's authorization config file not passed: --authorization-webhook-config-file");
        }
        try {
            var settings = new WebhookAuthorizer.Settings(
                    version,
                    Duration.ofSeconds(30),
                    duration("--authorization-webhook-cache-authorized-ttl", allowedFor),
                    duration("--authorization-webhook-cache-unauthorized-ttl", deniedFor),
                    false);
            return new WebhookAuthorizer(ConfiguredWebhook.read(file), settings, List.of(), clock);
        } catch (IOException e) {
            throw new StartupException("--authorization-webhook-config-file: " + e.getMessage(), e);
        }
    }

    private static Duration duration(String flag, String text) throws StartupException {
        return GoDuration.find(text)
                .orElseThrow(() -> new StartupException(flag + ": write it as 30s or 1m30s, not " + text));
    }
}
