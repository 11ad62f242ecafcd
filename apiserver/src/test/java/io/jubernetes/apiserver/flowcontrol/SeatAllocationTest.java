package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jubernetes.apiserver.flowcontrol.SeatAllocation.Claim;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// Sharing seats out within bounds.
class SeatAllocationTest {
    @Test
    void everybodyGetsTheSameFractionWithinHisBounds() {
        SeatAllocation allocation = SeatAllocation.of(
                60, List.of(Claim.of(0, 100, 10), Claim.of(0, 100, 20), Claim.of(0, 12, 30), Claim.of(18, 90, 18)));
        assertThat(allocation.fraction()).isCloseTo(1, within(1e-9));
        assertThat(allocation.seats()).containsExactly(10.0, 20.0, 12.0, 18.0);
    }

    @Test
    void whoWantsNothingSharesWhatNobodyWants() {
        SeatAllocation allocation = SeatAllocation.of(30, List.of(Claim.of(0, 100, 0), Claim.of(0, 10, 10)));
        assertThat(allocation.seats())
                .satisfiesExactly(
                        idle -> assertThat(idle).isCloseTo(20, within(1e-9)),
                        busy -> assertThat(busy).isCloseTo(10, within(1e-9)));
    }

    @Test
    void whenTheBoundsAllowNoMoreEverybodyHasHisBound() {
        assertThat(SeatAllocation.of(100, List.of(Claim.of(0, 10, 5), Claim.of(0, 20, 1)))
                        .seats())
                .containsExactly(10.0, 20.0);
    }

    @Test
    void theSeatsComeToTheSumAndKeepTheBounds() {
        var random = RandomGenerator.of("L64X128MixRandom");
        for (int trial = 0; trial < 500; trial++) {
            List<Claim> claims = new ArrayList<>();
            double low = 0;
            double high = 0;
            for (int i = 0; i < 1 + trial % 9; i++) {
                double lower = random.nextDouble(50);
                double upper = lower + random.nextDouble(50);
                claims.add(Claim.of(lower, upper, lower + random.nextDouble(80)));
                low += lower;
                high += upper;
            }
            double sum = low + (high - low) * random.nextDouble();
            SeatAllocation allocation = SeatAllocation.of(sum, claims);
            assertThat(allocation.seats().stream()
                            .mapToDouble(Double::doubleValue)
                            .sum())
                    .isCloseTo(sum, within(1e-6));
            for (int i = 0; i < claims.size(); i++) {
                assertThat(allocation.seats().get(i))
                        .isBetween(claims.get(i).lower(), claims.get(i).upper());
            }
        }
    }
}
