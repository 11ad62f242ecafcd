package io.jubernetes.apiserver.registry.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Claims of devices. What is claimed does not change.
public final class ResourceClaimStrategy extends CheckedStrategy {
    private static final int MAX_CONSUMERS = 256;
    private static final Table TABLE =
            Columns.named().text("State", ResourceClaimStrategy::state).age();

    private static String state(JsonNode claim) {
        List<String> states = new ArrayList<>();
        if (Meta.isTerminating(claim)) {
            states.add("deleted");
        }
        JsonNode status = claim.path("status");
        if (!status.hasNonNull("allocation")) {
            states.add("pending");
        } else {
            states.add("allocated");
            if (!status.path("reservedFor").isEmpty()) {
                states.add("reserved");
            }
        }
        return String.join(",", states);
    }

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        DeviceRules.applyDefaults(Meta.child(item, "spec"));
    }

    @Override
    protected void check(Field item) {
        DeviceRules.check(item.get("spec"));
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        Field spec = item.get("spec");
        if (!Meta.same(spec.value(), old.get("spec").value())) {
            spec.invalid(GoShape.of("resource.v1.ResourceClaimSpec", spec.value()), "field is immutable");
        }
    }

    @Override
    protected void checkStatusUpdate(Field item, Field old) {
        Field status = item.get("status");
        Field consumers = status.get("reservedFor");
        DeviceRules.checkSize(consumers, MAX_CONSUMERS);
        Set<String> seen = new HashSet<>();
        for (Field consumer : consumers.items()) {
            consumer.get("resource").requireValue();
            consumer.get("name").requireValue();
            consumer.get("uid").requireValue();
            DeviceRules.checkUnique(consumer.get("uid"), seen);
        }
        if (!consumers.isEmpty() && !status.get("allocation").isSet()) {
            consumers.forbidden("may not be specified when `allocated` is not set");
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
