package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Gives an object that names no class the one that annotations mark as the default, when there is one.
final class DefaultClasses {
    private final Stored classes;
    private final List<String> marks;

    /// @param classes a resource without namespaces
    /// @param marks annotations, one of which makes a class the default when it is `true`
    DefaultClasses(ObjectStorage storage, ApiResource classes, List<String> marks) {
        this.classes = new Stored(storage, classes);
        this.marks = List.copyOf(marks);
    }

    /// Sets a field of the specification, unless it is there (the empty name is a name: that of no class) or an older
    /// annotation says it.
    void fillIn(ObjectNode object, String field, String annotation) {
        if (!object.path("spec").hasNonNull(field) && !Meta.annotations(object).containsKey(annotation)) {
            newest().ifPresent(name -> Meta.child(object, "spec").put(field, name));
        }
    }

    /// The name of the newest marked class; of several as new as each other, the first by name.
    private Optional<String> newest() {
        // Times are written alike, so that their texts sort as they do.
        return classes.in("").stream()
                .filter(this::isMarked)
                .min(Comparator.comparing(DefaultClasses::created).reversed().thenComparing(Meta::name))
                .map(Meta::name);
    }

    private boolean isMarked(ObjectNode item) {
        return marks.stream()
                .anyMatch(mark -> "true".equals(Meta.annotations(item).get(mark)));
    }

    private static String created(ObjectNode item) {
        return item.path("metadata").path("creationTimestamp").asText("");
    }
}
