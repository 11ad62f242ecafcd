package io.jubernetes.common.cel;

/// Counts what evaluations cost and stops them at a limit. One unit is about 50 nanoseconds. Not
/// thread-safe.
public final class CelBudget {
    /// What one expression may cost.
    public static final long PER_CALL = 1_000_000;

    /// What all rules of one object may cost together.
    public static final long PER_OBJECT = 10_000_000;

    private final long limit;
    private long used;

    public CelBudget(long limit) {
        this.limit = limit;
    }

    public long used() {
        return used;
    }

    public long left() {
        return limit - used;
    }

    /// @throws CelFailure when the limit is reached
    void spend(long cost) {
        used = used + Math.max(0, cost);
        if (used > limit) {
            throw CelFailure.limitExceeded();
        }
    }

    /// What it costs to look at so many characters.
    static long traversal(long characters) {
        return (characters + 9) / 10;
    }

    /// Takes what another evaluation has used out of this budget.
    public void charge(long cost) {
        used += cost;
    }
}
