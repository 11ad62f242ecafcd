package io.jubernetes.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.authn.Authentication.Anonymous;
import io.jubernetes.apiserver.authn.AuthenticationConfiguration;
import io.jubernetes.apiserver.authn.BootstrapTokens;
import io.jubernetes.apiserver.authn.ReloadedConfiguration;
import io.jubernetes.apiserver.authn.RequestHeaders;
import io.jubernetes.apiserver.authn.TokenAuthenticator;
import io.jubernetes.apiserver.authn.WebhookTokens;
import io.jubernetes.apiserver.configuration.ConfigurationFiles;
import io.jubernetes.apiserver.webhook.ConfiguredWebhook;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.http.ClientCertificates;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How users prove who they are, beside certificates and service account tokens.
final class AuthenticationFlags {
    @Option(
            names = "--enable-bootstrap-token-auth",
            arity = "0..1",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Accept the tokens in secrets of kube-system by which nodes introduce themselves.")
    private boolean bootstrapTokens;

    @Option(
            names = "--requestheader-client-ca-file",
            description = "CAs of proxies in front that name users by headers.")
    private @Nullable Path proxyCa;

    @Option(
            names = "--requestheader-allowed-names",
            split = ",",
            description = "Common names of proxies' certificates; all when there are none.")
    private List<String> proxyNames = new ArrayList<>();

    @Option(names = "--requestheader-username-headers", split = ",", description = "Headers with the user's name.")
    private List<String> userHeaders = new ArrayList<>();

    @Option(names = "--requestheader-uid-headers", split = ",", description = "Headers with the user's uid.")
    private List<String> uidHeaders = new ArrayList<>();

    @Option(names = "--requestheader-group-headers", split = ",", description = "Headers with the user's groups.")
    private List<String> groupHeaders = new ArrayList<>();

    @Option(
            names = "--requestheader-extra-headers-prefix",
            split = ",",
            description = "Starts of headers with further facts about the user.")
    private List<String> extraPrefixes = new ArrayList<>();

    @Option(
            names = "--authentication-token-webhook-config-file",
            description = "Kubeconfig of a server that is asked about tokens.")
    private @Nullable Path tokenWebhook;

    @Option(
            names = "--authentication-token-webhook-version",
            defaultValue = "v1beta1",
            description = "Version of the token reviews, v1 or v1beta1.")
    private String tokenWebhookVersion = "v1beta1";

    @Option(
            names = "--authentication-token-webhook-cache-ttl",
            defaultValue = "2m0s",
            description = "How long answers about tokens are kept.")
    private String tokenWebhookTtl = "2m0s";

    @Option(
            names = "--authentication-config",
            description = "AuthenticationConfiguration: issuers of tokens, and anonymous requests.")
    private @Nullable Path config;

    @Option(names = "--oidc-issuer-url", description = "Issuer of OpenID Connect tokens.")
    private String oidcIssuer = "";

    @Option(names = "--oidc-client-id", description = "Audience of OpenID Connect tokens.")
    private String oidcClient = "";

    @Option(names = "--oidc-ca-file", description = "CAs of the issuer's own certificate.")
    private @Nullable Path oidcCa;

    @Option(names = "--oidc-username-claim", defaultValue = "sub", description = "Claim with the user's name.")
    private String oidcUsername = "sub";

    @Option(
            names = "--oidc-username-prefix",
            description = "Start of all names; - for none. The issuer's URL and # unless the claim is email.")
    private String oidcUsernamePrefix = "";

    @Option(names = "--oidc-groups-claim", description = "Claim with the user's groups.")
    private String oidcGroups = "";

    @Option(names = "--oidc-groups-prefix", description = "Start of all groups.")
    private String oidcGroupsPrefix = "";

    @Option(names = "--oidc-required-claim", description = "A claim tokens must have, as key=value; may be repeated.")
    private Map<String, String> oidcRequired = new LinkedHashMap<>();

    @Option(
            names = "--oidc-signing-algs",
            split = ",",
            defaultValue = "RS256",
            description = "Algorithms that tokens may be signed by.")
    private List<String> oidcAlgorithms = new ArrayList<>();

    /// The configuration of `--authentication-config`.
    ///
    /// @param content it was read from
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record ConfigurationFile(Path path, byte[] content, ReloadedConfiguration configuration) {}

    /// What the flags add up to.
    ///
    /// @param issuers of tokens, in the order they are asked
    /// @param file that may change; null when there is none
    record Values(
            boolean bootstrapTokens,
            @Nullable Path proxyCa,
            @Nullable RequestHeaders proxies,
            List<TokenAuthenticator> issuers,
            @Nullable ConfigurationFile file) {
        /// What holds for requests without credentials.
        ///
        /// @param otherwise unless the configuration says something
        Supplier<Anonymous> anonymous(Anonymous otherwise) {
            return file == null
                    ? () -> otherwise
                    : () -> Objects.requireNonNullElse(file.configuration().anonymous(), otherwise);
        }

        /// Has a changed configuration used.
        void watch(ConfigurationFiles files) {
            if (file != null) {
                files.watch("authentication", file.path(), file.content(), file.configuration()::use);
            }
        }

        List<TokenAuthenticator> authenticators(BootstrapTokens.Secrets secrets, InstantSource clock) {
            List<TokenAuthenticator> all = new ArrayList<>();
            if (bootstrapTokens) {
                all.add(new BootstrapTokens(secrets, clock));
            }
            all.addAll(issuers);
            return all;
        }
    }

    /// @param audiences of tokens for this server
    Values values(List<String> audiences, InstantSource clock) throws StartupException {
        List<TokenAuthenticator> issuers = new ArrayList<>();
        ConfigurationFile file = null;
        if (config != null && !oidcIssuer.isEmpty()) {
            throw new StartupException("authentication-config file and oidc-* flags are mutually exclusive");
        }
        if (config != null) {
            try {
                byte[] content = Files.readAllBytes(config);
                file = new ConfigurationFile(config, content, new ReloadedConfiguration(content, clock));
                issuers.add(file.configuration());
            } catch (IOException e) {
                throw new StartupException("--authentication-config: " + e.getMessage(), e);
            }
        }
        if (!oidcIssuer.isEmpty()) {
            issuers.add(oidc(clock));
        }
        if (tokenWebhook != null) {
            issuers.add(webhook(tokenWebhook, audiences, clock));
        }
        return new Values(bootstrapTokens, proxyCa, proxies(), issuers, file);
    }

    private TokenAuthenticator webhook(Path file, List<String> audiences, InstantSource clock) throws StartupException {
        Duration kept = GoDuration.find(tokenWebhookTtl)
                .orElseThrow(() -> new StartupException(
                        "--authentication-token-webhook-cache-ttl: write it as 2m0s, not " + tokenWebhookTtl));
        if (!List.of("v1", "v1beta1").contains(tokenWebhookVersion)) {
            throw new StartupException("--authentication-token-webhook-version: choose v1 or v1beta1");
        }
        try {
            return new WebhookTokens(ConfiguredWebhook.read(file), tokenWebhookVersion, audiences, kept, clock);
        } catch (IOException e) {
            throw new StartupException("--authentication-token-webhook-config-file: " + e.getMessage(), e);
        }
    }

    private TokenAuthenticator oidc(InstantSource clock) throws StartupException {
        ObjectNode jwt = Json.object();
        ObjectNode issuer = jwt.putObject("issuer").put("url", oidcIssuer);
        issuer.putArray("audiences").add(oidcClient);
        ObjectNode mappings = jwt.putObject("claimMappings");
        boolean plain = oidcUsernamePrefix.equals("-") || oidcUsernamePrefix.isEmpty() && oidcUsername.equals("email");
        mappings.putObject("username")
                .put("claim", oidcUsername)
                .put("prefix", plain ? "" : oidcUsernamePrefix.isEmpty() ? oidcIssuer + "#" : oidcUsernamePrefix);
        if (!oidcGroups.isEmpty()) {
            mappings.putObject("groups").put("claim", oidcGroups).put("prefix", oidcGroupsPrefix);
        }
        oidcRequired.forEach((claim, value) -> jwt.withArray("claimValidationRules")
                .addObject()
                .put("claim", claim)
                .put("requiredValue", value));
        try {
            if (oidcCa != null) {
                issuer.put("certificateAuthority", Files.readString(oidcCa));
            }
            if (oidcClient.isEmpty()) {
                throw new StartupException("oidc-issuer-url and oidc-client-id must be specified together");
            }
            return AuthenticationConfiguration.issuer(jwt, oidcAlgorithms, clock);
        } catch (IOException | IllegalArgumentException e) {
            throw new StartupException("--oidc-*: " + e.getMessage(), e);
        }
    }

    private @Nullable RequestHeaders proxies() throws StartupException {
        if (proxyCa == null) {
            return null;
        }
        try {
            return new RequestHeaders(
                    new ClientCertificates(Pem.certificates(proxyCa)),
                    proxyNames,
                    or(userHeaders, "X-Remote-User"),
                    or(uidHeaders, "X-Remote-Uid"),
                    or(groupHeaders, "X-Remote-Group"),
                    or(extraPrefixes, "X-Remote-Extra-"));
        } catch (IOException e) {
            throw new StartupException("--requestheader-client-ca-file: " + e.getMessage(), e);
        }
    }

    private static List<String> or(List<String> given, String usual) {
        return given.isEmpty() ? List.of(usual) : given;
    }
}
