package io.jubernetes.apiserver.flowcontrol;

import java.util.List;
import java.util.stream.DoubleStream;

/// Shares seats out: everybody gets the same fraction of what he wants, but within his bounds.
///
/// @param seats of each claim, in their order
/// @param fraction of what was wanted
record SeatAllocation(List<Double> seats, double fraction) {
    private static final double LEAST_TARGET = 0.001;

    /// Who wants seats.
    ///
    /// @param lower what he gets at least
    /// @param upper what he gets at most; not less than `lower`
    /// @param target what he wants; more than nothing
    record Claim(double lower, double upper, double target) {
        /// A claim in which next to nothing counts as a thousandth of a seat, so that one of none grows too.
        static Claim of(double lower, double upper, double wanted) {
            return new Claim(lower, upper, Math.max(LEAST_TARGET, wanted));
        }

        double at(double fraction) {
            return Math.clamp(fraction * target, lower, upper);
        }
    }

    /// The allocation whose seats come to a sum; when the bounds do not allow that, everybody gets his bound.
    static SeatAllocation of(double sum, List<Claim> claims) {
        // The total grows with the fraction along straight lines that bend where a claim meets a bound.
        double[] bends = claims.stream()
                .flatMapToDouble(
                        claim -> DoubleStream.of(claim.lower() / claim.target(), claim.upper() / claim.target()))
                .sorted()
                .toArray();
        double before = 0;
        for (double bend : bends) {
            double high = total(claims, bend);
            if (high >= sum) {
                double low = total(claims, before);
                double way = high > low ? Math.clamp((sum - low) / (high - low), 0, 1) : 1;
                return at(claims, before + (bend - before) * way);
            }
            before = bend;
        }
        return at(claims, before);
    }

    private static double total(List<Claim> claims, double fraction) {
        return claims.stream().mapToDouble(claim -> claim.at(fraction)).sum();
    }

    private static SeatAllocation at(List<Claim> claims, double fraction) {
        return new SeatAllocation(
                claims.stream().map(claim -> claim.at(fraction)).toList(), fraction);
    }
}
