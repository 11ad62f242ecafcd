package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An object's managed fields, decoded: who owns what. Mutable; belongs to one request.
final class Managers {
    private static final String FIELDS_TYPE = "FieldsV1";
    private static final int MAX_UPDATERS = 10;
    private static final String BUCKET = "ancient-changes";

    /// Who writes.
    ///
    /// @param apiVersion empty for appliers, which are the same manager in every version
    record Manager(String name, boolean applies, String apiVersion, String subresource) {
        static Manager updater(String name, String apiVersion, String subresource) {
            return new Manager(name, false, apiVersion, subresource);
        }

        static Manager applier(String name, String subresource) {
            return new Manager(name, true, "", subresource);
        }
    }

    /// What somebody owns.
    ///
    /// @param apiVersion the version whose paths the set has
    /// @param time when it was last changed, as the API writes times; null when that is not recorded
    record Owned(
            FieldSet fields, String apiVersion, @Nullable String time) {
        Owned with(FieldSet changed) {
            return new Owned(changed, apiVersion, time);
        }
    }

    private static final Comparator<Map.Entry<Manager, Owned>> ORDER =
            Comparator.<Map.Entry<Manager, Owned>, Boolean>comparing(
                            entry -> !entry.getKey().applies())
                    .thenComparing(entry -> timeOf(entry.getValue()))
                    .thenComparing(entry -> entry.getKey().name())
                    .thenComparing(entry -> entry.getValue().apiVersion())
                    .thenComparing(entry -> entry.getKey().subresource());

    private final Map<Manager, Owned> owned = new LinkedHashMap<>();

    /// The managed fields of a tree; nobody's when there are none.
    ///
    /// @return empty when they are malformed
    static Optional<Managers> read(JsonNode entries) {
        var result = new Managers();
        for (JsonNode entry : entries) {
            String operation = entry.path("operation").asText("");
            String apiVersion = entry.path("apiVersion").asText("");
            if (!operation.equals("Apply") && !operation.equals("Update")
                    || apiVersion.isEmpty()
                    || !entry.path("fieldsType").asText("").equals(FIELDS_TYPE)) {
                return Optional.empty();
            }
            JsonNode fields = entry.path("fieldsV1");
            Optional<FieldSet> set = fields.isObject() ? FieldSet.fromJson(fields) : Optional.of(new FieldSet());
            if (set.isEmpty()) {
                return Optional.empty();
            }
            boolean applies = operation.equals("Apply");
            var manager = new Manager(
                    entry.path("manager").asText(""),
                    applies,
                    applies ? "" : apiVersion,
                    entry.path("subresource").asText(""));
            JsonNode time = entry.path("time");
            result.owned.put(manager, new Owned(set.get(), apiVersion, time.isTextual() ? time.asText() : null));
        }
        return Optional.of(result);
    }

    /// The entries in the order the API shows them: appliers first, then by age and name.
    ArrayNode toJson() {
        ArrayNode result = Json.MAPPER.createArrayNode();
        owned.entrySet().stream().sorted(ORDER).forEach(entry -> {
            Manager manager = entry.getKey();
            Owned value = entry.getValue();
            ObjectNode node = result.addObject();
            if (!manager.name().isEmpty()) {
                node.put("manager", manager.name());
            }
            node.put("operation", manager.applies() ? "Apply" : "Update").put("apiVersion", value.apiVersion());
            if (value.time() != null) {
                node.put("time", value.time());
            }
            node.put("fieldsType", FIELDS_TYPE).set("fieldsV1", value.fields().toJson());
            if (!manager.subresource().isEmpty()) {
                node.put("subresource", manager.subresource());
            }
        });
        return result;
    }

    private static String timeOf(Owned owned) {
        return owned.time() == null ? "" : owned.time();
    }

    Managers copy() {
        var result = new Managers();
        result.owned.putAll(owned);
        return result;
    }

    boolean isEmpty() {
        return owned.isEmpty();
    }

    @Nullable
    Owned get(Manager manager) {
        return owned.get(manager);
    }

    /// Sets what a manager owns; one that owns nothing is forgotten.
    void put(Manager manager, Owned value) {
        if (value.fields().isEmpty()) {
            owned.remove(manager);
        } else {
            owned.put(manager, value);
        }
    }

    void remove(Manager manager) {
        owned.remove(manager);
    }

    List<Map.Entry<Manager, Owned>> entries() {
        return new ArrayList<>(owned.entrySet());
    }

    Collection<Owned> all() {
        return owned.values();
    }

    /// Merges the oldest updaters of a version into one bucket while there are too many.
    void cap() {
        List<Manager> updaters = new ArrayList<>(
                owned.keySet().stream().filter(manager -> !manager.applies()).toList());
        int count = updaters.size();
        if (count <= MAX_UPDATERS) {
            return;
        }
        updaters.sort(Comparator.<Manager, String>comparing(manager -> {
                    Owned value = owned.get(manager);
                    return value == null ? "" : timeOf(value);
                })
                .thenComparing(Manager::name)
                .thenComparing(Manager::apiVersion)
                .thenComparing(Manager::subresource));
        Map<String, Manager> firsts = new HashMap<>();
        for (Manager manager : updaters) {
            Owned value = owned.get(manager);
            if (count <= MAX_UPDATERS || value == null) {
                return;
            }
            Manager first = firsts.putIfAbsent(value.apiVersion(), manager);
            if (first == null) {
                continue;
            }
            Manager bucket = Manager.updater(BUCKET, value.apiVersion(), "");
            Owned gathered = owned.get(bucket);
            if (gathered == null) {
                gathered = owned.remove(first);
            }
            FieldSet all = gathered == null ? value.fields() : value.fields().union(gathered.fields());
            if (!manager.equals(bucket)) {
                owned.remove(manager);
            }
            owned.put(bucket, new Owned(all, value.apiVersion(), value.time()));
            count--;
        }
    }
}
