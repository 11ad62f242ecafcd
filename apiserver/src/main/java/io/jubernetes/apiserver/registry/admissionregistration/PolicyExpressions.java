package io.jubernetes.apiserver.registry.admissionregistration;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import io.jubernetes.apiserver.cel.CelExpressions;
import io.jubernetes.apiserver.cel.CelShape;
import io.jubernetes.apiserver.validation.Field;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the expressions of webhooks and policies may use, and of which types it is. Objects are of no
/// known type, as one policy may match many kinds. Not thread-safe: it grows with the variables of
/// one policy.
public final class PolicyExpressions {
    static final List<String> BOOL = List.of("bool");
    static final List<String> TEXT = List.of("string");
    static final List<String> TEXT_OR_NULL = List.of("string", "null_type");

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

    /// @param params whether there is an object of parameters
    public static PolicyExpressions of(boolean params) {
        Map<String, CelShape> names = new HashMap<>(BASE);
        if (params) {
            names.put("params", CelShape.DYN);
        }
        return new PolicyExpressions(names);
    }

    private static Map<String, CelShape> base() {
        Map<String, CelShape> names = new HashMap<>();
        names.put("object", CelShape.DYN);
        names.put("oldObject", CelShape.DYN);
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

    /// Checks the expression of a variable, which later expressions may use.
    void declare(String name, Field expression) {
        String problem = declare(name, expression.text()).problem();
        if (problem != null) {
            expression.invalid(problem);
        }
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

    /// Reports an expression that does not compile or has another type.
    void check(Field place, String text, List<String> wanted) {
        check(place, text, wanted, true);
    }

    /// @param authorizer whether the expression may ask what its user may do
    void check(Field place, String text, List<String> wanted, boolean authorizer) {
        report(place, compile(text, authorizer), wanted);
    }

    /// Checks an expression that comes to a patch.
    ///
    /// @param json whether it is a list of operations and not a part of the object
    void checkPatch(Field place, String text, boolean json) {
        String wanted = json ? "list(JSONPatch)" : "Object";
        report(place, compilePatch(text), List.of(wanted));
    }

    private static void report(Field place, CelExpressions.Compiled compiled, List<String> wanted) {
        String problem = compiled.problem();
        if (problem != null) {
            place.invalid(problem);
            return;
        }
        String found = shown(compiled.require().type());
        if (!wanted.contains(found)) {
            String all = wanted.size() == 1 ? wanted.getFirst() : "one of [" + String.join(" ", wanted) + "]";
            place.invalid("must evaluate to " + all + " but got " + found);
        }
    }

    private static String shown(CelType type) {
        return switch (type) {
            case ListType list -> "list(" + shown(list.elemType()) + ")";
            case MapType map -> "map(" + shown(map.keyType()) + ", " + shown(map.valueType()) + ")";
            default -> type.name();
        };
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
