package io.jubernetes.common.cel;

import com.google.protobuf.ByteString;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Arithmetic. Overflows are failures.
final class CelNumbers {
    private CelNumbers() {}

    static Object add(Object[] args, CelBudget budget) {
        Object a = args[0];
        Object b = args[1];
        if (a instanceof String left && b instanceof String right) {
            budget.spend(CelBudget.traversal(left.length() + (long) right.length()));
            return left + right;
        }
        if (a instanceof ByteString left && b instanceof ByteString right) {
            budget.spend(CelBudget.traversal(left.size() + (long) right.size()));
            return left.concat(right);
        }
        budget.spend(1);
        try {
            return switch (a) {
                case Long left when b instanceof Long right -> Math.addExact(left, right);
                case Double left when b instanceof Double right -> left + right;
                case CelUint left
                when b instanceof CelUint right ->
                    CelUint.of(left.toBigInteger().add(right.toBigInteger()));
                case CelPlanner.Growing left
                when b instanceof List<?> right -> {
                    left.addAll(right);
                    yield left;
                }
                case SchemaList left when b instanceof List<?> right -> left.plus(right);
                case List<?> left
                when b instanceof List<?> right -> {
                    budget.spend(CelBudget.traversal(left.size() + (long) right.size()));
                    List<Object> both = new ArrayList<>(left.size() + right.size());
                    both.addAll(left);
                    both.addAll(right);
                    yield both;
                }
                case SchemaMap left
                when b instanceof Map<?, ?> right -> {
                    Map<Object, Object> both = new LinkedHashMap<>(left);
                    both.putAll(right);
                    yield both;
                }
                case Duration left when b instanceof Duration right -> inRange(left.plus(right));
                case Instant left when b instanceof Duration right -> inRange(left.plus(right));
                case Duration left when b instanceof Instant right -> inRange(right.plus(left));
                default -> throw CelFailure.noOverload();
            };
        } catch (ArithmeticException | DateTimeException e) {
            throw overflow(a);
        }
    }

    static Object subtract(Object[] args) {
        Object b = args[1];
        try {
            return switch (args[0]) {
                case Long left when b instanceof Long right -> Math.subtractExact(left, right);
                case Double left when b instanceof Double right -> left - right;
                case CelUint left
                when b instanceof CelUint right ->
                    CelUint.of(left.toBigInteger().subtract(right.toBigInteger()));
                case Duration left when b instanceof Duration right -> inRange(left.minus(right));
                case Instant left when b instanceof Duration right -> inRange(left.minus(right));
                case Instant left when b instanceof Instant right -> inRange(Duration.between(right, left));
                default -> throw CelFailure.noOverload();
            };
        } catch (ArithmeticException | DateTimeException e) {
            throw overflow(args[0]);
        }
    }

    static Object multiply(Object[] args) {
        Object b = args[1];
        try {
            return switch (args[0]) {
                case Long left when b instanceof Long right -> Math.multiplyExact(left, right);
                case Double left when b instanceof Double right -> left * right;
                case CelUint left
                when b instanceof CelUint right ->
                    CelUint.of(left.toBigInteger().multiply(right.toBigInteger()));
                default -> throw CelFailure.noOverload();
            };
        } catch (ArithmeticException e) {
            throw overflow(args[0]);
        }
    }

    static Object divide(Object[] args) {
        Object b = args[1];
        checkDivisor(b, "division by zero");
        return switch (args[0]) {
            case Long left
            when b instanceof Long right -> {
                if (left == Long.MIN_VALUE && right == -1) {
                    throw overflow(left);
                }
                yield left / right;
            }
            case Double left when b instanceof Double right -> left / right;
            case CelUint left
            when b instanceof CelUint right -> new CelUint(Long.divideUnsigned(left.bits(), right.bits()));
            default -> throw CelFailure.noOverload();
        };
    }

    static Object modulo(Object[] args) {
        Object b = args[1];
        checkDivisor(b, "modulus by zero");
        return switch (args[0]) {
            case Long left
            when b instanceof Long right -> {
                if (left == Long.MIN_VALUE && right == -1) {
                    throw overflow(left);
                }
                yield left % right;
            }
            case CelUint left
            when b instanceof CelUint right -> new CelUint(Long.remainderUnsigned(left.bits(), right.bits()));
            default -> throw CelFailure.noOverload();
        };
    }

    private static void checkDivisor(Object divisor, String message) {
        if (divisor instanceof Long number && number == 0 || divisor instanceof CelUint uint && uint.bits() == 0) {
            throw new CelFailure(message);
        }
    }

    static Object negate(Object[] args) {
        return switch (args[0]) {
            case Long value -> {
                if (value == Long.MIN_VALUE) {
                    throw overflow(value);
                }
                yield -value;
            }
            case Double value -> -value;
            default -> throw CelFailure.noOverload();
        };
    }

    private static Duration inRange(Duration duration) {
        long _ = duration.toNanos();
        return duration;
    }

    private static Instant inRange(Instant instant) {
        if (instant.isBefore(CelTimes.FIRST) || instant.isAfter(CelTimes.LAST)) {
            throw new DateTimeException("out of range");
        }
        return instant;
    }

    private static CelFailure overflow(Object operand) {
        return new CelFailure(
                switch (operand) {
                    case CelUint _ -> "unsigned integer overflow";
                    case Duration _ -> "duration overflow";
                    case Instant _ -> "timestamp overflow";
                    default -> "integer overflow";
                });
    }
}
