package io.jubernetes.apiserver.registry.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// CSI drivers.
public final class CsiDriverStrategy extends CheckedStrategy {
    private static final long SHORTEST_TOKEN_SECONDS = 600;
    private static final List<String> GROUP_POLICIES = List.of("File", "None", "ReadWriteOnceWithFSType");
    private static final Table TABLE = Columns.named()
            .flag("AttachRequired", item -> flag(item, "attachRequired", true))
            .flag("PodInfoOnMount", item -> flag(item, "podInfoOnMount", false))
            .flag("StorageCapacity", item -> flag(item, "storageCapacity", false))
            .text("TokenRequests", CsiDriverStrategy::tokens)
            .flag("RequiresRepublish", item -> flag(item, "requiresRepublish", false))
            .text("Modes", CsiDriverStrategy::modes)
            .age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public Names names() {
        return Names.PATH_SEGMENT;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public long firstGeneration() {
        return 0;
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        ObjectNode spec = Meta.child(item, "spec");
        Meta.defaultTo(spec, "attachRequired", true);
        Meta.defaultTo(spec, "podInfoOnMount", false);
        Meta.defaultTo(spec, "storageCapacity", false);
        Meta.defaultTo(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        if (spec.path("volumeLifecycleModes").isEmpty()) {
            spec.putArray("volumeLifecycleModes").add("Persistent");
        }
        Meta.defaultTo(spec, "requiresRepublish", false);
        Meta.defaultTo(spec, "seLinuxMount", false);
    }

    @Override
    protected void check(Field item) {
        Field name = Field.root(item.get("metadata").value()).get("name");
        DriverRules.checkName(name);
        name.causes().forEach(item::report);
        Field spec = item.get("spec");
        spec.get("fsGroupPolicy").requireOneOf(GROUP_POLICIES);
        checkTokens(spec.get("tokenRequests"));
        spec.get("volumeLifecycleModes").items().forEach(mode -> mode.requireOneOf(List.of("Ephemeral", "Persistent")));
        Field period = spec.get("nodeAllocatableUpdatePeriodSeconds");
        if (period.isSet() && period.number() < 10) {
            period.invalid("must be greater than or equal to 10 seconds");
        }
    }

    private static void checkTokens(Field requests) {
        Set<String> seen = new HashSet<>();
        for (Field request : requests.items()) {
            Field audience = request.get("audience");
            if (!seen.add(audience.text())) {
                audience.duplicate();
            }
            Field seconds = request.get("expirationSeconds");
            if (seconds.isSet() && seconds.number() < SHORTEST_TOKEN_SECONDS) {
                seconds.invalid("may not specify a duration less than 10 minutes");
            } else if (seconds.isSet() && seconds.number() > 1L << 32) {
                seconds.invalid("may not specify a duration larger than 2^32 seconds");
            }
        }
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        Field spec = item.get("spec");
        Field before = old.get("spec");
        if (!Meta.same(
                spec.get("attachRequired").value(), before.get("attachRequired").value())) {
            // The API names the field so.
            spec.get("attachedRequired").invalid(spec.get("attachRequired").value(), "field is immutable");
        }
        spec.get("volumeLifecycleModes").requireSame(before.get("volumeLifecycleModes"));
    }

    @Override
    public List<String> warnings(ObjectNode item) {
        JsonNode spec = item.path("spec");
        return !spec.path("tokenRequests").isEmpty() && !spec.hasNonNull("serviceAccountTokenInSecrets")
                ? List.of("spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to "
                        + "prevent possible logging of tokens in volume attributes")
                : List.of();
    }

    @Override
    public List<String> updateWarnings(ObjectNode item, ObjectNode old) {
        return warnings(old).isEmpty() ? warnings(item) : List.of();
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static boolean flag(JsonNode item, String field, boolean otherwise) {
        return item.path("spec").path(field).asBoolean(otherwise);
    }

    private static String tokens(JsonNode item) {
        List<String> audiences = new ArrayList<>();
        item.path("spec")
                .path("tokenRequests")
                .forEach(token -> audiences.add(token.path("audience").asText("")));
        return audiences.isEmpty() ? "<unset>" : String.join(",", audiences);
    }

    private static String modes(JsonNode item) {
        List<String> modes = new ArrayList<>();
        item.path("spec").path("volumeLifecycleModes").forEach(mode -> modes.add(mode.asText()));
        return modes.isEmpty() ? "<none>" : String.join(",", modes);
    }
}
