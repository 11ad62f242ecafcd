package io.jubernetes.kubelet.runtime.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.RegistryAuth;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Images of the engine.
final class DockerImages {
    private final DockerEngine engine;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("docker-pull-timer").factory());

    DockerImages(DockerEngine engine) {
        this.engine = engine;
    }

    Optional<ImageInfo> find(String reference) throws RuntimeFailure {
        try {
            return engine.call(client -> {
                var image = client.inspectImageCmd(reference).exec();
                var config = image.getConfig();
                Long size = image.getSize();
                return Optional.of(new ImageInfo(
                        String.valueOf(image.getId()),
                        image.getRepoTags() == null ? List.of() : image.getRepoTags(),
                        image.getRepoDigests() == null ? List.of() : image.getRepoDigests(),
                        size == null ? 0 : size,
                        config == null || config.getUser() == null ? "" : config.getUser()));
            });
        } catch (RuntimeFailure.NotFound e) {
            return Optional.empty();
        } catch (RuntimeFailure.Refused e) {
            // Docker calls a reference it cannot read a bad request; such an image is not here either.
            if (e.getMessage().contains("invalid reference format")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /// As the engine's overlay storage has them.
    List<Path> layers(String imageId) throws RuntimeFailure {
        JsonNode driver = engine.raw(http -> {
            try (var exchange = http.send("GET", "/images/" + imageId + "/json", Map.of(), null)) {
                return Json.read(exchange.body().readAllBytes()).path("GraphDriver");
            }
        });
        if (!driver.path("Name").asText().equals("overlay2")) {
            return List.of();
        }
        var layers = new ArrayList<Path>();
        for (String key : List.of("UpperDir", "LowerDir")) {
            for (String layer : driver.path("Data").path(key).asText().split(":")) {
                if (!layer.isEmpty()) {
                    layers.add(shorter(Path.of(layer)));
                }
            }
        }
        return List.copyOf(layers);
    }

    /// The engine's own short link to a layer: many long names do not fit into one mount.
    private static Path shorter(Path layer) {
        Path directory = layer.getParent();
        if (directory == null) {
            return layer;
        }
        try {
            Path link = directory
                    .resolveSibling("l")
                    .resolve(Files.readString(directory.resolve("link")).strip());
            return Files.isDirectory(link) ? link : layer;
        } catch (IOException e) {
            return layer;
        }
    }

    List<ImageInfo> all() throws RuntimeFailure {
        return engine.call(client -> {
            var result = new ArrayList<ImageInfo>();
            for (var image : client.listImagesCmd().exec()) {
                Long size = image.getSize();
                result.add(new ImageInfo(
                        image.getId(),
                        named(image.getRepoTags()),
                        named(image.getRepoDigests()),
                        size == null ? 0 : size,
                        ""));
            }
            return List.copyOf(result);
        });
    }

    private static List<String> named(String @Nullable [] names) {
        return names == null
                ? List.of()
                : Arrays.stream(names).filter(name -> !name.contains("<none>")).toList();
    }

    /// Makes sure that the sandbox image is here.
    void ensurePauseImage(String architecture) throws RuntimeFailure {
        if (find(PauseImage.NAME).isEmpty()) {
            byte[] archive = PauseImage.archive(architecture);
            engine.raw(http -> {
                String path =
                        "/images/create?fromSrc=-&repo=" + URLEncoder.encode(PauseImage.NAME, StandardCharsets.UTF_8);
                try (var exchange = http.send("POST", path, Map.of("Content-Type", "application/x-tar"), archive)) {
                    return exchange.body().readAllBytes();
                }
            });
        }
    }

    ImageInfo pull(String reference, Optional<RegistryAuth> auth, Deadline deadline) throws RuntimeFailure {
        Map<String, String> headers =
                auth.map(known -> Map.of("X-Registry-Auth", header(known))).orElse(Map.of());
        String path = "/images/create?fromImage=" + URLEncoder.encode(withTag(reference), StandardCharsets.UTF_8);
        Optional<String> error = engine.raw(http -> {
            try (var exchange = http.send("POST", path, headers, null);
                    MappingIterator<JsonNode> lines =
                            Json.MAPPER.readerFor(JsonNode.class).readValues(exchange.body())) {
                var limit = timer.schedule(exchange::close, deadline.remaining().toMillis(), TimeUnit.MILLISECONDS);
                try {
                    while (lines.hasNextValue()) {
                        JsonNode line = lines.nextValue();
                        if (line.has("error")) {
                            return Optional.of(line.path("error").asText());
                        }
                    }
                    return Optional.<String>empty();
                } finally {
                    limit.cancel(false);
                }
            }
        });
        if (error.isPresent()) {
            throw new RuntimeFailure.Refused(error.get(), null);
        }
        return find(reference)
                .orElseThrow(() ->
                        new RuntimeFailure.Refused("the engine fetched " + reference + " but does not have it", null));
    }

    /// Without a tag Docker would fetch every tag of the repository.
    static String withTag(String reference) {
        int name = reference.lastIndexOf('/') + 1;
        boolean tagged = reference.indexOf(':', name) >= 0 || reference.indexOf('@') >= 0;
        return tagged ? reference : reference + ":latest";
    }

    private static String header(RegistryAuth auth) {
        var json = Json.object()
                .put("username", auth.username())
                .put("password", auth.password())
                .put("serveraddress", auth.server());
        if (!auth.identityToken().isEmpty()) {
            json.put("identitytoken", auth.identityToken());
        }
        return Base64.getUrlEncoder().encodeToString(Json.bytes(json));
    }

    void remove(String id) throws RuntimeFailure {
        try {
            engine.run(client -> client.removeImageCmd(id).exec());
        } catch (RuntimeFailure.NotFound e) {
            // It is gone.
        }
    }

    void close() {
        timer.shutdownNow();
    }
}
