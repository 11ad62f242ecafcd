package io.jubernetes.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Role-based access control over the roles and bindings of the cluster. Keeps parsed rules, indexed by subject,
/// current with the
/// watch caches. Thread-safe.
public final class RbacAuthorizer implements Authorizer {
    private record RoleKey(String namespace, String name) {}

    /// @param namespace where the binding holds; empty for the whole cluster
    private record Binding(String name, String namespace, String roleKind, String roleName) {}

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
        if (allowed(asked, "User " + asked.user().name())) {
            return new Decision(Verdict.ALLOW, "");
        }
        for (String group : asked.user().groups()) {
            if (allowed(asked, "Group " + group)) {
                return new Decision(Verdict.ALLOW, "");
            }
        }
        return Decision.NO_OPINION;
    }

    @GuardedBy("this")
    private boolean allowed(Attributes asked, String subject) {
        for (Binding binding : bySubject.getOrDefault(subject, List.of())) {
            boolean holds = binding.namespace().isEmpty()
                    || asked.resourceRequest() && binding.namespace().equals(asked.namespace());
            if (holds && rulesOf(binding).stream().anyMatch(rule -> rule.allows(asked))) {
                return true;
            }
        }
        return false;
    }

    @GuardedBy("this")
    private List<PolicyRule> rulesOf(Binding binding) {
        String namespace = binding.roleKind().equals("Role") ? binding.namespace() : "";
        return rules.getOrDefault(new RoleKey(namespace, binding.roleName()), List.of());
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
                held.removeIf(other -> other.name().equals(object.key()));
            }
        }
        subjectsOfBinding.remove(object.key());
        if (binding == null) {
            return;
        }
        var parsed = new Binding(
                object.key(),
                object.namespace(),
                binding.path("roleRef").path("kind").asText(""),
                binding.path("roleRef").path("name").asText(""));
        List<String> subjects = new ArrayList<>();
        for (JsonNode subject : binding.path("subjects")) {
            String name = subject.path("name").asText("");
            String kind = subject.path("kind").asText("");
            if (kind.equals("ServiceAccount")) {
                String namespace = subject.path("namespace").asText(object.namespace());
                subjects.add("User system:serviceaccount:" + namespace + ":" + name);
            } else {
                subjects.add(kind + " " + name);
            }
        }
        subjects.forEach(subject ->
                bySubject.computeIfAbsent(subject, _ -> new ArrayList<>()).add(parsed));
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

    /// The rules that hold for a user in a namespace, as SelfSubjectRulesReview lists them.
    public synchronized List<JsonNode> rulesFor(io.jubernetes.apiserver.request.UserInfo user, String namespace) {
        refresh();
        List<String> subjects = new ArrayList<>();
        subjects.add("User " + user.name());
        user.groups().forEach(group -> subjects.add("Group " + group));
        List<JsonNode> result = new ArrayList<>();
        for (String subject : subjects) {
            for (Binding binding : bySubject.getOrDefault(subject, List.of())) {
                if (binding.namespace().isEmpty() || binding.namespace().equals(namespace)) {
                    rulesOf(binding).forEach(rule -> result.add(Json.tree(rule)));
                }
            }
        }
        return result;
    }
}
