package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// Finds the class that annotations mark as the default.
final class DefaultClasses {
    private DefaultClasses() {}

    /// The name of the newest class that one of the annotations marks; of several as new as each other, the first by
    /// name.
    ///
    /// @param classes a resource without namespaces
    static Optional<String> newest(ObjectStorage storage, ApiResource classes, List<String> annotations) {
        List<ObjectNode> marked = new ArrayList<>();
        Iterator<CachedObject> all = storage.cache(classes).snapshot().range(classes.keyPrefix(""), null);
        while (all.hasNext()) {
            try {
                if (Json.read(all.next().storedJson()) instanceof ObjectNode found && isMarked(found, annotations)) {
                    marked.add(found);
                }
            } catch (IOException e) {
                throw ApiException.internal("unreadable class");
            }
        }
        // Times are written alike, so that their texts sort as they do.
        return marked.stream()
                .min(Comparator.comparing(DefaultClasses::created).reversed().thenComparing(Meta::name))
                .map(Meta::name);
    }

    private static boolean isMarked(ObjectNode item, List<String> annotations) {
        return annotations.stream()
                .anyMatch(name -> "true".equals(Meta.annotations(item).get(name)));
    }

    private static String created(ObjectNode item) {
        return item.path("metadata").path("creationTimestamp").asText("");
    }
}
