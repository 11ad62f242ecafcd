package io.jubernetes.kubelet.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.kubelet.runtime.RegistryAuth;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Programs that know credentials for registries (`CredentialProviderConfig`): asked for an image when one of their
/// patterns fits, with the question on standard input and the answer on standard output. Answers are kept as long as
/// they say. Thread-safe.
public final class CredentialProviders {
    private static final Logger LOG = LoggerFactory.getLogger(CredentialProviders.class);
    private static final String GROUP = "credentialprovider.kubelet.k8s.io/";
    private static final Duration ANSWER = Duration.ofMinutes(1);
    private static final int LARGEST = 1 << 20;
    private static final int MOST_ANSWERS = 1000;

    private final List<Provider> providers;
    private final Clock clock;
    /// By provider and what the answer is for.
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    /// @param version of the question and the answer
    private record Provider(
            String name,
            Path program,
            List<String> patterns,
            Duration cached,
            String version,
            List<String> args,
            Map<String, String> env) {}

    private record Answer(Map<String, RegistryAuth> credentials, Instant until) {}

    private CredentialProviders(List<Provider> providers, Clock clock) {
        this.providers = providers;
        this.clock = clock;
    }

    /// No programs.
    public static CredentialProviders none(Clock clock) {
        return new CredentialProviders(List.of(), clock);
    }

    /// @param config the file of `--image-credential-provider-config`
    /// @param programs the directory of `--image-credential-provider-bin-dir`
    /// @throws StartupException saying what is wrong with them
    public static CredentialProviders load(Path config, Path programs, Clock clock) throws StartupException {
        String flag = "--image-credential-provider-config: ";
        JsonNode tree;
        try {
            tree = Yaml.read(Files.readAllBytes(config));
        } catch (IOException e) {
            throw new StartupException(flag + "cannot read " + config + ": " + e.getMessage(), e);
        }
        if (!tree.path("kind").asText().equals("CredentialProviderConfig")) {
            throw new StartupException(flag + config + " is not a CredentialProviderConfig");
        }
        var providers = new ArrayList<Provider>();
        for (JsonNode one : tree.path("providers")) {
            try {
                providers.add(provider(one, programs));
            } catch (IllegalArgumentException e) {
                throw new StartupException(flag + config + ": " + e.getMessage(), e);
            }
        }
        if (providers.isEmpty()) {
            throw new StartupException(flag + config + ": at least 1 item in plugins is required");
        }
        return new CredentialProviders(List.copyOf(providers), clock);
    }

    private static Provider provider(JsonNode tree, Path programs) {
        String name = tree.path("name").asText();
        if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException("provider name \"" + name + "\" is not the name of a program");
        }
        Path program = programs.resolve(name);
        if (!Files.isExecutable(program)) {
            throw new IllegalArgumentException("plugin binary executable " + program + " did not exist");
        }
        if (tree.has("tokenAttributes")) {
            throw new IllegalArgumentException(
                    "provider " + name + ": tokenAttributes (service account tokens) are not supported");
        }
        String version = tree.path("apiVersion").asText();
        if (!version.startsWith(GROUP)) {
            throw new IllegalArgumentException("provider " + name + ": unsupported apiVersion \"" + version + "\"");
        }
        List<String> patterns = texts(tree.path("matchImages"));
        if (patterns.isEmpty()) {
            throw new IllegalArgumentException("provider " + name + ": at least one item of matchImages is required");
        }
        Map<String, String> env = new LinkedHashMap<>();
        tree.path("env")
                .forEach(variable -> env.put(
                        variable.path("name").asText(), variable.path("value").asText()));
        return new Provider(
                name,
                program,
                patterns,
                GoDuration.parse(tree.path("defaultCacheDuration").asText("0s")),
                version,
                texts(tree.path("args")),
                env);
    }

    private static List<String> texts(JsonNode list) {
        var texts = new ArrayList<String>();
        list.forEach(text -> texts.add(text.asText()));
        return List.copyOf(texts);
    }

    /// The credentials for an image. A program that fails knows none.
    List<RegistryAuth> matching(String image) {
        var result = new ArrayList<RegistryAuth>();
        for (Provider provider : providers) {
            if (provider.patterns().stream().anyMatch(pattern -> RegistryPattern.matches(pattern, image))) {
                credentials(provider, image).forEach((pattern, auth) -> {
                    if (RegistryPattern.matches(pattern, image)) {
                        result.add(auth);
                    }
                });
            }
        }
        return result;
    }

    private Map<String, RegistryAuth> credentials(Provider provider, String image) {
        for (String scope : List.of("Image " + image, "Registry " + ImageReference.registry(image), "Global")) {
            Answer known = answers.get(provider.name() + " " + scope);
            if (known != null && clock.instant().isBefore(known.until())) {
                return known.credentials();
            }
        }
        try {
            JsonNode answer = ask(provider, image);
            Map<String, RegistryAuth> credentials = new LinkedHashMap<>();
            answer.path("auth")
                    .properties()
                    .forEach(entry -> credentials.put(
                            entry.getKey(),
                            new RegistryAuth(
                                    ImageReference.registry(image),
                                    entry.getValue().path("username").asText(),
                                    entry.getValue().path("password").asText(),
                                    "")));
            Duration cached = answer.path("cacheDuration").isTextual()
                    ? GoDuration.parse(answer.path("cacheDuration").asText())
                    : provider.cached();
            remember(provider, answer.path("cacheKeyType").asText(), image, credentials, cached);
            return credentials;
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("the credential provider {} has no answer for {}: {}", provider.name(), image, e.getMessage());
            return Map.of();
        }
    }

    private void remember(
            Provider provider, String type, String image, Map<String, RegistryAuth> credentials, Duration cached)
            throws IOException {
        String scope = switch (type) {
            case "Image" -> "Image " + image;
            case "Registry" -> "Registry " + ImageReference.registry(image);
            case "Global" -> "Global";
            default ->
                throw new IOException(
                        "credential provider plugin did not return a valid cacheKeyType: \"" + type + "\"");
        };
        Instant now = clock.instant();
        answers.values().removeIf(answer -> now.isAfter(answer.until()));
        if (cached.isPositive() && answers.size() < MOST_ANSWERS) {
            answers.put(provider.name() + " " + scope, new Answer(Map.copyOf(credentials), now.plus(cached)));
        }
    }

    private static JsonNode ask(Provider provider, String image) throws IOException {
        var command = new ArrayList<String>();
        command.add(provider.program().toString());
        command.addAll(provider.args());
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(provider.env());
        Process process = builder.start();
        try {
            var output = CompletableFuture.supplyAsync(
                    () -> read(process.getInputStream()),
                    task -> Thread.ofVirtual().start(task));
            try (OutputStream in = process.getOutputStream()) {
                in.write(Json.bytes(Json.object()
                        .put("kind", "CredentialProviderRequest")
                        .put("apiVersion", provider.version())
                        .put("image", image)));
            }
            if (!process.waitFor(ANSWER.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("it took longer than " + GoDuration.text(ANSWER));
            }
            if (process.exitValue() != 0) {
                throw new IOException("it ended with status " + process.exitValue());
            }
            JsonNode answer = Json.read(output.join());
            if (!answer.path("kind").asText().equals("CredentialProviderResponse")
                    || !answer.path("apiVersion").asText().equals(provider.version())) {
                throw new IOException("its answer is no CredentialProviderResponse of " + provider.version());
            }
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static byte[] read(InputStream in) {
        try (in) {
            return in.readNBytes(LARGEST);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
