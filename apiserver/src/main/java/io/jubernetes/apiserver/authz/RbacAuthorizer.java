package io.jubernetes.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Cursor;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.Snapshot;
import io.jubernetes.apiserver.watchcache.WatchEvent;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Role-based access control over the roles and bindings of the cluster. Keeps parsed rules, indexed by
/// subject, current with the watch caches. Thread-safe.
public final class RbacAuthorizer implements Authorizer {
    private record RoleKey(String namespace, String name) {}

    /// One subject's part of a binding.
    ///
    /// @param key of the stored binding
    /// @param namespace where the binding holds; empty for the whole cluster
    /// @param subject as messages show it
    private record Binding(
            String key, String name, String namespace, String roleKind, String roleName, String subject) {
        String description() {
            String what = namespace.isEmpty()
                    ? "ClusterRoleBinding " + Json.text(name)
                    : "RoleBinding " + Json.text(name + "/" + namespace);
            return what + " of " + roleKind + " " + Json.text(roleName) + " to " + subject;
        }
    }

    private final Follower roles;
    private final Follower clusterRoles;
    private final Follower bindings;
    private final Follower clusterBindings;

    @GuardedBy("this")
    private final Map<RoleKey, List<PolicyRule>> rules = new HashMap<>();

    @GuardedBy("this")
    private final Map<String, List<Binding>> bySubject = new HashMap<>();

    @GuardedBy("this")
    private final Map<String, List<String>> subjectsOfBinding = new HashMap<>();

    public RbacAuthorizer(
            ResourceCache roles, ResourceCache clusterRoles, ResourceCache bindings, ResourceCache clusterBindings) {
        this.roles = new Follower(roles, this::role);
        this.clusterRoles = new Follower(clusterRoles, this::role);
        this.bindings = new Follower(bindings, this::binding);
        this.clusterBindings = new Follower(clusterBindings, this::binding);
    }

    @Override
    public synchronized Decision authorize(Attributes asked) {
        refresh();
        List<String> missing = new ArrayList<>();
        for (Binding binding : held(asked.user(), asked.resourceRequest() ? asked.namespace() : "")) {
            List<PolicyRule> found = rulesOf(binding);
            if (found == null) {
                missing.add(binding.roleKind().toLowerCase(Locale.ROOT) + ".rbac.authorization.k8s.io "
                        + Json.text(binding.roleName()) + " not found");
            } else if (found.stream().anyMatch(rule -> rule.allows(asked))) {
                return new Decision(Verdict.ALLOW, "RBAC: allowed by " + binding.description());
            }
        }
        List<String> reasons = missing.stream().distinct().toList();
        return switch (reasons.size()) {
            case 0 -> Decision.NO_OPINION;
            case 1 -> new Decision(Verdict.NO_OPINION, "RBAC: " + reasons.getFirst());
            default -> new Decision(Verdict.NO_OPINION, "RBAC: [" + String.join(", ", reasons) + "]");
        };
    }

    /// The bindings that hold for a user: those of the whole cluster before those of the namespace.
    ///
    /// @param namespace empty for none
    @GuardedBy("this")
    private List<Binding> held(UserInfo user, String namespace) {
        List<Binding> cluster = new ArrayList<>();
        List<Binding> local = new ArrayList<>();
        for (String subject : subjects(user)) {
            for (Binding binding : bySubject.getOrDefault(subject, List.of())) {
                if (binding.namespace().isEmpty()) {
                    cluster.add(binding);
                } else if (binding.namespace().equals(namespace)) {
                    local.add(binding);
                }
            }
        }
        cluster.addAll(local);
        return cluster;
    }

    private static List<String> subjects(UserInfo user) {
        List<String> subjects = new ArrayList<>();
        subjects.add("User " + user.name());
        user.groups().forEach(group -> subjects.add("Group " + group));
        return subjects;
    }

    @GuardedBy("this")
    private @Nullable List<PolicyRule> rulesOf(Binding binding) {
        String namespace = binding.roleKind().equals("Role") ? binding.namespace() : "";
        return rules.get(new RoleKey(namespace, binding.roleName()));
    }

    /// The rules of a role; empty when there is no such role.
    ///
    /// @param namespace of the binding; empty for a binding in the whole cluster
    public synchronized Optional<List<PolicyRule>> rulesOfRole(String kind, String name, String namespace) {
        refresh();
        return Optional.ofNullable(rules.get(new RoleKey(kind.equals("Role") ? namespace : "", name)));
    }

    /// The rules that hold for a user in a namespace.
    ///
    /// @param namespace empty for what holds in the whole cluster
    public synchronized List<PolicyRule> rulesFor(UserInfo user, String namespace) {
        refresh();
        List<PolicyRule> result = new ArrayList<>();
        for (String subject : subjects(user)) {
            for (Binding binding : bySubject.getOrDefault(subject, List.of())) {
                if (binding.namespace().isEmpty() || binding.namespace().equals(namespace)) {
                    List<PolicyRule> found = rulesOf(binding);
                    result.addAll(found == null ? List.of() : found);
                }
            }
        }
        return result;
    }

    @GuardedBy("this")
    private void refresh() {
        roles.follow();
        clusterRoles.follow();
        bindings.follow();
        clusterBindings.follow();
    }

    private synchronized void role(CachedObject object, @Nullable JsonNode role) {
        var key = new RoleKey(object.namespace(), object.name());
        if (role == null) {
            rules.remove(key);
            return;
        }
        List<PolicyRule> parsed = new ArrayList<>();
        role.path("rules").forEach(rule -> parsed.add(PolicyRule.of(rule)));
        rules.put(key, List.copyOf(parsed));
    }

    private synchronized void binding(CachedObject object, @Nullable JsonNode binding) {
        for (String subject : subjectsOfBinding.getOrDefault(object.key(), List.of())) {
            List<Binding> held = bySubject.get(subject);
            if (held != null) {
                held.removeIf(other -> other.key().equals(object.key()));
            }
        }
        subjectsOfBinding.remove(object.key());
        if (binding == null) {
            return;
        }
        List<String> subjects = new ArrayList<>();
        for (JsonNode subject : binding.path("subjects")) {
            String name = subject.path("name").asText("");
            String kind = subject.path("kind").asText("");
            String key = kind + " " + name;
            String shown = kind + " " + Json.text(name);
            if (kind.equals("ServiceAccount")) {
                String namespace = subject.path("namespace").asText(object.namespace());
                key = "User system:serviceaccount:" + namespace + ":" + name;
                shown = kind + " " + Json.text(name + "/" + namespace);
            }
            subjects.add(key);
            bySubject
                    .computeIfAbsent(key, _ -> new ArrayList<>())
                    .add(new Binding(
                            object.key(),
                            object.name(),
                            object.namespace(),
                            binding.path("roleRef").path("kind").asText(""),
                            binding.path("roleRef").path("name").asText(""),
                            shown));
        }
        subjectsOfBinding.put(object.key(), List.copyOf(subjects));
    }

    /// Reads a cache's changes into the index.
    private static final class Follower {
        private final ResourceCache cache;
        private final BiConsumer<CachedObject, @Nullable JsonNode> apply;
        private @Nullable Cursor cursor;
        private Map<String, CachedObject> known = new HashMap<>();

        Follower(ResourceCache cache, BiConsumer<CachedObject, @Nullable JsonNode> apply) {
            this.cache = cache;
            this.apply = apply;
        }

        void follow() {
            try {
                Cursor current = cursor == null ? restart() : cursor;
                for (WatchEvent event = current.poll(); event != null; event = current.poll()) {
                    switch (event) {
                        case WatchEvent.Added added -> put(added.object());
                        case WatchEvent.Modified modified -> put(modified.object());
                        case WatchEvent.Deleted deleted -> {
                            known.remove(deleted.last().key());
                            apply.accept(deleted.last(), null);
                        }
                        case WatchEvent.Bookmark _ -> {}
                    }
                }
            } catch (StoreException.Compacted e) {
                var _ = restart();
            }
        }

        private void put(CachedObject object) {
            known.put(object.key(), object);
            apply.accept(object, read(object));
        }

        /// Starts over from what is there now; what is not there any more is taken out.
        private Cursor restart() {
            Snapshot snapshot = cache.snapshot();
            Map<String, CachedObject> before = known;
            known = new HashMap<>();
            snapshot.range("", null).forEachRemaining(this::put);
            before.forEach((key, object) -> {
                if (!known.containsKey(key)) {
                    apply.accept(object, null);
                }
            });
            Cursor fresh = cache.watch("", snapshot.revision());
            cursor = fresh;
            return fresh;
        }

        private static JsonNode read(CachedObject object) {
            try {
                return Json.read(object.storedJson());
            } catch (IOException e) {
                return Json.object();
            }
        }
    }
}
