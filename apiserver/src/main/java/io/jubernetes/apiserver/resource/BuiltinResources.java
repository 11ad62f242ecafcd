package io.jubernetes.apiserver.resource;

import io.jubernetes.apiserver.resource.ApiResource.Subresource;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.Schema;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The resources of the built-in API, read from the table `builtin-resources.txt`.
public final class BuiltinResources {
    private static final Set<String> ALL_VERBS = new LinkedHashSet<>(
            List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"));

    private BuiltinResources() {}

    /// Reads the table.
    ///
    /// @param strategies a kind's rules by `apiVersion/Kind`
    /// @param storageRoot the start of all keys, such as `/registry`
    public static List<ApiResource> read(Function<String, Strategy> strategies, String storageRoot) {
        List<ApiResource> result = new ArrayList<>();
        List<String> block = new ArrayList<>();
        try (var in = Objects.requireNonNull(
                        BuiltinTypes.class.getResourceAsStream("builtin-resources.txt"), "builtin-resources.txt");
                var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("#") || line.isBlank()) {
                    continue;
                }
                if (!line.startsWith(" ") && !block.isEmpty()) {
                    result.add(resource(block, strategies, storageRoot));
                    block.clear();
                }
                block.add(line);
            }
            result.add(resource(block, strategies, storageRoot));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result;
    }

    private static ApiResource resource(List<String> block, Function<String, Strategy> strategies, String storageRoot) {
        String[] words = block.getFirst().split(" ");
        String group = ResourceCatalog.groupOf(words[0]);
        String version = words[0].substring(words[0].indexOf('/') + 1);
        String kind = words[2];
        Map<String, Subresource> subresources = new LinkedHashMap<>();
        for (String line : block.subList(1, block.size())) {
            String[] parts = line.strip().split(" ");
            subresources.put(
                    parts[0],
                    new Subresource(
                            parts[0], parts[1], parts[2].equals("-") ? null : parts[2], ordered(parts[3].split(","))));
        }
        String verbs = argument(words, "verbs");
        String store = argument(words, "store");
        return new ApiResource(
                group,
                version,
                words[1],
                kind.toLowerCase(Locale.ROOT),
                kind,
                kind + "List",
                words[3].equals("namespaced"),
                verbs == null ? ALL_VERBS : ordered(verbs.split(",")),
                list(argument(words, "short")),
                list(argument(words, "categories")),
                subresources,
                store == null ? null : storageRoot + "/" + store + "/",
                schemaOf(words[0], kind),
                strategies.apply(words[0] + "/" + kind));
    }

    /// The shape of a built-in kind.
    public static Schema schemaOf(String apiVersion, String kind) {
        return BuiltinTypes.get().require(typeName(apiVersion, kind));
    }

    /// The shape of a kind in a version that may not exist.
    public static Optional<Schema> findSchema(String apiVersion, String kind) {
        return Optional.ofNullable(BuiltinTypes.get().find(typeName(apiVersion, kind)));
    }

    private static String typeName(String apiVersion, String kind) {
        String group = ResourceCatalog.groupOf(apiVersion);
        String version = apiVersion.substring(apiVersion.indexOf('/') + 1);
        int dot = group.indexOf('.');
        String first = group.isEmpty() ? "core" : dot < 0 ? group : group.substring(0, dot);
        return first + "." + version + "." + kind;
    }

    private static Set<String> ordered(String[] values) {
        return new LinkedHashSet<>(List.of(values));
    }

    private static List<String> list(@Nullable String values) {
        return values == null ? List.of() : List.of(values.split(","));
    }

    private static @Nullable String argument(String[] words, String name) {
        for (String word : words) {
            if (word.startsWith(name + "=")) {
                return word.substring(name.length() + 1);
            }
        }
        return null;
    }
}
