package io.jubernetes.apiserver.registry.coordination;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;

/// Leases.
public final class LeaseStrategy extends CheckedStrategy {
    /// Coordinated leader election is no GA feature: its fields are dropped from objects that do not have them yet.
    private static final List<String> COORDINATED = List.of("strategy", "preferredHolder");

    private static final Table TABLE = Columns.named()
            .text("Holder", lease -> lease.path("spec").path("holderIdentity").asText(""))
            .age();

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    public boolean createsOnUpdate() {
        return true;
    }

    @Override
    public void prepareForCreate(ObjectNode lease) {
        COORDINATED.forEach(Meta.child(lease, "spec")::remove);
    }

    @Override
    public void prepareForUpdate(ObjectNode lease, ObjectNode old) {
        for (String field : COORDINATED) {
            if (!old.path("spec").has(field)) {
                Meta.child(lease, "spec").remove(field);
            }
        }
    }

    @Override
    protected void check(Field lease) {
        Field spec = lease.get("spec");
        Field duration = spec.get("leaseDurationSeconds");
        if (duration.isSet() && duration.number() <= 0) {
            duration.invalid("must be greater than 0");
        }
        Field transitions = spec.get("leaseTransitions");
        if (transitions.isSet() && transitions.number() < 0) {
            transitions.invalid("must be greater than or equal to 0");
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
