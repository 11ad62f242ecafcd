package io.jubernetes.scheduler.plugins.dynamicresources;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import io.jubernetes.common.meta.Quantity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// The functions that Kubernetes adds to the expression language, as far as the selection of devices has a use for
/// them: quantities, semantic versions, and matching of text and lists.
final class SelectorFunctions {
    private static final CelType QUANTITY = OpaqueType.create("kubernetes.Quantity");
    private static final CelType VERSION = OpaqueType.create("kubernetes.Semver");
    private static final CelType STRINGS = ListType.create(SimpleType.STRING);

    private final Map<String, List<CelOverloadDecl>> overloads = new LinkedHashMap<>();
    private final List<CelFunctionBinding> bindings = new ArrayList<>();

    SelectorFunctions() {
        quantities();
        versions();
        texts();
    }

    List<CelFunctionDecl> declarations() {
        List<CelFunctionDecl> result = new ArrayList<>();
        overloads.forEach((name, all) -> result.add(CelFunctionDecl.newFunctionDeclaration(name, all)));
        return result;
    }

    List<CelFunctionBinding> bindings() {
        return bindings;
    }

    private void quantities() {
        String parse = function("quantity", QUANTITY, SimpleType.STRING);
        bindings.add(CelFunctionBinding.from(parse, String.class, SelectorFunctions::quantity));
        String check = function("isQuantity", SimpleType.BOOL, SimpleType.STRING);
        bindings.add(CelFunctionBinding.from(
                check, String.class, text -> Quantity.tryParse(text).isPresent()));
        method("isLessThan", SimpleType.BOOL, Quantity.class, Quantity.class, (a, b) -> a.compareTo(b) < 0);
        method("isGreaterThan", SimpleType.BOOL, Quantity.class, Quantity.class, (a, b) -> a.compareTo(b) > 0);
        method("compareTo", SimpleType.INT, Quantity.class, Quantity.class, (a, b) -> (long) a.compareTo(b));
        method("add", QUANTITY, Quantity.class, Quantity.class, Quantity::plus);
        method("add", QUANTITY, Quantity.class, Long.class, (a, b) -> a.plus(Quantity.of(b)));
        method("sub", QUANTITY, Quantity.class, Quantity.class, Quantity::minus);
        method("sub", QUANTITY, Quantity.class, Long.class, (a, b) -> a.minus(Quantity.of(b)));
        method("sign", SimpleType.INT, Quantity.class, quantity -> (long) quantity.signum());
        method("isInteger", SimpleType.BOOL, Quantity.class, SelectorFunctions::isInteger);
        method("asInteger", SimpleType.INT, Quantity.class, SelectorFunctions::asInteger);
        method(
                "asApproximateFloat",
                SimpleType.DOUBLE,
                Quantity.class,
                quantity -> quantity.value().doubleValue());
    }

    private static Quantity quantity(String text) {
        return Quantity.tryParse(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
    }

    private static boolean isInteger(Quantity quantity) {
        return quantity.isWhole() && quantity.value().toBigInteger().bitLength() < Long.SIZE;
    }

    private static long asInteger(Quantity quantity) {
        if (!isInteger(quantity)) {
            throw new IllegalArgumentException("cannot convert value to integer");
        }
        return quantity.toLong();
    }

    private void versions() {
        String parse = function("semver", VERSION, SimpleType.STRING);
        bindings.add(CelFunctionBinding.from(parse, String.class, text -> version(text, false)));
        String lenient = function("semver", VERSION, SimpleType.STRING, SimpleType.BOOL);
        bindings.add(CelFunctionBinding.from(lenient, String.class, Boolean.class, SelectorFunctions::version));
        String check = function("isSemver", SimpleType.BOOL, SimpleType.STRING);
        bindings.add(CelFunctionBinding.from(
                check, String.class, text -> SemanticVersion.parse(text).isPresent()));
        method(
                "major",
                SimpleType.INT,
                SemanticVersion.class,
                version -> version.major().longValue());
        method(
                "minor",
                SimpleType.INT,
                SemanticVersion.class,
                version -> version.minor().longValue());
        method(
                "patch",
                SimpleType.INT,
                SemanticVersion.class,
                version -> version.patch().longValue());
        method(
                "isLessThan",
                SimpleType.BOOL,
                SemanticVersion.class,
                SemanticVersion.class,
                (a, b) -> a.compareTo(b) < 0);
        method(
                "isGreaterThan",
                SimpleType.BOOL,
                SemanticVersion.class,
                SemanticVersion.class,
                (a, b) -> a.compareTo(b) > 0);
        method("compareTo", SimpleType.INT, SemanticVersion.class, SemanticVersion.class, (a, b) ->
                (long) Integer.signum(a.compareTo(b)));
    }

    private static SemanticVersion version(String text, boolean lenient) {
        return (lenient ? SemanticVersion.parseLeniently(text) : SemanticVersion.parse(text))
                .orElseThrow(() -> new IllegalArgumentException(
                        "Semver parse error during conversion from string: No Major.Minor.Patch elements found"));
    }

    private void texts() {
        method("find", SimpleType.STRING, String.class, String.class, (text, pattern) -> {
            var matcher = Pattern.compile(pattern).matcher(text);
            return matcher.find() ? matcher.group() : "";
        });
        method(
                "findAll",
                STRINGS,
                String.class,
                String.class,
                (text, pattern) -> Pattern.compile(pattern)
                        .matcher(text)
                        .results()
                        .map(java.util.regex.MatchResult::group)
                        .toList());
        String includes = overload("includes", true, SimpleType.BOOL, SimpleType.DYN, SimpleType.DYN);
        bindings.add(CelFunctionBinding.from(includes, Object.class, Object.class, SelectorFunctions::includes));
    }

    /// An attribute with one value is treated as a list of it, so that drivers can go over from one to many.
    private static boolean includes(Object values, Object value) {
        return values instanceof List<?> list ? list.contains(value) : values.equals(value);
    }

    private String function(String name, CelType result, CelType... parameters) {
        return overload(name, false, result, parameters);
    }

    private <T> void method(String name, CelType result, Class<T> receiver, CelFunctionOverload.Unary<T> body) {
        String id = overload(name, true, result, type(receiver));
        bindings.add(CelFunctionBinding.from(id, receiver, body));
    }

    private <A, B> void method(
            String name, CelType result, Class<A> receiver, Class<B> argument, CelFunctionOverload.Binary<A, B> body) {
        String id = overload(name, true, result, type(receiver), type(argument));
        bindings.add(CelFunctionBinding.from(id, receiver, argument, body));
    }

    private static CelType type(Class<?> of) {
        if (of.equals(Quantity.class)) {
            return QUANTITY;
        }
        if (of.equals(SemanticVersion.class)) {
            return VERSION;
        }
        return of.equals(Long.class) ? SimpleType.INT : SimpleType.STRING;
    }

    /// @return the id that the function's body is bound to
    private String overload(String name, boolean isMethod, CelType result, CelType... parameters) {
        var id = new StringBuilder(name);
        for (CelType parameter : parameters) {
            id.append('_').append(parameter.name().replaceAll("\\W", "_"));
        }
        List<CelType> types = Arrays.asList(parameters);
        overloads
                .computeIfAbsent(name, _ -> new ArrayList<>())
                .add(
                        isMethod
                                ? CelOverloadDecl.newMemberOverload(id.toString(), result, types)
                                : CelOverloadDecl.newGlobalOverload(id.toString(), result, types));
        return id.toString();
    }
}
