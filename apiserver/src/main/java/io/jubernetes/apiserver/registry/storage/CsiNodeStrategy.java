package io.jubernetes.apiserver.registry.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// CSI nodes: the drivers a node runs. A driver's entry comes and goes; only its limit changes.
public final class CsiNodeStrategy extends CheckedStrategy {
    private static final int MAX_NODE_ID = 256;
    private static final Table TABLE = Columns.named()
            .number("Drivers", item -> (long) item.path("spec").path("drivers").size())
            .age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    protected void check(Field item) {
        Field drivers = item.get("spec").get("drivers");
        Set<String> names = new HashSet<>();
        for (Field driver : drivers.items()) {
            checkDriver(driver);
            if (!names.add(driver.get("name").text())) {
                drivers.get("name").duplicate(driver.get("name").text());
            }
        }
    }

    private static void checkDriver(Field driver) {
        DriverRules.checkName(driver.get("name"));
        Field id = driver.get("nodeID");
        if (id.isEmpty()) {
            id.required("");
        } else if (id.text().length() > MAX_NODE_ID) {
            id.invalid("must be " + MAX_NODE_ID + " characters or less");
        }
        driver.get("allocatable").get("count").requireNonNegative();
        Field keys = driver.get("topologyKeys");
        Set<String> seen = new HashSet<>();
        for (Field key : keys.items()) {
            if (!seen.add(key.text())) {
                keys.duplicate(key.text());
            }
            NameRules.qualifiedName(key.text()).forEach(keys::invalid);
        }
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        Map<String, JsonNode> before = new HashMap<>();
        old.get("spec")
                .get("drivers")
                .items()
                .forEach(driver -> before.put(driver.get("name").text(), withoutLimit(driver)));
        for (Field driver : item.get("spec").get("drivers").items()) {
            JsonNode was = before.get(driver.get("name").text());
            if (was != null && !Meta.same(was, withoutLimit(driver))) {
                item.get("CSINodeDriver").invalid(driver.value(), "field is immutable");
            }
        }
    }

    private static JsonNode withoutLimit(Field driver) {
        if (driver.value() instanceof ObjectNode node) {
            ObjectNode copy = node.deepCopy();
            copy.remove("allocatable");
            return copy;
        }
        return driver.value();
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
