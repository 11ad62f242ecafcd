package io.jubernetes.controllermanager.servicecidr;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.networking.v1.IPAddress;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.jubernetes.controllermanager.testing.Written;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceCidrTest {
    private static ServiceCIDR range(String name, String cidrs, boolean going) {
        return Written.as(
                ServiceCIDR.class,
                "{metadata: {name: %s, uid: %s%s}, spec: {cidrs: [%s]}}"
                        .formatted(name, name, going ? ", deletionTimestamp: '2026-01-01T00:00:00Z'" : "", cidrs));
    }

    @ParameterizedTest(name = "{0} beside {1} with {2}: {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "10.1.0.0/24 | 10.2.0.0/24 | 10.1.0.5 | false",
                "10.1.0.0/24 | 10.2.0.0/24 | 10.2.0.5 | true",
                "10.1.0.0/24 | 10.1.0.0/16 | 10.1.0.5 | true",
                "10.1.0.0/16 | 10.1.0.0/24 | 10.1.1.5 | false",
                "'10.1.0.0/24, \"fd00::/64\"' | 10.1.0.0/24 | 'fd00::5' | false",
                "'10.1.0.0/24, \"fd00::/64\"' | '10.1.0.0/24, \"fd00::/64\"' | 'fd00::5' | true",
            })
    void aRangeGoesWhenItsAddressesStayInOthers(String own, String other, String used, boolean goes) {
        ServiceCIDR range = range("a", own, true);
        var all = List.of(range, range("b", other, false), range("c", "10.0.0.0/8", true));
        var address = Written.as(IPAddress.class, "{metadata: {name: '" + used + "'}}");
        assertThat(ServiceCidrController.canGo(range, all, List.of(address))).isEqualTo(goes);
    }
}
