package io.jubernetes.common.cel;

import com.google.protobuf.ByteString;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelReference;
import io.jubernetes.common.cel.CelProgram.Frame;
import io.jubernetes.common.cel.CelProgram.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns a checked expression into steps that run without looking at the expression again. One instance
/// plans one expression.
final class CelPlanner {
    private static final int LIST_COST = 10;
    private static final int MAP_COST = 30;
    private static final int STRUCT_COST = 40;
    private static final Set<String> TYPE_NAMES = Set.of(
            "bool",
            "bytes",
            "double",
            "int",
            "list",
            "map",
            "null_type",
            "string",
            "type",
            "uint",
            "google.protobuf.Timestamp",
            "google.protobuf.Duration",
            "optional_type");

    private final CelAbstractSyntaxTree ast;
    private final Set<String> variables = new HashSet<>();

    /// The list a macro collects its result in: nobody else sees it, so it can grow in place.
    static final class Growing extends ArrayList<Object> {
        private static final long serialVersionUID = 1L;
    }

    CelPlanner(CelAbstractSyntaxTree ast) {
        this.ast = ast;
    }

    Step plan() {
        return plan(ast.getExpr());
    }

    /// The names of all variables the expression mentions.
    Set<String> variables() {
        return variables;
    }

    private Step plan(CelExpr expr) {
        return switch (expr.getKind()) {
            case CONSTANT -> constant(expr.constant());
            case IDENT -> ident(expr);
            case SELECT -> ast.getReference(expr.id()).isPresent() ? ident(expr) : select(expr.select());
            case CALL -> call(expr);
            case LIST -> list(expr.list());
            case MAP -> map(expr.map());
            case COMPREHENSION -> comprehension(expr.comprehension());
            case STRUCT -> struct(expr.struct());
            case NOT_SET ->
                _ -> {
                    throw CelFailure.noOverload();
                };
        };
    }

    private List<Step> plans(List<CelExpr> exprs) {
        return exprs.stream().map(this::plan).toList();
    }

    private static Step constant(CelConstant constant) {
        Object value = valueOf(constant);
        return _ -> value;
    }

    static Object valueOf(CelConstant constant) {
        return switch (constant.getKind()) {
            case BOOLEAN_VALUE -> constant.booleanValue();
            case INT64_VALUE -> constant.int64Value();
            case UINT64_VALUE -> new CelUint(constant.uint64Value().longValue());
            case DOUBLE_VALUE -> constant.doubleValue();
            case STRING_VALUE -> constant.stringValue();
            case BYTES_VALUE -> ByteString.copyFrom(constant.bytesValue().toByteArray());
            default -> CelNull.NULL;
        };
    }

    private Step ident(CelExpr expr) {
        Optional<CelReference> reference = ast.getReference(expr.id());
        String name = reference
                .map(CelReference::name)
                .filter(found -> !found.isEmpty())
                .orElseGet(() -> expr.ident().name());
        Optional<CelConstant> value = reference.flatMap(CelReference::value);
        if (value.isPresent()) {
            return constant(value.get());
        }
        variables.add(name);
        boolean type = TYPE_NAMES.contains(name);
        return frame -> {
            frame.budget().spend(1);
            if (type && !frame.values().containsKey(name)) {
                return new CelTypeName(name);
            }
            return frame.get(name);
        };
    }

    private Step select(CelExpr.CelSelect select) {
        Step operand = plan(select.operand());
        String field = select.field();
        if (select.testOnly()) {
            return frame -> {
                Object value = operand.run(frame);
                frame.budget().spend(1);
                return has(value, field);
            };
        }
        return frame -> {
            Object value = operand.run(frame);
            frame.budget().spend(1);
            return get(value, field);
        };
    }

    private static Object has(Object value, String field) {
        return switch (value) {
            case Map<?, ?> map -> map.containsKey(field);
            case Optional<?> optional ->
                optional.isPresent() && has(optional.get(), field).equals(true);
            default -> throw CelFailure.noOverload();
        };
    }

    private static Object get(Object value, String field) {
        return switch (value) {
            case Map<?, ?> map -> {
                Object found = map.get(field);
                if (found == null) {
                    throw new CelFailure("no such key: " + field);
                }
                yield found;
            }
            case Optional<?> optional -> optional.isPresent() ? getOptional(optional.get(), field) : Optional.empty();
            default -> throw CelFailure.noOverload();
        };
    }

    static Object getOptional(Object value, Object key) {
        return switch (value) {
            case Optional<?> optional -> optional.isPresent() ? getOptional(optional.get(), key) : Optional.empty();
            case Map<?, ?> map -> Optional.ofNullable(CelValues.lookup(map, key));
            case List<?> list
            when key instanceof Long index ->
                index >= 0 && index < list.size() ? Optional.of(list.get(index.intValue())) : Optional.empty();
            default -> throw CelFailure.noOverload();
        };
    }

    private Step call(CelExpr expr) {
        CelExpr.CelCall call = expr.call();
        String function = call.function();
        return switch (function) {
            case "_&&_" -> logic(plan(call.args().get(0)), plan(call.args().get(1)), false);
            case "_||_" -> logic(plan(call.args().get(0)), plan(call.args().get(1)), true);
            case "_?_:_" -> conditional(plans(call.args()));
            case "@not_strictly_false", "__not_strictly_false__" ->
                lenient(plan(call.args().getFirst()));
            case "_?._", "_[?_]" -> optionalAccess(plans(call.args()));
            default -> function(call);
        };
    }

    /// Either side may decide alone, even when the other has failed.
    private static Step logic(Step left, Step right, boolean decisive) {
        return frame -> {
            Object first;
            CelFailure failure = null;
            try {
                first = left.run(frame);
                if (first.equals(decisive)) {
                    return decisive;
                }
            } catch (CelFailure e) {
                if (e.isOverLimit()) {
                    throw e;
                }
                failure = e;
                first = !decisive;
            }
            Object second;
            try {
                second = right.run(frame);
            } catch (CelFailure e) {
                throw failure == null || e.isOverLimit() ? e : failure;
            }
            if (second.equals(decisive)) {
                return decisive;
            }
            if (failure != null) {
                throw failure;
            }
            if (!(first instanceof Boolean) || !(second instanceof Boolean)) {
                throw CelFailure.noOverload();
            }
            return !decisive;
        };
    }

    private static Step conditional(List<Step> steps) {
        return frame -> switch (steps.get(0).run(frame)) {
            case Boolean truth -> steps.get(truth ? 1 : 2).run(frame);
            default -> throw CelFailure.noOverload();
        };
    }

    private static Step lenient(Step step) {
        return frame -> {
            try {
                return !step.run(frame).equals(false);
            } catch (CelFailure e) {
                if (e.isOverLimit()) {
                    throw e;
                }
                return true;
            }
        };
    }

    private static Step optionalAccess(List<Step> steps) {
        return frame -> {
            Object value = steps.get(0).run(frame);
            Object key = steps.get(1).run(frame);
            frame.budget().spend(1);
            return getOptional(value, key);
        };
    }

    private Step function(CelExpr.CelCall call) {
        String name = call.function();
        List<CelExpr> arguments = new ArrayList<>();
        CelExpr target = call.target().orElse(null);
        String qualified = target == null ? null : qualified(target);
        if (qualified != null && CelFunctions.find(qualified + "." + name) != null) {
            name = qualified + "." + name;
        } else if (target != null) {
            arguments.add(target);
        }
        arguments.addAll(call.args());
        CelFunctions.Function function = CelFunctions.find(name);
        if (function == null) {
            return _ -> {
                throw CelFailure.noOverload();
            };
        }
        Step[] steps = plans(arguments).toArray(Step[]::new);
        return frame -> {
            Object[] values = new Object[steps.length];
            for (int i = 0; i < steps.length; i++) {
                values[i] = steps[i].run(frame);
            }
            return function.apply(values, frame.budget());
        };
    }

    /// The dotted name an expression spells; null when it is none.
    private static @Nullable String qualified(CelExpr expr) {
        return switch (expr.getKind()) {
            case IDENT -> expr.ident().name();
            case SELECT -> {
                String operand = expr.select().testOnly()
                        ? null
                        : qualified(expr.select().operand());
                yield operand == null ? null : operand + "." + expr.select().field();
            }
            default -> null;
        };
    }

    private Step list(CelExpr.CelList list) {
        List<Step> steps = plans(list.elements());
        Set<Integer> optional = Set.copyOf(list.optionalIndices());
        return frame -> {
            frame.budget().spend(LIST_COST);
            List<Object> values = new ArrayList<>(steps.size());
            for (int i = 0; i < steps.size(); i++) {
                Object value = steps.get(i).run(frame);
                if (!optional.contains(i)) {
                    values.add(value);
                } else if (value instanceof Optional<?> maybe) {
                    maybe.ifPresent(values::add);
                }
            }
            return values;
        };
    }

    private Step struct(CelExpr.CelStruct struct) {
        String type = struct.messageName();
        List<EntryStep> entries = struct.entries().stream()
                .map(entry -> new EntryStep(_ -> entry.fieldKey(), plan(entry.value()), entry.optionalEntry()))
                .toList();
        return frame -> {
            frame.budget().spend(STRUCT_COST);
            return new CelStruct(type, members(entries, frame));
        };
    }

    private record EntryStep(Step key, Step value, boolean optional) {}

    private Step map(CelExpr.CelMap map) {
        List<EntryStep> entries = map.entries().stream()
                .map(entry -> new EntryStep(plan(entry.key()), plan(entry.value()), entry.optionalEntry()))
                .toList();
        return frame -> {
            frame.budget().spend(MAP_COST);
            return members(entries, frame);
        };
    }

    private static Map<Object, Object> members(List<EntryStep> entries, Frame frame) {
        Map<Object, Object> values = new LinkedHashMap<>();
        for (EntryStep entry : entries) {
            Object key = entry.key().run(frame);
            Object value = entry.value().run(frame);
            if (entry.optional()) {
                if (!(value instanceof Optional<?> maybe) || maybe.isEmpty()) {
                    continue;
                }
                value = maybe.get();
            }
            if (values.put(key, value) != null) {
                throw new CelFailure("Failed with repeated key");
            }
        }
        return values;
    }

    private Step comprehension(CelExpr.CelComprehension loop) {
        Step range = plan(loop.iterRange());
        boolean collects = loop.accuInit().getKind() == CelExpr.ExprKind.Kind.LIST
                && loop.accuInit().list().elements().isEmpty()
                && (loop.accuVar().startsWith("@") || loop.accuVar().startsWith("__"));
        Step init = plan(loop.accuInit());
        Step condition = plan(loop.loopCondition());
        Step step = plan(loop.loopStep());
        Step result = plan(loop.result());
        String first = loop.iterVar();
        String second = loop.iterVar2();
        String accu = loop.accuVar();
        return frame -> {
            Object over = range.run(frame);
            Map<String, Object> values = new HashMap<>(frame.values());
            Frame inner = frame.with(values);
            values.put(accu, collects ? new Growing() : init.run(frame));
            boolean pairs = !second.isEmpty();
            long index = 0;
            for (Object item : items(over)) {
                switch (over) {
                    case Map<?, ?> map -> {
                        values.put(first, item);
                        if (pairs) {
                            Object value = map.get(item);
                            values.put(second, value == null ? CelNull.NULL : value);
                        }
                    }
                    default -> {
                        values.put(first, pairs ? (Object) index : item);
                        if (pairs) {
                            values.put(second, item);
                        }
                    }
                }
                index++;
                // So that a loop that does nothing ends as well.
                frame.budget().spend(1);
                if (!condition.run(inner).equals(true)) {
                    break;
                }
                values.put(accu, step.run(inner));
            }
            return result.run(inner);
        };
    }

    private static Iterable<?> items(Object range) {
        return switch (range) {
            case List<?> list -> list;
            case Map<?, ?> map -> map.keySet();
            default -> throw CelFailure.noOverload();
        };
    }
}
