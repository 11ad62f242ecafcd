package io.jubernetes.apiserver.resource;

import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.time.Deadline;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One resource of one API version: its names, what can be done with it, its shape and its rules.
///
/// @param group empty for the core group
/// @param verbs as discovery lists them
/// @param subresources by name
/// @param storagePrefix where its objects are kept, such as `/registry/pods/`; null for one that is not stored
/// @param schema the kind's shape
public record ApiResource(
        String group,
        String version,
        String plural,
        String singular,
        String kind,
        String listKind,
        boolean namespaced,
        Set<String> verbs,
        List<String> shortNames,
        List<String> categories,
        Map<String, Subresource> subresources,
        @Nullable String storagePrefix,
        Schema schema,
        Strategy strategy) {

    /// A subresource.
    ///
    /// @param kind the kind its bodies have
    /// @param groupVersion that kind's API version; null when it is the resource's own
    public record Subresource(
            String name, String kind, @Nullable String groupVersion, Set<String> verbs) {}

    /// `v1` or `apps/v1`.
    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /// `pods` or `deployments.apps`.
    public String qualifiedName() {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    /// The group that messages about an object's content name.
    String kindGroup() {
        return strategy.group(group);
    }

    /// Whether it is defined at run time. Such resources are known to clients as plain JSON only: no protobuf, no
    /// strategic merge.
    public boolean isCustom() {
        return strategy.isCustom();
    }

    /// The storage key of an object.
    public String key(String namespace, String name) {
        return keyPrefix(namespace) + name;
    }

    /// The common start of the keys of a namespace's objects, or of all objects when the namespace is empty.
    public String keyPrefix(String namespace) {
        if (storagePrefix == null) {
            throw new IllegalStateException(qualifiedName() + " is not stored");
        }
        return namespace.isEmpty() ? storagePrefix : storagePrefix + namespace + "/";
    }

    /// A request of the API server itself for one object of this resource.
    ///
    /// @param namespace empty for a cluster-scoped resource
    public RequestContext ownRequest(String verb, String namespace, String name, Deadline deadline) {
        var info = new RequestInfo(true, verb, "", group, version, namespace, plural, name, "", "");
        return new RequestContext(info, UserInfo.apiServer(), "kube-apiserver", deadline);
    }
}
