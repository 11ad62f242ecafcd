package io.jubernetes.apiserver.apply;

import io.jubernetes.apiserver.apply.Managers.Manager;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.common.codec.Json;
import java.io.Serial;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// An apply would change fields of other managers.
final class ApplyConflict extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Map<Manager, FieldSet> conflicts;

    ApplyConflict(Map<Manager, FieldSet> conflicts) {
        super("conflicts with " + conflicts.size() + " managers");
        this.conflicts = conflicts;
    }

    /// The fields in dispute, by who owns them.
    Map<Manager, FieldSet> conflicts() {
        return conflicts;
    }

    /// The answer.
    ///
    /// @param apiVersion the version of the request's bodies, which updaters are shown with
    ApiException answer(String apiVersion) {
        Map<String, List<String>> byManager = new TreeMap<>();
        conflicts.forEach((manager, fields) -> byManager.put(shown(manager, apiVersion), fields.paths()));
        List<Cause> causes = new ArrayList<>();
        byManager.forEach((manager, paths) ->
                paths.forEach(path -> causes.add(new Cause("FieldManagerConflict", "conflict with " + manager, path))));
        var text = new StringBuilder();
        if (causes.size() == 1) {
            Cause only = causes.getFirst();
            text.append("Apply failed with 1 conflict: ").append(only.message());
            text.append(": ").append(only.field());
        } else {
            text.append("Apply failed with ").append(causes.size()).append(" conflicts:");
            String separator = " ";
            for (Map.Entry<String, List<String>> entry : byManager.entrySet()) {
                text.append(separator).append("conflicts with ").append(entry.getKey());
                text.append(':');
                entry.getValue().forEach(path -> text.append("\n- ").append(path));
                separator = "\n";
            }
        }
        causes.sort(Comparator.comparing(Cause::field));
        return ApiException.applyConflict(text.toString(), causes);
    }

    private static String shown(Manager manager, String apiVersion) {
        var text = new StringBuilder(Json.text(manager.name()));
        if (!manager.subresource().isEmpty()) {
            text.append(" with subresource ").append(Json.text(manager.subresource()));
        }
        if (!manager.applies()) {
            text.append(" using ").append(apiVersion.isEmpty() ? manager.apiVersion() : apiVersion);
        }
        return text.toString();
    }
}
