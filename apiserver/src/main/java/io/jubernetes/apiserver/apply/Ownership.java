package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.apply.Managers.Manager;
import io.jubernetes.apiserver.apply.Managers.Owned;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.schema.Schema;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Works out who owns what after one write of one resource. Trees are in the request's version, without managed fields.
///
/// @param ignored what the write's path does not store, such as the status on the main path
/// @param time of the write; null on paths that record none
record Ownership(
        ApiResource resource, FieldSet ignored, @Nullable String time) {
    /// What no one owns: the identity of the object and what the server counts.
    private static final FieldSet NEVER_OWNED = FieldSet.ofFields(
            "apiVersion",
            "kind",
            "metadata",
            "metadata.name",
            "metadata.namespace",
            "metadata.creationTimestamp",
            "metadata.selfLink",
            "metadata.uid",
            "metadata.clusterName",
            "metadata.generation",
            "metadata.managedFields",
            "metadata.resourceVersion");

    /// Gives an updater what changed, and takes it from everybody else.
    ///
    /// @return false when the object has fields that the version of another manager does not declare: nobody can
    ///     say any longer who owns what, and the managers are of no use
    boolean update(Managers managers, ObjectNode before, ObjectNode after, Manager manager) {
        Comparison changes = Comparison.of(resource.schema(), before, after).without(ignored);
        Map<String, Optional<Comparison>> versions = new HashMap<>();
        versions.put(resource.apiVersion(), Optional.of(changes));
        for (Map.Entry<Manager, Owned> entry : managers.entries()) {
            Optional<Comparison> seen = seen(versions, entry.getValue().apiVersion(), before, after);
            if (seen.isEmpty()) {
                managers.remove(entry.getKey());
                continue;
            }
            if (!fits(after, entry.getValue().apiVersion())) {
                return false;
            }
            Comparison comparison = seen.get();
            FieldSet left = entry.getValue()
                    .fields()
                    .difference(comparison.modified())
                    .difference(comparison.added())
                    .difference(comparison.removed());
            managers.put(entry.getKey(), entry.getValue().with(left));
        }
        FieldSet taken = changes.modified().union(changes.added()).difference(NEVER_OWNED);
        if (!taken.isEmpty()) {
            Owned present = managers.get(manager);
            FieldSet all = present == null ? taken : taken.union(present.fields());
            managers.put(manager, new Owned(all, resource.apiVersion(), time));
        }
        managers.cap();
        return true;
    }

    private boolean fits(ObjectNode object, String apiVersion) {
        return !resource.strategy().isCustom()
                || apiVersion.equals(resource.apiVersion())
                || Typed.schema(resource, apiVersion)
                        .map(schema -> new PatchCheck(schema)
                                .problems(converted(object, apiVersion))
                                .isEmpty())
                        .orElse(true);
    }

    /// What an apply comes to.
    ///
    /// @param changed whether the object is another than before
    record Applied(ObjectNode object, Managers managers, boolean changed) {}

    /// Lays an applier's tree over the live object.
    ///
    /// @param managers who owns what before; not changed
    /// @param force whether to take fields from other managers
    Applied apply(Managers managers, ObjectNode live, ObjectNode patch, Manager manager, boolean force)
            throws ApplyConflict {
        Schema schema = resource.schema();
        Managers result = managers.copy();
        Owned last = managers.get(manager);
        FieldSet set = TreeFields.of(schema, patch).differenceBelow(ignored);
        ObjectNode object = Typed.object(TreeMerge.merge(schema, live, patch));
        if (last != null) {
            object = prune(object, set, result, last, manager);
        }
        Map<Manager, FieldSet> conflicts = new HashMap<>();
        Map<String, Optional<Comparison>> versions = new HashMap<>();
        for (Map.Entry<Manager, Owned> entry : result.entries()) {
            if (entry.getKey().equals(manager)) {
                continue;
            }
            Owned other = entry.getValue();
            Optional<Comparison> seen = seen(versions, other.apiVersion(), live, object);
            if (seen.isEmpty()) {
                result.remove(entry.getKey());
                continue;
            }
            Comparison changes = seen.get();
            FieldSet disputed = other.fields().intersection(changes.modified().union(changes.added()));
            if (!disputed.isEmpty()) {
                conflicts.put(entry.getKey(), disputed);
            }
            result.put(
                    entry.getKey(),
                    other.with(other.fields().difference(disputed).difference(changes.removed())));
        }
        if (!force && !conflicts.isEmpty()) {
            throw new ApplyConflict(conflicts);
        }
        boolean changed = !Values.same(live, object);
        String when = changed ? time : last == null ? null : last.time();
        result.put(manager, new Owned(set.difference(NEVER_OWNED), resource.apiVersion(), when));
        return new Applied(changed ? object : live, result, changed);
    }

    /// Takes away what the applier named the last time, names no longer, and nobody else owns.
    private ObjectNode prune(ObjectNode merged, FieldSet set, Managers managers, Owned last, Manager manager) {
        Schema schema = resource.schema();
        FieldSet owned = set;
        for (Map.Entry<Manager, Owned> entry : managers.entries()) {
            if (!entry.getKey().equals(manager)) {
                owned = owned.union(entry.getValue().fields());
            }
        }
        FieldSet lastFields = last.fields().withStructs(schema);
        JsonNode pruned = TreeRemoval.remove(schema, merged, lastFields);
        FieldSet all = TreeFields.of(schema, merged).withStructs(schema);
        FieldSet kept = TreeFields.of(schema, pruned).withStructs(schema).union(owned.withStructs(schema));
        JsonNode withOwned = TreeRemoval.remove(schema, merged, all.difference(kept));
        FieldSet remaining = TreeFields.of(schema, withOwned).withStructs(schema);
        return Typed.object(
                TreeRemoval.remove(schema, merged, all.difference(remaining).intersection(lastFields)));
    }

    private Optional<Comparison> seen(
            Map<String, Optional<Comparison>> versions, String apiVersion, ObjectNode before, ObjectNode after) {
        return versions.computeIfAbsent(
                apiVersion,
                version -> Typed.schema(resource, version)
                        .map(schema -> Comparison.of(schema, converted(before, version), converted(after, version))
                                .without(ignored)));
    }

    private ObjectNode converted(ObjectNode object, String apiVersion) {
        return apiVersion.equals(resource.apiVersion())
                ? object
                : resource.strategy().unpruned(object.deepCopy(), apiVersion);
    }
}
