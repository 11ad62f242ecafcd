package io.jubernetes.apiserver.registry.resource;

import dev.cel.common.types.SimpleType;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.cel.CelExpressions;
import io.jubernetes.common.cel.DeviceExpressions;

/// The expressions that select devices.
final class SelectorRules {
    private static final int MAX_SELECTORS = 32;
    private static final int MAX_LENGTH = 10 << 10;

    private SelectorRules() {}

    /// Checks the selectors of a class or request.
    static void check(Field selectors) {
        DeviceRules.checkSize(selectors, MAX_SELECTORS);
        for (Field selector : selectors.items()) {
            Field expression = selector.get("cel").get("expression");
            if (!selector.get("cel").isSet()) {
                selector.get("cel").required("");
            } else if (expression.text().length() > MAX_LENGTH) {
                expression.tooLong(MAX_LENGTH);
            } else {
                checkExpression(expression);
            }
        }
    }

    private static void checkExpression(Field expression) {
        CelExpressions.Compiled compiled = DeviceExpressions.ALL.compile(expression.text());
        String problem = compiled.problem();
        if (problem != null) {
            expression.invalid(problem);
        } else if (!compiled.require().type().equals(SimpleType.BOOL)
                && !compiled.require().type().equals(SimpleType.DYN)) {
            expression.invalid(
                    "must evaluate to bool but got " + compiled.require().type().name());
        }
    }
}
