package io.jubernetes.common.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the expressions of webhooks and policies may use, and of which types it is. Not thread-safe: it grows with the
/// variables of one policy.
public final class PolicyExpressions {
    private static final CelShape STRING = CelShape.string(CelShape.UNKNOWN);
    private static final CelShape TIME = CelShape.simple(SimpleType.TIMESTAMP, CelShape.UNKNOWN, 2);
    private static final Map<String, CelShape> BASE = base();

    private final Map<String, CelShape> names;
    private final Map<String, CelShape> variables = new LinkedHashMap<>();
    private final Map<Boolean, CelExpressions> known = new HashMap<>();
    private boolean composed;

    private PolicyExpressions(Map<String, CelShape> names) {
        this.names = names;
    }

    /// For objects of no known type: one policy may match many kinds.
    ///
    /// @param params whether there is an object of parameters
    public static PolicyExpressions of(boolean params) {
        return of(CelShape.DYN, params ? CelShape.DYN : null);
    }

    /// For objects of one kind.
    ///
    /// @param params the type of the object of parameters; null when there is none
    public static PolicyExpressions of(CelShape object, @Nullable CelShape params) {
        Map<String, CelShape> names = new HashMap<>(BASE);
        names.put("object", object);
        names.put("oldObject", object);
        if (params != null) {
            names.put("params", params);
        }
        return new PolicyExpressions(names);
    }

    private static Map<String, CelShape> base() {
        Map<String, CelShape> names = new HashMap<>();
        names.put("request", request());
        names.put("namespaceObject", namespace());
        names.put("authorizer", CelExpressions.authorizer());
        names.put("authorizer.requestResource", CelShape.simple(CelExpressions.authorizerCheck(), CelShape.UNKNOWN, 1));
        return names;
    }

    private static CelShape request() {
        CelShape kind = texts("kubernetes.GroupVersionKind", "group", "version", "kind");
        CelShape resource = texts("kubernetes.GroupVersionResource", "group", "version", "resource");
        Map<String, CelShape> user = new HashMap<>();
        user.put("username", STRING);
        user.put("uid", STRING);
        user.put("groups", CelShape.list(STRING, CelShape.UNKNOWN));
        user.put("extra", CelShape.map(CelShape.list(STRING, CelShape.UNKNOWN), CelShape.UNKNOWN));
        Map<String, CelShape> fields = new HashMap<>();
        fields.put("kind", kind);
        fields.put("resource", resource);
        fields.put("subResource", STRING);
        fields.put("requestKind", kind);
        fields.put("requestResource", resource);
        fields.put("requestSubResource", STRING);
        fields.put("name", STRING);
        fields.put("namespace", STRING);
        fields.put("operation", STRING);
        fields.put("userInfo", CelShape.object("kubernetes.UserInfo", user, 2));
        fields.put("dryRun", CelShape.BOOL);
        fields.put("options", CelShape.DYN);
        return CelShape.object("kubernetes.AdmissionRequest", fields, 2);
    }

    private static CelShape namespace() {
        CelShape labels = CelShape.map(STRING, CelShape.UNKNOWN);
        CelShape list = CelShape.list(STRING, CelShape.UNKNOWN);
        Map<String, CelShape> meta = new HashMap<>();
        for (String name : List.of("name", "generateName", "namespace", "UID", "resourceVersion")) {
            meta.put(name, STRING);
        }
        meta.put("labels", labels);
        meta.put("annotations", labels);
        meta.put("finalizers", list);
        meta.put("creationTimestamp", TIME);
        meta.put("deletionTimestamp", TIME);
        meta.put("deletionGracePeriodSeconds", CelShape.INT);
        meta.put("generation", CelShape.INT);
        return CelShape.object(
                "kubernetes.Namespace",
                Map.of(
                        "metadata", CelShape.object("kubernetes.NamespaceMetadata", meta, 2),
                        "spec", CelShape.object("kubernetes.NamespaceSpec", Map.of("finalizers", list), 2),
                        "status", texts("kubernetes.NamespaceStatus", "phase")),
                2);
    }

    private static CelShape texts(String type, String... names) {
        Map<String, CelShape> fields = new HashMap<>();
        for (String name : names) {
            fields.put(name, STRING);
        }
        return CelShape.object(type, fields, 2);
    }

    /// Lets later expressions use variables of the policy, none at first.
    public void compose() {
        composed = true;
        known.clear();
    }

    /// Compiles the expression of a variable, which later expressions may use.
    public CelExpressions.Compiled declare(String name, String expression) {
        CelExpressions.Compiled compiled = compile(expression, true);
        CelType type =
                compiled.program() == null ? SimpleType.DYN : compiled.require().type();
        variables.put(name, CelShape.simple(type, CelShape.UNKNOWN, 1));
        known.clear();
        return compiled;
    }

    /// Compiles an expression.
    ///
    /// @param authorizer whether the expression may ask what its user may do
    public CelExpressions.Compiled compile(String expression, boolean authorizer) {
        return known.computeIfAbsent(authorizer, may -> CelExpressions.over(names(may)))
                .compile(expression);
    }

    /// Compiles an expression that comes to a patch.
    public CelExpressions.Compiled compilePatch(String expression) {
        return CelExpressions.forPatch(names(true), expression).compile(expression);
    }

    private Map<String, CelShape> names(boolean authorizer) {
        Map<String, CelShape> declared = new HashMap<>(names);
        if (!authorizer) {
            declared.remove("authorizer");
            declared.remove("authorizer.requestResource");
        }
        if (composed) {
            declared.put("variables", CelShape.object("kubernetes.variables", variables, 2));
        }
        return declared;
    }
}
