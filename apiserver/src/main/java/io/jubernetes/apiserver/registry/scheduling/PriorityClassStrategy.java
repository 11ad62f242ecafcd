package io.jubernetes.apiserver.registry.scheduling;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;
import java.util.Map;

/// Priority classes.
public final class PriorityClassStrategy extends CheckedStrategy {
    private static final long HIGHEST = 1_000_000_000;
    private static final Map<String, Long> OF_SYSTEM =
            Map.of("system-cluster-critical", 2_000_000_000L, "system-node-critical", 2_000_001_000L);
    private static final Table TABLE = Columns.named()
            .number("Value", item -> item.path("value").asLong())
            .flag("Global-Default", item -> item.path("globalDefault").asBoolean(false))
            .age()
            .text("PreemptionPolicy", item -> item.path("preemptionPolicy").asText(""));

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public boolean desiredStateChanged(ObjectNode item, ObjectNode old) {
        return false;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        Meta.defaultTo(item, "preemptionPolicy", "PreemptLowerPriority");
    }

    @Override
    protected void check(Field item) {
        String name = Meta.name(item.value());
        if (name.startsWith("system-")) {
            String problem = ofSystem(name, item);
            if (!problem.isEmpty()) {
                item.get("metadata")
                        .get("name")
                        .forbidden(
                                "priority class names with 'system-' prefix are reserved for system use only. error: "
                                        + problem);
            }
        } else if (item.get("value").number() > HIGHEST) {
            item.get("value").forbidden("maximum allowed value of a user defined priority is " + HIGHEST);
        }
        item.get("preemptionPolicy").requireOneOf(List.of("PreemptLowerPriority", "Never"));
    }

    private static String ofSystem(String name, Field item) {
        Long value = OF_SYSTEM.get(name);
        if (value == null) {
            return name + " is not a known system priority class";
        }
        if (item.get("value").number() != value) {
            return "value of " + name + " PriorityClass must be " + value;
        }
        return item.get("globalDefault").isTrue() ? "globalDefault of " + name + " PriorityClass must be false" : "";
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        if (item.get("value").number() != old.get("value").number()) {
            item.get("value").forbidden("may not be changed in an update.");
        }
        item.get("preemptionPolicy").requireSame(old.get("preemptionPolicy"));
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
