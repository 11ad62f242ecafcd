package io.jubernetes.apiserver.registry.admissionregistration;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.cel.CelExpressions;
import io.jubernetes.common.cel.PolicyExpressions;
import java.util.List;

/// Checks that the expressions of webhooks and policies compile and come to values of the right types.
final class ExpressionRules {
    static final List<String> BOOL = List.of("bool");
    static final List<String> TEXT = List.of("string");
    static final List<String> TEXT_OR_NULL = List.of("string", "null_type");

    private ExpressionRules() {}

    /// Checks the expression of a variable, which later expressions may use.
    static void declare(PolicyExpressions expressions, String name, Field expression) {
        String problem = expressions.declare(name, expression.text()).problem();
        if (problem != null) {
            expression.invalid(problem);
        }
    }

    /// Reports an expression that does not compile or has another type.
    static void check(PolicyExpressions expressions, Field place, String text, List<String> wanted) {
        check(expressions, place, text, wanted, true);
    }

    /// @param authorizer whether the expression may ask what its user may do
    static void check(
            PolicyExpressions expressions, Field place, String text, List<String> wanted, boolean authorizer) {
        report(place, expressions.compile(text, authorizer), wanted);
    }

    /// Checks an expression that comes to a patch.
    ///
    /// @param json whether it is a list of operations and not a part of the object
    static void checkPatch(PolicyExpressions expressions, Field place, String text, boolean json) {
        String wanted = json ? "list(JSONPatch)" : "Object";
        report(place, expressions.compilePatch(text), List.of(wanted));
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
}
