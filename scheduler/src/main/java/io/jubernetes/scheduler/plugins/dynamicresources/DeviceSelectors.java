package io.jubernetes.scheduler.plugins.dynamicresources;

import io.jubernetes.common.cel.CelBudget;
import io.jubernetes.common.cel.CelExpressions;
import io.jubernetes.common.cel.CelFailure;
import io.jubernetes.common.cel.CelProgram;
import io.jubernetes.common.cel.DeviceExpressions;
import java.util.LinkedHashMap;
import java.util.Map;

/// Runs the expressions of device classes and requests on devices. Compiled expressions are kept, the ones used last.
/// Used by the scheduling thread.
final class DeviceSelectors {
    private static final int MAX_KEPT = 256;

    private final Map<String, CelProgram> programs = new Recent();

    /// An expression that cannot be compiled or failed on a device. The message is the reason in upstream's words.
    static final class SelectorException extends Exception {
        private static final long serialVersionUID = 1;

        SelectorException(String message) {
            super(message);
        }
    }

    private static final class Recent extends LinkedHashMap<String, CelProgram> {
        private static final long serialVersionUID = 1;

        Recent() {
            super(32, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, CelProgram> eldest) {
            return size() > MAX_KEPT;
        }
    }

    /// Whether an expression selects a device.
    ///
    /// @param device what the expression knows as `device`, see [OfferedDevice#variables]
    boolean matches(String expression, Map<String, Object> device) throws SelectorException {
        CelProgram program = program(expression);
        try {
            return Boolean.TRUE.equals(program.run(Map.of("device", device), new CelBudget(CelBudget.PER_CALL)));
        } catch (CelFailure e) {
            throw new SelectorException("CEL runtime error: " + e.getMessage());
        }
    }

    private CelProgram program(String expression) throws SelectorException {
        CelProgram known = programs.get(expression);
        if (known != null) {
            return known;
        }
        CelExpressions.Compiled compiled = DeviceExpressions.ALL.compile(expression);
        if (compiled.problem() != null) {
            throw new SelectorException("CEL compile error: " + compiled.problem());
        }
        programs.put(expression, compiled.require());
        return compiled.require();
    }
}
