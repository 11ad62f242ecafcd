package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import java.util.List;

/// Service accounts.
public final class ServiceAccountStrategy extends CheckedStrategy {
    private static final String ENFORCE = "kubernetes.io/enforce-mountable-secrets";
    private static final Table TABLE = Columns.named().age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public void prepareForCreate(ObjectNode account) {
        // A reference to a secret of the same namespace is its name; nothing else of it is kept.
        for (ObjectNode secret : Meta.items(account, "secrets")) {
            secret.retain("name");
        }
    }

    @Override
    public void prepareForUpdate(ObjectNode account, ObjectNode old) {
        prepareForCreate(account);
    }

    @Override
    public List<String> warnings(ObjectNode account) {
        return Meta.annotations(account).containsKey(ENFORCE)
                ? List.of("metadata.annotations[" + ENFORCE
                        + "]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets")
                : List.of();
    }

    @Override
    public List<String> updateWarnings(ObjectNode account, ObjectNode old) {
        return warnings(old).isEmpty() ? warnings(account) : List.of();
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
