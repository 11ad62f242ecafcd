package io.jubernetes.scheduler.plugins.dynamicresources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttributeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceCapacityBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Expressions on one device of the driver `gpu.example.com`: model `a100`, 8 cores, version 1.2.3, memory 40Gi.
class DeviceSelectorsTest {
    private final DeviceSelectors selectors = new DeviceSelectors();

    private static Map<String, Object> device() {
        Device device = new DeviceBuilder()
                .withName("gpu-0")
                .addToAttributes(
                        "model", new DeviceAttributeBuilder().withString("a100").build())
                .addToAttributes(
                        "cores", new DeviceAttributeBuilder().withInt(8L).build())
                .addToAttributes(
                        "healthy", new DeviceAttributeBuilder().withBool(true).build())
                .addToAttributes(
                        "other.example.com/driver",
                        new DeviceAttributeBuilder().withVersion("1.2.3").build())
                .addToAttributes(
                        "links",
                        new DeviceAttributeBuilder().withStrings("pci", "fast").build())
                .addToCapacity(
                        "memory",
                        new DeviceCapacityBuilder()
                                .withValue(new Quantity("40Gi"))
                                .build())
                .build();
        var slice = new ResourceSliceBuilder()
                .withNewSpec()
                .withDriver("gpu.example.com")
                .withNewPool()
                .withName("pool")
                .endPool()
                .endSpec()
                .build();
        return new OfferedDevice(slice, device).variables();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "device.driver == 'gpu.example.com'",
                "device.attributes['gpu.example.com'].model == 'a100'",
                "device.attributes['gpu.example.com'].model.startsWith('a')",
                "device.attributes['gpu.example.com'].cores >= 8 && device.attributes['gpu.example.com'].healthy",
                "device.attributes['other.example.com'].driver.isGreaterThan(semver('1.2.0-rc.1'))",
                "device.attributes['other.example.com'].driver.compareTo(semver('v1.2.03', true)) == 0",
                "device.attributes['other.example.com'].driver.major() == 1",
                "device.capacity['gpu.example.com'].memory.compareTo(quantity('40Gi')) == 0",
                "device.capacity['gpu.example.com'].memory.isLessThan(quantity('1Ti'))",
                "device.capacity['gpu.example.com'].memory == quantity('40960Mi')",
                "cel.bind(gpu, device.attributes['gpu.example.com'], gpu.healthy && gpu.cores > 4)",
                "!('unknown.example.com' in device.attributes)",
                "!has(device.attributes['unknown.example.com'].anything)",
                "has(device.attributes['gpu.example.com'].model)",
                "device.attributes['unknown.example.com'].?size.orValue(3) == 3",
                "device.attributes['gpu.example.com'].links.exists(link, link == 'fast')",
                "!device.allowMultipleAllocations",
                "isSemver('1.0.0') && !isQuantity('many')"
            })
    void selects(String expression) throws Exception {
        assertThat(selectors.matches(expression, device())).isTrue();
    }

    @Test
    void doesNotSelectWhatIsFalse() throws Exception {
        assertThat(selectors.matches("device.attributes['gpu.example.com'].model == 'h100'", device()))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            device.attributes['gpu.example.com'].size == 1     | CEL runtime error: no such key: size
            device.attributes['nobody.example.com'].size == 1  | CEL runtime error: no such key: size
            device.attributes['gpu.example.com'                | CEL compile error: compilation failed: ERROR
            quantity('many') == quantity('1')                  | CEL runtime error: quantities must match
            """)
    void saysWhyAnExpressionFails(String expression, String message) {
        assertThatThrownBy(() -> selectors.matches(expression, device()))
                .isInstanceOf(DeviceSelectors.SelectorException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void endsExpressionsThatTakeTooLong() {
        String list = "[0,1,2,3,4,5,6,7,8,9]";
        String nested = "%s.all(a, %s.all(b, %s.all(c, %s.all(d, %s.all(e, %s.all(f, a >= 0))))))"
                .formatted(list, list, list, list, list, list);
        assertThatThrownBy(() -> selectors.matches(nested, device())).hasMessageContaining("cost limit exceeded");
    }
}
