package io.jubernetes.apiserver.registry.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;

/// Bindings of roles in a namespace and in the cluster.
public final class RoleBindingStrategy extends CheckedStrategy {
    private static final String GROUP = "rbac.authorization.k8s.io";
    private static final Table TABLE = Columns.named()
            .text(
                    "Role",
                    binding -> binding.path("roleRef").path("kind").asText("") + "/"
                            + binding.path("roleRef").path("name").asText(""))
            .age()
            .wide("Users", binding -> subjects(binding, "User"))
            .wide("Groups", binding -> subjects(binding, "Group"))
            .wide("ServiceAccounts", binding -> subjects(binding, "ServiceAccount"));

    private final boolean namespaced;

    /// @param namespaced whether the bindings belong to namespaces
    public RoleBindingStrategy(boolean namespaced) {
        this.namespaced = namespaced;
    }

    @Override
    public Names names() {
        return Names.PATH_SEGMENT;
    }

    @Override
    public boolean createsOnUpdate() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode binding) {
        Meta.defaultTo(Meta.child(binding, "roleRef"), "apiGroup", GROUP);
        for (ObjectNode subject : Meta.items(binding, "subjects")) {
            String kind = subject.path("kind").asText("");
            if (kind.equals("User") || kind.equals("Group")) {
                Meta.defaultTo(subject, "apiGroup", GROUP);
            }
        }
    }

    @Override
    protected void check(Field binding) {
        Field role = binding.get("roleRef");
        if (!role.get("apiGroup").text().equals(GROUP)) {
            role.get("apiGroup").notSupported(List.of(GROUP));
        }
        List<String> kinds = namespaced ? List.of("Role", "ClusterRole") : List.of("ClusterRole");
        if (!kinds.contains(role.get("kind").text())) {
            role.get("kind").notSupported(kinds);
        }
        if (role.get("name").requireValue()) {
            role.get("name").requireForm(NameRules::pathSegment);
        }
        binding.get("subjects").items().forEach(this::checkSubject);
    }

    private void checkSubject(Field subject) {
        Field name = subject.get("name");
        name.requireValue();
        Field group = subject.get("apiGroup");
        switch (subject.get("kind").text()) {
            case "ServiceAccount" -> {
                if (!name.isEmpty()) {
                    name.requireForm(NameRules::subdomain);
                }
                if (!group.isEmpty()) {
                    group.notSupported(List.of(""));
                }
                if (!namespaced) {
                    subject.get("namespace").requireValue();
                }
            }
            case "User", "Group" -> {
                if (!group.text().equals(GROUP)) {
                    group.notSupported(List.of(GROUP));
                }
            }
            default -> subject.get("kind").notSupported(List.of("ServiceAccount", "User", "Group"));
        }
    }

    @Override
    protected void checkUpdate(Field binding, Field old) {
        Field role = binding.get("roleRef");
        if (!Meta.same(role.value(), old.get("roleRef").value())) {
            role.invalid(GoShape.of("rbac.v1.RoleRef", role.value()), "cannot change roleRef");
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String subjects(JsonNode binding, String kind) {
        List<String> names = new ArrayList<>();
        for (JsonNode subject : binding.path("subjects")) {
            if (subject.path("kind").asText("").equals(kind)) {
                String namespace = subject.path("namespace").asText("");
                String name = subject.path("name").asText("");
                names.add(kind.equals("ServiceAccount") ? namespace + "/" + name : name);
            }
        }
        return String.join(", ", names);
    }
}
